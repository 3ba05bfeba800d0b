#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::text::TIMESCALE;

fn cue(start: u64, end: u64, payload: &str) -> Cue {
    Cue {
        start: start * 1000,
        end: end * 1000,
        payload: payload.to_owned(),
        ..Cue::default()
    }
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.boxed(kind, |w| w.bytes(content));
    w.into_vec()
}

fn entry() -> Vec<u8> {
    boxed(b"wvtt", &[0; 8])
}

fn source(samples: Vec<TextSample>) -> Vec<SourceSample> {
    crate::text::tests::source_samples(&[samples])
}

#[test]
fn a_sample_begins_wherever_what_is_shown_changes() {
    let track = Track::new([cue(1000, 3000, "a"), cue(2000, 5000, "b")]).unwrap();
    let samples = wvtt_samples(&track, 0..4000).unwrap();
    let durations: Vec<_> = samples.iter().map(|sample| sample.duration).collect();
    assert_eq!(durations, [1000, 1000, 1000, 1000]);
    assert_eq!(samples[0].data, boxed(b"vtte", &[]));
    let piece = |source: u32, text: &[u8]| {
        let parts = [boxed(b"vsid", &source.to_be_bytes()), boxed(b"payl", text)];
        boxed(b"vttc", &parts.concat())
    };
    assert_eq!(samples[1].data, piece(0, b"a"));
    assert_eq!(samples[2].data, [piece(0, b"a"), piece(1, b"b")].concat());
    assert_eq!(samples[3].data, piece(1, b"b"));
}

#[test]
fn a_cue_in_one_piece_needs_no_source_id() {
    let whole = Cue {
        id: "7".to_owned(),
        settings: "line:0".to_owned(),
        ..cue(0, 4000, "a")
    };
    let track = Track::new([whole]).unwrap();
    let samples = wvtt_samples(&track, 0..4000).unwrap();
    let parts = [
        boxed(b"iden", b"7"),
        boxed(b"sttg", b"line:0"),
        boxed(b"payl", b"a"),
    ];
    assert_eq!(samples.len(), 1);
    assert_eq!(samples[0].data, boxed(b"vttc", &parts.concat()));
}

#[test]
fn pieces_are_joined_by_what_they_say_where_there_is_no_source_id() {
    let piece = |text: &[u8]| boxed(b"vttc", &boxed(b"payl", text));
    let sample = |decode_time, data: Vec<u8>| SourceSample {
        decode_time,
        duration: 90_000,
        data: data.into(),
    };
    let samples = [
        sample(0, [piece(b"a"), piece(b"a")].concat()),
        sample(90_000, [piece(b"b"), piece(b"a")].concat()),
        // A gap of one second.
        sample(270_000, piece(b"b")),
    ];
    let read = from_wvtt(&entry(), 90_000, samples).unwrap();
    assert_eq!(
        read.cues(),
        [
            cue(0, 2000, "a"),
            cue(0, 1000, "a"),
            cue(1000, 2000, "b"),
            cue(3000, 4000, "b")
        ]
    );
}

#[test]
fn cues_of_different_source_ids_stay_apart() {
    let piece = |id: u32| {
        let parts = [boxed(b"vsid", &id.to_be_bytes()), boxed(b"payl", b"a")];
        boxed(b"vttc", &parts.concat()).into()
    };
    let sample = |decode_time, data| SourceSample {
        decode_time,
        duration: 1000,
        data,
    };
    let read = from_wvtt(
        &entry(),
        1000,
        [sample(0, piece(1)), sample(1000, piece(2))],
    )
    .unwrap();
    assert_eq!(read.cues(), [cue(0, 1000, "a"), cue(1000, 2000, "a")]);
}

#[test]
fn styles_and_regions_ride_in_the_sample_entry() {
    let file =
        b"WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:a\n\n00:01.000 --> 00:02.000\nx";
    let track = webvtt::parse_webvtt(file).unwrap();
    let read = from_wvtt(&sample_entry(&track), TIMESCALE, []).unwrap();
    assert_eq!(read.styles(), track.styles());
    assert_eq!(read.regions(), track.regions());
}

#[test]
fn timestamps_in_the_text_count_from_where_the_sample_says_that_it_begins() {
    let track = Track::new([cue(1000, 9000, "a <00:00:03.000>b")]).unwrap();
    let samples = wvtt_samples(&track, 4000..8000).unwrap();
    assert!(
        samples[0]
            .data
            .windows(20)
            .any(|w| w == [boxed(b"ctim", b"00:00:04.000")].concat())
    );
    // The same sample at another time, as in a file that was cut.
    let read = from_wvtt(&entry(), TIMESCALE, source(samples)).unwrap();
    assert_eq!(read.cues()[0].payload, "a <00:00:00.000>b");
}

#[test]
fn what_is_no_wvtt_is_refused() {
    let refused = from_wvtt(&boxed(b"stpp", &[0; 8]), 1000, []);
    assert!(
        matches!(refused, Err(Error::SampleEntry { .. })),
        "{refused:?}"
    );
    for data in [
        &b"\0\0\0\x09vttex"[..],
        b"text",
        b"\0\0\0\x07vtte",
        b"\0\0\0\x08vtte\0",
    ] {
        let sample = SourceSample {
            decode_time: 0,
            duration: 1,
            data: data.to_vec().into(),
        };
        let read = from_wvtt(&entry(), 1000, [sample]);
        let is_whole = data == b"\0\0\0\x09vttex";
        assert_eq!(read.is_ok(), is_whole, "{data:?}: {read:?}");
    }
}
