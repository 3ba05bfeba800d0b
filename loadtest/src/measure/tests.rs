#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn recorders_of_threads_add_up() {
    let begin = Instant::now();
    let mut all = Figures::default();
    for latency in [10, 30] {
        let recorder = Recorder::new(begin);
        let end = begin + Duration::from_millis(latency);
        recorder.request(Class::Segment, begin, end, end);
        recorder.bytes(100);
        recorder.failed(ErrorClass::Reset, "http://localhost/", "reset");
        recorder.error(ErrorClass::Violation, "http://localhost/", "decode-time");
        recorder.played("720p", 1.5);
        all.merge(recorder.into_figures());
    }
    let mut outcome = Outcome::default();
    all.fill(&mut outcome);
    assert_eq!((outcome.requests, outcome.bytes), (4, 200));
    assert_eq!(outcome.errors[&ErrorClass::Reset], 2);
    assert_eq!(outcome.violations, 2);
    assert_eq!(outcome.rungs["720p"], 3.0);
    let segment = &outcome.latency_ms["segment"];
    assert_eq!(segment.count, 2);
    assert!((segment.max - 30.0).abs() < 0.1, "{segment:?}");
    assert!((segment.p50 - 10.0).abs() < 0.1, "{segment:?}");
}

#[test]
fn a_tick_has_what_came_since_the_last_and_keeps_levels() {
    let recorder = Recorder::new(Instant::now());
    recorder.viewer_comes();
    recorder.viewer_comes();
    recorder.bytes(5);
    recorder.viewer_goes(End::Finished);
    let first = recorder.tick();
    assert_eq!((first.viewers, first.peak, first.bytes), (1, 2, 5));
    let second = recorder.tick();
    assert_eq!((second.viewers, second.peak, second.bytes), (1, 1, 0));
}

#[test]
fn samples_are_bounded() {
    let recorder = Recorder::new(Instant::now());
    for _ in 0..1000 {
        recorder.error(ErrorClass::Reset, &"u".repeat(10_000), "w");
    }
    let mut outcome = Outcome::default();
    recorder.into_figures().fill(&mut outcome);
    assert_eq!(outcome.errors[&ErrorClass::Reset], 1000);
    assert_eq!(outcome.samples.len(), MAX_SAMPLES);
    assert!(outcome.samples[0].url.chars().count() <= MAX_SAMPLE_CHARS + 1);
}
