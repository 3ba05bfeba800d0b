#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::Instant;

use edgepack_drm::{ContentKey, IvSeed, KeyId, SampleEncryptor, Scheme};

use super::*;
use crate::craft::{CHUNK, TrackSpec, build, source};

fn asset() -> Presentation {
    let tracks = [
        TrackSpec::video(25_000, 1000, 250, 50),
        TrackSpec::audio(48_000, 470).edit(0, 1024),
    ];
    build(vec![source("a.mp4", &tracks)], 4000).unwrap()
}

fn encryptor(p: &Presentation, r: &Rendition, scheme: Scheme) -> SampleEncryptor {
    let key = ContentKey::new(KeyId([1; 16]), [2; 16]);
    SampleEncryptor::new(
        scheme,
        &key,
        IvSeed::derive(&key, &p.track_identity(r)),
        p.codec(r).unwrap(),
    )
    .unwrap()
}

#[test]
fn adjacent_samples_are_one_range() {
    let p = asset();
    let r = p.rendition("v48").unwrap();
    let plan = SegmentPlan::new(&p, r, 0, SegmentProtection::Clear).unwrap();
    assert_eq!(plan.source_ranges().len(), 100usize.div_ceil(CHUNK));
    let total: u64 = plan.source_ranges().iter().map(|range| range.len).sum();
    assert_eq!((total, total), (plan.payload_len(), r.segments[0].bytes));
}

#[test]
fn a_clear_segment_is_a_header_and_source_ranges() {
    let p = asset();
    let plan =
        SegmentPlan::new(&p, p.rendition("v48").unwrap(), 1, SegmentProtection::Clear).unwrap();
    let pieces = plan.pieces().unwrap();
    assert_eq!(pieces[0], Piece::Inline(plan.header()));
    assert_eq!(pieces.len(), 1 + plan.source_ranges().len());
    assert_eq!(
        plan.content_length(),
        Some(plan.header().len() as u64 + plan.payload_len())
    );
}

#[test]
fn a_segment_that_does_not_exist_is_refused() {
    let p = asset();
    let error =
        SegmentPlan::new(&p, p.rendition("v48").unwrap(), 3, SegmentProtection::Clear).unwrap_err();
    assert_eq!(
        error.to_string(),
        "v48 has 3 segments, there is no segment 3"
    );
}

#[test]
fn protected_audio_has_a_length_before_it_is_read_and_protected_video_has_not() {
    let p = asset();
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let audio = p.rendition("a-und").unwrap();
        let mut enc = encryptor(&p, audio, scheme);
        let plan = SegmentPlan::new(&p, audio, 1, SegmentProtection::Header(&enc)).unwrap();
        let foreseen = plan.content_length().unwrap();
        let mut payload = vec![0; usize::try_from(plan.payload_len()).unwrap()];
        let header = plan.protect(&mut enc, &mut payload).unwrap();
        assert_eq!(foreseen, (header.len() + payload.len()) as u64);
        assert_eq!(plan.header(), header);
        let video = p.rendition("v48").unwrap();
        let plan = SegmentPlan::new(
            &p,
            video,
            1,
            SegmentProtection::Header(&encryptor(&p, video, scheme)),
        )
        .unwrap();
        assert_eq!((plan.content_length(), plan.header().len()), (None, 0));
    }
}

#[test]
fn a_protected_plan_offers_no_pieces_of_clear_media() {
    let p = asset();
    for name in ["v48", "a-und"] {
        let r = p.rendition(name).unwrap();
        let plan = SegmentPlan::new(
            &p,
            r,
            0,
            SegmentProtection::Header(&encryptor(&p, r, Scheme::Cenc)),
        )
        .unwrap();
        assert_eq!(plan.pieces(), None);
    }
}

#[test]
fn another_encryptor_than_planned_is_refused() {
    let p = asset();
    let r = p.rendition("a-und").unwrap();
    let plan = SegmentPlan::new(
        &p,
        r,
        0,
        SegmentProtection::Header(&encryptor(&p, r, Scheme::Cenc)),
    )
    .unwrap();
    let mut payload = vec![0; usize::try_from(plan.payload_len()).unwrap()];
    let error = plan
        .protect(&mut encryptor(&p, r, Scheme::Cbcs), &mut payload)
        .unwrap_err();
    assert!(matches!(error, Error::Payload { .. }), "{error}");
}

#[test]
fn a_plan_of_200_samples_takes_microseconds() {
    let p = asset();
    let r = p.rendition("a-und").unwrap();
    let fastest = (0..200).map(|_| {
        let start = Instant::now();
        let plan = SegmentPlan::new(&p, r, 1, SegmentProtection::Clear).unwrap();
        let elapsed = start.elapsed();
        assert!(plan.payload_len() > 0);
        elapsed
    });
    let fastest = fastest.min().unwrap();
    println!(
        "{} samples planned in {fastest:?}",
        r.segments[1].sample_count
    );
    // Far above what an optimised build needs, so that only a change of order fails.
    assert!(fastest.as_micros() < 200, "{fastest:?}");
}

#[test]
fn a_key_frame_is_a_fragment_of_its_own_presented_when_and_as_long_as_listed() {
    let track = TrackSpec::video(25_000, 1000, 120, 50).delayed(2000, true);
    let p = build(vec![source("a.mp4", &[track])], 4000).unwrap();
    let r = &p.renditions[0];
    let trick = p.trick_play(r).unwrap();
    let listed: Vec<_> = trick
        .frames
        .iter()
        .map(|frame| (frame.sample, frame.start, frame.duration))
        .collect();
    assert_eq!(
        listed,
        [(0, 0, 50_000), (50, 50_000, 50_000), (100, 100_000, 20_000)]
    );
    for (number, frame) in trick.frames.iter().enumerate() {
        let plan = SegmentPlan::keyframe(&p, r, number, frame, SegmentProtection::Clear).unwrap();
        assert_eq!(plan.content_length(), Some(frame.len));
        assert_eq!(plan.base_media_decode_time, frame.start);
        assert_eq!(plan.samples, [frame.run_sample()]);
        let sample = p.track(r).unwrap().samples.sample(frame.sample).unwrap();
        assert_eq!(
            plan.source_ranges(),
            [SourceRange {
                source: 0,
                offset: sample.offset,
                len: 900
            }]
        );
    }
    assert!(trick.peak_bandwidth > trick.average_bandwidth);
    let average = trick.frames.iter().map(|frame| frame.len * 8).sum::<u64>() * 25_000 / 120_000;
    assert!(trick.average_bandwidth.abs_diff(average) <= 1);
}

#[test]
fn a_protected_key_frame_is_encrypted_as_in_its_segment() {
    let p = asset();
    let r = p.rendition("v48").unwrap();
    let trick = p.trick_play(r).unwrap();
    let encrypt = |plan: SegmentPlan| {
        let mut enc = encryptor(&p, r, Scheme::Cenc);
        let len = usize::try_from(plan.payload_len()).unwrap();
        // One NAL unit, an IDR slice, per sample.
        let mut payload = vec![0x65; len];
        let mut at = 0;
        for sample in &plan.samples {
            payload[at..at + 4].copy_from_slice(&(sample.size - 4).to_be_bytes());
            payload[at + 5..at + 9].copy_from_slice(&[0x88, 0x84, 0x00, 0x10]);
            at += sample.size as usize;
        }
        plan.protect(&mut enc, &mut payload).unwrap();
        payload
    };
    // The third key frame begins the second segment.
    let frame = &trick.frames[2];
    let alone = encrypt(SegmentPlan::keyframe(&p, r, 2, frame, SegmentProtection::Clear).unwrap());
    let segment = encrypt(SegmentPlan::new(&p, r, 1, SegmentProtection::Clear).unwrap());
    assert_eq!(r.segments[1].first_sample, frame.sample);
    assert!(alone.iter().any(|byte| *byte != 0x65));
    assert_eq!(alone, segment[..alone.len()]);
}

#[test]
fn sound_has_no_key_frames() {
    let p = asset();
    assert_eq!(p.trick_play(p.rendition("a-und").unwrap()), None);
}
