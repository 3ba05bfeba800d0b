//! What a plan found, in sentences.
use super::{Ended, Plan, Verdict};
use crate::report::number;

impl Plan {
    /// The finding, and what stands behind it.
    pub fn verdict(&self) -> (String, String) {
        let capacity = &self.capacity;
        let headline = match (capacity.holds, capacity.ended) {
            (None, _) => "No load held what was promised.".to_owned(),
            (Some(holds), Ended::Found) => format!("{} have what was promised.", viewers(holds)),
            (Some(holds), _) => format!("At least {} have what was promised.", viewers(holds)),
        };
        let broke = self.broken().map(|step| {
            let reasons: Vec<String> = step
                .verdicts
                .iter()
                .filter(|verdict| !verdict.held)
                .map(|verdict| format!("{}, seen {}", verdict.objective, verdict.seen_in_words()))
                .collect();
            format!("{} break {}.", viewers(step.viewers), reasons.join(" and "))
        });
        let why = match capacity.ended {
            Ended::Found => None,
            Ended::NothingHolds => {
                Some("One viewer is too many: look at the errors, not at the load.")
            }
            Ended::GeneratorBusy => Some(
                "The search ended because the load generator was busy: it says no more than this.",
            ),
            Ended::MostViewers => Some("The search ended because no larger load was allowed."),
            Ended::Steps => Some("The search ended because all steps allowed were taken."),
            Ended::Time => Some("The search ended because the time allowed was over."),
            Ended::Interrupted => Some("The search ended because it was interrupted."),
        };
        let rest: Vec<String> = broke.into_iter().chain(why.map(str::to_owned)).collect();
        (headline, rest.join(" "))
    }

    /// All of it on one line.
    pub fn in_words(&self) -> String {
        let (headline, rest) = self.verdict();
        format!("{headline} {rest}").trim_end().to_owned()
    }
}

impl Verdict {
    /// What was seen, in the unit of the objective.
    pub fn seen_in_words(&self) -> String {
        match self.seen {
            None => "nothing".to_owned(),
            Some(seen) if self.objective.ends_with('%') => number::percent(seen),
            Some(seen) => number::time(seen),
        }
    }
}

fn viewers(n: u64) -> String {
    match n {
        1 => "1 viewer".to_owned(),
        n => format!("{} viewers", number::count(n)),
    }
}
