#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::text::{Error, Region, TimestampMap};

fn parse(text: &str) -> Track {
    parse_webvtt(text.as_bytes()).unwrap()
}

fn cue(start: u64, end: u64, payload: &str) -> Cue {
    Cue {
        start: start * 1000,
        end: end * 1000,
        payload: payload.to_owned(),
        ..Cue::default()
    }
}

#[test]
fn only_the_signature_can_fail() {
    for text in [
        "",
        "WEBVT",
        "WEBVTTX\n",
        "1\n00:00:01,000 --> 00:00:02,000\nSRT",
        " WEBVTT",
    ] {
        assert_eq!(
            parse_webvtt(text.as_bytes()),
            Err(Error::NotWebVtt),
            "{text:?}"
        );
    }
    for text in [
        "WEBVTT",
        "\u{feff}WEBVTT",
        "WEBVTT title",
        "WEBVTT\tx\n",
        "WEBVTT\r\n\r\n",
    ] {
        assert_eq!(parse(text).warnings(), 0, "{text:?}");
    }
}

#[test]
fn hours_are_optional_and_lines_end_in_any_way() {
    for end in ["\n", "\r\n", "\r"] {
        let text =
            "WEBVTT\n\n00:01.000-->01:02.500\nshort\n\n100:00:01.000 --> 100:00:02.000\nlong";
        let track = parse(&text.replace('\n', end));
        let hours = 360_000_000;
        assert_eq!(
            track.cues(),
            [
                cue(1000, 62_500, "short"),
                cue(hours + 1000, hours + 2000, "long")
            ]
        );
    }
}

#[test]
fn malformed_times_cost_their_own_cue_alone() {
    for times in [
        "00:61.000 --> 01:02.000",
        "00:01,000 --> 00:02.000",
        "0:01.000 --> 00:02.000",
        "00:01.00 --> 00:02.000",
        "60:00.000 --> 61:00.000",
        "00:01.000 -> 00:02.000 -->",
        "--> 00:02.000",
        "99999999999999999999:00:00.000 --> 00:02.000",
    ] {
        let track = parse(&format!(
            "WEBVTT\n\n{times}\nbad\n\n00:05.000 --> 00:06.000\ngood"
        ));
        assert_eq!(track.cues(), [cue(5000, 6000, "good")], "{times}");
        assert_eq!(track.warnings(), 1, "{times}");
    }
}

#[test]
fn a_cue_that_is_never_shown_is_left_out() {
    let track = parse("WEBVTT\n\n00:02.000 --> 00:02.000\na\n\n00:03.000 --> 00:01.000\nb");
    assert_eq!((track.cues().len(), track.warnings()), (0, 2));
}

#[test]
fn cues_come_in_order_of_begin_and_the_longer_first() {
    let track = parse(
        "WEBVTT\n\n00:05.000 --> 00:06.000\nc\n\n00:01.000 --> 00:02.000\nb\n\n00:01.000 --> 00:09.000\na",
    );
    let order: Vec<_> = track
        .cues()
        .iter()
        .map(|cue| cue.payload.as_str())
        .collect();
    assert_eq!(order, ["a", "b", "c"]);
}

#[test]
fn a_time_line_inside_of_a_text_begins_the_next_cue() {
    let track = parse("WEBVTT\n\nid\n00:01.000 --> 00:02.000\none\n00:03.000 --> 00:04.000\ntwo");
    assert_eq!(track.cues()[0].payload, "one");
    assert_eq!(track.cues()[0].id, "id");
    assert_eq!(track.cues()[1], cue(3000, 4000, "two"));
}

#[test]
fn notes_styles_and_regions_are_told_apart() {
    let track = parse(
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:01.000\n\nNOTE\n00 nothing\n\nSTYLE\n::cue {\n  color: lime\n}\n\n\
         REGION\nid:fred width:40.5%\nlines:2\nscroll:up\n\n00:01.000 --> 00:02.000 region:fred  align:start\ntext\n\n\
         STYLE\n::cue { color: red }\n\nNOTE end",
    );
    assert_eq!(track.styles(), ["::cue {\n  color: lime\n}"]);
    let region = Region {
        id: "fred".to_owned(),
        width: 40.5,
        lines: 2,
        scrolls_up: true,
        ..Region::default()
    };
    assert_eq!(track.regions(), [region]);
    assert_eq!(track.cues()[0].settings, "region:fred align:start");
    let map = TimestampMap {
        local: 1_000_000,
        mpegts: 900_000,
    };
    assert_eq!(track.timestamp_map(), Some(map));
    // The style behind the first cue.
    assert_eq!(track.warnings(), 1);
}

#[test]
fn styles_and_regions_read_back_as_they_were() {
    let text = "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:a\nwidth:33.3%\nlines:4\nregionanchor:1%,2%\nviewportanchor:3%,4.5%\nscroll:up\n\n00:00:01.000 --> 00:00:02.000 region:a\nx\n\n";
    let track = parse(text);
    assert_eq!(webvtt_document(&track), text);
}

#[test]
fn bytes_that_are_no_utf_8_are_replaced() {
    let track = parse_webvtt(b"WEBVTT\n\n00:01.000 --> 00:02.000\na\xffb\0c").unwrap();
    assert_eq!(track.cues()[0].payload, "a\u{fffd}b\u{fffd}c");
}

#[test]
fn text_of_other_origin_is_mended() {
    let dirty = Cue {
        id: " a\n-->b ".to_owned(),
        settings: "line:0 \n align:end".to_owned(),
        ..cue(0, 1000, "\n\none\r\n\r\n--> two\n")
    };
    let track = Track::new([dirty]).unwrap();
    let clean = Cue {
        id: "a ->b".to_owned(),
        settings: "line:0 align:end".to_owned(),
        ..cue(0, 1000, "one\n&nbsp;\n--&gt; two")
    };
    assert_eq!(track.cues(), [clean]);
}

#[test]
fn the_clock_of_transport_streams_wraps() {
    let track = Track::new([]).unwrap();
    let segment = webvtt_segment(&track, 0..1, (1 << 33) + 5);
    assert!(segment.ends_with(b"MPEGTS:5\n\n"));
}

#[test]
fn times_between_milliseconds_never_make_an_empty_cue() {
    let short = Cue {
        start: 1_000_600,
        end: 1_000_900,
        ..cue(0, 0, "x")
    };
    let track = Track::new([short]).unwrap();
    let written = webvtt_document(&track);
    assert_eq!(written, "WEBVTT\n\n00:00:01.001 --> 00:00:01.002\nx\n\n");
}

#[test]
fn tags_and_escapes_are_understood() {
    let tokens: Vec<_> =
        tokens("a &lt;b&#x26;&bogus; <v.loud Esme &amp; co>hi<00:00:01.000></v><c").collect();
    assert_eq!(
        tokens,
        [
            Token::Text("a <b&&bogus; ".into()),
            Token::Start {
                name: "v",
                classes: "loud",
                annotation: "Esme &amp; co"
            },
            Token::Text("hi".into()),
            Token::End("v"),
            Token::Start {
                name: "c",
                classes: "",
                annotation: ""
            },
        ]
    );
}

#[test]
fn timestamps_in_the_text_move_with_the_cue() {
    let payload = "a <00:00:05.000>b <i>c</i> <1>";
    let moved = moved_timestamps(payload, |time| time - 2_000_000);
    assert_eq!(moved, "a <00:00:03.000>b <i>c</i> <1>");
    assert!(has_timestamps(payload) && !has_timestamps("<i>x</i> 00:00:05.000"));
}

#[test]
fn a_style_sheet_is_read_as_far_as_other_forms_have_the_same() {
    let sheets = ["/* { */ ::cue, video::cue( .loud ) { color: RED; font-weight:700 } b { color: blue } ::cue(b){background:rgba(0,0,0,.5)"
        .to_owned()];
    let sheet = StyleSheet::parse(&sheets);
    let loud = sheet.declarations(|selector| selector == ".loud");
    assert_eq!(
        (loud.color.as_deref(), loud.bold),
        (Some("red"), Some(true))
    );
    let all = sheet.declarations(|selector| selector != ".loud");
    assert_eq!(all.background.as_deref(), Some("rgba(0,0,0,.5)"));
    assert_eq!(all.color.as_deref(), Some("red"));
}
