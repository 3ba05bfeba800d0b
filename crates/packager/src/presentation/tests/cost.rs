//! What opening a long title costs, as figures that are printed.
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::audio;
use crate::craft::{TrackSpec, build, source};
use crate::{SegmentPlan, Source};

/// Two hours at 30000/1001 with B-frames, a sync sample every two seconds, and AAC beside the first rung.
fn feature_film() -> Vec<Source> {
    let rung = |size: u32| {
        let mut track = TrackSpec::video(30_000, 1001, 215_784, 60);
        for (index, sample) in track.samples.iter_mut().enumerate() {
            sample.composition_offset = [1001, 3003, 1001, 0][index % 4];
            sample.size = sample.size * size + index as u32 % 97;
        }
        track.edit(0, 1001)
    };
    (1..=6)
        .map(|index| {
            let mut tracks = vec![rung(7 - index)];
            if index == 1 {
                tracks.push(audio(337_500).edit(0, 1024));
            }
            source(&format!("{index}.mp4"), &tracks)
        })
        .collect()
}

/// This thread's, where the system tells it: other work on the machine does not count.
fn processor_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|stat| stat.split(' ').next()?.parse().ok());
    spent.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// Bounds far above what it takes, so that only a change of order fails; the figures are printed.
#[test]
fn a_film_of_two_hours_in_six_rungs_is_composed_in_milliseconds() {
    let sources = feature_film();
    let mean = |what: &mut dyn FnMut()| {
        // Several times, for the system counts in ticks of some milliseconds.
        const TIMES: u32 = 16;
        let start = processor_time();
        (0..TIMES).for_each(|_| what());
        (processor_time() - start) / TIMES
    };
    let compose = mean(&mut || {
        build(sources.clone(), 6000).unwrap();
    });
    let p = build(sources, 6000).unwrap();
    let trick = mean(&mut || {
        p.trick_play(&p.renditions[0]).unwrap();
    });
    let last = p.renditions[0].segments.len() - 1;
    let plan = mean(&mut || {
        SegmentPlan::new(&p, &p.renditions[0], last, crate::SegmentProtection::Clear).unwrap();
    });
    let layout = mean(&mut || {
        crate::ondemand::layout(&p, &p.renditions[0], None).unwrap();
    });
    let per_file = compose / 6;
    println!(
        "compose {compose:?}, {per_file:?} a file; trick play {trick:?}; plan {plan:?}; one file {layout:?}"
    );
    assert!(per_file.as_millis() < 100, "{per_file:?}");
    assert!(trick.as_millis() < 50, "{trick:?}");
}
