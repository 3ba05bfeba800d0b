#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::outcome::Outcome;

fn playback() -> Playback {
    Playback {
        start: 2.0,
        resume: 1.0,
        ..Playback::default()
    }
}

fn outcome(recorder: Recorder) -> Outcome {
    let mut outcome = Outcome::default();
    recorder.into_figures().fill(&mut outcome);
    outcome
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn start_up_ends_when_both_tracks_have_enough_and_is_no_stall() {
    let begin = Instant::now();
    let recorder = Recorder::new(begin);
    let rung: Rc<str> = "720p".into();
    let mut playhead = Playhead::new(&playback(), 2, begin);
    playhead.loaded(begin + seconds(0.5), 0, 4.0, Some(&rung), &recorder);
    assert_eq!(playhead.state(), State::Starting);
    playhead.loaded(begin + seconds(0.8), 1, 2.0, None, &recorder);
    assert_eq!(playhead.state(), State::Playing);
    let outcome = outcome(recorder);
    assert!((outcome.startup_ms.max - 800.0).abs() < 1.0);
    assert_eq!(outcome.stalls, 0);
}

#[test]
fn an_empty_buffer_is_one_stall_as_long_as_it_lasts() {
    let begin = Instant::now();
    let recorder = Recorder::new(begin);
    let rung: Rc<str> = "720p".into();
    let mut playhead = Playhead::new(&playback(), 1, begin);
    playhead.loaded(begin, 0, 2.0, Some(&rung), &recorder);
    playhead.advance(begin + seconds(3.0), &recorder);
    assert_eq!(playhead.state(), State::Stalled);
    playhead.loaded(begin + seconds(3.5), 0, 2.5, Some(&rung), &recorder);
    assert_eq!(
        playhead.state(),
        State::Stalled,
        "half a second is less than to resume with"
    );
    playhead.loaded(begin + seconds(4.0), 0, 4.0, Some(&rung), &recorder);
    assert_eq!(playhead.state(), State::Playing);
    let outcome = outcome(recorder);
    assert_eq!(outcome.stalls, 1);
    assert!(
        (outcome.stalled_s - 2.0).abs() < 0.01,
        "{}",
        outcome.stalled_s
    );
    assert!(
        (outcome.played_s - 2.0).abs() < 0.01,
        "{}",
        outcome.played_s
    );
}

#[test]
fn the_end_is_no_stall_even_where_a_track_is_shorter() {
    let begin = Instant::now();
    let recorder = Recorder::new(begin);
    let rung: Rc<str> = "720p".into();
    let mut playhead = Playhead::new(&playback(), 2, begin);
    playhead.loaded(begin, 0, 4.0, Some(&rung), &recorder);
    playhead.loaded(begin, 1, 3.8, None, &recorder);
    playhead.complete(begin, 0, &recorder);
    playhead.complete(begin, 1, &recorder);
    playhead.advance(begin + seconds(9.0), &recorder);
    assert_eq!(playhead.state(), State::Over);
    let outcome = outcome(recorder);
    assert_eq!(outcome.stalls, 0);
    assert!((outcome.played_s - 4.0).abs() < 0.01);
}

#[test]
fn seconds_belong_to_the_rung_that_was_loaded_for_them() {
    let begin = Instant::now();
    let recorder = Recorder::new(begin);
    let (low, high): (Rc<str>, Rc<str>) = ("low".into(), "high".into());
    let mut playhead = Playhead::new(&playback(), 1, begin);
    playhead.loaded(begin, 0, 2.0, Some(&low), &recorder);
    playhead.loaded(begin, 0, 6.0, Some(&high), &recorder);
    playhead.advance(begin + seconds(5.0), &recorder);
    let outcome = outcome(recorder);
    assert!((outcome.rungs["low"] - 2.0).abs() < 0.01);
    assert!((outcome.rungs["high"] - 3.0).abs() < 0.01);
}

#[test]
fn a_pause_and_a_seek_are_no_stalls() {
    let begin = Instant::now();
    let recorder = Recorder::new(begin);
    let rung: Rc<str> = "720p".into();
    let mut playhead = Playhead::new(&playback(), 1, begin);
    playhead.loaded(begin, 0, 4.0, Some(&rung), &recorder);
    playhead.pause(begin + seconds(1.0), &recorder);
    playhead.unpause(begin + seconds(60.0), &recorder);
    playhead.seek(begin + seconds(61.0), 100.0, &recorder);
    assert_eq!(playhead.state(), State::Seeking);
    playhead.loaded(begin + seconds(62.0), 0, 102.0, Some(&rung), &recorder);
    assert_eq!(playhead.state(), State::Playing);
    let outcome = outcome(recorder);
    assert_eq!((outcome.stalls, outcome.stalled_s), (0, 0.0));
    assert!((outcome.played_s - 2.0).abs() < 0.01);
}
