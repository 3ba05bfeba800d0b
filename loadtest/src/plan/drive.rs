//! Takes the steps.
use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Capacity, Ended, Search, Slo, Step};
use crate::machine::Usage;
use crate::node::NodeFigures;
use crate::outcome::Outcome;

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepTimes {
    /// Viewers come, caches fill: node and generator are not yet looked at.
    pub warm_up: Duration,
    pub measure: Duration,
    /// Between steps: connections close, queues run empty.
    pub pause: Duration,
    /// No step begins that would end later than so long after the first began.
    pub total: Duration,
}

impl StepTimes {
    fn step(&self) -> Duration {
        self.warm_up + self.measure
    }
}

/// One load, as it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub outcome: Outcome,
    pub generator: Usage,
    pub node: Option<NodeFigures>,
}

/// Puts one load on a server.
pub trait Runner {
    type Error;

    /// `viewers` at once, warming up first.
    fn run(
        &mut self,
        viewers: u64,
        times: &StepTimes,
    ) -> impl Future<Output = Result<Measured, Self::Error>>;

    /// Told of each step when it is judged.
    fn judged(&mut self, step: &Step) {
        let _ = step;
    }
}

/// Ends a plan before its time: the step under way is dropped, those taken stay.
pub trait Interrupt: Future<Output = ()> + Unpin {}
impl<F: Future<Output = ()> + Unpin> Interrupt for F {}

/// Steps until the search is over.
///
/// # Errors
/// The runner's: a load that could not be put on the server at all is no verdict on it.
pub async fn drive<R: Runner>(
    runner: &mut R,
    mut search: Search,
    slo: &Slo,
    times: &StepTimes,
    mut interrupt: impl Interrupt,
) -> Result<(Vec<Step>, Capacity), R::Error> {
    let begin = Instant::now();
    let mut steps = Vec::new();
    let ended = loop {
        let viewers = match search.next_load() {
            Ok(viewers) => viewers,
            Err(ended) => break ended,
        };
        let pause = if steps.is_empty() {
            Duration::ZERO
        } else {
            times.pause
        };
        if begin.elapsed() + pause + times.step() > times.total {
            break Ended::Time;
        }
        let measured = tokio::select! {
            biased;
            () = &mut interrupt => break Ended::Interrupted,
            measured = async {
                tokio::time::sleep(pause).await;
                runner.run(viewers, times).await
            } => measured?,
        };
        let verdicts = slo.judge(&measured.outcome);
        let step = Step {
            viewers,
            held: verdicts.iter().all(|verdict| verdict.held),
            verdicts,
            outcome: measured.outcome,
            generator: measured.generator,
            node: measured.node,
        };
        runner.judged(&step);
        let (held, busy) = (step.held, step.generator.is_busy());
        steps.push(step);
        if busy {
            // What held under a busy generator did hold. What broke may be the generator's doing.
            if held {
                search.record(viewers, true);
            }
            break Ended::GeneratorBusy;
        }
        search.record(viewers, held);
    };
    Ok((
        steps,
        Capacity {
            holds: search.holds(),
            breaks: search.breaks(),
            ended,
        },
    ))
}

#[cfg(test)]
mod tests;
