#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::task::Waker;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn priority(urgency: u8, incremental: bool) -> Priority {
    Priority {
        urgency,
        incremental,
    }
}

fn update(stream: u64, value: &'static str) -> PriorityUpdate {
    let value = Bytes::from_static(value.as_bytes());
    PriorityUpdate { stream, value }
}

fn tries_first(turn: &Turn) -> bool {
    let cx = Context::from_waker(Waker::noop());
    turn.first_try(&mut false, &cx).is_ready()
}

#[test]
fn a_wish_for_a_stream_to_come_is_kept_and_the_latest_counts() {
    let schedule = Schedule::new(2);
    schedule.update(&update(4, "u=1"));
    schedule.update(&update(4, "u=2, i"));
    schedule.update(&update(4, "no dictionary at all"));
    let turn = schedule.enter(0);
    assert_eq!(turn.wish(), None);
    assert_eq!(schedule.enter(4).wish(), Some(priority(2, true)));
}

#[test]
fn wishes_ahead_are_bounded_and_those_for_the_past_forgotten() {
    let schedule = Schedule::new(2);
    for stream in [8, 12, 16, 20] {
        schedule.update(&update(stream, "u=1"));
    }
    assert_eq!(schedule.ahead.borrow().len(), 2);
    drop(schedule.enter(8));
    schedule.update(&update(8, "u=1"));
    schedule.update(&update(4, "u=1"));
    assert_eq!(schedule.ahead.borrow().len(), 1);
}

#[test]
fn only_those_behind_an_answer_that_waits_let_it_try() {
    let schedule = Schedule::new(8);
    let (video, audio) = (schedule.enter(0), schedule.enter(4));
    audio.set(priority(2, false));
    assert!(tries_first(&video) && tries_first(&audio));
    audio.tried(None);
    assert!(!tries_first(&video) && tries_first(&audio));
    video.tried(None);
    assert!(tries_first(&audio));
    schedule.update(&update(4, "u=6"));
    assert!(tries_first(&video) && !tries_first(&audio));
    drop(video);
    assert!(tries_first(&audio));
}

#[test]
fn incremental_answers_take_turns() {
    let schedule = Schedule::new(8);
    let turns = [0, 4, 8].map(|stream| schedule.enter(stream));
    for turn in &turns {
        turn.set(priority(3, true));
        turn.tried(Some(1));
        turn.tried(None);
    }
    for round in 0..9 {
        let first: Vec<_> = turns.iter().map(tries_first).collect();
        let expected: Vec<_> = (0..3).map(|at| at == round % 3).collect();
        assert_eq!(first, expected);
        turns[round % 3].tried(Some(1));
        turns[round % 3].tried(None);
    }
}

#[test]
fn an_answer_yields_once_for_each_try() {
    let schedule = Schedule::new(8);
    let (first, second) = (schedule.enter(0), schedule.enter(4));
    first.tried(None);
    let cx = Context::from_waker(Waker::noop());
    let mut yielded = false;
    assert!(second.first_try(&mut yielded, &cx).is_pending());
    assert!(second.first_try(&mut yielded, &cx).is_ready());
    assert!(second.first_try(&mut yielded, &cx).is_pending());
}

#[test]
fn a_change_is_told_once() {
    let schedule = Schedule::new(8);
    let turn = schedule.enter(4);
    assert_eq!(
        turn.changed(),
        Some(transport_priority(priority(3, false), 4))
    );
    assert_eq!(turn.changed(), None);
    turn.set(priority(3, false));
    assert_eq!(turn.changed(), None);
    schedule.update(&update(4, "u=0"));
    assert_eq!(
        turn.changed(),
        Some(transport_priority(priority(0, false), 4))
    );
}

proptest! {
    #[test]
    fn quinn_orders_as_the_rfc_does(
        one in (0u8..8, any::<bool>(), 0u64..1 << 20),
        other in (0u8..8, any::<bool>(), 0u64..1 << 20),
    ) {
        let number = |(urgency, incremental, index): (u8, bool, u64)| {
            transport_priority(priority(urgency, incremental), index * 4)
        };
        let rank = |(urgency, incremental, index): (u8, bool, u64)| {
            (urgency, if incremental { u64::MAX } else { index })
        };
        prop_assert_eq!(number(one).cmp(&number(other)), rank(other).cmp(&rank(one)));
        prop_assert!((0..CONTROL).contains(&number(one)));
    }
}
