//! Rungs cut together, their audio with them, and what is said when they do not fit.
use edgepack_packager::{Media, Misalignment, Rendition};

use crate::clips::clip;
use crate::support::asset;

/// Starts of the segments, milliseconds.
fn starts(rendition: &Rendition) -> Vec<u64> {
    rendition
        .segments
        .iter()
        .map(|segment| segment.start * 1000 / u64::from(rendition.timescale))
        .collect()
}

#[test]
fn rungs_and_audio_are_cut_together() {
    let asset = asset(
        &[clip("high.mp4"), clip("low.mp4"), clip("no-b-frames.mp4")],
        4000,
    );
    let p = &asset.presentation;
    let names: Vec<_> = p
        .renditions
        .iter()
        .map(|rendition| rendition.name.as_str())
        .collect();
    assert_eq!(names, ["v270", "v180", "v136", "a-en"]);
    assert_eq!(p.misalignments, []);
    for name in ["v270", "v180", "v136"] {
        assert_eq!(
            starts(asset.rendition(name)),
            [0, 4000, 8000, 12000],
            "{name}"
        );
    }
    for (audio, video) in starts(asset.audio())
        .into_iter()
        .zip([0, 4000, 8000, 12000])
    {
        assert!(
            (video..video + 22).contains(&audio),
            "{audio} is the first AAC frame at or after {video}"
        );
    }
    assert_eq!(
        asset.rendition("a-en").source,
        0,
        "the audio with the higher bit rate"
    );
    assert_eq!(p.duration_ms, 12400);
}

#[test]
fn every_sample_is_in_one_segment_and_times_have_no_gap() {
    let asset = asset(
        &[clip("high.mp4"), clip("ntsc.mp4"), clip("long-gop.mp4")],
        3000,
    );
    for rendition in &asset.presentation.renditions {
        let first = rendition.segments.first().unwrap();
        assert_eq!((first.start, first.first_sample), (0, 0));
        for pair in rendition.segments.windows(2) {
            assert_eq!(
                pair[0].start + pair[0].duration,
                pair[1].start,
                "{}",
                rendition.name
            );
            assert_eq!(
                pair[0].first_sample + pair[0].sample_count,
                pair[1].first_sample,
                "{}",
                rendition.name
            );
        }
        let last = rendition.segments.last().unwrap();
        assert_eq!(
            last.first_sample + last.sample_count,
            asset.presentation.track(rendition).unwrap().samples.len()
        );
        assert!(
            rendition
                .segments
                .iter()
                .all(|segment| segment.duration > 0 && segment.sample_count > 0)
        );
    }
}

#[test]
fn a_rung_with_fewer_key_frames_is_named_and_the_common_ones_are_used() {
    let asset = asset(&[clip("high.mp4"), clip("long-gop.mp4")], 2000);
    let Misalignment { rendition, what } = &asset.presentation.misalignments[0];
    assert_eq!(rendition, "v180");
    assert!(what.contains("4 of them, the first at 2.000 s"), "{what}");
    assert_eq!(starts(asset.rendition("v270")), [0, 6000, 12000]);
    assert_eq!(starts(asset.rendition("v180")), [0, 6000, 12000]);
}

#[test]
fn a_rung_that_ends_early_has_fewer_segments() {
    let asset = asset(&[clip("high.mp4"), clip("short.mp4")], 4000);
    assert_eq!(starts(asset.rendition("v270")), [0, 4000, 8000, 12000]);
    assert_eq!(starts(asset.rendition("v180")), [0, 4000]);
    let said: Vec<_> = asset
        .presentation
        .misalignments
        .iter()
        .map(|said| said.rendition.as_str())
        .collect();
    assert_eq!(said, ["v180", "a-und"]);
}

#[test]
fn frame_rates_are_exact() {
    for (name, expected) in [
        ("high.mp4", (25, 1)),
        ("ntsc.mp4", (30000, 1001)),
        ("coarse-clock.mp4", (30, 1)),
    ] {
        let asset = asset(&[clip(name)], 4000);
        let Media::Video { frame_rate, .. } = asset.video().media else {
            panic!("video")
        };
        assert_eq!(frame_rate, expected, "{name}");
    }
}

#[test]
fn an_open_gop_keeps_its_leading_pictures_behind_their_key_frame() {
    let asset = asset(&[clip("open-gop.mp4")], 2000);
    let rendition = asset.video();
    let keyframes: Vec<_> = asset.presentation.trick_play(rendition).unwrap().frames;
    assert!(rendition.segments.len() > 3);
    for segment in &rendition.segments[1..] {
        let keyframe = keyframes
            .iter()
            .find(|keyframe| keyframe.sample == segment.first_sample)
            .expect("a key frame first");
        assert_eq!(keyframe.start, segment.start);
    }
}

#[test]
fn the_same_source_gives_the_same_names_and_another_target_others() {
    let names = |target| {
        let asset = asset(&[clip("high.mp4")], target);
        asset.presentation.url_name(asset.video(), None)
    };
    assert_eq!(names(4000), names(4000));
    assert_ne!(names(4000), names(2000));
    assert!(names(4000).starts_with("v270-") && names(4000).len() == "v270-".len() + 8);
}
