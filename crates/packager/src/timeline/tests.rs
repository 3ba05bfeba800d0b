#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

const FRAME: u32 = 40;

/// A rung with a clock of milliseconds and frames of 40 ms.
fn rung(sync: &[SyncPoint], end: i64) -> VideoTrack<'_> {
    VideoTrack {
        timescale: 1000,
        first_sample: 0,
        sync,
        changes: &[],
        end,
        frame_duration: FRAME,
    }
}

fn points(times: &[i64]) -> Vec<SyncPoint> {
    times
        .iter()
        .map(|time| SyncPoint {
            sample: (*time / i64::from(FRAME)) as u32,
            time: *time,
        })
        .collect()
}

fn times(cuts: &Cuts) -> Vec<i64> {
    cuts.0.iter().map(|cut| cut.time).collect()
}

fn millis(moments: &[Moment]) -> Vec<i64> {
    moments.iter().map(|moment| moment.millis()).collect()
}

#[test]
fn segments_follow_the_grid_and_do_not_drift() {
    // Key frames every 1.2 s: the first at or after each multiple of 4 s.
    let sync = points(&(0..20).map(|i| i * 1200).collect::<Vec<_>>());
    let found = boundaries(&[rung(&sync, 24_000)], 4000);
    assert_eq!(
        millis(&found.moments),
        [0, 4800, 8400, 12_000, 16_800, 20_400]
    );
}

#[test]
fn a_long_gop_is_one_segment() {
    let sync = points(&[0, 10_000, 11_000]);
    let found = boundaries(&[rung(&sync, 12_000)], 4000);
    assert_eq!(millis(&found.moments), [0, 10_000]);
    assert!(found.long.is_empty(), "nothing could be done about it");
}

#[test]
fn times_within_half_a_frame_are_one_boundary() {
    let (a, b) = (points(&[0, 4000, 8000]), points(&[0, 3990, 8020]));
    let found = boundaries(&[rung(&a, 12_000), rung(&b, 12_000)], 4000);
    assert_eq!(times(&found.cuts[0]), [0, 4000, 8000]);
    assert_eq!(times(&found.cuts[1]), [0, 3990, 8020]);
    assert_eq!(found.lacking, [None, None]);
}

#[test]
fn equal_times_of_different_clocks_are_one_boundary() {
    let a = points(&[0, 4000]);
    let b = [
        SyncPoint { sample: 0, time: 0 },
        SyncPoint {
            sample: 100,
            time: 360_000,
        },
    ];
    let fine = VideoTrack {
        timescale: 90_000,
        first_sample: 0,
        sync: &b,
        changes: &[],
        end: 720_000,
        frame_duration: 3600,
    };
    let found = boundaries(&[rung(&a, 8000), fine], 4000);
    assert_eq!(times(&found.cuts[1]), [0, 360_000]);
    assert_eq!(found.lacking, [None, None]);
}

#[test]
fn only_what_all_rungs_have_is_a_boundary() {
    let (a, b) = (
        points(&[0, 2000, 4000, 6000, 8000]),
        points(&[0, 4000, 7000]),
    );
    let found = boundaries(&[rung(&a, 10_000), rung(&b, 10_000)], 2000);
    assert_eq!(millis(&found.moments), [0, 4000]);
    assert_eq!(found.lacking[0].unwrap(), (1, Moment::new(7000, 1000)));
    assert_eq!(found.lacking[1].unwrap(), (3, Moment::new(2000, 1000)));
}

#[test]
fn rungs_without_common_sync_samples_are_reported() {
    let (a, b) = (
        points(&[0, 2000, 4000, 6000]),
        points(&[0, 1000, 3000, 5000]),
    );
    let found = boundaries(&[rung(&a, 8000), rung(&b, 8000)], 2000);
    assert_eq!(millis(&found.moments), [0]);
    assert_eq!(found.long, [(Moment::new(0, 1), 8000)]);
}

#[test]
fn a_rung_that_has_ended_does_not_hold_up_the_others() {
    let (a, b) = (points(&[0, 2000, 4000, 6000]), points(&[0, 2000]));
    let found = boundaries(&[rung(&a, 8000), rung(&b, 4000)], 2000);
    assert_eq!(times(&found.cuts[0]), [0, 2000, 4000, 6000]);
    assert_eq!(times(&found.cuts[1]), [0, 2000]);
    assert_eq!(found.lacking, [None, None]);
}

/// Frames of `duration` from `first` on, to the end.
fn audio(
    boundaries: &[Moment],
    video_end: i64,
    first: i64,
    end: i64,
    duration: i64,
    target_ms: u32,
) -> Cuts {
    let mut cutter = AudioCutter::new(
        boundaries,
        Moment::new(video_end, 1000),
        Moment::new(end, 1000),
        target_ms,
    );
    for sample in 0..(end - first) / duration {
        cutter.frame(sample as u32, first + sample * duration, true, false);
    }
    cutter.finish().unwrap()
}

fn seconds(values: &[i64]) -> Vec<Moment> {
    values.iter().map(|value| Moment::new(*value, 1)).collect()
}

#[test]
fn audio_begins_a_segment_at_or_after_the_boundary() {
    let cuts = audio(&seconds(&[0, 4, 8]), 12_000, -21, 12_000, 23, 4000);
    assert_eq!(times(&cuts), [0, 4004, 8006]);
}

#[test]
fn audio_that_ends_early_has_fewer_segments_and_no_empty_one() {
    assert_eq!(
        times(&audio(&seconds(&[0, 4, 8]), 12_000, 0, 5000, 20, 4000)),
        [0, 4000]
    );
}

#[test]
fn audio_that_begins_late_begins_its_first_segment_at_0() {
    assert_eq!(
        times(&audio(&seconds(&[0, 4, 8]), 12_000, 5000, 12_000, 20, 4000)),
        [0, 8000]
    );
}

#[test]
fn audio_that_goes_on_after_the_video_is_cut_on_the_grid() {
    assert_eq!(
        times(&audio(&seconds(&[0, 4]), 7000, 0, 20_000, 20, 4000)),
        [0, 4000, 8000, 12_000, 16_000]
    );
}

#[test]
fn audio_that_just_outlasts_the_video_gets_no_segment_for_it() {
    assert_eq!(
        times(&audio(&seconds(&[0, 4]), 8000, 0, 8040, 20, 4000)),
        [0, 4000]
    );
}

#[test]
fn audio_alone_is_cut_on_the_grid() {
    assert_eq!(times(&audio(&[], 0, -21, 9000, 21, 4000)), [0, 4011, 8001]);
}

proptest! {
    #[test]
    fn boundaries_rise_and_are_sync_samples_of_every_rung(
        gaps in prop::collection::vec((prop::collection::vec(1i64..100, 1..60), 1i64..50), 1..4),
        target_ms in 100u32..8000,
    ) {
        let rungs: Vec<(Vec<SyncPoint>, i64)> = gaps.iter().map(|(gaps, tail)| {
            let mut at = 0;
            let mut sync = vec![0];
            for gap in gaps {
                at += gap * i64::from(FRAME);
                sync.push(at);
            }
            (points(&sync), at + tail * i64::from(FRAME))
        }).collect();
        let tracks: Vec<_> = rungs.iter().map(|(sync, end)| rung(sync, *end)).collect();
        let found = boundaries(&tracks, target_ms);
        prop_assert_eq!(found.moments[0], Moment::new(0, 1));
        prop_assert!(found.moments.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(found.moments.windows(2).all(|pair| pair[0].grid_index(target_ms) < pair[1].grid_index(target_ms)));
        for ((sync, end), cuts) in rungs.iter().zip(&found.cuts) {
            prop_assert!(cuts.0.windows(2).all(|pair| pair[0].sample < pair[1].sample && pair[0].time < pair[1].time));
            for cut in &cuts.0 {
                prop_assert!(sync.contains(cut));
                prop_assert!(found.moments.contains(&Moment::new(cut.time, 1000)));
            }
            let before_end = found.moments.iter().filter(|moment| moment.millis() + 20 < *end).count();
            prop_assert_eq!(before_end, cuts.0.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_taken_together_are_cut_as_one_by_one(
        gaps in prop::collection::vec(0..9_000_i64, 0..12),
        scales in (prop::sample::select(vec![1000_u32, 600, 44_100, 48_000]), prop::sample::select(vec![1000_u32, 90_000, 30_000])),
        video_end in 0..60_000_i64,
        runs in prop::collection::vec((1..300_u32, 0..3000_u32, any::<bool>(), any::<bool>()), 1..12),
        first in -3000..3000_i64,
        target_ms in 100..9_000_u32,
    ) {
        let (timescale, clock) = scales;
        let mut at = 0;
        let boundaries: Vec<Moment> = gaps
            .iter()
            .map(|gap| {
                at += gap * i64::from(clock) / 1000;
                Moment::new(at, clock)
            })
            .collect();
        let length: i64 = runs.iter().map(|(count, duration, ..)| i64::from(*count) * i64::from(*duration)).sum();
        let cutter = || {
            let end = Moment::new(first + length, timescale);
            AudioCutter::new(&boundaries, Moment::new(video_end, 1000), end, target_ms)
        };
        let (mut each, mut together) = (cutter(), cutter());
        let (mut sample, mut time) = (0, first);
        for (count, duration, are_sync, changes) in runs {
            if changes {
                together.frame(sample, time, true, true);
                each.frame(sample, time, true, true);
                (sample, time) = (sample + 1, time + i64::from(duration));
            }
            together.frames(&Frames { first: sample, count, time, duration, are_sync });
            for _ in 0..count {
                each.frame(sample, time, are_sync, false);
                (sample, time) = (sample + 1, time + i64::from(duration));
            }
        }
        prop_assert_eq!(together.finish(), each.finish());
    }
}
