#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::Arc;

use edgepack_isobmff::BoxWriter;

use super::*;
use crate::live::Sample;

/// Unix time of the first segment, which begins at media time 10 s.
const ZERO_MS: i64 = 1_700_000_000_000;
const SCALE: u32 = 1000;
const SPLICE: &str = "urn:scte:scte35:2013:bin";
/// ANSI/SCTE 35, 14.2: out, 60.293567 s.
const OUT: &str = "fc302f000000000000fffff014054800008f7feffe7369c02efe0052ccf500000000000a0008435545490000013562dba30a";
const RETURN: &str = "fc302000000000000000fff00f054800008f7f4ffe73bc8d231234010200000fc7216e";
const CANCEL: &str = "fc301600000000000000fff005054800008fff0000cdbac052";
/// 14.1 and 14.3: an opportunity of 307 s begins and ends.
const BEGIN: &str = "fc3034000000000000fffff00506fe72bd0050001e021c435545494800008e7fcf0001a599b00808000000002ca0a18a3402009ac9d17e";
const END: &str = "fc302f000000000000fffff00506fe746290a000190217435545494800008e7f9f0808000000002ca0a18a350200a9cc6758";
/// 14.4: a programme ends, another one begins.
const PROGRAMS: &str = "fc3048000000000000fffff00506fe7a4d88b60032021743554549480000187f9f0808000000002ccbc344110000021743554549480000197f9f0808000000002ca4dba01000009972e343";
const NULL: &str = "fc301100000000000000fff000000000";

fn section(hex: &str) -> Bytes {
    hex::decode(hex).unwrap().into()
}

/// A box of version 1, its time in milliseconds.
fn emsg(scheme: &str, id: u32, at: u64, duration: u32, message: &[u8]) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.full_box(b"emsg", 1, 0, |w| {
        w.u32(SCALE);
        w.u64(at);
        w.u32(duration);
        w.u32(id);
        w.bytes(scheme.as_bytes());
        w.bytes(b"\0\0");
        w.bytes(message);
    });
    w.into_vec()
}

fn splice(id: u32, at: u64, hex: &str) -> Vec<u8> {
    emsg(SPLICE, id, at, u32::MAX, &section(hex))
}

fn part(start: u64, prefix: &[u8]) -> Arc<Part> {
    Arc::new(Part {
        start,
        duration: 500,
        independent: true,
        first_sample: 0,
        prefix: Bytes::copy_from_slice(prefix),
        samples: vec![Sample {
            size: 0,
            duration: 500,
            composition_offset: 0,
            is_sync: true,
        }],
        media: Vec::new(),
    })
}

/// One-second segments from 10 s on, of two parts each; boxes before each part.
fn window(prefixes: &[&[u8]]) -> Window {
    let segments = prefixes.chunks(2).enumerate().map(|(at, pair)| {
        let start = 10_000 + at as u64 * 1000;
        let parts = pair.iter().enumerate();
        let parts = parts.map(|(at, prefix)| part(start + at as u64 * 500, prefix));
        Arc::new(Segment {
            number: 7 + at as u64,
            start,
            duration: pair.len() as u64 * 500,
            wall_clock_ms: ZERO_MS + at as i64 * 1000,
            discontinuity: false,
            epoch: 0,
            header: 0,
            gap: false,
            complete: pair.len() == 2,
            parts: parts.collect(),
        })
    });
    Window {
        timescale: SCALE,
        segments: segments.collect(),
        discontinuities_gone: 0,
        ended: false,
    }
}

fn told(prefixes: &[&[u8]]) -> (Events, Told) {
    let mut events = Events::default();
    let told = events.scan(&window(prefixes), &mut Seen::default(), ZERO_MS);
    (events, told)
}

/// Attribute, start, end, duration, plan; milliseconds from the first segment on.
type Outline = (&'static str, i64, Option<i64>, Option<u64>, Option<u64>);

fn outline(events: &Events) -> Vec<Outline> {
    let ranges = events.ranges().map(|range| {
        (
            range.attribute,
            range.start_ms - ZERO_MS,
            range.end_ms.map(|end| end - ZERO_MS),
            range.duration_ms,
            range.planned_duration_ms,
        )
    });
    ranges.collect()
}

#[test]
fn an_event_is_told_once_with_its_time_on_the_wall() {
    let id3 = emsg(ID3_SCHEME, 3, 11_250, 40, b"ID3 tag");
    let prefixes: [&[u8]; 3] = [&id3, &id3, b""];
    let (mut events, first) = told(&prefixes);
    assert_eq!((first.added, first.repeated), (1, 1));
    let expected = Event {
        id: 3,
        scheme: ID3_SCHEME.to_owned(),
        value: String::new(),
        time: 11_250,
        duration: Some(40),
        timescale: SCALE,
        start_ms: ZERO_MS + 1250,
        message: Bytes::from_static(b"ID3 tag"),
        scte35: None,
        in_band: true,
        added_ms: ZERO_MS,
    };
    assert_eq!(events.iter().collect::<Vec<_>>(), [&expected]);
    assert_eq!(events.ranges().count(), 0);
    // The same from another track, and from another encoder that counts otherwise.
    let other = emsg(ID3_SCHEME, 99, 11_250, 40, b"ID3 tag");
    let again = events.scan(&window(&[&id3, &other]), &mut Seen::default(), ZERO_MS);
    assert_eq!((again.added, again.repeated), (0, 2));
}

#[test]
fn what_has_been_seen_is_not_looked_at_again() {
    let [a, b, c] = [1, 2, 3].map(|id| emsg(ID3_SCHEME, id, 10_000 + u64::from(id) * 10, 0, b""));
    let (mut events, mut seen) = (Events::default(), Seen::default());
    assert_eq!(events.scan(&window(&[&a]), &mut seen, 0).added, 1);
    let version = events.version();
    assert_eq!(events.scan(&window(&[&a]), &mut seen, 0), Told::default());
    assert_eq!(events.version(), version);
    let told = events.scan(&window(&[&a, &b, &c]), &mut seen, 0);
    assert_eq!((told.added, told.repeated), (2, 0));
    assert!(events.version() > version);
}

/// RFC 8216bis, 4.4.5.1.2: two tags of one ID; the first has no end, the second has both end and duration.
#[test]
fn a_splice_out_and_back_is_a_pair_of_ranges() {
    let (out, back) = (splice(1, 10_200, OUT), splice(2, 40_200, RETURN));
    let (events, told) = told(&[&out, b"", &back]);
    assert_eq!((told.added, told.unreadable, told.unpaired), (2, 0, 0));
    assert_eq!(
        outline(&events),
        [
            ("SCTE35-OUT", 200, None, None, Some(60_293)),
            ("SCTE35-IN", 200, Some(30_200), Some(30_000), None)
        ]
    );
    let ranges: Vec<_> = events.ranges().collect();
    assert_eq!(ranges[0].id, "splice-1207959695-1700000000200");
    assert_eq!(ranges[0].id, ranges[1].id);
    assert_eq!(ranges[0].section, section(OUT));
    assert_eq!(ranges[1].section, section(RETURN));
    let [first, _] = &events.iter().collect::<Vec<_>>()[..] else {
        panic!();
    };
    // DASH: the plan, in the box's units.
    assert_eq!(first.duration, Some(60_293));
}

#[test]
fn segmentations_that_splice_are_pairs_and_others_are_commands_each_its_own() {
    let boxes = [
        splice(1, 10_000, BEGIN),
        splice(2, 12_000, END),
        splice(3, 12_000, PROGRAMS),
    ];
    let (events, told) = told(&[&boxes.concat()]);
    assert_eq!((told.added, told.repeated), (3, 0));
    assert_eq!(
        outline(&events),
        [
            ("SCTE35-OUT", 0, None, None, Some(307_000)),
            ("SCTE35-IN", 0, Some(2000), Some(2000), None),
            ("SCTE35-CMD", 2000, None, None, None),
            ("SCTE35-CMD", 2000, None, None, None),
        ]
    );
    let ids: Vec<_> = events.ranges().map(|range| &range.id[..]).collect();
    assert_eq!(
        ids[2..],
        [
            "segmentation-11-1207959576-1700000002000",
            "segmentation-10-1207959577-1700000002000"
        ]
    );
}

/// Encoders announce a splice several times, each time with the message's own time.
#[test]
fn a_splice_that_is_announced_again_is_one_range_until_it_ended() {
    let boxes = [
        splice(1, 10_000, OUT),
        splice(2, 12_000, OUT),
        splice(3, 30_000, RETURN),
        splice(4, 31_000, RETURN),
        splice(5, 32_000, OUT),
    ];
    let (events, told) = told(&[&boxes.concat()]);
    assert_eq!((told.added, told.repeated, told.unpaired), (5, 2, 0));
    let starts: Vec<_> = outline(&events)
        .iter()
        .map(|range| (range.0, range.1))
        .collect();
    assert_eq!(
        starts,
        [("SCTE35-OUT", 0), ("SCTE35-IN", 0), ("SCTE35-OUT", 22_000)]
    );
}

#[test]
fn a_cancelled_splice_is_taken_away_unless_it_has_begun() {
    let boxes = [
        splice(1, 9000, OUT),
        splice(2, 30_000, OUT),
        splice(3, 10_000, CANCEL),
    ];
    let (events, _) = told(&[&boxes.concat()]);
    assert_eq!(
        outline(&events),
        [("SCTE35-OUT", -1000, None, None, Some(60_293))]
    );
    let removed: Vec<_> = events.removed().collect();
    let expected = RemovedRange {
        id: "splice-1207959695-1700000020000".to_owned(),
        removed_ms: ZERO_MS,
    };
    assert_eq!(removed, [&expected]);
}

#[test]
fn a_return_without_a_break_and_signs_of_life_are_no_ranges() {
    let mut null = section(NULL).to_vec();
    null.truncate(16);
    null[2] = 17;
    null.extend(crate::ts::psi::crc32(&null).to_be_bytes());
    let boxes = [
        splice(1, 10_000, RETURN),
        emsg(SPLICE, 2, 10_000, u32::MAX, &null),
    ];
    let (events, told) = told(&[&boxes.concat()]);
    assert_eq!((told.added, told.unreadable, told.unpaired), (2, 0, 1));
    assert_eq!(outline(&events), []);
}

#[test]
fn what_cannot_be_read_is_counted_and_kept_as_it_came() {
    let mut broken = section(OUT).to_vec();
    broken[20] ^= 1;
    let boxes = [
        emsg(SPLICE, 1, 10_000, 0, &broken),
        b"\0\0\0\x0eemsg\x01\0\0\0\0\0".to_vec(),
    ];
    let (events, told) = told(&[&boxes.concat()]);
    assert_eq!((told.added, told.unreadable), (1, 2));
    let event = events.iter().next().unwrap();
    assert_eq!((&event.message[..], &event.scte35), (&broken[..], &None));
    assert_eq!(outline(&events), []);
}

#[test]
fn what_ended_before_the_window_goes() {
    let boxes = [
        emsg(ID3_SCHEME, 1, 10_000, 500, b"a"),
        emsg(ID3_SCHEME, 2, 10_000, 1500, b"b"),
        splice(3, 10_000, OUT),
    ];
    let (mut events, _) = told(&[&boxes.concat()]);
    let ids = |events: &Events| events.iter().map(|event| event.id).collect::<Vec<_>>();
    events.evict(ZERO_MS + 1000, ZERO_MS + 20_000);
    assert_eq!(ids(&events), [2, 3]);
    events.evict(ZERO_MS + 60_000, ZERO_MS + 80_000);
    assert_eq!((ids(&events), events.ranges().count()), (vec![3], 1));
    let version = events.version();
    events.evict(ZERO_MS + 60_294, ZERO_MS + 80_294);
    assert_eq!((ids(&events), events.ranges().count()), (vec![], 0));
    assert_eq!(
        events
            .removed()
            .map(|range| range.removed_ms - ZERO_MS)
            .collect::<Vec<_>>(),
        [80_294]
    );
    assert!(events.version() > version);
    events.evict(ZERO_MS + 80_295, ZERO_MS + 100_000);
    assert_eq!(events.removed().count(), 0);
}

#[test]
fn no_encoder_makes_a_channel_remember_more_than_its_limits() {
    let limits = EventLimits {
        max_events: 3,
        max_bytes: 200,
    };
    let mut events = Events::new(limits);
    let boxes: Vec<_> = (0..9)
        .map(|id| splice(id, 10_000 + u64::from(id) * 20_000, OUT))
        .collect();
    let told = events.scan(&window(&[&boxes.concat()]), &mut Seen::default(), ZERO_MS);
    assert_eq!((told.added, told.dropped), (9, 12));
    assert_eq!((events.iter().count(), events.ranges().count()), (3, 3));
    assert_eq!(events.removed().count(), 3);
    let long = emsg(ID3_SCHEME, 1, 10_000, 0, &[0; 201]);
    let told = events.scan(&window(&[&long]), &mut Seen::default(), ZERO_MS);
    assert_eq!((told.added, told.dropped), (0, 1));
    let boxes: Vec<_> = (0..3)
        .map(|id| emsg(ID3_SCHEME, id, 10_000, 0, &[id as u8; 90]))
        .collect();
    events.scan(&window(&[&boxes.concat()]), &mut Seen::default(), ZERO_MS);
    assert_eq!(events.iter().count(), 2);
}

#[test]
fn event_tracks_tell_the_same_events() {
    let mut w = BoxWriter::new();
    w.full_box(b"emib", 0, 0, |w| {
        w.u32(0);
        w.u64(200);
        w.u32(u32::MAX);
        w.u32(1);
        w.bytes(SPLICE.as_bytes());
        w.bytes(b"\0\0");
        w.bytes(&section(OUT));
    });
    let sample: Bytes = w.into_vec().into();
    let clock = Clock::at(10_000, SCALE, ZERO_MS);
    let mut events = Events::default();
    let told = events.sample(&sample, 10_000, SCALE, clock, ZERO_MS);
    assert_eq!((told.added, told.splices), (1, 1));
    assert_eq!(events.ranges().count(), 1);
    // The same in a box before its fragment: players find it in the segments, too.
    let in_band = |events: &Events| events.iter().all(|event| event.in_band);
    assert!(!in_band(&events));
    let told = events.scan(
        &window(&[&splice(1, 10_200, OUT)]),
        &mut Seen::default(),
        ZERO_MS,
    );
    assert_eq!(told.repeated, 1);
    assert!(in_band(&events));
    // Older encoders: the box itself.
    let boxed = Bytes::from(splice(1, 10_200, OUT));
    let told = events.sample(&boxed, 10_000, SCALE, clock, ZERO_MS);
    assert_eq!(told.repeated, 1);
    let empty = Bytes::from_static(b"\0\0\0\x08emeb");
    assert_eq!(
        events.sample(&empty, 0, SCALE, clock, ZERO_MS),
        Told::default()
    );
    let cut = sample.slice(..20);
    assert_eq!(events.sample(&cut, 0, SCALE, clock, ZERO_MS).unreadable, 1);
}
