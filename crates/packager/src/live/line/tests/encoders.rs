//! Two encoders on one channel.
use super::*;

#[test]
fn another_encoder_takes_over_where_a_segment_begins_or_when_the_first_is_silent() {
    let mut line = Fed::new(options());
    line.push(frames(0, 480, 50));
    assert!(line.push_of(frames(480, 960, 50), B).held, "in the middle");
    assert_eq!(line.push(frames(480, 1920, 50)).duplicates, 12);
    assert!(!line.push(frames(1920, 2000, 50)).takeover);
    assert!(line.push_of(frames(2000, 2480, 50), B).takeover);
    // The second dies: a second later the first goes on, without a hole.
    assert!(line.push(frames(2480, 2960, 50)).held);
    assert!(line.push(frames(2960, 3440, 50)).held);
    let outcome = line.push(frames(3440, 3920, 50));
    assert!(outcome.takeover);
    assert_eq!((outcome.parts, outcome.gaps), (3, 0));
    assert_eq!(line.0.end(), Some(3920));
}

/// Less lies between them than a hole in one encoder's time line may be long.
#[test]
fn an_encoder_that_takes_over_leaves_nothing_out_of_what_waits() {
    let mut line = Fed::new(options());
    line.stretch(0, 1920);
    // The first dies, 80 ms before the segment ends.
    assert!(line.push_of(frames(1920, 2000, 50), B).held);
    assert!(line.push_of(frames(2000, 2480, 50), B).held);
    let outcome = line.push_of(frames(2480, 2960, 50), B);
    assert!(outcome.takeover);
    assert_eq!(
        line.outline(),
        [(N, 0, 2000, false), (N + 1, 2000, 960, false)]
    );
}

#[test]
fn one_that_sends_short_chunks_waits_for_one_that_sends_long_ones() {
    let mut line = Fed::new(options());
    line.push(frames(0, 1600, 50));
    for start in (1600..3120).step_by(40) {
        let outcome = line.push_of(frames(start, start + 40, 100), B);
        assert!(outcome.held && !outcome.takeover, "{start}");
    }
    assert!(!line.push(frames(1600, 3200, 100)).takeover);
    assert_eq!(line.0.end(), Some(3200));
}

#[test]
fn an_encoder_that_hung_up_is_not_waited_for() {
    let mut line = Fed::new(options());
    line.push(frames(0, 480, 50));
    assert!(line.push_of(frames(480, 960, 50), B).held);
    let outcome = line.0.encoder_gone(A, ZERO_MS + 960);
    assert_eq!((outcome.parts, outcome.takeover), (1, false));
}

#[test]
fn an_encoder_of_another_time_line_is_refused_while_one_is_at_work() {
    let mut line = Fed::new(options());
    line.stretch(0, 1920);
    let stray = frames(90_000, 90_480, 50);
    let refused = line.0.push(
        stray,
        Arrival {
            at_ms: ZERO_MS + 2000,
            steady_ms: ZERO_MS + 2000,
            encoder: B,
            clock: None,
        },
    );
    assert_eq!(refused.unwrap_err(), Rejected::OutOfStep { by_ms: 88_080 });
    line.stretch(1920, 2480);
    assert_eq!(line.0.end(), Some(2480));
}

#[test]
fn where_one_begins_anew_and_the_other_goes_on_viewers_stay_on_the_time_line() {
    let mut line = Fed::new(options());
    line.push(frames(50_000, 52_480, 50));
    assert!(line.push_of(frames(52_480, 52_960, 50), B).held);
    let anew = Arrival {
        at_ms: ZERO_MS + 53_000,
        steady_ms: ZERO_MS + 53_000,
        encoder: A,
        clock: None,
    };
    let refused = line.0.push(frames(0, 480, 50), anew);
    assert!(matches!(refused, Err(Rejected::OutOfStep { .. })));
    assert_eq!(line.0.end(), Some(52_960));
}
