#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::future::pending;

use super::*;
use crate::outcome::Quantiles;
use crate::plan::Limits;

/// A server that starts viewers within a second up to so many of them, then takes ever longer; and a generator that
/// is busy from so many on.
struct Simulated {
    carries: u64,
    busy_from: u64,
    judged: Vec<(u64, bool)>,
}

impl Simulated {
    fn carrying(carries: u64) -> Self {
        Self {
            carries,
            busy_from: u64::MAX,
            judged: Vec::new(),
        }
    }
}

impl Runner for Simulated {
    type Error = String;

    async fn run(&mut self, viewers: u64, times: &StepTimes) -> Result<Measured, String> {
        tokio::time::sleep(times.step()).await;
        let load = viewers as f64 / self.carries as f64;
        let seconds = times.measure.as_secs_f64();
        let share = if viewers >= self.busy_from { 0.95 } else { 0.4 };
        Ok(Measured {
            outcome: Outcome {
                requests: viewers * 10,
                startup_ms: Quantiles {
                    count: viewers,
                    p95: if load <= 1.0 {
                        1000.0 * load
                    } else {
                        2000.0 * load
                    },
                    ..Quantiles::default()
                },
                ..Outcome::default()
            },
            generator: Usage {
                seconds,
                cpu_s: seconds * 2.0 * share,
                cores: 2,
            },
            node: None,
        })
    }

    fn judged(&mut self, step: &Step) {
        self.judged.push((step.viewers, step.held));
    }
}

fn times() -> StepTimes {
    StepTimes {
        warm_up: Duration::from_secs(10),
        measure: Duration::from_secs(30),
        pause: Duration::from_secs(5),
        total: Duration::from_secs(3600),
    }
}

async fn plan(runner: &mut Simulated, limits: Limits, times: StepTimes) -> (Vec<Step>, Capacity) {
    let slo = "startup_p95=1s,errors=0.1%".parse().unwrap();
    let search = Search::new(limits).unwrap();
    drive(runner, search, &slo, &times, Box::pin(pending()))
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn where_it_breaks_is_found_within_the_resolution() {
    let mut runner = Simulated::carrying(1234);
    let (steps, capacity) = plan(&mut runner, Limits::default(), times()).await;
    assert_eq!(capacity.ended, Ended::Found);
    assert!(!capacity.is_lower_bound());
    let (holds, breaks) = (capacity.holds.unwrap(), capacity.breaks.unwrap());
    assert!(holds <= 1234 && 1234 < breaks, "{capacity:?}");
    assert!((breaks - holds) as f64 <= 0.05 * breaks as f64);
    let judged: Vec<_> = steps.iter().map(|step| (step.viewers, step.held)).collect();
    assert_eq!(runner.judged, judged, "each step is told as it is judged");
}

#[tokio::test(start_paused = true)]
async fn a_busy_generator_gives_a_lower_bound() {
    let mut runner = Simulated::carrying(10_000);
    runner.busy_from = 800;
    let (steps, capacity) = plan(&mut runner, Limits::default(), times()).await;
    assert_eq!(capacity.ended, Ended::GeneratorBusy);
    assert!(capacity.is_lower_bound());
    assert_eq!(
        (capacity.holds, capacity.breaks),
        (Some(800), None),
        "it held all the same"
    );
    assert_eq!(steps.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_breaks_under_a_busy_generator_says_nothing_of_the_server() {
    let mut runner = Simulated::carrying(500);
    runner.busy_from = 800;
    let (_, capacity) = plan(&mut runner, Limits::default(), times()).await;
    assert_eq!(
        capacity,
        Capacity {
            holds: Some(400),
            breaks: None,
            ended: Ended::GeneratorBusy
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_breaks_ends_at_the_largest_load() {
    let limits = Limits {
        most: 1000,
        ..Limits::default()
    };
    let (_, capacity) = plan(&mut Simulated::carrying(u64::MAX), limits, times()).await;
    assert_eq!(
        capacity,
        Capacity {
            holds: Some(1000),
            breaks: None,
            ended: Ended::MostViewers
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_breaks_at_once_is_told() {
    let (steps, capacity) = plan(&mut Simulated::carrying(0), Limits::default(), times()).await;
    assert_eq!(
        capacity,
        Capacity {
            holds: None,
            breaks: Some(1),
            ended: Ended::NothingHolds
        }
    );
    assert!(steps.iter().all(|step| !step.held));
}

#[tokio::test(start_paused = true)]
async fn no_step_begins_that_would_end_too_late() {
    let times = StepTimes {
        total: Duration::from_secs(100),
        ..times()
    };
    let begin = Instant::now();
    let (steps, capacity) =
        plan(&mut Simulated::carrying(u64::MAX), Limits::default(), times).await;
    assert_eq!((steps.len(), capacity.ended), (2, Ended::Time));
    assert_eq!(
        begin.elapsed(),
        Duration::from_secs(85),
        "two steps, one pause"
    );
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_keeps_the_steps_taken() {
    let slo = "errors=1%".parse().unwrap();
    let (steps, capacity) = drive(
        &mut Simulated::carrying(u64::MAX),
        Search::new(Limits::default()).unwrap(),
        &slo,
        &times(),
        Box::pin(tokio::time::sleep(Duration::from_secs(50))),
    )
    .await
    .unwrap();
    assert_eq!((steps.len(), capacity.ended), (1, Ended::Interrupted));
    assert_eq!(capacity.holds, Some(50));
}
