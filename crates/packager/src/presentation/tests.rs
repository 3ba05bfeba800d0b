#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_drm::{KeyId, Scheme, TrackEncryption};
use proptest::prelude::*;

use super::*;
use crate::SegmentPlan;
use crate::craft::{Entry, SampleSpec, TrackSpec, build, source};

fn video(count: usize) -> TrackSpec {
    TrackSpec::video(25_000, 1000, count, 50)
}

fn audio(count: usize) -> TrackSpec {
    TrackSpec::audio(48_000, count)
}

fn names(p: &Presentation) -> Vec<&str> {
    p.renditions
        .iter()
        .map(|rendition| rendition.name.as_str())
        .collect()
}

#[test]
fn rungs_are_named_by_height_and_sorted_by_bandwidth() {
    let mut heavy = video(250);
    heavy.samples.iter_mut().for_each(|sample| sample.size *= 2);
    let p = build(
        vec![source("a.mp4", &[video(250)]), source("b.mp4", &[heavy])],
        4000,
    )
    .unwrap();
    assert_eq!(names(&p), ["v48", "v48-2"]);
    assert_eq!((p.renditions[0].source, p.renditions[1].source), (1, 0));
    assert!(p.renditions[0].peak_bandwidth > p.renditions[1].peak_bandwidth);
}

#[test]
fn one_audio_rendition_per_language_the_one_with_the_highest_bit_rate() {
    let mut better = audio(470).language(b"deu");
    better
        .samples
        .iter_mut()
        .for_each(|sample| sample.size *= 2);
    let sources = vec![
        source("b.mp4", &[audio(470).language(b"deu"), audio(470)]),
        source("a.mp4", &[better, audio(470)]),
    ];
    let p = build(sources, 4000).unwrap();
    assert_eq!(names(&p), ["a-de", "a-und"]);
    assert_eq!(p.renditions[0].source, 1, "the better one");
    assert_eq!(
        p.renditions[1].source, 1,
        "equal: the name that sorts first"
    );
}

#[test]
fn tracks_that_are_neither_video_nor_audio_are_ignored_and_listed() {
    let mut time_code = video(1);
    time_code.handler = *b"tmcd";
    let p = build(vec![source("a.mp4", &[video(100), time_code])], 4000).unwrap();
    assert_eq!(names(&p), ["v48"]);
    assert_eq!(
        p.ignored,
        ["a.mp4: track 2 (tmcd): neither video, audio nor text"]
    );
}

#[test]
fn an_asset_with_nothing_to_play_is_refused() {
    let error = build(vec![], 4000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no video or audio track with samples in an asset without files"
    );
    let error = build(vec![source("a.mp4", &[video(0)])], 4000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no video or audio track with samples in a.mp4"
    );
}

#[test]
fn a_source_that_cannot_be_packaged_is_named() {
    let track = video(100).edit(1000, 0).edit(1000, 50_000);
    let error = build(vec![source("a.mp4", &[track])], 4000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.mp4: track 1: an edit list with several edits, where media goes on at 2.000 s after 1.000 s: \
         describe the pieces as clips, or write the file anew without edits"
    );
}

#[test]
fn a_target_duration_of_0_is_refused() {
    assert!(matches!(
        build(vec![], 0),
        Err(Error::TargetDuration {
            target_duration_ms: 0
        })
    ));
}

#[test]
fn the_fingerprint_follows_source_and_options() {
    let of = |track: TrackSpec, target| {
        build(vec![source("a.mp4", &[track])], target)
            .unwrap()
            .fingerprint
    };
    assert_eq!(of(video(100), 4000), of(video(100), 4000));
    assert_ne!(of(video(100), 4000), of(video(100), 5000));
    assert_ne!(of(video(100), 4000), of(video(101), 4000));
}

#[test]
fn the_url_name_follows_rendition_scheme_and_key() {
    let p = build(vec![source("a.mp4", &[video(100), audio(100)])], 4000).unwrap();
    let enc = |scheme, kid| TrackEncryption {
        scheme,
        default_kid: KeyId([kid; 16]),
        per_sample_iv_size: 8,
        constant_iv: None,
        crypt_byte_block: 0,
        skip_byte_block: 0,
    };
    let hash = |rendition: &Rendition, enc: Option<&TrackEncryption>| {
        let name = p.url_name(rendition, enc);
        name.strip_prefix(&format!("{}-", rendition.name))
            .unwrap()
            .to_owned()
    };
    let [video, audio] = &p.renditions[..] else {
        panic!("two renditions")
    };
    let mut all = vec![
        hash(video, None),
        hash(audio, None),
        hash(video, Some(&enc(Scheme::Cenc, 1))),
        hash(video, Some(&enc(Scheme::Cbcs, 1))),
        hash(video, Some(&enc(Scheme::Cenc, 2))),
    ];
    assert!(all.iter().all(|hash| hash.len() == 8));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 5);
    assert_ne!(p.track_identity(video), p.track_identity(audio));
}

#[test]
fn key_frames_stand_on_the_presentation_timeline() {
    let p = build(
        vec![source("a.mp4", &[video(120).delayed(2000, true)])],
        4000,
    )
    .unwrap();
    let times: Vec<_> = p
        .trick_play(&p.renditions[0])
        .unwrap()
        .frames
        .iter()
        .map(|frame| (frame.sample, frame.start))
        .collect();
    assert_eq!(times, [(0, 0), (50, 50_000), (100, 100_000)]);
}

#[test]
fn a_delay_of_all_tracks_moves_them_together() {
    let tracks = [
        video(100).edit(1000, -1).edit(0, 0),
        audio(188).edit(1000, -1).edit(0, 1024),
    ];
    let p = build(vec![source("a.mp4", &tracks)], 4000).unwrap();
    for rendition in &p.renditions {
        assert_eq!(
            rendition.segments[0].base_media_decode_time, 0,
            "{}",
            rendition.name
        );
    }
    assert_eq!(p.misalignments, []);
}

#[test]
fn composition_offsets_that_do_not_fit_are_refused() {
    let mut track = video(100).edit(0, 0);
    track.samples[60].composition_offset = i32::MAX;
    assert!(build(vec![source("a.mp4", &[track.clone()])], 4000).is_ok());
    track.edits.clear();
    track
        .samples
        .iter_mut()
        .take(60)
        .for_each(|sample| sample.composition_offset = -5000);
    let error = build(vec![source("a.mp4", &[track])], 4000)
        .unwrap_err()
        .to_string();
    assert!(error.contains("32 bits"), "{error}");
}

fn any_video() -> impl Strategy<Value = TrackSpec> {
    let clocks = prop::sample::select(vec![
        (25_000, 1000),
        (30_000, 1001),
        (12_800, 512),
        (90_000, 1500),
        (1000, 40),
    ]);
    (
        clocks,
        prop::collection::vec(1usize..40, 1..12),
        0i32..3,
        any::<bool>(),
    )
        .prop_map(|((timescale, duration), gops, delay, edit)| {
            let samples = gops
                .iter()
                .flat_map(|gop| (0..*gop).map(|i| i == 0))
                .enumerate()
                .map(|(i, is_sync)| {
                    // Neighbours swapped in decode order, as with one B-frame.
                    let swing = if delay > 0 && !is_sync && i % 2 == 1 {
                        delay
                    } else {
                        0
                    };
                    SampleSpec {
                        duration,
                        composition_offset: swing * duration as i32,
                        is_sync,
                        size: 20 + i as u32 * 7 % 50,
                        description: 0,
                    }
                });
            TrackSpec {
                handler: *b"vide",
                timescale,
                language: *b"und",
                edits: vec![],
                samples: samples.collect(),
                entries: vec![Entry::Avc],
            }
            .delayed(delay * duration as i32, edit)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_sample_is_in_one_segment_and_times_have_no_gap(
        rungs in prop::collection::vec(any_video(), 0..4),
        frames in prop::option::of(1usize..700),
        priming in 0i32..3000,
        target_ms in 100u32..6000,
    ) {
        prop_assume!(!rungs.is_empty() || frames.is_some());
        let audio = frames.map(|frames| audio(frames).edit(0, priming.min(frames as i32 * 1024 - 1)));
        let tracks = rungs.iter().cloned().chain(audio);
        let sources = tracks.enumerate().map(|(i, track)| source(&format!("{i}.mp4"), &[track])).collect();
        let p = build(sources, target_ms).unwrap();
        for r in &p.renditions {
            let table = &p.track(r).unwrap().samples;
            let mut next = (0, 0);
            let mut decode_time = 0;
            let longest = r.segments.iter().map(|segment| segment.duration).max().unwrap();
            for (number, segment) in r.segments.iter().enumerate() {
                prop_assert_eq!((segment.first_sample, segment.start), next);
                prop_assert!(segment.sample_count > 0 && segment.duration > 0);
                prop_assert_eq!(segment.base_media_decode_time, decode_time);
                next = (segment.first_sample + segment.sample_count, segment.start + segment.duration);
                let samples: Vec<_> = table.iter_from(segment.first_sample).take(segment.sample_count as usize).collect();
                decode_time += samples.iter().map(|sample| u64::from(sample.duration)).sum::<u64>();
                let plan = SegmentPlan::new(&p, r, number, None).unwrap();
                prop_assert_eq!(plan.payload_len(), segment.bytes);
                prop_assert_eq!(plan.content_length(), Some(segment.len));
                let mut from_ranges = plan.source_ranges().iter().flat_map(|range| range.offset..range.offset + range.len);
                for sample in &samples {
                    for at in sample.offset..sample.offset + u64::from(sample.size) {
                        prop_assert_eq!(from_ranges.next(), Some(at));
                    }
                }
                prop_assert_eq!(from_ranges.next(), None);
                if segment.duration * 2 >= longest {
                    let bits = plan.content_length().unwrap() * 8 * u64::from(r.timescale);
                    prop_assert!(bits <= r.peak_bandwidth * segment.duration);
                }
            }
            prop_assert_eq!(next, (table.len(), r.duration()));
            // Each segment but the first begins with a sync sample, at its time.
            let Some(trick) = p.trick_play(r) else { continue };
            let keyframes: Vec<_> = trick.frames.iter().map(|frame| (frame.sample, frame.start)).collect();
            for segment in r.segments.iter().skip(1) {
                prop_assert!(keyframes.contains(&(segment.first_sample, segment.start)));
            }
        }
    }
}
