//! Whatever is spoilt in a segment is noticed.
use proptest::prelude::*;

use super::super::*;
use super::made::{file, mpd, playlist};
use super::rules_of;

/// Segments two and three, and what was announced of them.
fn pair(name: &str) -> (Option<Header>, [(Vec<u8>, Announced); 2]) {
    let playlist = playlist(name);
    let segments = &playlist.media.segments;
    let header = segments[0].header.as_ref();
    let header = header.and_then(|resource| header_of(&file(&resource.url)));
    let of = |at: usize| {
        (
            file(&segments[at].resource.url),
            Announced::segment(&segments[at]),
        )
    };
    (header, [of(1), of(2)])
}

fn header_of(bytes: &[u8]) -> Option<Header> {
    header(bytes, "").0
}

/// What is found where the third segment is spoilt.
fn spoil(name: &str, change: impl FnOnce(&mut Vec<u8>, &mut Announced)) -> Vec<&'static str> {
    let (header, [(first, announced), (mut second, mut told)]) = pair(name);
    let mut continuity = Continuity::default();
    assert_eq!(
        media(&first, &announced, header.as_ref(), &mut continuity),
        []
    );
    change(&mut second, &mut told);
    rules_of(&media(&second, &told, header.as_ref(), &mut continuity))
}

fn find(bytes: &[u8], kind: &[u8; 4]) -> usize {
    bytes.windows(4).position(|window| window == kind).unwrap()
}

#[test]
fn a_truncated_fragment_is_noticed_wherever_it_ends() {
    let len = pair("frag.m3u8").1[1].0.len();
    for keep in [0, 1, 40, 200, len / 2, len - 1] {
        let found = spoil("frag.m3u8", |bytes, _| bytes.truncate(keep));
        assert!(!found.is_empty(), "{keep} of {len}");
    }
}

#[test]
fn a_shifted_decode_time_is_noticed() {
    let found = spoil("frag.m3u8", |bytes, _| {
        let tfdt = find(bytes, b"tfdt");
        // The lowest byte but one of a time of either width.
        let at = if bytes[tfdt + 4] == 1 {
            tfdt + 14
        } else {
            tfdt + 10
        };
        bytes[at] = bytes[at].wrapping_add(8);
    });
    assert_eq!(found, [rules::DECODE_TIME]);
}

#[test]
fn a_segment_in_place_of_the_next_is_noticed() {
    let (_, [(first, _), _]) = pair("frag.m3u8");
    assert_eq!(
        spoil("frag.m3u8", |bytes, _| *bytes = first),
        [rules::DECODE_TIME]
    );
    let (_, [(first, _), _]) = pair("ts.m3u8");
    let found = spoil("ts.m3u8", |bytes, _| *bytes = first);
    assert!(found.contains(&rules::DECODE_TIME), "{found:?}");
}

#[test]
fn a_jump_that_was_announced_is_none() {
    let playlist = playlist("frag.m3u8");
    let (header, [(first, announced), _]) = pair("frag.m3u8");
    let last = &playlist.media.segments[3];
    for told in [
        Announced::segment(last),
        Announced {
            number: 2,
            discontinuity: 1,
            ..Announced::segment(last)
        },
    ] {
        let mut continuity = Continuity::default();
        assert_eq!(
            media(&first, &announced, header.as_ref(), &mut continuity),
            []
        );
        let bytes = file(&last.resource.url);
        assert_eq!(media(&bytes, &told, header.as_ref(), &mut continuity), []);
    }
}

#[test]
fn other_breaches_of_a_fragment_have_their_rules() {
    let found = spoil("frag.m3u8", |bytes, _| {
        let tfhd = find(bytes, b"tfhd");
        bytes[tfhd + 11] = 9;
    });
    assert_eq!(found, [rules::TRACK]);
    let found = spoil("frag.m3u8", |_, told| told.duration = Some(4.0));
    assert_eq!(found, [rules::DURATION]);
    let found = spoil("frag.m3u8", |bytes, _| {
        let mdat = find(bytes, b"mdat");
        bytes[mdat..mdat + 4].copy_from_slice(b"free");
    });
    assert_eq!(found, [rules::FRAGMENT_ORDER]);
    let found = spoil("frag.m3u8", |bytes, _| {
        let trun = find(bytes, b"trun");
        bytes[trun + 12] = 0x40;
    });
    assert_eq!(found, [rules::SAMPLE_DATA]);
    let found = spoil("frag.m3u8", |bytes, _| {
        let tfdt = find(bytes, b"tfdt");
        bytes[tfdt..tfdt + 4].copy_from_slice(b"free");
    });
    assert_eq!(found, [rules::DECODE_TIME_MISSING]);
    let found = spoil("frag.m3u8", |_, told| told.protection = Protection::Samples);
    assert_eq!(found, [rules::PROTECTION]);
    let found = spoil("frag.m3u8", |_, told| told.length = Some(7));
    assert_eq!(found, [rules::LENGTH]);
    let found = spoil("frag.m3u8", |bytes, told| {
        bytes.push(0);
        told.protection = Protection::Whole;
    });
    assert!(found.len() <= 1);
}

#[test]
fn a_time_line_that_media_do_not_keep_is_noticed() {
    let mpd = mpd("timeline.mpd");
    let segment = &mpd.media[0].segments[1];
    let header = header_of(&file(&segment.header.as_ref().unwrap().url)).unwrap();
    let told = Announced {
        media_time: Some(7.0),
        ..Announced::segment(segment)
    };
    let bytes = file(&segment.resource.url);
    let found = media(&bytes, &told, Some(&header), &mut Continuity::default());
    assert_eq!(rules_of(&found), [rules::MEDIA_TIME]);
}

#[test]
fn breaches_of_a_transport_stream_have_their_rules() {
    let rule = |change: &dyn Fn(&mut Vec<u8>)| spoil("ts.m3u8", |bytes, _| change(bytes));
    assert!(rule(&|bytes| bytes.truncate(bytes.len() - 10)).contains(&rules::TS_PACKETS));
    assert!(rule(&|bytes| bytes[188 * 5] = 0).contains(&rules::TS_PACKETS));
    let found = rule(&|bytes| drop(bytes.drain(188 * 10..188 * 11)));
    assert!(found.contains(&rules::TS_CONTINUITY), "{found:?}");
    // The PAT's checksum.
    let found = rule(&|bytes| {
        let pat = bytes
            .chunks(188)
            .position(|p| p[1] & 0x1f == 0 && p[2] == 0)
            .unwrap();
        bytes[188 * pat + 13] ^= 1;
    });
    assert!(found.contains(&rules::TS_TABLES), "{found:?}");
    let half = rule(&|bytes| bytes.truncate(bytes.len() / 188 / 2 * 188));
    assert_eq!(half, [rules::DURATION]);
}

#[test]
fn a_header_of_another_codec_is_noticed() {
    let playlist = playlist("frag.m3u8");
    let bytes = file(&playlist.media.segments[0].header.as_ref().unwrap().url);
    assert_eq!(rules_of(&header(&bytes, "hvc1.1.6.L93").1), [rules::CODECS]);
    assert_eq!(
        rules_of(&header(&bytes[..bytes.len() - 9], "").1).first(),
        Some(&rules::BOX_STRUCTURE)
    );
    assert!(rules_of(&header(&bytes[8..], "").1).contains(&rules::BOX_STRUCTURE));
    assert!(rules_of(&header(b"", "").1).contains(&rules::HEADER_BOXES));
}

#[test]
fn packed_audio_is_followed_frame_by_frame() {
    let segment = |time: u64, frames: usize| {
        let owner = b"com.apple.streaming.transportStreamTimestamp\0";
        let mut tag = b"PRIV".to_vec();
        tag.extend((owner.len() as u32 + 8).to_be_bytes());
        tag.extend([0, 0]);
        tag.extend(owner);
        tag.extend(time.to_be_bytes());
        let mut bytes = b"ID3\x04\0\0\0\0\0".to_vec();
        bytes.push(tag.len() as u8);
        bytes.extend(tag);
        for _ in 0..frames {
            // AAC-LC, 48 kHz, two channels, 16 bytes.
            bytes.extend([0xff, 0xf1, 0x4c, 0x80, 0x02, 0x1f, 0xfc]);
            bytes.extend([0; 9]);
        }
        bytes
    };
    let told = |number| Announced {
        container: Container::PackedAudio,
        protection: Protection::Clear,
        number,
        part: None,
        duration: Some(2.0),
        exact: true,
        media_time: None,
        discontinuity: 0,
        length: None,
    };
    let frames = 94;
    let length = frames as u64 * 1920;
    let mut continuity = Continuity::default();
    assert_eq!(
        packed_audio(&segment(900_000, frames), &told(1), &mut continuity),
        []
    );
    assert_eq!(
        packed_audio(
            &segment(900_000 + length, frames),
            &told(2),
            &mut continuity
        ),
        []
    );
    let jumped = packed_audio(&segment(900_000, frames), &told(3), &mut continuity);
    assert_eq!(rules_of(&jumped), [rules::DECODE_TIME]);
    let short = packed_audio(&segment(0, 40), &told(9), &mut continuity);
    assert_eq!(rules_of(&short), [rules::DURATION]);
    let mut cut = segment(0, frames);
    cut.pop();
    assert_eq!(
        rules_of(&packed_audio(&cut, &told(9), &mut continuity)),
        [rules::AUDIO_FRAMES]
    );
    let tagless = segment(0, frames).split_off(73);
    assert_eq!(
        rules_of(&packed_audio(&tagless, &told(9), &mut continuity)),
        [rules::AUDIO_TIMESTAMP]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_panic(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), transport in any::<bool>(), cut in any::<prop::sample::Index>()) {
        let name = if transport { "ts.m3u8" } else { "frag.m3u8" };
        let _ = spoil(name, |bytes, _| {
            let head = bytes.len().min(2000);
            for (index, value) in edits {
                let at = index.index(head);
                bytes[at] = value;
            }
            bytes.truncate(cut.index(bytes.len()) + 1);
        });
    }
}
