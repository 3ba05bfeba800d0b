//! The viewer: watches, seeks, pauses, leaves.
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Viewer;
use super::playhead::State;
use crate::measure::End;
use crate::popularity::Chance;

/// How often a live viewer's distance from the live edge is looked at.
const LATENCY_EVERY: Duration = Duration::from_secs(1);
/// Wakes a little late rather than a little early.
const SLACK: f64 = 0.002;

/// When, in seconds played, the viewer does what.
struct Plans {
    seek: f64,
    pause: f64,
    leave: f64,
}

/// Plays until the end, or until the viewer has seen what he wanted.
pub(super) async fn play(viewer: &Viewer<'_>, chance: &mut Chance) -> End {
    let behaviour = &viewer.session.scenario().behaviour;
    let recorder = &viewer.house.recorder;
    let watch = behaviour
        .watch
        .map_or(f64::INFINITY, |watch| watch.as_secs_f64());
    let mut plans = Plans {
        seek: chance.wait(behaviour.seeks_per_minute / 60.0),
        pause: chance.wait(behaviour.pauses_per_minute / 60.0),
        leave: chance.wait(behaviour.leaves_per_minute / 60.0).min(watch),
    };
    let mut latency_at = Instant::now();
    loop {
        let now = Instant::now();
        let changed = viewer.changed.notified();
        let (state, played, position, runs_out) = {
            let mut playhead = viewer.playhead.borrow_mut();
            let before = playhead.state();
            playhead.advance(now, recorder);
            let state = playhead.state();
            if before != state {
                tracing::trace!(?before, ?state, "viewer");
            }
            (
                state,
                playhead.played(),
                playhead.position(),
                playhead.runs_out(),
            )
        };
        if state == State::Over || played >= plans.leave {
            return End::Finished;
        }
        if state == State::Playing {
            if played >= plans.pause {
                pause(
                    viewer,
                    chance.wait(1.0 / behaviour.pause.as_secs_f64().max(0.001)),
                )
                .await;
                plans.pause = played + chance.wait(behaviour.pauses_per_minute / 60.0);
                continue;
            }
            if played >= plans.seek {
                plans.seek = played + chance.wait(behaviour.seeks_per_minute / 60.0);
                let share = chance.share();
                if let Some(duration) = viewer.duration.get() {
                    viewer.jump(duration * share);
                    continue;
                }
            }
            if now >= latency_at {
                latency_at = now + LATENCY_EVERY;
                note_latency(viewer, now, position);
            }
        }
        let wake = runs_out.map(|runs_out| {
            let soonest = plans.seek.min(plans.pause).min(plans.leave) - played;
            let plan = now + Duration::from_secs_f64(soonest.clamp(0.0, 3600.0) + SLACK);
            let live = if viewer.is_live.get() {
                latency_at
            } else {
                plan
            };
            let empty = runs_out + Duration::from_secs_f64(SLACK);
            plan.min(empty).min(live)
        });
        match wake {
            Some(wake) => tokio::select! {
                () = sleep_until(wake) => {}
                () = changed => {}
            },
            None => changed.await,
        }
    }
}

async fn pause(viewer: &Viewer<'_>, seconds: f64) {
    let recorder = &viewer.house.recorder;
    viewer.playhead.borrow_mut().pause(Instant::now(), recorder);
    tokio::time::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 3600.0))).await;
    viewer
        .playhead
        .borrow_mut()
        .unpause(Instant::now(), recorder);
    viewer.changed();
}

/// By the wall clock where the list has one, else by where the list ended when it was read.
fn note_latency(viewer: &Viewer<'_>, now: Instant, position: f64) {
    if !viewer.is_live.get() {
        return;
    }
    let behind = match (viewer.wall_shift.get(), viewer.edge.get()) {
        (Some(shift), _) => viewer.title.server_now() - (position + shift),
        (None, Some((read, edge))) => {
            edge + now.saturating_duration_since(read).as_secs_f64() - position
        }
        (None, None) => return,
    };
    if behind.is_finite() {
        let behind = Duration::from_secs_f64(behind.clamp(0.0, 3600.0));
        viewer.house.recorder.live_latency(behind);
    }
}
