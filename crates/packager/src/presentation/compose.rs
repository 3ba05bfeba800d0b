//! From sources and periods to a presentation: each period by itself, one after the other.
use super::build::{self, Built};
use super::{Input, Options, Period, Presentation, clip, identity};
use crate::{Error, Result};

pub(super) fn compose(input: Input, options: &Options) -> Result<Presentation> {
    check(&input)?;
    let fingerprint = identity::fingerprint(&input, options);
    let mut presentation = Presentation {
        fingerprint,
        target_duration_ms: options.target_duration_ms,
        duration_ms: 0,
        sources: Vec::new(),
        periods: Vec::with_capacity(input.periods.len()),
        renditions: Vec::new(),
        closed_captions: input.closed_captions,
        misalignments: Vec::new(),
        ignored: Vec::new(),
    };
    let mut start_us = 0;
    for (index, period) in input.periods.iter().enumerate() {
        let Built {
            renditions,
            misalignments,
            ignored,
            duration_us,
        } = build::build(&input.sources, index, period, options)?;
        let first = presentation.renditions.len();
        presentation.renditions.extend(renditions);
        presentation.periods.push(Period {
            renditions: first..presentation.renditions.len(),
            start_us,
            duration_us,
        });
        start_us += duration_us;
        presentation.misalignments.extend(misalignments);
        for reason in ignored {
            if !presentation.ignored.contains(&reason) {
                presentation.ignored.push(reason);
            }
        }
    }
    presentation.duration_ms = start_us.div_ceil(1000);
    presentation.sources = input.sources;
    Ok(presentation)
}

fn check(input: &Input) -> Result<()> {
    let fault = |place: String, reason: String| Err(Error::Description { place, reason });
    if input.periods.is_empty() {
        return fault("the asset".to_owned(), "no period".to_owned());
    }
    for (index, period) in input.periods.iter().enumerate() {
        let place = || format!("period {}", index + 1);
        clip::check(period.clip, place)?;
        let beyond = period
            .tracks
            .iter()
            .find(|choice| choice.source >= input.sources.len());
        if let Some(choice) = beyond {
            let reason = format!("source {} of {}", choice.source + 1, input.sources.len());
            return fault(place(), reason);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
