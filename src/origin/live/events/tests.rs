#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_isobmff::BoxWriter;
use edgepack_packager::live::Sample;

use super::*;

const NOW_MS: i64 = 1_700_000_000_000;
/// ANSI/SCTE 35, 14.2: out, 60.293567 s.
const OUT: &str = "fc302f000000000000fffff014054800008f7feffe7369c02efe0052ccf500000000000a0008435545490000013562dba30a";
const ID3: &str = "https://aomedia.org/emsg/ID3";

fn instance(scheme: &str, delta: i64, message: &[u8]) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.full_box(b"emib", 0, 0, |w| {
        w.u32(0);
        w.i64(delta);
        w.u32(u32::MAX);
        w.u32(7);
        w.bytes(scheme.as_bytes());
        w.bytes(b"\0\0");
        w.bytes(message);
    });
    w.into_vec()
}

fn splice() -> Vec<u8> {
    instance(SCTE35_SCHEMES[0], 250, &hex::decode(OUT).unwrap())
}

/// Samples of a second each, from media time 10 s on.
fn chunk(samples: &[Vec<u8>]) -> Chunk {
    Chunk {
        base_media_decode_time: 10_000,
        samples: samples
            .iter()
            .map(|sample| Sample {
                size: u32::try_from(sample.len()).unwrap(),
                duration: 1000,
                composition_offset: 0,
                is_sync: true,
            })
            .collect(),
        media: samples.concat().into(),
        prefix: Bytes::new(),
    }
}

fn key() -> (String, u32) {
    ("events".to_owned(), 1)
}

fn events(config: &config::LiveEvents) -> ChannelEvents {
    let mut events = ChannelEvents::new(config);
    events.tracks.push(EventTrack {
        key: key(),
        timescale: 1000,
    });
    events
}

/// Media time 10 s is now.
fn clock() -> Option<Clock> {
    Some(Clock::at(10_000, 1000, NOW_MS))
}

#[test]
fn an_event_track_tells_splices_and_what_players_do_not_find_in_the_segments() {
    let mut events = events(&config::LiveEvents::default());
    let samples = [splice(), instance(ID3, 0, b"ID3 tag")];
    let told = events.samples_came(&key(), &chunk(&samples), clock(), NOW_MS);
    assert_eq!((told.added, told.splices, told.id3_tags), (2, 1, 1));
    assert!(events.changed());
    assert!(!events.changed());
    let shown = events.shown();
    let ranges: Vec<_> = shown
        .ranges
        .iter()
        .map(|range| (range.start_ms - NOW_MS, range.attributes[0].0.as_str()))
        .collect();
    assert_eq!(ranges, [(250, "SCTE35-OUT")]);
    let [splice, tag] = shown.events.as_slice() else {
        panic!("{:?}", shown.events)
    };
    assert!(matches!(splice.body, EventBody::Scte35(_)));
    assert_eq!((splice.time, splice.wall_clock_ms), (10_250, NOW_MS + 250));
    assert!(matches!(tag.body, EventBody::Message { .. }));
    // The second sample's.
    assert_eq!(tag.time, 11_000);
    assert_eq!(shown.in_band, []);
}

#[test]
fn what_comes_before_the_first_media_waits_for_a_clock() {
    let mut events = events(&config::LiveEvents::default());
    let told = events.samples_came(&key(), &chunk(&[splice()]), None, NOW_MS);
    assert_eq!(told, Told::default());
    assert!(!events.changed());
    let told = events.samples_came(&key(), &chunk(&[]), clock(), NOW_MS);
    assert_eq!(told, Told::default());
    assert_eq!(events.settle(clock(), NOW_MS).added, 1);
    assert!(events.changed());
    // No more than a little of it.
    let many = vec![b"\0\0\0\x08emeb".to_vec(); MAX_WAITING + 3];
    let told = events.samples_came(&key(), &chunk(&many), None, NOW_MS);
    assert_eq!(told.dropped, 3);
}

#[test]
fn splices_stay_out_of_playlists_where_the_operator_says_so() {
    let config = config::LiveEvents {
        date_ranges: false,
        ..config::LiveEvents::default()
    };
    let mut events = events(&config);
    events.samples_came(&key(), &chunk(&[splice()]), clock(), NOW_MS);
    assert!(events.changed());
    let shown = events.shown();
    assert_eq!((shown.ranges.len(), shown.events.len()), (0, 1));
}

#[test]
fn samples_that_are_cut_off_are_unreadable() {
    let mut events = events(&config::LiveEvents::default());
    let mut broken = chunk(&[splice()]);
    broken.media = broken.media.slice(..20);
    let told = events.samples_came(&key(), &broken, clock(), NOW_MS);
    assert_eq!((told.added, told.unreadable), (0, 1));
    let cut = chunk(&[splice()[..20].to_vec()]);
    let told = events.samples_came(&key(), &cut, clock(), NOW_MS);
    assert_eq!((told.added, told.unreadable), (0, 1));
}
