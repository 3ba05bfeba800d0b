//! What stands before a chunk.
use super::*;

fn media() -> Vec<u8> {
    chunk(1, &[Traf::new(1, 0, &[5])])
}

fn prft(version: u8, flags: u32, ntp: u64) -> Vec<u8> {
    let time: &[u8] = if version == 0 {
        &[0, 0, 1, 0]
    } else {
        &[1, 0, 0, 0, 0, 0, 0, 0]
    };
    let fields = [&words(&[3])[..], &ntp.to_be_bytes(), time].concat();
    full(b"prft", version, flags, &fields)
}

const EVENT_0: &[u8] =
    b"urn:scte:scte35:2013:bin\0five\0\0\0\x03\xe8\0\0\0\x28\xff\xff\xff\xff\0\0\0\x09cue";
const EVENT_1: &[u8] =
    b"\0\0\x03\xe8\0\0\0\x01\0\0\0\x02\0\0\0\x50\0\0\0\x0bhttps://aomedia.org/emsg/ID3\0\0tag";

#[test]
fn brands_say_that_a_segment_is_the_last_or_a_filler_and_all_its_chunks_know() {
    let last = boxed(b"styp", b"msdh\0\0\0\0msdhlmsg");
    let filler = boxed(b"styp", b"slat\0\0\0\0");
    let body = [media(), last, media(), media(), filler, media()].concat();
    let chunks = chunks(1, &body);
    let marks: Vec<_> = chunks.iter().map(|c| (c.last, c.filler)).collect();
    assert_eq!(
        marks,
        [(false, false), (true, false), (true, false), (false, true)]
    );
    let segment = chunks[1].prelude.segment.as_ref().unwrap();
    assert_eq!(segment.major_brand, FourCc(*b"msdh"));
    let brands = [*b"msdh", *b"lmsg"].map(FourCc);
    assert_eq!(segment.compatible_brands, brands);
    assert_eq!(chunks[2].prelude.segment, None);
}

#[test]
fn producer_times_and_events_come_with_the_chunk_behind_them() {
    let times = [prft(0, 24, 0x83aa_7e81_8000_0000), prft(1, 2, 0)];
    let events = [full(b"emsg", 0, 0, EVENT_0), full(b"emsg", 1, 0, EVENT_1)];
    let body = [
        times.concat(),
        boxed(b"sidx", &[0; 40]),
        events[0].clone(),
        boxed(b"free", b"room"),
        events[1].clone(),
        boxed(b"uuid", &[7; 16]),
        media(),
        media(),
    ]
    .concat();
    let chunks = chunks(1, &body);
    let prelude = &chunks[0].prelude;
    let expected = [
        ProducerTime {
            track_id: 3,
            unix_us: Some(1_500_000),
            media_time: 256,
            flags: 24,
            raw: times[0].clone().into(),
        },
        ProducerTime {
            track_id: 3,
            unix_us: None,
            media_time: 1 << 56,
            flags: 2,
            raw: times[1].clone().into(),
        },
    ];
    assert_eq!(prelude.producer_times, expected);
    let expected = [
        Event {
            scheme: "urn:scte:scte35:2013:bin".to_owned(),
            value: "five".to_owned(),
            id: 9,
            timescale: 1000,
            time: EventTime::AfterSegmentStart(40),
            duration: None,
            message: Bytes::from_static(b"cue"),
            raw: events[0].clone().into(),
        },
        Event {
            scheme: "https://aomedia.org/emsg/ID3".to_owned(),
            value: String::new(),
            id: 11,
            timescale: 1000,
            time: EventTime::At(1 << 32 | 2),
            duration: Some(80),
            message: Bytes::from_static(b"tag"),
            raw: events[1].clone().into(),
        },
    ];
    assert_eq!(prelude.events, expected);
    assert_eq!(prelude.bytes(), [times.concat(), events.concat()].concat());
    assert_eq!(chunks[1].prelude, Prelude::default());
}

#[test]
fn an_ntp_time_with_a_clear_highest_bit_is_one_after_2036() {
    let unix = |ntp: u64| {
        let body = [prft(1, 0, ntp), media()].concat();
        chunks(1, &body)[0].prelude.producer_times[0].unix_us
    };
    // date -u -d @2085978496: 2036-02-07 06:28:16.
    assert_eq!(unix(0xffff_ffff_0000_0000), Some(2_085_978_495_000_000));
    assert_eq!(unix(1 << 32), Some(2_085_978_497_000_000));
    assert_eq!(unix(0x83aa_7e80_0000_0000), Some(0));
    assert_eq!(unix(0x8000_0000_ffff_ffff), Some(-61_505_151_000_001));
}

#[test]
fn what_no_chunk_follows_is_told_at_the_end() {
    let event = full(b"emsg", 1, 0, EVENT_1);
    for end in [&b""[..], &boxed(b"mfra", b"")] {
        let body = [&media()[..], &event, end].concat();
        let (items, error) = read_all(with_header(1), &body);
        assert_eq!(error, None);
        assert_eq!(items.len(), if end.is_empty() { 2 } else { 3 });
        let Item::Trailing(prelude) = &items[1] else {
            panic!("{items:?}");
        };
        assert_eq!(prelude.bytes(), event);
    }
}

#[test]
fn boxes_before_a_chunk_that_contradict_their_definition_are_malformed() {
    let mut no_timescale = EVENT_1.to_vec();
    no_timescale[..4].fill(0);
    for (body, reason) in [
        (prft(2, 0, 1), "version 2 is not defined"),
        (full(b"emsg", 2, 0, EVENT_1), "version 2 is not defined"),
        (full(b"emsg", 1, 0, &no_timescale), "the timescale is 0"),
        (
            full(b"emsg", 0, 0, b"\xff\0\0"),
            "a string that is no UTF-8",
        ),
        (full(b"emsg", 0, 0, b"endless"), "too short"),
        (boxed(b"styp", b"cmf"), "too short"),
    ] {
        let (_, error) = read_all(with_header(1), &body);
        let Some(StreamError::Malformed { reason: told, .. }) = error else {
            panic!("{error:?}");
        };
        assert!(told.contains(reason), "{told}");
    }
}
