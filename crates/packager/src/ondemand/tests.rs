#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_drm::{ContentKey, IvSeed, KeyId, Scheme};

use super::*;
use crate::SegmentPlan;
use crate::craft::{TrackSpec, build, source};

fn asset() -> Presentation {
    let tracks = [
        TrackSpec::video(25_000, 1000, 250, 50),
        TrackSpec::audio(48_000, 470).edit(0, 1024),
    ];
    build(vec![source("a.mp4", &tracks)], 4000).unwrap()
}

fn encryptor(p: &Presentation, r: &Rendition, scheme: Scheme) -> SampleEncryptor {
    let key = ContentKey::new(KeyId([1; 16]), [2; 16]);
    let seed = IvSeed::derive(&key, &p.track_identity(r));
    SampleEncryptor::new(scheme, &key, seed, p.codec(r).unwrap()).unwrap()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn check(p: &Presentation, r: &Rendition, enc: Option<&SampleEncryptor>) {
    let layout = layout(p, r, enc).unwrap().unwrap();
    let head = layout.head();
    let header =
        cmaf::header(p, r, enc.map(SampleEncryptor::track_encryption).into(), &[]).unwrap();
    assert_eq!(layout.header(), 0..header.len() as u64);
    assert!(head.starts_with(&header));
    let index = &head[layout.index().start as usize..];
    assert_eq!(layout.index().end, head.len() as u64);
    assert_eq!(
        (u32_at(index, 0) as usize, &index[4..8]),
        (index.len(), &b"sidx"[..])
    );
    assert_eq!(layout.segment_count(), r.segments.len());
    let mut at = head.len() as u64;
    for (number, segment) in r.segments.iter().enumerate() {
        let plan = SegmentPlan::new(p, r, number, enc.into()).unwrap();
        let len = plan.content_length().unwrap();
        assert_eq!(layout.segment(number), Some(at..at + len));
        let entry = &index[40 + 12 * number..];
        assert_eq!(u64::from(u32_at(entry, 0)), len);
        assert_eq!(u64::from(u32_at(entry, 4)), segment.duration);
        assert_eq!(u32_at(entry, 8), 0x9000_0000, "starts with SAP of type 1");
        at += len;
    }
    assert_eq!(
        (layout.total_len(), layout.segment(r.segments.len())),
        (at, None)
    );
}

#[test]
fn clear_renditions_have_offsets_that_add_up() {
    let p = asset();
    p.renditions.iter().for_each(|r| check(&p, r, None));
}

#[test]
fn protected_sound_has_offsets_and_protected_video_has_none() {
    let p = asset();
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let audio = p.rendition("a-und").unwrap();
        check(&p, audio, Some(&encryptor(&p, audio, scheme)));
        let video = p.rendition("v48").unwrap();
        assert_eq!(
            layout(&p, video, Some(&encryptor(&p, video, scheme))).unwrap(),
            None
        );
    }
}

#[test]
fn a_range_of_bytes_is_found_in_its_segments() {
    let p = asset();
    let layout = layout(&p, &p.renditions[0], None).unwrap().unwrap();
    let second = layout.segment(1).unwrap();
    assert_eq!(layout.segments_in(0..10), 0..0);
    assert_eq!(layout.segments_in(second.clone()), 1..2);
    assert_eq!(layout.segments_in(second.start - 1..second.end + 1), 0..3);
    assert_eq!(layout.segments_in(0..layout.total_len()), 0..3);
    assert_eq!(
        layout.segments_in(layout.total_len()..layout.total_len() + 9),
        3..3
    );
}
