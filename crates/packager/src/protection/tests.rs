#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_drm::{ContentKey, IvSeed, Scheme};

use super::*;
use crate::craft::{TrackSpec, build, source};
use crate::{SegmentPlan, cmaf};

/// 40 s: ten segments of 4 s, sound that misses the cuts by some samples.
fn asset() -> Presentation {
    let tracks = [
        TrackSpec::video(25_000, 1000, 1000, 50),
        TrackSpec::audio(48_000, 1875),
    ];
    build(vec![source("a.mp4", &tracks)], 4000).unwrap()
}

fn encryptor(p: &Presentation, r: &Rendition, kid: u8) -> SampleEncryptor {
    let key = ContentKey::new(KeyId([kid; 16]), [kid; 16]);
    let seed = IvSeed::derive(&key, &p.track_identity(r));
    SampleEncryptor::new(Scheme::Cbcs, &key, seed, p.codec(r).unwrap()).unwrap()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[test]
fn keys_change_in_all_renditions_at_the_segments_of_the_first() {
    let p = asset();
    let schedule = Schedule::new(&p, Some(Every::Segments(4)), 0);
    assert_eq!(schedule.periods, 3);
    let expected = vec![(0, 0), (4, 1), (8, 2)];
    for track in &schedule.tracks {
        assert_eq!((track.clear_lead, &track.periods), (0, &expected));
    }
}

#[test]
fn a_time_is_kept_by_the_first_segment_that_begins_after_it() {
    let p = asset();
    let starts = |ms| {
        let schedule = Schedule::new(&p, Some(Every::Time(ms)), 0);
        let starts = schedule.tracks[0].periods.iter().map(|period| period.0);
        starts.collect::<Vec<_>>()
    };
    assert_eq!(starts(10_000), [0, 3, 5, 8], "12 s, 20 s, 32 s");
    assert_eq!(starts(1000), (0..10).collect::<Vec<_>>());
    assert_eq!(starts(60_000), [0]);
}

#[test]
fn a_clear_lead_lasts_to_the_first_segment_that_begins_after_it() {
    let p = asset();
    let lead = |ms| {
        let schedule = Schedule::new(&p, None, ms);
        let of: Vec<_> = schedule.tracks.iter().map(|t| t.clear_lead).collect();
        assert!(of.iter().all(|lead| *lead == of[0]), "{of:?}");
        of[0]
    };
    assert_eq!([lead(0), lead(1), lead(8000), lead(8001)], [0, 1, 2, 3]);
    assert_eq!(lead(60_000), 10);
}

#[test]
fn segments_find_their_key_and_their_header() {
    let p = asset();
    let mut track = TrackProtection::of_one_key("HD", KeyId([1; 16]), [0; 8], Encryption::Aes128);
    let mut second = track.periods[0].clone();
    (second.first_segment, second.kid) = (4, KeyId([2; 16]));
    track.periods.push(second);
    track.clear_lead = 2;
    let kid = |segment| track.at(segment).unwrap().kid.0[0];
    assert_eq!([kid(0), kid(3), kid(4), kid(9)], [1, 1, 2, 2]);
    assert!(track.is_clear(1) && !track.is_clear(2));
    assert_eq!((track.headers(), track.header_of(5)), (2, 1));
    track.rotation = Rotation::SampleGroups;
    assert_eq!((track.headers(), track.header_of(5)), (1, 0));
    assert_eq!(p.renditions[0].segments.len(), 10);
}

#[test]
fn a_clear_lead_uses_the_clear_sample_entry_behind_the_protected_one() {
    let p = asset();
    for r in &p.renditions {
        let enc = encryptor(&p, r, 1);
        let header = HeaderProtection::WithLead(enc.track_encryption());
        let header = cmaf::header(&p, r, header, &[]).unwrap();
        let stsd = find(&header, b"stsd").unwrap();
        assert_eq!(header[stsd + 8..stsd + 12], [0, 0, 0, 2]);
        let protected = if r.name.starts_with('v') {
            b"encv"
        } else {
            b"enca"
        };
        let clear = &p.sample_entry(r).unwrap().raw;
        assert!(find(&header, protected).unwrap() < find(&header, clear).unwrap());
        let plan = SegmentPlan::new(&p, r, 0, SegmentProtection::Lead).unwrap();
        let head = plan.header();
        let tfhd = find(&head, b"tfhd").unwrap();
        assert_eq!(head[tfhd + 7] & 2, 2, "sample_description_index is there");
        assert_eq!(head[tfhd + 12..tfhd + 16], [0, 0, 0, 2]);
        assert_eq!(find(&head, b"senc"), None);
        let clear = SegmentPlan::new(&p, r, 0, SegmentProtection::Clear).unwrap();
        assert_eq!(
            plan.content_length().unwrap(),
            clear.content_length().unwrap() + 4
        );
    }
}

#[test]
fn a_sample_group_says_which_key_a_fragment_needs() {
    let p = asset();
    let audio = p.rendition("a-und").unwrap();
    let mut enc = encryptor(&p, audio, 7);
    let plan = SegmentPlan::new(&p, audio, 5, SegmentProtection::Group(&enc)).unwrap();
    let mut payload = vec![0; usize::try_from(plan.payload_len()).unwrap()];
    let head = plan.protect(&mut enc, &mut payload).unwrap();
    let sgpd = find(&head, b"sgpd").unwrap();
    assert_eq!(&head[sgpd + 8..sgpd + 12], b"seig");
    let entry = &head[sgpd + 20..];
    assert_eq!(
        entry[..4],
        [0, 0, 1, 0],
        "whole blocks, protected, constant IV"
    );
    assert_eq!((&entry[4..20], entry[20]), (&[7; 16][..], 16));
    let sbgp = find(&head, b"sbgp").unwrap();
    assert_eq!(head[sbgp + 20..sbgp + 24], [0, 1, 0, 1]);
}
