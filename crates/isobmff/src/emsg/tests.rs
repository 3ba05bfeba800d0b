#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::Error;

const SCHEME: &str = "urn:scte:scte35:2013:bin";

fn full(kind: &[u8; 4], version: u8, fields: &[&[u8]]) -> Bytes {
    let mut w = BoxWriter::new();
    w.full_box(kind, version, 0, |w| fields.iter().for_each(|f| w.bytes(f)));
    w.into_vec().into()
}

fn strings() -> Vec<u8> {
    [SCHEME.as_bytes(), b"\x001001\0"].concat()
}

fn number(value: u32) -> [u8; 4] {
    value.to_be_bytes()
}

/// `value` of all ones is unknown.
#[test]
fn both_versions_say_the_same_in_another_order() {
    let zero = full(
        b"emsg",
        0,
        &[
            &strings(),
            &number(90_000),
            &number(45_000),
            &number(u32::MAX),
            &number(7),
            b"cue",
        ],
    );
    let one = full(
        b"emsg",
        1,
        &[
            &number(90_000),
            &(1u64 << 33).to_be_bytes(),
            &number(180_000),
            &number(7),
            &strings(),
            b"cue",
        ],
    );
    let [zero, one] = [zero, one].map(|raw| Event::parse(raw).unwrap());
    assert_eq!(zero.time, EventTime::AfterSegmentStart(45_000));
    assert_eq!(one.time, EventTime::At(1 << 33));
    assert_eq!((zero.duration, one.duration), (None, Some(180_000)));
    for event in [&zero, &one] {
        assert_eq!((&event.scheme[..], &event.value[..]), (SCHEME, "1001"));
        assert_eq!(
            (event.id, event.timescale, &event.message[..]),
            (7, 90_000, &b"cue"[..])
        );
    }
    let again = Event::parse(zero.to_version_1(5).into()).unwrap();
    assert_eq!(again.time, EventTime::At(5));
    assert_eq!(one.to_version_1(1 << 33), one.raw);
    assert_eq!((again.duration, again.message), (None, zero.message));
}

#[test]
fn what_is_no_event_is_told() {
    let event = |timescale: u32, strings: &[u8]| {
        let rest = [0; 16];
        full(b"emsg", 1, &[&number(timescale), &rest, strings])
    };
    let long = [&[b'a'; 4097][..], b"\0\0"].concat();
    for (raw, reason) in [
        (Bytes::from_static(b"\0\0\0\x08e"), "too few bytes"),
        (Bytes::from_static(b"\0\0\0\x09emsg"), "size 9 in 8 bytes"),
        (Bytes::from_static(b"\0\0\0\x07emsg"), "size 7 in 8 bytes"),
        (full(b"prft", 0, &[]), "an emsg box is wanted"),
        (full(b"emsg", 2, &[&[0; 40]]), "version 2"),
        (event(0, b"\0\0"), "the timescale is 0"),
        (event(1, b"\xff\0\0"), "no UTF-8"),
        (event(1, b"endless"), "too short"),
        (event(1, &long), "more than 4096 bytes"),
    ] {
        let error = Event::parse(raw).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

/// ISO/IEC 23001-18: an empty sample has one `emeb`; others have an `emib` for each event that is going on.
#[test]
fn samples_of_event_tracks_tell_their_events() {
    let instance = |delta: i64, id: u32| {
        let fields: [&[u8]; 6] = [
            &[0; 4],
            &delta.to_be_bytes(),
            &number(900),
            &number(id),
            &strings(),
            b"cue",
        ];
        full(b"emib", 0, &fields)
    };
    let sample: Bytes = [&instance(500, 1)[..], &instance(-1500, 2)].concat().into();
    let events = Event::of_sample(&sample, 1000, 90).unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|e| (e.id, e.time, e.duration, e.timescale))
        .collect();
    assert_eq!(
        told,
        [
            (1, EventTime::At(1500), Some(900), 90),
            (2, EventTime::At(0), Some(900), 90)
        ]
    );
    assert_eq!(&events[1].message[..], b"cue");
    let empty = Bytes::from_static(b"\0\0\0\x08emeb");
    assert_eq!(Event::of_sample(&empty, 0, 90).unwrap(), []);
    assert_eq!(Event::of_sample(&Bytes::new(), 0, 90).unwrap(), []);
    let many: Bytes = instance(0, 1).repeat(257).into();
    let error = Event::of_sample(&many, 0, 90).unwrap_err();
    assert!(
        matches!(error, Error::LimitExceeded { limit: 256, .. }),
        "{error}"
    );
    let cut = sample.slice(..sample.len() - 1);
    assert!(Event::of_sample(&cut, 0, 90).is_err());
}
