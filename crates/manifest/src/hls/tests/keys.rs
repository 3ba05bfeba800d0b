//! EXT-X-KEY of media playlists: systems, changes of keys, clear beginnings, each container.
use edgepack_drm::{HlsKey, Signal, System};
use edgepack_packager::Rotation;
use edgepack_packager::protection::Every;

use super::*;
use crate::sample::{
    audio, bumper_and_film, fairplay, film, kid, ladder, presentation, scheduled, silent,
    trick_play, video, w3c_common, widevine,
};
use crate::{Method, Protection};

fn under<'a>(presentation: &'a Presentation, protection: &'a Protection) -> View<'a> {
    View {
        protection: Some(protection),
        ..View::new(presentation)
    }
}

fn written(presentation: &Presentation, protection: &Protection, name: &str) -> String {
    let view = under(presentation, protection);
    let rendition = presentation.rendition(name).unwrap();
    plain(view, &media(view, rendition).unwrap())
}

/// Lines from the first that is about keys, headers or segments, without EXTINF and what W3C common and ClearKey say.
fn body(playlist: &str) -> Vec<&str> {
    let is_body = |line: &&str| {
        !line.starts_with('#')
            || ["#EXT-X-KEY", "#EXT-X-MAP", "#EXT-X-DISC", "#EXT-X-GAP"]
                .iter()
                .any(|tag| line.starts_with(tag))
    };
    let is_other =
        |line: &&str| line.contains("urn:uuid:1077efec") || line.contains("org.w3.clearkey");
    playlist
        .lines()
        .filter(|line| is_body(line) && !is_other(line))
        .collect()
}

fn key_file(of: u8, number: u32) -> String {
    format!("../{}.key", kid(of, number).to_hex())
}

const EVERY_TWO: Option<Every> = Some(Every::Segments(2));

#[test]
fn each_system_has_its_key_and_identity_comes_last() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Cbcs, None, 0, Rotation::NewHeader);
    let kid = kid(1, 0);
    let signals = vec![widevine(kid), fairplay(kid), w3c_common(kid)];
    protection.signals.insert(kid, signals);
    let playlist = written(&ladder, &protection, "v720");
    let formats: Vec<_> = values(&playlist, "#EXT-X-KEY", "KEYFORMAT")
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(
        formats,
        [
            "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
            "com.apple.streamingkeydelivery",
            "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b",
            "org.w3.clearkey",
            "identity"
        ]
    );
    let keys = lines(&playlist, "#EXT-X-KEY");
    assert!(
        keys.iter()
            .all(|key| value(key, "METHOD") == Some("SAMPLE-AES"))
    );
    assert_eq!(
        value(keys[0], "KEYID"),
        Some("0x01000000000000000000000000000000")
    );
    assert_eq!(
        value(keys[1], "URI"),
        Some("skd://01000000-0000-0000-0000-000000000000")
    );
    // FairPlay carries its IV in the licence.
    assert_eq!(value(keys[1], "IV"), None);
    assert!(value(keys[4], "IV").is_some());
}

#[test]
fn what_a_key_server_dictates_is_written_as_it_is() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Cbcs, None, 0, Rotation::NewHeader);
    let kid = kid(1, 0);
    let line = "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://other\",KEYFORMAT=\"com.apple.streamingkeydelivery\",KEYFORMATVERSIONS=\"1/2\"\n";
    let dictated = Signal {
        hls_media: Some(line.to_owned()),
        ..fairplay(kid)
    };
    protection.signals.insert(kid, vec![dictated]);
    protection.clear_key = None;
    let playlist = written(&ladder, &protection, "v720");
    assert_eq!(lines(&playlist, "#EXT-X-KEY"), [line.trim_end()]);
}

#[test]
fn keys_change_with_their_headers_and_without_a_discontinuity() {
    let ladder = ladder();
    for (method, name) in [
        (Method::Cbcs, "SAMPLE-AES,"),
        (Method::Cenc, "SAMPLE-AES-CTR,"),
    ] {
        let protection = scheduled(&ladder, method, EVERY_TWO, 0, Rotation::NewHeader);
        for (track, of) in [("v1080", 1), ("a-de", 2)] {
            let playlist = written(&ladder, &protection, track);
            let body = body(&playlist);
            let (key, later) = (key_file(of, 0), key_file(of, 1));
            assert!(body[0].contains(name) && body[0].contains(&key), "{body:?}");
            assert_eq!(
                body[1..4],
                ["#EXT-X-MAP:URI=\"init.mp4\"", "1.m4s", "2.m4s"]
            );
            assert!(body[4].contains(&later), "{body:?}");
            assert_eq!(
                body[5..],
                ["#EXT-X-MAP:URI=\"init-2.mp4\"", "3.m4s", "4.m4s"]
            );
        }
    }
}

#[test]
fn sample_groups_change_keys_under_one_header() {
    let ladder = ladder();
    let protection = scheduled(&ladder, Method::Cbcs, EVERY_TWO, 0, Rotation::SampleGroups);
    let playlist = written(&ladder, &protection, "v1080");
    assert_eq!(
        lines(&playlist, "#EXT-X-MAP"),
        ["#EXT-X-MAP:URI=\"init.mp4\""]
    );
    assert!(body(&playlist)[4].contains(&key_file(1, 1)));
}

#[test]
fn a_clear_lead_stands_before_the_first_key_under_the_same_header() {
    let ladder = ladder();
    let protection = scheduled(&ladder, Method::Cbcs, None, 5000, Rotation::NewHeader);
    let playlist = written(&ladder, &protection, "v1080");
    let body = body(&playlist);
    assert_eq!(body[..3], ["#EXT-X-MAP:URI=\"init.mp4\"", "1.m4s", "2.m4s"]);
    assert!(body[3].contains(&key_file(1, 0)), "{body:?}");
    assert_eq!(body[4..], ["3.m4s", "4.m4s"]);
}

#[test]
fn frames_have_the_keys_of_their_segments() {
    let ladder = ladder();
    let trick = trick_play(&ladder);
    for (lead, expected) in [(0, 0), (4000, 2)] {
        let protection = scheduled(&ladder, Method::Cenc, EVERY_TWO, lead, Rotation::NewHeader);
        let view = View {
            trick_play: &trick,
            ..under(&ladder, &protection)
        };
        let playlist = iframes(view, &ladder.renditions[0]).unwrap();
        let body = body(&playlist);
        let at = |part: &str| body.iter().position(|line| line.contains(part)).unwrap();
        // Two frames to a segment.
        assert_eq!(body[at(&key_file(1, 1)) + 2], "i5.m4s", "{body:?}");
        assert_eq!(
            body[at(&key_file(1, 1)) + 1],
            "#EXT-X-MAP:URI=\"init-2.mp4\""
        );
        assert_eq!(at(&key_file(1, 0)), if lead == 0 { 0 } else { 3 });
        let before = body[..at(&key_file(1, 0))].iter();
        assert_eq!(
            before.filter(|line| !line.starts_with('#')).count(),
            expected
        );
    }
}

#[test]
fn whole_segments_take_their_iv_from_the_media_sequence() {
    let ladder = ladder();
    let protection = scheduled(&ladder, Method::Aes128, EVERY_TWO, 0, Rotation::NewHeader);
    let playlist = written(&ladder, &protection, "v1080");
    assert!(playlist.contains("#EXT-X-MEDIA-SEQUENCE:1\n"));
    assert_eq!(
        body(&playlist),
        [
            // Before the key, since the header is clear.
            "#EXT-X-MAP:URI=\"init.mp4\"",
            &format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{}\"", key_file(1, 0)),
            "1.m4s",
            "2.m4s",
            &format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{}\"", key_file(1, 1)),
            "3.m4s",
            "4.m4s"
        ]
    );
}

#[test]
fn whole_segments_of_later_periods_say_their_own_iv() {
    let asset = bumper_and_film();
    let protection = scheduled(&asset, Method::Aes128, None, 0, Rotation::NewHeader);
    let playlist = written(&asset, &protection, "p2-v1080");
    let body = body(&playlist);
    assert!(body[0].contains("EXT-X-MAP") && !body[1].contains("IV="));
    assert_eq!(
        body[4..],
        [
            "#EXT-X-DISCONTINUITY",
            "#EXT-X-KEY:METHOD=NONE",
            "#EXT-X-MAP:URI=\"init.mp4\"",
            &numbered(1, 1),
            "1.m4s",
            &numbered(1, 2),
            "2.m4s",
            &numbered(1, 3),
            "3.m4s",
            &numbered(1, 4),
            "4.m4s"
        ]
    );
}

fn numbered(number: u32, segment: u8) -> String {
    format!(
        "#EXT-X-KEY:METHOD=AES-128,URI=\"{}\",IV=0x{segment:032x}",
        key_file(1, number)
    )
}

#[test]
fn muxed_and_packed_segments_are_encrypted_as_a_whole() {
    let film = film();
    let protection = scheduled(&film, Method::Aes128, None, 0, Rotation::NewHeader);
    let view = under(&film, &protection);
    let of = |name: &str| film.rendition(name).unwrap();
    let muxed = media_ts(view, of("v720"), Some(of("a-en"))).unwrap();
    assert!(muxed.contains("#EXT-X-VERSION:4\n") && muxed.contains("SEQUENCE:1\n"));
    // The picture's key is that of the whole.
    assert_eq!(
        body(&muxed)[..2],
        [
            &format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{}\"", key_file(1, 0)),
            "1.ts"
        ]
    );
    let packed = media_packed(view, of("a-de")).unwrap();
    assert!(body(&packed)[0].contains(&key_file(2, 0)));
    let subtitles = media_ts(view, of("t-en"), None).unwrap();
    assert!(!subtitles.contains("EXT-X-KEY"));
}

#[test]
fn sample_aes_in_a_transport_stream_says_its_iv() {
    let film = film();
    let protection = scheduled(&film, Method::SampleAes, EVERY_TWO, 0, Rotation::NewHeader);
    let view = under(&film, &protection);
    let of = |name: &str| film.rendition(name).unwrap();
    let muxed = media_ts(view, of("v720"), Some(of("a-en"))).unwrap();
    assert!(muxed.contains("#EXT-X-VERSION:5\n") && muxed.contains("SEQUENCE:1\n"));
    let key = |number| {
        format!(
            "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"{}\",IV=0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd,KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"",
            key_file(1, number)
        )
    };
    assert_eq!(
        body(&muxed),
        [&key(0), "1.ts", "2.ts", &key(1), "3.ts", "4.ts"]
    );
    // Widevine is for CMAF.
    assert_eq!(muxed.matches("EXT-X-KEY").count(), 2);
    assert!(media_packed(view, of("a-de")).is_ok());
}

#[test]
fn sample_aes_is_for_codecs_that_it_is_defined_for() {
    let mut mp3 = audio("de", 2, 131_000, 3);
    mp3.codecs = "mp4a.6B".to_owned();
    let mut hevc = video(1920, 1080, 6_000_000, 3);
    hevc.codecs = "hvc1.1.6.L120.B0".to_owned();
    let asset = presentation(vec![
        hevc,
        video(1280, 720, 3_000_000, 3),
        audio("en", 2, 131_000, 3),
        mp3,
    ]);
    let protection = scheduled(&asset, Method::SampleAes, None, 0, Rotation::NewHeader);
    let view = under(&asset, &protection);
    let playlist = plain(view, &multivariant_ts(view).unwrap());
    assert!(playlist.contains("v720+a-en/index-ts.m3u8"));
    assert!(!playlist.contains("v1080") && !playlist.contains("a-de"));
    let of = |name: &str| asset.rendition(name).unwrap();
    let missing = |wanted: Result<String>| matches!(wanted, Err(Error::NoSuchPlaylist { .. }));
    assert!(missing(media_ts(view, of("v1080"), None)));
    assert!(missing(media_packed(view, of("a-de"))));
    let only = presentation(vec![asset.renditions[0].clone()]);
    let protection = scheduled(&only, Method::SampleAes, None, 0, Rotation::NewHeader);
    assert_eq!(
        multivariant_ts(under(&only, &protection)),
        Err(Error::NothingToOffer { form: "MPEG-TS" })
    );
}

#[test]
fn what_a_method_does_not_reach_is_refused() {
    let film = film();
    let of = |name: &str| film.rendition(name).unwrap();
    let refused = |form: &'static str, written: Result<String>| {
        written == Err(Error::NothingToOffer { form })
    };
    let protection = scheduled(&film, Method::SampleAes, None, 0, Rotation::NewHeader);
    let in_stream = under(&film, &protection);
    assert!(refused("CMAF", multivariant(in_stream)));
    assert!(refused("CMAF", media(in_stream, of("v720"))));
    assert!(refused("CMAF", iframes(in_stream, of("v720"))));
    // Multivariant playlists of transport streams name the thumbnails too.
    assert!(media(in_stream, of("thumbs")).is_ok());
    let lead = scheduled(&film, Method::Cbcs, None, 4000, Rotation::NewHeader);
    let rotated = scheduled(&film, Method::Cbcs, EVERY_TWO, 0, Rotation::SampleGroups);
    let whole = scheduled(&film, Method::Aes128, None, 0, Rotation::NewHeader);
    for protection in [&lead, &rotated, &whole, &protection] {
        assert!(refused(
            "single files",
            ondemand(under(&film, protection), &[])
        ));
    }
    assert!(refused("MPEG-TS", multivariant_ts(under(&film, &lead))));
}

#[test]
fn what_follows_a_protected_period_without_a_key_is_said_to_be_clear() {
    let silent_slate = vec![video(1280, 720, 2_000_000, 1)];
    let asset = crate::sample::stitched(vec![ladder().renditions, silent_slate]);
    let protection = scheduled(&asset, Method::Cenc, None, 0, Rotation::NewHeader);
    let playlist = written(&asset, &protection, "a-en");
    let (_, slate) = playlist.split_once("#EXT-X-DISCONTINUITY\n").unwrap();
    assert!(slate.starts_with("#EXT-X-KEY:METHOD=NONE\n"), "{playlist}");
    assert!(slate.contains("#EXT-X-GAP"));
    // Text has no keys to end.
    let film = film();
    let protection = scheduled(&film, Method::Cenc, None, 0, Rotation::NewHeader);
    assert!(!written(&film, &protection, "t-en").contains("EXT-X-KEY"));
}

#[test]
fn a_system_that_the_next_key_lacks_is_ended() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Cbcs, EVERY_TWO, 0, Rotation::NewHeader);
    let first = kid(1, 0);
    protection
        .signals
        .insert(first, vec![widevine(first), w3c_common(first)]);
    let playlist = written(&ladder, &protection, "v720");
    let (_, later) = playlist.split_once("2.m4s\n").unwrap();
    assert!(
        later.starts_with("#EXT-X-KEY:METHOD=NONE\n#EXT-X-KEY:METHOD=SAMPLE-AES"),
        "{playlist}"
    );
}

#[test]
fn raw_keys_are_where_the_operator_says() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Aes128, None, 0, Rotation::NewHeader);
    protection.key_uri = Some("https://keys.test/{kid}?x=1".to_owned());
    let uri = |protection: &Protection| {
        let playlist = written(&ladder, protection, "v720");
        let keys = values(&playlist, "#EXT-X-KEY", "URI");
        keys.last().copied().flatten().unwrap().to_owned()
    };
    let hex = kid(1, 0).to_hex();
    assert_eq!(uri(&protection), format!("https://keys.test/{hex}?x=1"));
    // A key server knows better.
    let dictated = Signal {
        hls: Some(HlsKey {
            uri: "https://speke.test/k".to_owned(),
            key_format: "identity".to_owned(),
            key_format_versions: "1".to_owned(),
            key_id: false,
            iv: false,
        }),
        ..silent(System::Other([9; 16]))
    };
    protection.signals.insert(kid(1, 0), vec![dictated]);
    assert_eq!(uri(&protection), "https://speke.test/k");
}
