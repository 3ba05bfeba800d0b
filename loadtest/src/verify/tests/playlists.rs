//! A playlist that breaks a rule is told by that rule's name.
use super::super::*;
use super::rules_of;
use crate::hls::MediaPlaylist;
use crate::hls::tests::read;

const VOD: &str = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n\
    #EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:4.004,\n1.m4s\n#EXTINF:4.004,\n2.m4s\n#EXTINF:4.004,\n3.m4s\n#EXTINF:4.004,\n4.m4s\n";

const PARTS: &str = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n\
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3,CAN-SKIP-UNTIL=12,HOLD-BACK=6\n\
    #EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:2,\n0.m4s\n#EXTINF:2,\n1.m4s\n#EXTINF:2,\n2.m4s\n\
    #EXT-X-PART:URI=\"3.0.m4s\",DURATION=1.0,INDEPENDENT=YES\n#EXT-X-PART:URI=\"3.1.m4s\",DURATION=1.0\n#EXTINF:2,\n3.m4s\n\
    #EXT-X-PART:URI=\"4.0.m4s\",DURATION=0.9\n#EXT-X-PART:URI=\"4.1.m4s\",DURATION=0.3\n\
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"4.2.m4s\"\n";

fn found(text: &str) -> Vec<&'static str> {
    rules_of(&hls::media(&read(text).unwrap()))
}

#[test]
fn playlists_that_keep_the_rules_pass() {
    assert_eq!(found(VOD), Vec::<&str>::new());
    assert_eq!(found(PARTS), Vec::<&str>::new());
}

#[test]
fn each_breach_of_one_playlist_has_its_rule() {
    let cases = [
        (
            VOD,
            "DURATION:4\n",
            "DURATION:3\n",
            rules::HLS_TARGET_DURATION,
        ),
        (
            VOD,
            "#EXT-X-TARGETDURATION:4\n",
            "",
            rules::HLS_TARGET_DURATION,
        ),
        (VOD, "VERSION:7", "VERSION:5", rules::HLS_VERSION),
        (
            VOD,
            "#EXT-X-VERSION:7",
            "#EXT-X-VERSION:7\n#EXT-X-VERSION:7",
            rules::HLS_ONCE,
        ),
        (VOD, "#EXT-X-MAP:URI=\"i.mp4\"\n", "", rules::HLS_MAP),
        (VOD, "#EXTINF:4.004,\n2", "2", rules::HLS_EXTINF),
        (
            VOD,
            "1.m4s\n",
            "1.m4s\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n",
            rules::HLS_SEQUENCE_PLACE,
        ),
        (
            VOD,
            "#EXT-X-MAP",
            "#EXT-X-KEY:METHOD=NONE,URI=\"k\"\n#EXT-X-MAP",
            rules::HLS_KEY,
        ),
        (
            VOD,
            "#EXT-X-MAP",
            "#EXT-X-KEY:METHOD=AES-128\n#EXT-X-MAP",
            rules::HLS_KEY,
        ),
        (VOD, "4.004,\n1", "4.004\n1", rules::HLS_SYNTAX),
        (
            VOD,
            "#EXTINF:4.004,\n2",
            "#EXT-X-PROGRAM-DATE-TIME:2020-01-01T00:00:00Z\n#EXTINF:4.004,\n2.m4s\n\
             #EXT-X-PROGRAM-DATE-TIME:2019-01-01T00:00:00Z\n#EXTINF:4.004,\n2",
            rules::HLS_DATE,
        ),
        (
            VOD,
            "i.mp4\"",
            "i.mp4\",BYTERANGE=\"4\"",
            rules::HLS_BYTE_RANGE,
        ),
        (
            PARTS,
            "3.1.m4s\",DURATION=1.0",
            "3.1.m4s\",DURATION=1.1",
            rules::HLS_PART,
        ),
        (
            PARTS,
            "4.0.m4s\",DURATION=0.9",
            "4.0.m4s\",DURATION=0.5",
            rules::HLS_PART,
        ),
        (
            PARTS,
            "#EXT-X-PART-INF:PART-TARGET=1\n",
            "",
            rules::HLS_PART,
        ),
        (
            PARTS,
            "#EXTINF:2,\n3",
            "#EXTINF:1.5,\n3",
            rules::HLS_PART_SUM,
        ),
        (PARTS, "PART-HOLD-BACK=3,", "", rules::HLS_CONTROL),
        (
            PARTS,
            "PART-HOLD-BACK=3,",
            "PART-HOLD-BACK=1.5,",
            rules::HLS_CONTROL,
        ),
        (PARTS, "UNTIL=12", "UNTIL=8", rules::HLS_CONTROL),
        (PARTS, ",HOLD-BACK=6", ",HOLD-BACK=4", rules::HLS_CONTROL),
        (
            PARTS,
            "#EXT-X-PRELOAD",
            "#EXT-X-ENDLIST\n#EXT-X-PRELOAD",
            rules::HLS_HINT,
        ),
    ];
    for (text, from, to, rule) in cases {
        assert!(text.contains(from), "{from}");
        let found = found(&text.replacen(from, to, 1));
        assert!(found.contains(&rule), "{from} → {to}: {found:?}");
    }
}

fn breach(text: &str, from: &str, to: &str) -> Vec<&'static str> {
    assert!(text.contains(from), "{from}");
    found(&text.replacen(from, to, 1))
}

#[test]
fn tags_of_a_segment_stand_before_its_parts() {
    let behind = "DURATION=1.0\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:2,\n3";
    let found = breach(PARTS, "DURATION=1.0\n#EXTINF:2,\n3", behind);
    assert_eq!(found, [rules::HLS_PART_ORDER]);
}

#[test]
fn a_short_part_is_not_excused_by_the_next_that_is_independent() {
    let cut = "DURATION=0.5\n#EXT-X-PART:URI=\"4.1.m4s\",DURATION=0.3,INDEPENDENT=YES";
    let text = "DURATION=0.9\n#EXT-X-PART:URI=\"4.1.m4s\",DURATION=0.3";
    assert_eq!(breach(PARTS, text, cut), [rules::HLS_PART]);
    let gap = "DURATION=0.5\n#EXT-X-PART:URI=\"4.1.m4s\",DURATION=0.3,GAP=YES";
    assert_eq!(breach(PARTS, text, gap), Vec::<&str>::new());
}

#[test]
fn dates_may_overlap_by_less_than_a_second() {
    let dated = |second: &str| {
        VOD.replacen(
            "#EXTINF",
            "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:00Z\n#EXTINF",
            1,
        )
        .replace(
            "#EXTINF:4.004,\n2",
            &format!("#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:{second}Z\n#EXTINF:4.004,\n2"),
        )
    };
    assert_eq!(found(&dated("03.5")), Vec::<&str>::new());
    assert_eq!(found(&dated("09")), Vec::<&str>::new());
    assert_eq!(found(&dated("02.9")), [rules::HLS_DATE]);
    assert_eq!(found(&dated("00")), [rules::HLS_DATE]);
}

fn reloaded(before: &str, after: &str) -> Vec<&'static str> {
    let before = read(before).unwrap();
    rules_of(&hls::reload(&before, &read_behind(after, &before)))
}

fn read_behind(text: &str, before: &MediaPlaylist) -> MediaPlaylist {
    let url = url::Url::parse("https://edge.test/vod/v/index.m3u8").unwrap();
    crate::hls::media(&url, text, &Default::default(), Some(before)).unwrap()
}

#[test]
fn a_list_may_grow_move_and_end() {
    let grown = format!("{VOD}#EXTINF:3.0,\n5.m4s\n#EXT-X-ENDLIST\n");
    assert_eq!(reloaded(VOD, &grown), Vec::<&str>::new());
    let moved = grown
        .replace("SEQUENCE:1", "SEQUENCE:2")
        .replace("#EXTINF:4.004,\n1.m4s\n", "");
    assert_eq!(reloaded(VOD, &moved), Vec::<&str>::new());
    let finished = PARTS.replace("#EXT-X-PRELOAD", "#EXTINF:1.2,\n4.m4s\n#EXT-X-PRELOAD");
    assert_eq!(reloaded(PARTS, &finished), Vec::<&str>::new());
}

#[test]
fn each_breach_between_two_loads_has_its_rule() {
    let ended = format!("{VOD}#EXT-X-ENDLIST\n");
    let event = VOD.replace(
        "#EXT-X-MEDIA-S",
        "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-S",
    );
    let first = "#EXTINF:4.004,\n1.m4s\n";
    let moved = |text: &str| text.replace("SEQUENCE:1", "SEQUENCE:2").replace(first, "");
    let late = VOD.replace("SEQUENCE:1", "SEQUENCE:2");
    let cases = [
        (
            VOD.to_owned(),
            VOD.replace("N:4\n", "N:5\n"),
            rules::HLS_TARGET_CHANGED,
        ),
        (late.clone(), VOD.to_owned(), rules::HLS_BACKWARDS),
        (
            VOD.to_owned(),
            VOD.replace("#EXTINF:4.004,\n4.m4s\n", ""),
            rules::HLS_BACKWARDS,
        ),
        (
            VOD.to_owned(),
            VOD.replace("3.m4s", "x.m4s"),
            rules::HLS_CHANGED,
        ),
        (
            VOD.to_owned(),
            VOD.replace("4.004,\n3", "3.9,\n3"),
            rules::HLS_CHANGED,
        ),
        (
            VOD.to_owned(),
            VOD.replace("i.mp4", "j.mp4"),
            rules::HLS_CHANGED,
        ),
        (VOD.to_owned(), late, rules::HLS_CHANGED),
        (
            VOD.to_owned(),
            VOD.replace("2.m4s\n", "2.m4s\n#EXT-X-DISCONTINUITY\n"),
            rules::HLS_DISCONTINUITY,
        ),
        (
            ended.clone(),
            format!("{VOD}#EXTINF:1.0,\n5.m4s\n#EXT-X-ENDLIST\n"),
            rules::HLS_TYPE,
        ),
        (ended, VOD.to_owned(), rules::HLS_TYPE),
        (event.clone(), moved(&event), rules::HLS_TYPE),
        (
            VOD.to_owned(),
            moved(&moved(VOD).replace("E:2", "E:1").replace("2.m4s", "1.m4s"))
                .replace("E:2", "E:3")
                .replace("2.m4s\n", ""),
            rules::HLS_WINDOW,
        ),
        (
            PARTS.to_owned(),
            PARTS.replace("3.1.m4s", "3.1b.m4s"),
            rules::HLS_CHANGED,
        ),
        (
            PARTS.to_owned(),
            PARTS.replace("#EXT-X-PART:URI=\"4.1.m4s\",DURATION=0.3\n", ""),
            rules::HLS_CHANGED,
        ),
    ];
    for (before, after, rule) in cases {
        let found = reloaded(&before, &after);
        assert!(found.contains(&rule), "{rule}: {found:?}\n{after}");
    }
}

#[test]
fn a_delta_update_that_skips_too_much_or_changes_is_noticed() {
    let mut text = VOD.replace("VERSION:7", "VERSION:9");
    text = text.replace(
        "#EXT-X-MEDIA-S",
        "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24\n#EXT-X-MEDIA-S",
    );
    let before = read(&text).unwrap();
    let delta = text.replace(
        "#EXTINF:4.004,\n1.m4s\n#EXTINF:4.004,\n2.m4s\n",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n",
    );
    let completed = read_behind(&delta, &before);
    assert_eq!(
        rules_of(&hls::reload(&before, &completed)),
        [rules::HLS_SKIP]
    );
    let other = read_behind(&text.replace("1.m4s", "x.m4s"), &before);
    assert_eq!(
        rules_of(&hls::delta(&completed, &other)),
        [rules::HLS_DELTA]
    );
}

#[test]
fn each_breach_of_a_multivariant_playlist_has_its_rule() {
    const MASTER: &str = "#EXTM3U\n#EXT-X-VERSION:7\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",DEFAULT=YES,AUTOSELECT=YES,URI=\"a.m3u8\"\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"de\",URI=\"b.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1.64001f\",AUDIO=\"a\"\nv.m3u8\n";
    let found = |text: &str| {
        let url = url::Url::parse("https://edge.test/").unwrap();
        rules_of(&hls::multivariant(
            &crate::hls::multivariant(&url, text).unwrap(),
        ))
    };
    assert_eq!(found(MASTER), Vec::<&str>::new());
    let cases = [
        ("BANDWIDTH=1,", "", rules::HLS_VARIANT),
        ("AUDIO=\"a\"\nv", "AUDIO=\"x\"\nv", rules::HLS_GROUP),
        ("NAME=\"de\"", "NAME=\"en\"", rules::HLS_GROUP),
        ("NAME=\"de\"", "NAME=\"de\",DEFAULT=YES", rules::HLS_GROUP),
        ("NAME=\"de\",", "", rules::HLS_RENDITION),
        ("AUTOSELECT=YES", "AUTOSELECT=NO", rules::HLS_RENDITION),
        (
            "CODECS=\"avc1.64001f\"",
            "CODECS=avc1.64001f",
            rules::HLS_SYNTAX,
        ),
        ("BANDWIDTH=1", "BANDWIDTH=1,BANDWIDTH=2", rules::HLS_SYNTAX),
    ];
    for (from, to, rule) in cases {
        let found = found(&MASTER.replacen(from, to, 1));
        assert!(found.contains(&rule), "{from} → {to}: {found:?}");
    }
}
