#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use crate::text::{
    Cue, Error, MAX_SEGMENT_BYTES, OPEN_END, Track, imsc1_samples, parse_ttml, parse_webvtt,
};

/// A document with this head and body, in prefixes of no one's habit.
fn document(head: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><q:tt xmlns:q="http://www.w3.org/ns/ttml" xmlns="http://www.w3.org/ns/ttml"
        xmlns:s="http://www.w3.org/ns/ttml#styling" xmlns:i="http://www.w3.org/ns/ttml/profile/imsc1#styling"
        xmlns:foreign="urn:x" xml:lang="de"><head>{head}</head>{body}</q:tt>"#
    )
}

fn parse(head: &str, body: &str) -> Track {
    parse_ttml(document(head, body).as_bytes()).unwrap()
}

/// Begin and end in seconds, and text.
fn shown(track: &Track) -> Vec<(f64, f64, &str)> {
    let seconds = |micros: u64| micros as f64 / 1e6;
    let shown = |cue: &'_ Cue| (seconds(cue.start), seconds(cue.end));
    let cues = track.cues().iter();
    cues.map(|cue| {
        let (start, end) = shown(cue);
        (start, end, cue.payload.as_str())
    })
    .collect()
}

fn imsc1(track: &Track, start: u64, end: u64) -> String {
    let mut samples = imsc1_samples(track, start..end).unwrap();
    assert_eq!(samples.len(), 1);
    String::from_utf8(samples.remove(0).data).unwrap()
}

#[test]
fn times_count_from_the_element_around() {
    let track = parse(
        "",
        r#"<body begin="10s"><div begin="1s" end="9s"><p begin="1s" end="3s">a</p>
        <p begin="2s" dur="4s" end="100s">b</p><p begin="5s">c</p><p>d</p></div></body>"#,
    );
    assert_eq!(
        shown(&track),
        [
            (11.0, 19.0, "d"),
            (12.0, 14.0, "a"),
            (13.0, 17.0, "b"),
            (16.0, 19.0, "c")
        ]
    );
    assert_eq!(track.language(), "de");
}

#[test]
fn elements_of_a_sequence_follow_one_another() {
    let track = parse(
        "",
        r#"<body><div begin="1s" timeContainer="seq"><p dur="2s">a</p><p begin="1s" dur="2s">b</p>
        <p><span begin="1s" end="2s">c</span></p></div></body>"#,
    );
    assert_eq!(
        shown(&track),
        [(1.0, 3.0, "a"), (4.0, 6.0, "b"), (7.0, 8.0, "c")]
    );
}

#[test]
fn a_paragraph_whose_parts_come_and_go_has_a_state_for_each_change() {
    let track = parse(
        "",
        r#"<body><div><p begin="1s" end="5s">one <span begin="1s" end="3s">two</span><span begin="2s"> three</span></p></div></body>"#,
    );
    assert_eq!(
        shown(&track),
        [
            (1.0, 2.0, "one"),
            (2.0, 3.0, "one two"),
            (3.0, 4.0, "one two three"),
            (4.0, 5.0, "one three")
        ]
    );
}

#[test]
fn an_open_end_lasts() {
    let track = parse("", r#"<body><div><p begin="1s">a</p></div></body>"#);
    assert_eq!(track.end(), OPEN_END);
}

#[test]
fn malformed_times_cost_their_own_element() {
    let track = parse(
        "",
        r#"<body><div><p begin="x" end="2s">a</p><p begin="1s" end="2s">b<span begin="?">c</span></p></div></body>"#,
    );
    assert_eq!(shown(&track), [(1.0, 2.0, "b")]);
    assert_eq!(track.warnings(), 2);
}

#[test]
fn white_space_is_collapsed_unless_preserved() {
    let track = parse(
        "",
        "<body><div><p begin='0s' end='1s'>\n  a \t b<br/>\n  <span> c </span>\n d  </p>
        <p begin='1s' end='2s' xml:space='preserve'>  a\n b </p><p begin='2s' end='3s'>\n</p></div></body>",
    );
    assert_eq!(
        shown(&track),
        [(0.0, 1.0, "a b\nc d"), (1.0, 2.0, "  a\n b ")]
    );
}

#[test]
fn styles_are_inherited_referred_to_and_overridden() {
    let track = parse(
        r##"<styling><style xml:id="base" s:color="yellow"/><style xml:id="loud" style="base" s:fontWeight="bold"/>
        <style xml:id="a" style="b"/><style xml:id="b" style="a" s:fontStyle="italic"/></styling>
        <layout><region xml:id="r" s:fontStyle="italic"><style s:textDecoration="underline"/></region></layout>"##,
        r##"<body region="r"><div style="loud"><p begin="0s" end="1s">x <span s:color="#8090a0ff" s:fontStyle="normal"
        s:textDecoration="none">y</span></p><p begin="1s" end="2s" s:color="white" s:fontWeight="normal" s:fontStyle="normal"
        s:textDecoration="none">z<span s:visibility="hidden">!</span><span s:display="none">!</span></p></div></body>"##,
    );
    let texts: Vec<_> = shown(&track).into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(
        texts,
        [
            "<c.yellow><b><i><u>x</u></i></b></c><c.c8090a0><b> y</b></c>",
            "z"
        ]
    );
    assert_eq!(track.styles(), ["::cue(.c8090a0) { color: #8090a0 }"]);
}

#[test]
fn ruby_and_markup_characters_survive() {
    let track = parse(
        "",
        r#"<body><div><p begin="0s" end="1s"><span s:ruby="container"><span s:ruby="base">漢</span><span
        s:ruby="delimiter">(</span><span s:ruby="text">かん</span></span> &lt;b&gt; --&gt; &amp;&#x41;<![CDATA[<i>]]></p></div></body>"#,
    );
    assert_eq!(
        track.cues()[0].payload,
        "<ruby>漢<rt>かん</rt></ruby> &lt;b&gt; --&gt; &amp;A&lt;i&gt;"
    );
}

#[test]
fn regions_become_settings() {
    let settings = |region: &str, paragraph: &str| {
        let head = format!("<layout><region xml:id='r' {region}/></layout>");
        let body =
            format!("<body><div><p region='r' begin='0s' end='1s' {paragraph}>x</p></div></body>");
        parse(&head, &body).cues()[0].settings.clone()
    };
    let bottom = "s:origin='10% 80%' s:extent='80% 15%' s:displayAlign='after'";
    assert_eq!(settings(bottom, "s:textAlign='center'"), "size:80%");
    assert_eq!(settings(bottom, ""), "position:10% size:80% align:start");
    assert_eq!(
        settings(bottom, "s:textAlign='end'"),
        "position:90% size:80% align:end"
    );
    assert_eq!(
        settings(bottom, "s:direction='rtl'"),
        "position:90% size:80% align:start"
    );
    let top = "s:origin='0% 5.125%' s:extent='100% 20%' s:textAlign='center'";
    assert_eq!(settings(top, ""), "line:5.13%");
    let middle = "s:origin='8c 3c' s:extent='16c 6c' s:displayAlign='center' s:textAlign='center'";
    assert_eq!(settings(middle, ""), "line:40%,center size:50%");
    let upper = "s:origin='0% 0%' s:extent='100% 50%' s:displayAlign='after' s:textAlign='center'";
    assert_eq!(settings(upper, ""), "line:50%,end");
    assert_eq!(
        settings("s:writingMode='tbrl' s:textAlign='center'", ""),
        "vertical:rl"
    );
}

#[test]
fn pixels_count_in_the_extent_of_the_document() {
    let text = document(
        "<layout><region xml:id='r' s:origin='320px 90px' s:extent='640px 540px' s:textAlign='center'/></layout>",
        "<body><div><p region='r' begin='0s' end='1s'>x</p></div></body>",
    );
    let text = text.replace("xml:lang", "s:extent='1280px 720px' xml:lang");
    let track = parse_ttml(text.as_bytes()).unwrap();
    assert_eq!(track.cues()[0].settings, "line:12.5% size:50%");
}

#[test]
fn a_document_without_regions_leaves_the_place_to_the_player() {
    let track = parse(
        "",
        "<body region='gone'><div><p region='gone' begin='0s' end='1s'>x</p><p s:textAlign='start' begin='1s' end='2s'>y</p></div></body>",
    );
    let settings: Vec<_> = track
        .cues()
        .iter()
        .map(|cue| cue.settings.as_str())
        .collect();
    assert_eq!(settings, ["", "position:0% align:start"]);
    let out = imsc1(&track, 0, 2000);
    assert!(out.contains(r#"<region xml:id="edgepack-bottom""#), "{out}");
    assert!(out.contains(r#"<body region="edgepack-bottom">"#), "{out}");
}

#[test]
fn forced_display_is_seen_wherever_it_stands() {
    let body =
        "<body><div><p begin='0s' end='1s'>x<span i:forcedDisplay='true'>y</span></p></div></body>";
    assert!(parse("", body).has_forced());
    assert!(!parse("", &body.replace("true", "false")).has_forced());
}

#[test]
fn an_imsc1_document_keeps_the_head_and_what_is_shown() {
    let head = r#"<metadata>m</metadata><styling><style xml:id="s" s:color="red" foreign:x="1"/></styling>
        <layout><region xml:id="r" s:origin="10% 80%" s:extent="80% 10%"/></layout>"#;
    let body = r#"<body s:fontStyle="italic" begin="1s"><div region="r"><metadata>m</metadata><foreign:p>no</foreign:p>
        <p xml:id="p1" style="s" begin="1s" end="5s">a &amp; <span i:fillLineGap="true" begin="1s">b</span></p>
        <p begin="6s" end="7s">later</p></div></body>"#;
    let out = imsc1(&parse(head, body), 3500, 8000 - 1000);
    let expected = r##"<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:itts="http://www.w3.org/ns/ttml/profile/imsc1#styling" ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text" xml:lang="de"><head><styling><style xml:id="s" tts:color="red"/></styling><layout><region xml:id="r" tts:origin="10% 80%" tts:extent="80% 10%"/></layout></head><body tts:fontStyle="italic"><div region="r"><p style="s" begin="00:00:03.500" end="00:00:06.000">a &amp; <span itts:fillLineGap="true">b</span></p></div></body></tt>
"##;
    assert_eq!(out, expected);
}

#[test]
fn a_set_value_holds_for_its_time() {
    let body = "<body><div><p begin='0s' end='4s'>x<span><set begin='1s' dur='2s' s:color='red'/>y</span></p></div></body>";
    let track = parse("", body);
    assert_eq!(
        shown(&track),
        [
            (0.0, 1.0, "xy"),
            (1.0, 3.0, "x<c.red>y</c>"),
            (3.0, 4.0, "xy")
        ]
    );
}

#[test]
fn times_finer_than_milliseconds_are_kept() {
    let body = "<body><div><p begin='1s' end='2000.5ms'>x</p></div></body>";
    let out = imsc1(&parse("", body), 0, 4000);
    assert!(
        out.contains(r#"begin="00:00:01.000" end="00:00:02.000500""#),
        "{out}"
    );
}

#[test]
fn utf_16_and_drafts_of_the_namespace_are_read() {
    let text = r#"<tt xmlns="http://www.w3.org/2006/10/ttaf1" xmlns:s="http://www.w3.org/2006/10/ttaf1#style"><body><div><p begin="0s" end="1s" s:fontStyle="italic">ä</p></div></body></tt>"#;
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    for file in [text.as_bytes(), &little, &big] {
        assert_eq!(parse_ttml(file).unwrap().cues()[0].payload, "<i>ä</i>");
    }
}

#[test]
fn what_is_not_ttml_is_refused_with_its_place() {
    let refused = |text: &str| parse_ttml(text.as_bytes()).unwrap_err();
    assert!(matches!(refused("<html/>"), Error::NotTtml { root } if root == "html"));
    assert!(matches!(refused("<tt/>"), Error::NotTtml { .. }));
    for text in [
        "",
        "WEBVTT",
        r#"<tt xmlns="http://www.w3.org/ns/ttml"><body>"#,
        r#"<tt xmlns="http://www.w3.org/ns/ttml"><body></tt>"#,
        r#"<tt xmlns="http://www.w3.org/ns/ttml">&bomb;</tt>"#,
        r#"<tt xmlns="http://www.w3.org/ns/ttml" x="&bomb;"/>"#,
        r#"<tt xmlns="http://www.w3.org/ns/ttml"><x:p/></tt>"#,
    ] {
        assert!(
            matches!(refused(text), Error::Xml { .. }),
            "{text}: {:?}",
            refused(text)
        );
    }
    assert!(matches!(
        parse_ttml(b"<tt>\xff"),
        Err(Error::Xml { offset: 4, .. })
    ));
}

#[test]
fn declared_entities_do_not_expand() {
    let text = r#"<!DOCTYPE tt [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="0s" end="1s">&b;</p></div></body></tt>"#;
    let refused = parse_ttml(text.as_bytes());
    assert!(matches!(refused, Err(Error::Xml { .. })), "{refused:?}");
}

#[test]
fn depth_is_bounded() {
    for inner in ["div", "x:y"] {
        let open = format!("<{inner} xmlns:x='urn:x'>").repeat(100_000);
        let text = format!(r#"<tt xmlns="http://www.w3.org/ns/ttml"><body>{open}"#);
        let refused = parse_ttml(text.as_bytes());
        assert!(matches!(refused, Err(Error::Limit { .. })), "{refused:?}");
    }
}

#[test]
fn states_of_a_paragraph_are_bounded() {
    let span = |number: usize| format!("<span begin='{number}s'>x</span>");
    let spans: String = (0..5000).map(span).collect();
    let text = document("", &format!("<body><div><p>{spans}</p></div></body>"));
    let refused = parse_ttml(text.as_bytes());
    assert!(matches!(refused, Err(Error::Limit { .. })), "{refused:?}");
}

#[test]
fn styles_that_refer_to_all_others_cost_no_more_than_their_number() {
    let all: Vec<String> = (0..200).map(|number| format!("s{number}")).collect();
    let all = all.join(" ");
    let style =
        |number: usize| format!("<style xml:id='s{number}' style='{all}' s:fontStyle='italic'/>");
    let styles: String = (0..200).map(style).collect();
    let track = parse(
        &format!("<styling>{styles}</styling>"),
        "<body><div><p style='s7' begin='0s' end='1s'>x</p></div></body>",
    );
    assert_eq!(track.cues()[0].payload, "<i>x</i>");
}

#[test]
fn a_document_larger_than_a_segment_may_be_is_refused() {
    let paragraph = format!("<p begin='0s' end='1s'>{}</p>", "\"&lt;".repeat(1000));
    let paragraphs = paragraph.repeat(3_000_000 / 1000);
    let track = parse("", &format!("<body><div>{paragraphs}</div></body>"));
    assert!(imsc1_samples(&track, 0..1000).is_ok());
    let head = format!(
        "<styling><style xml:id='s' s:x='{}'/></styling>",
        ">".repeat(MAX_SEGMENT_BYTES / 4 + 1)
    );
    let track = parse(&head, "<body/>");
    assert!(matches!(
        imsc1_samples(&track, 0..1000),
        Err(Error::Limit { .. })
    ));
}

#[test]
fn webvtt_becomes_regions_and_spans() {
    let text = "WEBVTT\n\nSTYLE\n::cue { color: lime }\n::cue(.loud) { font-weight: bold }\n\n\
        REGION\nid:fred\nwidth:40%\nlines:3\nviewportanchor:10%,90%\n\n\
        00:01.000 --> 00:02.000 line:0 position:10% size:50% align:left\n<v.loud Esme>hi</v> <i>there\n<c.yellow>you</c></i>\n\n\
        00:01.500 --> 00:03.000 region:fred\n&lt;<ruby>a<rt>b</rt></ruby>\n\n00:02.000 --> 00:03.000\nplain";
    let mut track = parse_webvtt(text.as_bytes()).unwrap();
    track.set_language("en");
    let out = imsc1(&track, 0, 4000);
    for part in [
        r#"xml:lang="en""#,
        r#"<region tts:origin="10% 0%" tts:extent="50% 100%" tts:displayAlign="before" tts:textAlign="left""#,
        r#"<region tts:origin="10% 72%" tts:extent="40% 18%" tts:displayAlign="after" tts:textAlign="center""#,
        r#"<region tts:origin="5% 0%" tts:extent="90% 95%" tts:displayAlign="after" tts:textAlign="center""#,
        r##"<p region="r0" begin="00:00:01.000" end="00:00:02.000"><span tts:color="#00ff00" tts:backgroundColor="#000000cc"><span tts:fontWeight="bold">hi</span> <span tts:fontStyle="italic">there<br/><span tts:color="#ffff00">you</span></span></span></p>"##,
        r#">&lt;a(b)</span></p>"#,
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
}

#[test]
fn places_of_webvtt_stay_where_they_are_through_imsc1() {
    for (settings, back) in [
        ("line:0", "line:0%"),
        ("line:10%", "line:10%"),
        ("line:40%,end", "line:40%,end"),
        ("line:30%,center", "line:30%,center"),
        (
            "position:20%,line-left size:60% align:center",
            "position:50% size:60%",
        ),
        (
            "position:70% size:30% align:right",
            "position:70% size:30% align:right",
        ),
    ] {
        let text = format!("WEBVTT\n\n00:01.000 --> 00:02.000 {settings}\nx");
        let track = parse_webvtt(text.as_bytes()).unwrap();
        let read = parse_ttml(imsc1(&track, 0, 4000).as_bytes()).unwrap();
        let found = &read.cues()[0].settings;
        let found: Vec<&str> = found.split(' ').collect();
        for setting in back.split(' ').filter(|setting| *setting != "position:50%") {
            assert!(found.contains(&setting), "{settings}: {found:?}");
        }
    }
}
