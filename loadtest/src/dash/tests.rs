#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;
use url::Url;

use super::{Mpd, parse};
use crate::presentation::{Clock, Container, Kind, Protection, ReadError, Resource};
use crate::verify;

fn at(path: &str) -> Url {
    Url::parse("https://edge.test/live/")
        .unwrap()
        .join(path)
        .unwrap()
}

fn read(text: &str, now: f64) -> Result<Mpd, ReadError> {
    parse(&at("manifest.mpd"), text, now, None)
}

fn video(inner: &str) -> String {
    format!(
        "<AdaptationSet contentType=\"video\" mimeType=\"video/mp4\">{inner}\
         <Representation id=\"v\" bandwidth=\"1000\" height=\"720\" codecs=\"avc1.640028\"/></AdaptationSet>"
    )
}

fn fixed(inner: &str) -> String {
    format!(
        "<MPD type=\"static\" mediaPresentationDuration=\"PT10S\" minBufferTime=\"PT2S\">\
         <BaseURL>base/</BaseURL><Period><BaseURL>p/</BaseURL>{inner}</Period></MPD>"
    )
}

/// Begun at 1970-01-01T00:16:40Z.
fn dynamic(attributes: &str, inner: &str) -> String {
    format!(
        "<MPD type=\"dynamic\" availabilityStartTime=\"1970-01-01T00:16:40Z\" publishTime=\"1970-01-01T00:20:00Z\" \
         minBufferTime=\"PT2S\" {attributes}><UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"/time\"/>\
         <Period id=\"0\" start=\"PT0S\">{inner}</Period></MPD>"
    )
}

#[test]
fn a_timeline_becomes_segments_with_times_of_their_media() {
    let text = fixed(&video(
        "<SegmentTemplate timescale=\"1000\" presentationTimeOffset=\"500\" startNumber=\"7\" \
         initialization=\"$RepresentationID$/i.mp4\" media=\"$RepresentationID$/$Number%04d$-$Time$.m4s\">\
         <SegmentTimeline><S t=\"500\" d=\"4000\" r=\"1\"/><S d=\"2000\"/></SegmentTimeline></SegmentTemplate>",
    ));
    let mpd = read(&text, 0.0).unwrap();
    let segments = &mpd.media[0].segments;
    assert_eq!(segments.len(), 3);
    assert_eq!(segments[1].resource.url, at("base/p/v/0008-4500.m4s"));
    assert_eq!(
        segments[0].header.as_ref().unwrap().url,
        at("base/p/v/i.mp4")
    );
    assert_eq!(
        (segments[2].number, segments[2].start, segments[2].duration),
        (9, 8.0, 2.0)
    );
    assert_eq!(segments[2].media_time, Some(8.5));
    assert!(mpd.media[0].live.is_none());
    assert!(verify::dash::mpd(&mpd, 0.0).is_empty());
    let track = &mpd.presentation.tracks[0];
    assert_eq!(
        (track.kind, track.default, track.rungs[0].height),
        (Kind::Video, true, Some(720))
    );
}

#[test]
fn even_segments_fill_the_period() {
    let text = fixed(&video(
        "<SegmentTemplate duration=\"4\" initialization=\"i.mp4\" media=\"$Number$.m4s\"/>",
    ));
    let segments = &read(&text, 0.0).unwrap().media[0].segments;
    assert_eq!(segments.len(), 3);
    assert_eq!((segments[2].number, segments[2].duration), (3, 2.0));
    assert!(!segments[2].exact);
}

#[test]
fn a_list_has_its_urls_and_ranges() {
    let text = fixed(&video(
        "<SegmentList duration=\"5\"><Initialization sourceURL=\"i.mp4\" range=\"0-99\"/>\
         <SegmentURL media=\"a.m4s\"/><SegmentURL media=\"b.m4s\" mediaRange=\"10-19\"/></SegmentList>",
    ));
    let segments = &read(&text, 0.0).unwrap().media[0].segments;
    assert_eq!(segments.len(), 2);
    assert_eq!(
        segments[1].resource,
        Resource {
            url: at("base/p/b.m4s"),
            range: Some(10..20)
        }
    );
    assert_eq!(segments[1].header.as_ref().unwrap().range, Some(0..100));
}

#[test]
fn an_index_tells_segments_behind_itself() {
    let text = fixed(
        "<AdaptationSet mimeType=\"video/mp4\"><Representation id=\"v\" bandwidth=\"1\"><BaseURL>v.mp4</BaseURL>\
         <SegmentBase indexRange=\"100-155\" timescale=\"10\"/></Representation></AdaptationSet>",
    );
    let mut mpd = read(&text, 0.0).unwrap();
    assert_eq!(
        mpd.indices[0].resource,
        Resource {
            url: at("base/p/v.mp4"),
            range: Some(100..156)
        }
    );
    let mut sidx = Vec::new();
    for word in [
        56u32,
        u32::from_be_bytes(*b"sidx"),
        0,
        1,
        10,
        0,
        0,
        2,
        300,
        50,
        0,
        200,
        40,
        0,
    ] {
        sidx.extend(word.to_be_bytes());
    }
    mpd.index(0, &sidx).unwrap();
    let segments = &mpd.media[0].segments;
    assert_eq!(segments[0].resource.range, Some(156..456));
    assert_eq!(segments[1].resource.range, Some(456..656));
    assert_eq!((segments[1].start, segments[1].duration), (5.0, 4.0));
    assert_eq!(segments[0].header.as_ref().unwrap().range, Some(0..100));
    assert!(mpd.index(1, &sidx).is_err());
    assert!(mpd.index(0, &sidx[..20]).is_err());
}

#[test]
fn a_dynamic_mpd_lists_what_is_available() {
    let template = video(
        "<SegmentTemplate duration=\"4\" availabilityTimeOffset=\"3\" availabilityTimeComplete=\"false\" \
         initialization=\"i.mp4\" media=\"$Number$.m4s\"/>",
    );
    let text = dynamic(
        "timeShiftBufferDepth=\"PT20S\" minimumUpdatePeriod=\"PT2S\" suggestedPresentationDelay=\"PT6S\"",
        &template,
    );
    // 101.5 s after the beginning: 25 segments are complete, one has begun to come.
    let mpd = read(&text, 1101.5).unwrap();
    let segments = &mpd.media[0].segments;
    let last = segments.last().unwrap();
    assert_eq!((last.number, last.start, last.complete), (26, 100.0, false));
    assert_eq!(segments[0].number, 21);
    let live = mpd.media[0].live.as_ref().unwrap();
    assert_eq!(
        (live.reload_after.as_secs_f64(), live.hold_back),
        (2.0, 6.0)
    );
    assert_eq!(live.part_target, Some(1.0));
    assert_eq!(mpd.presentation.clocks, [Clock::Body(at("/time"))]);
    assert!(
        verify::dash::mpd(&mpd, 1101.5)
            .iter()
            .all(|v| v.rule == verify::rules::DASH_PUBLISH)
    );
}

fn timeline(first: u64, count: u64) -> String {
    dynamic(
        "minimumUpdatePeriod=\"PT2S\"",
        &video(&format!(
            "<SegmentTemplate initialization=\"i.mp4\" media=\"$Time$.m4s\"><SegmentTimeline>\
             <S t=\"{}\" d=\"2\" r=\"{}\"/></SegmentTimeline></SegmentTemplate>",
            first * 2,
            count - 1
        )),
    )
}

#[test]
fn numbers_go_on_when_the_window_moves() {
    let before = read(&timeline(10, 5), 1300.0).unwrap();
    let after = parse(&at("manifest.mpd"), &timeline(12, 5), 1304.0, Some(&before)).unwrap();
    assert_eq!(before.media[0].segments[2].number, 3);
    assert_eq!(after.media[0].segments[0].number, 3);
    let far = parse(&at("manifest.mpd"), &timeline(90, 2), 1400.0, Some(&after)).unwrap();
    assert_eq!(far.media[0].segments[0].number, 8);
}

#[test]
fn periods_go_on_in_like_tracks() {
    let period = |number: u8| {
        format!(
            "<Period duration=\"PT4S\">{}<AdaptationSet contentType=\"audio\" mimeType=\"audio/mp4\" lang=\"de\">\
             <ContentProtection schemeIdUri=\"x\"/><Representation id=\"a{number}\" bandwidth=\"1\">\
             <SegmentTemplate duration=\"2\" media=\"{number}-a$Number$.m4s\"/></Representation></AdaptationSet></Period>",
            video(&format!(
                "<SegmentTemplate duration=\"2\" media=\"{number}-$Number$.m4s\"/>"
            ))
        )
    };
    let text = format!(
        "<MPD minBufferTime=\"PT1S\">{}{}</MPD>",
        period(1),
        period(2)
    );
    let mpd = read(&text, 0.0).unwrap();
    let segments = &mpd.media[0].segments;
    let numbers: Vec<_> = segments
        .iter()
        .map(|s| (s.number, s.start, s.discontinuity))
        .collect();
    assert_eq!(
        numbers,
        [(1, 0.0, 0), (2, 2.0, 0), (3, 4.0, 1), (4, 6.0, 1)]
    );
    assert_eq!(segments[2].resource.url, at("2-1.m4s"));
    assert_eq!(mpd.media[1].segments[3].resource.url, at("2-a2.m4s"));
    assert_eq!(mpd.media[1].segments[3].protection, Protection::Samples);
    assert_eq!(segments[0].container, Container::Fragment);
}

#[test]
fn a_representation_is_known_by_its_id_when_a_period_without_others_leaves() {
    let template = "<SegmentTemplate timescale=\"1\" duration=\"2\" startNumber=\"1\" media=\"$RepresentationID$-$Number$\"/>";
    let sound = format!(
        "<AdaptationSet contentType=\"audio\" mimeType=\"audio/mp4\">{template}\
         <Representation id=\"a\" bandwidth=\"1\" codecs=\"mp4a.40.2\"/></AdaptationSet>"
    );
    let both = format!("{}{sound}", video(template));
    let mpd = |periods: &str| {
        let text = format!(
            "<MPD type=\"static\" mediaPresentationDuration=\"PT8S\" minBufferTime=\"PT2S\">{periods}</MPD>"
        );
        read(&text, 0.0).unwrap()
    };
    let first = format!("<Period id=\"1\" start=\"PT0S\" duration=\"PT4S\">{sound}</Period>");
    let second = format!("<Period id=\"2\" start=\"PT4S\" duration=\"PT4S\">{both}</Period>");
    let before = mpd(&format!("{first}{second}"));
    let after = mpd(&second);
    assert_eq!((before.known("a"), before.known("v")), (Some(0), None));
    assert_eq!((after.known("v"), after.known("a")), (Some(0), Some(1)));
}

#[test]
fn breaches_of_an_mpd_are_told() {
    let overlap = fixed(&video(
        "<SegmentTemplate initialization=\"i.mp4\" media=\"$Time$.m4s\"><SegmentTimeline>\
         <S t=\"0\" d=\"4\"/><S t=\"3\" d=\"4\"/></SegmentTimeline></SegmentTemplate>",
    ));
    let rules =
        |found: Vec<verify::Violation>| found.into_iter().map(|v| v.rule).collect::<Vec<_>>();
    let mpd = read(&overlap, 0.0).unwrap();
    assert!(rules(verify::dash::mpd(&mpd, 0.0)).contains(&verify::rules::DASH_TIMELINE));
    // Segments of two seconds, the last of which ended at 1030.
    let text = timeline(10, 5).replace("00:20:00Z", "00:17:00Z");
    let fresh = read(&text, 1030.0).unwrap();
    assert_eq!(rules(verify::dash::mpd(&fresh, 1030.0)), Vec::<&str>::new());
    let found = rules(verify::dash::mpd(&fresh, 1045.0));
    assert!(found.contains(&verify::rules::DASH_LATE), "{found:?}");
    let numbered = text.replace("<S t=", "<S n=\"3\" t=");
    let found = rules(verify::dash::mpd(&read(&numbered, 1030.0).unwrap(), 1030.0));
    assert!(found.contains(&verify::rules::DASH_TIMELINE), "{found:?}");
    let no_start = timeline(1, 2).replace("availabilityStartTime", "x");
    let mpd = read(&no_start, 1300.0).unwrap();
    assert!(rules(verify::dash::mpd(&mpd, 1300.0)).contains(&verify::rules::DASH_DYNAMIC));
    let long = fixed(&video(
        "<SegmentTemplate duration=\"4\" media=\"$Number$\"/>",
    ))
    .replace("minBufferTime", "maxSegmentDuration=\"PT3S\" minBufferTime");
    let mpd = read(&long, 0.0).unwrap();
    assert!(rules(verify::dash::mpd(&mpd, 0.0)).contains(&verify::rules::DASH_MAX_DURATION));
}

#[test]
fn an_update_may_add_and_take_away_and_not_change() {
    let before = read(&timeline(10, 5), 1300.0).unwrap();
    let published = |text: String| text.replace("00:20:00Z", "00:20:02Z");
    let after = published(timeline(11, 5));
    let later = |text: &str| parse(&at("manifest.mpd"), text, 1302.0, Some(&before)).unwrap();
    let rules = |text: &str| {
        let found = verify::dash::update(&before, &later(text), 1302.0);
        found.into_iter().map(|v| v.rule).collect::<Vec<_>>()
    };
    assert_eq!(rules(&after), Vec::<&str>::new());
    assert_eq!(rules(&timeline(11, 5)), [verify::rules::DASH_PUBLISH]);
    assert!(
        rules(&after.replace("$Time$.m4s", "new-$Time$.m4s"))
            .contains(&verify::rules::DASH_CHANGED)
    );
    assert!(rules(&published(timeline(9, 5))).contains(&verify::rules::DASH_CHANGED));
    assert!(rules(&after.replace("00:16:40Z", "00:16:41Z")).contains(&verify::rules::DASH_START));
}

#[test]
fn errors_name_the_line_and_bounds_hold() {
    let text = fixed(&video(
        "\n\n<SegmentTemplate duration=\"4\" media=\"$Nothing$\"/>",
    ));
    assert!(matches!(
        read(&text, 0.0),
        Err(ReadError::Malformed { line: 3, .. })
    ));
    assert!(matches!(
        read("<html/>", 0.0),
        Err(ReadError::NotAnMpd { .. })
    ));
    assert!(matches!(
        read("<MPD>", 0.0),
        Err(ReadError::NotAnMpd { .. })
    ));
    let many = fixed(&video(
        "<SegmentTemplate media=\"$Time$\"><SegmentTimeline><S d=\"1\" r=\"9000000000\"/></SegmentTimeline></SegmentTemplate>",
    ));
    assert!(matches!(read(&many, 0.0), Err(ReadError::Limit { .. })));
    let since_1970 = dynamic(
        "",
        &video("<SegmentTemplate duration=\"1\" media=\"$Number$\"/>"),
    );
    let mpd = read(&since_1970, 1.7e9).unwrap();
    assert_eq!(mpd.media[0].segments.len(), super::MAX_SEGMENTS);
    assert_eq!(mpd.media[0].segments.last().unwrap().number, 1_699_999_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_panics(edits in prop::collection::vec((any::<prop::sample::Index>(), "[ -~]{0,4}", 0..9usize), 1..4), which in 0..3u8) {
        let mut text = match which {
            0 => timeline(10, 5),
            1 => fixed(&video("<SegmentTemplate duration=\"4\" timescale=\"3\" media=\"$Number%03d$\"/>")),
            _ => dynamic("timeShiftBufferDepth=\"PT20S\"", &video("<SegmentTemplate media=\"$Time$\"><SegmentTimeline><S t=\"1\" d=\"9\" r=\"-1\"/></SegmentTimeline></SegmentTemplate>")),
        };
        for (index, junk, cut) in edits {
            let at = index.index(text.len());
            let end = (at + cut).min(text.len());
            text.replace_range(at..end, &junk);
        }
        if let Ok(mpd) = read(&text, 1300.0) {
            let _ = verify::dash::mpd(&mpd, 1300.0);
            let _ = verify::dash::update(&mpd, &mpd, 1300.0);
        }
    }

    #[test]
    fn no_index_panics(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let text = fixed("<AdaptationSet mimeType=\"video/mp4\"><Representation id=\"v\" bandwidth=\"1\"><SegmentBase indexRange=\"0-9\"/></Representation></AdaptationSet>");
        let mut mpd = read(&text, 0.0).unwrap();
        let mut sidx = (8 + bytes.len() as u32).to_be_bytes().to_vec();
        sidx.extend(b"sidx");
        sidx.extend(&bytes);
        let _ = mpd.index(0, &sidx);
    }
}
