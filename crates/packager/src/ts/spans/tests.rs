#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::Presentation;
use crate::craft::{TrackSpec, build, source};

const TARGET_MS: u32 = 2000;

/// 25 frames a second with a sync sample every two seconds.
fn video(seconds: usize) -> TrackSpec {
    TrackSpec::video(25_000, 1000, seconds * 25, 50)
}

/// 48 kHz, after `late_ms` of nothing.
fn audio(seconds: usize, late_ms: u32) -> TrackSpec {
    let track = TrackSpec::audio(48_000, (seconds * 48_000).div_ceil(1024));
    if late_ms > 0 {
        track.edit(late_ms, -1).edit(0, 0)
    } else {
        track
    }
}

fn asset(tracks: &[TrackSpec]) -> Presentation {
    build(vec![source("a.mp4", tracks)], TARGET_MS).unwrap()
}

fn of(p: &Presentation) -> Vec<Span> {
    let kind = |kind| {
        p.renditions
            .iter()
            .find(|rendition| rendition.kind() == kind)
    };
    spans(kind(crate::Kind::Video), kind(crate::Kind::Audio))
}

fn audio_of(spans: &[Span]) -> Vec<Range<usize>> {
    spans.iter().map(|span| span.audio.clone()).collect()
}

#[test]
fn segments_of_equal_cuts_go_together_one_by_one() {
    let spans = of(&asset(&[video(8), audio(8, 0)]));
    assert_eq!(audio_of(&spans), [0..1, 1..2, 2..3, 3..4]);
    assert!(spans.iter().all(|span| span.video.is_some()));
    assert_eq!(spans[1].start, 50_000);
    assert_eq!(spans[1].duration, 50_000);
}

#[test]
fn sound_that_begins_late_goes_where_it_begins() {
    let spans = of(&asset(&[video(8), audio(4, 4500)]));
    assert_eq!(audio_of(&spans), [0..0, 0..0, 0..1, 1..2]);
}

#[test]
fn sound_that_ends_early_leaves_pictures_alone() {
    let spans = of(&asset(&[video(8), audio(3, 0)]));
    assert_eq!(audio_of(&spans), [0..1, 1..2, 2..2, 2..2]);
}

#[test]
fn sound_that_goes_on_has_segments_of_its_own() {
    let p = asset(&[video(4), audio(9, 0)]);
    let spans = of(&p);
    let pictures: Vec<_> = spans.iter().map(|span| span.video).collect();
    assert_eq!(pictures[..3], [Some(0), Some(1), None]);
    let last = spans.last().unwrap();
    // 422 frames, in units of 1/25000 s, rounded up.
    assert_eq!(
        last.start + last.duration,
        (422u64 * 1024 * 25_000).div_ceil(48_000)
    );
}

#[test]
fn sound_that_only_just_goes_on_makes_the_last_segment_longer() {
    let spans = of(&asset(&[video(4), audio(4, 300)]));
    assert_eq!(spans.len(), 2);
    assert!(spans[1].duration > 50_000 + 7_000);
}

#[test]
fn one_kind_alone_is_cut_as_it_is() {
    let p = asset(&[video(8), audio(8, 0)]);
    let [video, audio] = [&p.renditions[0], &p.renditions[1]];
    let alone = spans(None, Some(audio));
    assert_eq!(audio_of(&alone), [0..1, 1..2, 2..3, 3..4]);
    assert_eq!(alone[3].start + alone[3].duration, audio.duration());
    let pictures = spans(Some(video), None);
    assert_eq!(pictures.len(), 4);
    assert!(pictures.iter().all(|span| span.audio.is_empty()));
}

#[test]
fn a_rung_that_ends_before_the_others_gets_the_rest_of_the_sound() {
    let sources = vec![
        source("long.mp4", &[video(12), audio(12, 0)]),
        source("short.mp4", &[video(6)]),
    ];
    let p = build(sources, TARGET_MS).unwrap();
    let short = p.renditions.iter().find(|r| r.segments.len() == 3).unwrap();
    let audio = p
        .renditions
        .iter()
        .find(|r| r.kind() == crate::Kind::Audio)
        .unwrap();
    let spans = spans(Some(short), Some(audio));
    assert_eq!(audio_of(&spans), [0..1, 1..2, 2..3, 3..4, 4..5, 5..6]);
}

#[test]
fn rungs_with_different_clocks_get_the_same_sound() {
    // 30000/1001 in three clocks, of which one counts milliseconds.
    let exact = TrackSpec::video(30_000, 1001, 600, 60);
    let fine = TrackSpec::video(90_000, 3003, 600, 60);
    let mut coarse = TrackSpec::video(1000, 33, 600, 60);
    for (i, sample) in coarse.samples.iter_mut().enumerate() {
        let at = |i: usize| ((i * 1001) as f64 / 30.0).round() as u32;
        sample.duration = at(i + 1) - at(i);
    }
    let sources = vec![
        source("a.mp4", &[exact, audio(20, 0)]),
        source("b.mp4", &[fine]),
        source("c.mp4", &[coarse]),
    ];
    let p = build(sources, TARGET_MS).unwrap();
    let (audio, rungs): (Vec<_>, Vec<_>) = p
        .renditions
        .iter()
        .partition(|r| r.kind() == crate::Kind::Audio);
    let all: Vec<_> = rungs
        .iter()
        .map(|rung| audio_of(&spans(Some(rung), Some(audio[0]))))
        .collect();
    assert_eq!(all.len(), 3);
    assert!(all[0].len() > 5);
    assert_eq!((&all[1], &all[2]), (&all[0], &all[0]));
}

proptest! {
    #[test]
    fn every_segment_of_both_appears_once_and_in_order(
        pictures in 1..400usize,
        gop in 1..120usize,
        frame in 200..5000u32,
        sounds in 1..900usize,
        late_ms in prop_oneof![Just(0u32), 1..20_000u32],
    ) {
        let mut sound = TrackSpec::audio(44_100, sounds);
        if late_ms > 0 {
            sound = sound.edit(late_ms, -1).edit(0, 0);
        }
        let p = asset(&[TrackSpec::video(25_000, frame, pictures, gop), sound]);
        let spans = of(&p);
        let segments = |kind| p.renditions.iter().find(|r| r.kind() == kind).unwrap().segments.len();
        let shown: Vec<usize> = spans.iter().filter_map(|span| span.video).collect();
        prop_assert!(shown.into_iter().eq(0..segments(crate::Kind::Video)));
        let heard = spans.iter().flat_map(|span| span.audio.clone());
        prop_assert!(heard.eq(0..segments(crate::Kind::Audio)));
        prop_assert!(spans.iter().all(|span| span.video.is_some() || span.audio.len() == 1));
        prop_assert!(spans.iter().all(|span| span.duration > 0));
        prop_assert!(spans.windows(2).all(|pair| pair[0].start < pair[1].start));
    }
}
