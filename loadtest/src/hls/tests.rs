#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::BTreeMap;

use proptest::prelude::*;
use url::Url;

use super::{MediaPlaylist, date::unix_seconds, multivariant};
use crate::presentation::{Container, Kind, Protection, ReadError, Resource, Source};

fn at(path: &str) -> Url {
    Url::parse("https://edge.test/vod/")
        .unwrap()
        .join(path)
        .unwrap()
}

pub(crate) fn read(text: &str) -> Result<MediaPlaylist, ReadError> {
    super::media(&at("v/index.m3u8"), text, &BTreeMap::new(), None)
}

fn read_after(text: &str, previous: &MediaPlaylist) -> Result<MediaPlaylist, ReadError> {
    super::media(&at("v/index.m3u8"), text, &BTreeMap::new(), Some(previous))
}

const LOW_LATENCY: &str = "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,CAN-SKIP-UNTIL=24.0
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-DISCONTINUITY-SEQUENCE:7
#EXT-X-MAP:URI=\"init.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2024-05-01T12:00:00.000Z
#EXTINF:4.0,
100.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI=\"init2.mp4\",BYTERANGE=\"700@0\"
#EXT-X-PART:URI=\"101.m4s\",BYTERANGE=\"1000@0\",DURATION=0.5,INDEPENDENT=YES
#EXT-X-PART:URI=\"101.m4s\",BYTERANGE=\"900\",DURATION=0.5
#EXTINF:4.0,
101.m4s
#EXT-X-PART:URI=\"102.0.m4s\",DURATION=0.5,INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"102.1.m4s\",BYTERANGE-START=20
#EXT-X-RENDITION-REPORT:URI=\"../a/index.m3u8\",LAST-MSN=102,LAST-PART=1
";

#[test]
fn a_low_latency_playlist_has_parts_a_hint_and_reports() {
    let playlist = read(LOW_LATENCY).unwrap();
    let [first, second, growing] = playlist.media.segments.as_slice() else {
        panic!("{playlist:#?}");
    };
    assert_eq!(
        (first.number, second.number, growing.number),
        (100, 101, 102)
    );
    assert_eq!((first.discontinuity, second.discontinuity), (7, 8));
    assert_eq!(first.container, Container::Fragment);
    assert_eq!(second.header.as_ref().unwrap().range, Some(0..700));
    assert_eq!(second.parts[1].resource.range, Some(1000..1900));
    assert_eq!(second.start, 4.0);
    assert_eq!(second.wall_clock.unwrap() - first.wall_clock.unwrap(), 4.0);
    assert!(!growing.complete && growing.duration == 0.5);
    let live = playlist.media.live.unwrap();
    assert_eq!(
        live.hint,
        Some(Resource {
            url: at("v/102.1.m4s"),
            range: Some(20..u64::MAX)
        })
    );
    assert_eq!((live.hold_back, live.part_target), (1.5, Some(0.5)));
    assert!(live.blocking && live.reload_after.is_zero());
    assert_eq!(live.reports[0].playlist, at("a/index.m3u8"));
    assert_eq!(
        (live.reports[0].number, live.reports[0].part),
        (102, Some(1))
    );
}

fn window(from: u64, to: u64) -> String {
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24\n\
         #EXT-X-MEDIA-SEQUENCE:{from}\n#EXT-X-MAP:URI=\"init.mp4\"\n"
    );
    for number in from..to {
        text += &format!("#EXTINF:4.0,\n{number}.m4s\n");
    }
    text
}

#[test]
fn a_delta_update_is_completed_from_the_playlist_before() {
    let before = read(&window(10, 22)).unwrap();
    let delta = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:4\n\
        #EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24\n#EXT-X-MEDIA-SEQUENCE:11\n\
        #EXT-X-SKIP:SKIPPED-SEGMENTS=6\n\
        #EXTINF:4.0,\n17.m4s\n#EXTINF:4.0,\n18.m4s\n#EXTINF:4.0,\n19.m4s\n\
        #EXTINF:4.0,\n20.m4s\n#EXTINF:4.0,\n21.m4s\n#EXTINF:4.0,\n22.m4s\n";
    let completed = read_after(delta, &before).unwrap();
    let full = read_after(&window(11, 23), &before).unwrap();
    assert_eq!(completed.media.segments, full.media.segments);
    assert_eq!(completed.media.segments[0].start, 4.0);
    assert!(crate::verify::hls::delta(&completed, &full).is_empty());
    assert!(crate::verify::hls::reload(&before, &completed).is_empty());
}

#[test]
fn a_delta_update_of_something_unknown_is_an_error() {
    let delta = window(40, 44).replace(
        "#EXT-X-MAP:URI=\"init.mp4\"",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=6",
    );
    assert!(matches!(read(&delta), Err(ReadError::Delta { .. })));
    let before = read(&window(10, 22)).unwrap();
    assert!(matches!(
        read_after(&delta, &before),
        Err(ReadError::Delta { until: 46, .. })
    ));
}

#[test]
fn keys_hold_until_others_of_their_format_come() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-VERSION:7\n\
        #EXT-X-MAP:URI=\"clear.mp4\"\n\
        #EXTINF:4,\n1.m4s\n\
        #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://a\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n\
        #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k/1.key\",KEYFORMAT=\"identity\"\n\
        #EXTINF:4,\n2.m4s\n\
        #EXT-X-KEY:METHOD=NONE\n\
        #EXT-X-KEY:METHOD=AES-128,URI=\"2.key\",IV=0x01\n\
        #EXT-X-MAP:URI=\"whole.mp4\"\n\
        #EXTINF:4,\n3.m4s\n#EXT-X-ENDLIST\n";
    let playlist = read(text).unwrap();
    let protections: Vec<_> = playlist
        .media
        .segments
        .iter()
        .map(|s| s.protection)
        .collect();
    assert_eq!(
        protections,
        [Protection::Clear, Protection::Samples, Protection::Whole]
    );
    let keys: Vec<_> = playlist
        .media
        .segments
        .iter()
        .map(|s| s.key.clone().map(|key| (key.url, key.bytes)))
        .collect();
    assert_eq!(
        keys,
        [None, Some((at("v/k/1.key"), 16)), Some((at("v/2.key"), 16))]
    );
    assert!(playlist.media.segments[2].header_encrypted);
    assert!(!playlist.media.segments[0].header_encrypted);
    assert!(playlist.media.live.is_none());
}

#[test]
fn byte_ranges_go_on_behind_the_one_before() {
    let text = "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:4\n\
        #EXT-X-BYTERANGE:100@20\n#EXTINF:4.0,\na.ts\n#EXT-X-BYTERANGE:50\n#EXTINF:4.0,\na.ts\n";
    let playlist = read(text).unwrap();
    let ranges: Vec<_> = playlist
        .media
        .segments
        .iter()
        .map(|s| s.resource.range.clone())
        .collect();
    assert_eq!(ranges, [Some(20..120), Some(120..170)]);
    let broken = text.replace("@20", "");
    assert!(matches!(
        read(&broken),
        Err(ReadError::Malformed { line: 6, .. })
    ));
}

#[test]
fn variables_are_put_in_and_missing_ones_refused() {
    let text = "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:4\n\
        #EXT-X-DEFINE:NAME=\"a\",VALUE=\"x/y\"\n#EXT-X-DEFINE:IMPORT=\"token\"\n\
        #EXTINF:4,\n{$a}/1.ts?t={$token}\n#EXT-X-ENDLIST\n";
    let variables = BTreeMap::from([("token".to_owned(), "T0".to_owned())]);
    let url = at("v/index.m3u8");
    let playlist = super::media(&url, text, &variables, None).unwrap();
    assert_eq!(
        playlist.media.segments[0].resource.url,
        at("v/x/y/1.ts?t=T0")
    );
    let error = super::media(&url, text, &BTreeMap::new(), None).unwrap_err();
    assert!(
        matches!(error, ReadError::Malformed { line: 5, .. }),
        "{error}"
    );
}

#[test]
fn errors_name_the_line() {
    let cases = [
        ("#EXTM3U\n#EXTINF:four,\n", 2),
        ("#EXTM3U\n#EXT-X-PART:DURATION=1\n", 2),
        ("#EXTM3U\n\n#EXT-X-MAP:URI=\"init.mp4\n", 3),
        ("#EXTM3U\n#EXT-X-KEY:METHOD=ROT13,URI=\"k\"\n", 2),
    ];
    for (text, expected) in cases {
        let Err(ReadError::Malformed { line, .. }) = read(text) else {
            panic!("{text} was read");
        };
        assert_eq!(line, expected, "{text}");
    }
    assert_eq!(read("<html>"), Err(ReadError::NotAPlaylist));
}

#[test]
fn rungs_share_a_playlist_across_groups_of_sound() {
    let text = "#EXTM3U\n#EXT-X-VERSION:7\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"lo\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,URI=\"lo.m3u8\"\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"hi\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,URI=\"hi.m3u8\"\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"ac3\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,URI=\"ac3.m3u8\"\n\
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Deutsch\",LANGUAGE=\"de\",URI=\"de.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS=\"avc1.640028,mp4a.40.2\",RESOLUTION=1920x1080,AUDIO=\"hi\",SUBTITLES=\"s\"\n\
        1080.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS=\"avc1.640028,mp4a.40.2\",RESOLUTION=640x360,AUDIO=\"lo\",SUBTITLES=\"s\"\n\
        360.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=3300000,CODECS=\"avc1.640028,ac-3\",RESOLUTION=1920x1080,AUDIO=\"ac3\",SUBTITLES=\"s\"\n\
        1080.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS=\"mp4a.40.2\",AUDIO=\"lo\"\n\
        lo.m3u8\n";
    let master = multivariant(&at("index.m3u8"), text).unwrap();
    let tracks = &master.presentation.tracks;
    let shape: Vec<_> = tracks
        .iter()
        .map(|track| (track.kind, track.default, track.rungs.len()))
        .collect();
    assert_eq!(
        shape,
        [
            (Kind::Video, true, 2),
            (Kind::Audio, true, 2),
            (Kind::Audio, false, 1),
            (Kind::Text, false, 1)
        ]
    );
    let video = &tracks[0].rungs;
    assert_eq!(
        (video[0].bandwidth, video[1].bandwidth),
        (1_000_000, 3_000_000)
    );
    assert_eq!(video[0].source, Source::Playlist(at("360.m3u8")));
    assert!(crate::verify::hls::multivariant(&master).is_empty());
    assert_eq!(
        multivariant(&at("x"), &window(1, 3)),
        Err(ReadError::OtherPlaylist)
    );
}

#[test]
fn dates_are_read_with_and_without_a_zone() {
    assert_eq!(unix_seconds("1970-01-02T00:00:00Z"), Some(86_400.0));
    assert_eq!(
        unix_seconds("2024-02-29T12:00:00.250+01:00"),
        Some(1_709_204_400.25)
    );
    assert_eq!(unix_seconds("2024-02-29T11:00:00"), Some(1_709_204_400.0));
    assert_eq!(
        unix_seconds("2010-02-19T14:54:23.031+0800"),
        Some(1_266_562_463.031)
    );
    assert_eq!(unix_seconds("yesterday"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_panics(lines in prop::collection::vec(line(), 0..40)) {
        let text = format!("#EXTM3U\n{}", lines.join("\n"));
        if let Ok(playlist) = read(&text) {
            let _ = crate::verify::hls::media(&playlist);
            if let Ok(again) = read_after(&text, &playlist) {
                let _ = crate::verify::hls::reload(&playlist, &again);
            }
        }
        if let Ok(master) = multivariant(&at("m"), &text) {
            let _ = crate::verify::hls::multivariant(&master);
        }
    }
}

/// Lines of the sample with pieces replaced, and any text.
fn line() -> impl Strategy<Value = String> {
    let known: Vec<String> = LOW_LATENCY.lines().skip(1).map(str::to_owned).collect();
    let master = [
        "#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"a\",AUDIO=\"g\"",
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",URI=\"u\"",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=2",
        "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"{$a}\"",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"",
        "#EXT-X-BYTERANGE:18446744073709551615@18446744073709551615",
        "#EXT-X-MEDIA-SEQUENCE:18446744073709551615",
        "#EXTINF:1e308,",
        "a{$b",
    ];
    let known = [known, master.map(str::to_owned).to_vec()].concat();
    (
        prop::sample::select(known),
        any::<prop::sample::Index>(),
        "\\PC{0,3}",
        0..4u8,
    )
        .prop_map(|(line, index, junk, how)| {
            let chars: Vec<char> = line.chars().collect();
            let at = index.index(chars.len());
            match how {
                0 | 1 => line,
                2 => {
                    chars[..at].iter().collect::<String>()
                        + &junk
                        + &chars[at..].iter().collect::<String>()
                }
                _ => chars[..at].iter().collect::<String>() + &junk,
            }
        })
}
