#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn clock(parameters: &[(&str, &str)]) -> Clock {
    let mut root = Element::new("tt");
    for (name, value) in parameters {
        root = root.with(Ns::Ttp, name, *value);
    }
    Clock::of(&root).unwrap()
}

#[test]
fn all_metrics_of_offset_time() {
    let clock = clock(&[("frameRate", "25"), ("tickRate", "10000000")]);
    for (expression, micros) in [
        ("1.5h", 5_400_000_000),
        ("2m", 120_000_000),
        ("3.25s", 3_250_000),
        ("1500.5ms", 1_500_500),
        ("50f", 2_000_000),
        ("12.5f", 500_000),
        ("35000000t", 3_500_000),
        (" 0s ", 0),
    ] {
        assert_eq!(clock.parse(expression), Some(micros), "{expression}");
    }
}

#[test]
fn clock_time_with_fractions_and_frames() {
    let clock = clock(&[("frameRate", "25"), ("subFrameRate", "4")]);
    for (expression, micros) in [
        ("00:00:01", 1_000_000),
        ("01:02:03.5", 3_723_500_000),
        ("00:00:01:10", 1_400_000),
        ("00:00:01:10.2", 1_420_000),
        ("100:00:00.000", 360_000_000_000),
    ] {
        assert_eq!(clock.parse(expression), Some(micros), "{expression}");
    }
}

#[test]
fn frames_of_media_time_last_as_the_multiplier_says() {
    for multiplier in ["1000 1001", "1000:1001"] {
        let clock = clock(&[("frameRate", "30"), ("frameRateMultiplier", multiplier)]);
        assert_eq!(clock.parse("30f"), Some(1_001_000));
        assert_eq!(clock.parse("00:00:10:15"), Some(10_500_500));
    }
}

#[test]
fn smpte_time_codes_count_frames() {
    let ntsc = [
        ("timeBase", "smpte"),
        ("frameRate", "30"),
        ("frameRateMultiplier", "1000 1001"),
    ];
    let plain = clock(&ntsc);
    // 3600 labelled seconds of 30 frames at 29.97.
    assert_eq!(plain.parse("01:00:00:00"), Some(3_603_600_000));
    let dropping = clock(&[&ntsc[..], &[("dropMode", "dropNTSC")]].concat());
    // 108 labels are dropped in an hour: within a few milliseconds of the wall clock.
    assert_eq!(dropping.parse("01:00:00:00"), Some(3_599_996_400));
    assert_eq!(dropping.parse("00:01:00:02"), Some(60_060_000));
    assert_eq!(dropping.parse("00:00:01"), Some(1_001_000));
}

#[test]
fn ticks_are_frames_unless_said_otherwise() {
    assert_eq!(clock(&[]).parse("3t"), Some(3_000_000));
    let frames = clock(&[("frameRate", "50"), ("subFrameRate", "2")]);
    assert_eq!(frames.parse("150t"), Some(1_500_000));
}

#[test]
fn what_is_malformed_is_no_time() {
    let clock = clock(&[("frameRate", "25")]);
    for expression in [
        "",
        "1",
        "s",
        "1x",
        "-1s",
        "1.s",
        ".5s",
        "1,5s",
        "00:00",
        "00:60:00",
        "00:00:61",
        "00:00:00:25",
        "1:2:3:4:5",
        "99999999999999h",
        "1e3s",
        "٣s",
        "999999999999h",
    ] {
        assert_eq!(clock.parse(expression), None, "{expression:?}");
    }
}

#[test]
fn times_of_day_and_markers_are_refused() {
    let refused = |parameters: &[(&str, &str)]| {
        let mut root = Element::new("tt");
        for (name, value) in parameters {
            root = root.with(Ns::Ttp, name, *value);
        }
        matches!(Clock::of(&root), Err(Error::Unsupported { .. }))
    };
    assert!(refused(&[("timeBase", "clock")]));
    assert!(refused(&[
        ("timeBase", "smpte"),
        ("markerMode", "discontinuous")
    ]));
    assert!(!refused(&[("timeBase", "smpte")]));
}
