//! Events in and beside the segments.
use bytes::Bytes;

use super::*;

fn splice(id: u32, time: u64) -> Event {
    Event {
        id,
        body: EventBody::Scte35(Bytes::from_static(&[0xfc, 0x30, 0x11])),
        time,
        duration: Some(90_000 * 30),
        timescale: 90_000,
        wall_clock_ms: BEGIN_MS + i64::try_from(time / 90).unwrap(),
    }
}

#[test]
fn a_splice_is_an_event_of_its_period() {
    let mut studio = Studio::usual();
    studio.events = vec![splice(7, 90_000 * 4), splice(8, 90_000 * 6)];
    let mpd = studio.mpd(BEGIN_MS + 9000);
    let streams = elements(&mpd, "EventStream");
    assert_eq!(streams.len(), 1);
    assert_eq!(
        attribute(streams[0], "schemeIdUri"),
        Some("urn:scte:scte35:2014:xml+bin")
    );
    let times = attributes(streams[0], "Event", "presentationTime");
    assert_eq!(times, [Some("360000"), Some("540000")]);
    assert!(streams[0].contains("<scte35:Binary>/DAR</scte35:Binary>"));
}

#[test]
fn other_messages_are_in_base64() {
    let mut studio = Studio::usual();
    studio.events = vec![Event {
        body: EventBody::Message {
            scheme_id_uri: "urn:test:1".to_owned(),
            value: "a&b".to_owned(),
            data: Bytes::from_static(b"hello"),
        },
        ..splice(1, 90_000)
    }];
    let mpd = studio.mpd(BEGIN_MS + 9000);
    let stream = elements(&mpd, "EventStream")[0];
    assert_eq!(attribute(stream, "value"), Some("a&amp;b"));
    assert!(stream.contains("contentEncoding=\"base64\">aGVsbG8=<"));
}

/// The second life's media time begins at 0 again.
#[test]
fn an_event_is_told_in_the_life_that_it_came_in() {
    let restart = |encoder: Encoder| encoder.restarts(BEGIN_MS + 11_000, BEGIN_MS + 120_000, 0);
    let mut studio = Studio::new(vec![restart(Encoder::video()), restart(Encoder::audio())]);
    let event = splice(1, 90_000 * 4);
    studio.events = vec![Event {
        wall_clock_ms: BEGIN_MS + 124_000,
        ..event
    }];
    studio.mpd(BEGIN_MS + 10_000);
    let mpd = studio.mpd(BEGIN_MS + 130_000);
    let periods = elements(&mpd, "Period");
    assert_eq!(periods.len(), 2, "{mpd}");
    assert!(!periods[0].contains("<Event "));
    assert!(periods[1].contains("<Event "), "{mpd}");
}

#[test]
fn schemes_of_boxes_in_the_segments_are_named_in_every_set() {
    let mut studio = Studio::usual();
    studio.settings.inband_events = vec![InbandEvents {
        scheme_id_uri: "https://aomedia.org/emsg/ID3".to_owned(),
        value: None,
    }];
    let mpd = studio.mpd(BEGIN_MS + 9000);
    assert_eq!(elements(&mpd, "InbandEventStream").len(), 2);
}
