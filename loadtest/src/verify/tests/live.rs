//! What shows in live playlists only from one load to the next, or beside each other.
use std::time::Duration;

use super::super::*;
use super::rules_of;
use crate::hls::MediaPlaylist;
use crate::presentation::Report;

const NONE: [&str; 0] = [];

fn read(text: &str) -> MediaPlaylist {
    let url = url::Url::parse("https://edge.test/v/index.m3u8").unwrap();
    crate::hls::media(&url, text, &Default::default(), None).unwrap()
}

/// Segments of two seconds and parts of one, of which `complete` segments and `parts` parts of the next are there, the
/// segments from `first` on, parts in those from `parts_from` on.
fn list(first: u64, complete: u64, parts: u64, parts_from: u64) -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
         #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3,CAN-SKIP-UNTIL=12\n\
         #EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-MAP:URI=\"i.mp4\"\n"
    );
    let part = |text: &mut String, number: u64, at: u64| {
        let _ = writeln!(text, "#EXT-X-PART:URI=\"{number}.{at}.m4s\",DURATION=1");
    };
    for number in first..complete {
        for at in 0..if number >= parts_from { 2 } else { 0 } {
            part(&mut text, number, at);
        }
        let _ = writeln!(text, "#EXTINF:2,\n{number}.m4s");
    }
    (0..parts).for_each(|at| part(&mut text, complete, at));
    let _ = writeln!(
        text,
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{complete}.{parts}.m4s\""
    );
    text
}

fn reloaded(before: &str, after: &str) -> Vec<&'static str> {
    assert_eq!(rules_of(&hls::media(&read(before))), NONE, "{before}");
    assert_eq!(rules_of(&hls::media(&read(after))), NONE, "{after}");
    rules_of(&hls::reload(&read(before), &read(after)))
}

#[test]
fn parts_come_as_hinted_and_leave_three_target_durations_behind() {
    let mut before = list(0, 10, 0, 6);
    for (first, complete, parts, parts_from) in [
        (0, 10, 1, 7),
        (0, 11, 0, 7),
        (1, 11, 1, 8),
        (1, 12, 1, 8),
        (9, 20, 0, 16),
    ] {
        let after = list(first, complete, parts, parts_from);
        assert_eq!(reloaded(&before, &after), NONE, "{before}\n{after}");
        before = after;
    }
}

#[test]
fn a_hint_that_does_not_come_true_is_told() {
    let before = list(0, 10, 1, 6);
    let other = list(0, 10, 2, 6).replace("\"10.1.m4s", "\"10.1b.m4s");
    assert_eq!(reloaded(&before, &other), [rules::HLS_HINT]);
    let next = list(0, 11, 1, 7)
        .replace("#EXT-X-PART:URI=\"10.1.m4s\",DURATION=1\n", "")
        .replace("#EXTINF:2,\n10", "#EXTINF:1,\n10");
    // The first part of the next segment was not what was hinted at.
    assert_eq!(reloaded(&before, &next), [rules::HLS_HINT]);
    // An advertisement that ended early.
    let cut = next.replace(
        "#EXT-X-PART:URI=\"11.0",
        "#EXT-X-DISCONTINUITY\n#EXT-X-PART:URI=\"11.0",
    );
    assert_eq!(reloaded(&before, &cut), NONE);
}

#[test]
fn parts_that_leave_too_early_or_out_of_order_are_told() {
    let before = list(0, 10, 0, 6);
    assert_eq!(
        reloaded(&before, &list(0, 10, 1, 9)),
        [rules::HLS_PART_PLACE]
    );
    let hole = list(0, 10, 1, 6)
        .replace("#EXT-X-PART:URI=\"7.0.m4s\",DURATION=1\n", "")
        .replace("#EXT-X-PART:URI=\"7.1.m4s\",DURATION=1\n", "");
    let found = reloaded(&before, &hole);
    assert!(found.contains(&rules::HLS_PART_PLACE), "{found:?}");
}

#[test]
fn parts_that_stay_too_long_are_told() {
    let found = rules_of(&hls::media(&read(&list(0, 10, 1, 3))));
    assert_eq!(found, [rules::HLS_PART_PLACE]);
}

#[test]
fn discontinuities_do_not_go_back_where_nothing_is_left_of_the_list_before() {
    let numbered = |text: String, count: u32| {
        text.replace(
            "#EXT-X-MAP",
            &format!("#EXT-X-DISCONTINUITY-SEQUENCE:{count}\n#EXT-X-MAP"),
        )
    };
    let before = numbered(list(0, 10, 0, 6), 4);
    assert_eq!(reloaded(&before, &numbered(list(20, 30, 0, 26), 5)), NONE);
    assert_eq!(
        reloaded(&before, &numbered(list(20, 30, 0, 26), 3)),
        [rules::HLS_DISCONTINUITY]
    );
}

#[test]
fn a_blocking_reload_brings_what_was_asked_for() {
    let answer = |complete, parts| read(&list(0, complete, parts, 6));
    let judge =
        |number, part, answer: &MediaPlaylist| rules_of(&hls::blocking(number, part, answer));
    assert_eq!(judge(10, Some(0), &answer(10, 1)), NONE);
    assert_eq!(judge(10, Some(1), &answer(11, 0)), NONE);
    assert_eq!(judge(9, None, &answer(10, 0)), NONE);
    assert_eq!(judge(10, Some(0), &answer(10, 0)), [rules::HLS_BLOCKING]);
    assert_eq!(judge(10, Some(1), &answer(10, 1)), [rules::HLS_BLOCKING]);
    assert_eq!(judge(10, None, &answer(10, 1)), [rules::HLS_BLOCKING]);
    // A part that the segment does not have is the first of the next.
    assert_eq!(judge(10, Some(2), &answer(11, 0)), [rules::HLS_BLOCKING]);
    assert_eq!(judge(10, Some(2), &answer(11, 1)), NONE);
    // Directives are ignored behind the end.
    let ended = read(&format!("{}#EXT-X-ENDLIST\n", list(0, 10, 0, 6)));
    assert_eq!(judge(10, Some(0), &ended), NONE);
}

#[test]
fn who_asks_for_a_delta_update_gets_one_where_there_is_something_to_skip() {
    let skipping = |complete| rules_of(&hls::skipping(&read(&list(0, complete, 0, complete))));
    assert_eq!(skipping(7), NONE);
    assert_eq!(skipping(8), [rules::HLS_DELTA]);
}

/// The whole is asked for behind the update: more may have come by then, and nothing may be gone.
#[test]
fn parts_that_come_between_an_update_and_the_whole_are_no_difference() {
    let completed = read(&list(0, 10, 1, 7));
    let later = |complete, parts| read(&list(0, complete, parts, 7));
    for whole in [later(10, 1), later(10, 2), later(11, 0), later(11, 1)] {
        assert_eq!(rules_of(&hls::delta(&completed, &whole)), NONE);
    }
    // The first of the list may have left with them.
    let moved = |parts| rules_of(&hls::delta(&completed, &read(&list(1, 10, parts, 7))));
    assert_eq!(moved(2), NONE);
    assert_eq!(moved(1), [rules::HLS_DELTA]);
    let completed = read(&list(0, 10, 2, 7));
    let gone = rules_of(&hls::delta(&completed, &later(10, 1)));
    assert!(gone.contains(&rules::HLS_DELTA), "{gone:?}");
}

#[test]
fn a_list_that_is_not_added_to_in_time_is_told() {
    let list = read(&list(0, 10, 0, 6));
    let late = |segment: f64, part: f64| {
        let [segment, part] = [segment, part].map(Duration::from_secs_f64);
        rules_of(&hls::on_time(&list, segment, part))
    };
    assert_eq!(late(3.0, 1.5), NONE);
    assert_eq!(late(3.5, 1.0), [rules::HLS_LATE]);
    assert_eq!(late(2.0, 2.0), [rules::HLS_LATE]);
}

#[test]
fn rendition_reports_are_as_up_to_date_as_their_playlist() {
    let report = |number, part| Report {
        playlist: url::Url::parse("https://edge.test/a/index.m3u8").unwrap(),
        number,
        part: Some(part),
    };
    let seen = read(&list(0, 10, 1, 6));
    let reported = |number, part| rules_of(&hls::reported(&report(number, part), &seen));
    assert_eq!(reported(10, 0), NONE);
    assert_eq!(reported(11, 1), NONE);
    // Made at the same time, before one part came.
    assert_eq!(reported(9, 1), NONE);
    assert_eq!(reported(9, 0), [rules::HLS_REPORT]);
    assert_eq!(reported(7, 0), [rules::HLS_REPORT]);
    let promised = |number, part| rules_of(&hls::promised(&report(number, part), &seen));
    assert_eq!(promised(10, 0), NONE);
    assert_eq!(promised(9, 1), NONE);
    assert_eq!(promised(10, 1), [rules::HLS_REPORT]);
    assert_eq!(promised(11, 0), [rules::HLS_REPORT]);
}

#[test]
fn what_a_report_leaves_out_is_as_in_its_playlist() {
    let text = list(0, 10, 2, 6) + "#EXT-X-RENDITION-REPORT:URI=\"../a/index.m3u8\"\n";
    let playlist = read(&text);
    assert_eq!(rules_of(&hls::media(&playlist)), NONE);
    let report = &playlist.media.live.unwrap().reports[0];
    assert_eq!((report.number, report.part), (10, Some(1)));
    let absolute = text.replace("../a", "https://edge.test/a");
    assert_eq!(rules_of(&hls::media(&read(&absolute))), [rules::HLS_REPORT]);
}

#[test]
fn renditions_have_their_settings_in_common() {
    let one = list(0, 10, 0, 6);
    let with = |from: &str, to: &str, subtitles| {
        let other = read(&one.replace(from, to));
        rules_of(&hls::renditions(&read(&one), &other, subtitles))
    };
    assert_eq!(with("", "", false), NONE);
    assert_eq!(with("ION:2\n", "ION:3\n", false), [rules::HLS_RENDITIONS]);
    assert_eq!(with("ION:2\n", "ION:3\n", true), NONE);
    assert_eq!(with("=12", "=14", false), [rules::HLS_RENDITIONS]);
    let dated = "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:00Z\n#EXT-X-MAP";
    assert_eq!(with("#EXT-X-MAP", dated, false), [rules::HLS_RENDITIONS]);
}
