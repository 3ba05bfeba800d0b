//! What multivariant playlists say of keys: EXT-X-SESSION-KEY, HDCP-LEVEL, ALLOWED-CPC.
use edgepack_drm::Signal;
use edgepack_packager::protection::Every;
use edgepack_packager::{HdcpLevel, Restrictions, Rotation};

use super::*;
use crate::sample::{
    bumper_and_film, fairplay, film, kid, ladder, scheduled, trick_play, w3c_common, widevine,
};
use crate::{Method, Protection};

fn under<'a>(presentation: &'a Presentation, protection: &'a Protection) -> View<'a> {
    View {
        protection: Some(protection),
        ..View::new(presentation)
    }
}

fn written(presentation: &Presentation, protection: &Protection) -> String {
    let view = under(presentation, protection);
    plain(view, &multivariant(view).unwrap())
}

/// Widevine, FairPlay and W3C common for every key.
fn with_systems(mut protection: Protection) -> Protection {
    for (kid, signals) in &mut protection.signals {
        *signals = vec![widevine(*kid), fairplay(*kid), w3c_common(*kid)];
    }
    protection
}

#[test]
fn every_key_and_system_has_one_session_key_before_the_variants() {
    let film = film();
    let protection = scheduled(&film, Method::Cbcs, None, 0, Rotation::NewHeader);
    let playlist = written(&film, &with_systems(protection));
    let keys = lines(&playlist, "#EXT-X-SESSION-KEY");
    let said: Vec<_> = keys
        .iter()
        .map(|key| {
            (
                value(key, "KEYFORMAT").unwrap(),
                value(key, "METHOD").unwrap(),
            )
        })
        .collect();
    let widevine = (
        "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
        "SAMPLE-AES",
    );
    let fairplay = ("com.apple.streamingkeydelivery", "SAMPLE-AES");
    assert_eq!(said, [widevine, fairplay, widevine, fairplay]);
    assert_eq!(
        value(keys[1], "URI"),
        Some(format!("skd://{}", kid(1, 0)).as_str())
    );
    assert_eq!(
        value(keys[3], "URI"),
        Some(format!("skd://{}", kid(2, 0)).as_str())
    );
    let first = |tag: &str| playlist.find(tag).unwrap();
    assert!(first("#EXT-X-SESSION-KEY") < first("#EXT-X-MEDIA:"));
    // Tags in media playlists say the same, but for the IV.
    let view = film.rendition("v720").unwrap();
    let protection = with_systems(scheduled(&film, Method::Cbcs, None, 0, Rotation::NewHeader));
    let media = media(under(&film, &protection), view).unwrap();
    for key in &keys[..2] {
        let key = key.replace("#EXT-X-SESSION-KEY", "#EXT-X-KEY");
        assert!(media.contains(&key), "{key}\n{media}");
    }
}

#[test]
fn of_keys_that_change_the_first_of_each_rendition_is_a_session_key() {
    let asset = bumper_and_film();
    let every = Some(Every::Segments(1));
    let protection = with_systems(scheduled(
        &asset,
        Method::Cbcs,
        every,
        0,
        Rotation::NewHeader,
    ));
    let playlist = written(&asset, &protection);
    let uris: Vec<_> = values(&playlist, "#EXT-X-SESSION-KEY", "URI")
        .into_iter()
        .flatten()
        .filter(|uri| uri.starts_with("skd:"))
        .collect();
    // The bumper has two crypto periods.
    let expected = [kid(1, 0), kid(2, 0), kid(1, 2), kid(2, 2)].map(|kid| format!("skd://{kid}"));
    assert_eq!(uris, expected);
    // A clear lead may cover the first.
    let film = film();
    let lead = scheduled(&film, Method::Cbcs, every, 4000, Rotation::NewHeader);
    let playlist = written(&film, &with_systems(lead));
    assert!(!playlist.contains(&format!("skd://{}", kid(1, 0))));
    assert!(playlist.contains(&format!("skd://{}", kid(1, 1))));
}

#[test]
fn dictated_session_keys_are_written_as_they_are_and_once() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Cbcs, None, 0, Rotation::NewHeader);
    let line = "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://all\",KEYFORMAT=\"com.apple.streamingkeydelivery\"";
    for (kid, signals) in &mut protection.signals {
        *signals = vec![Signal {
            hls_multivariant: Some(format!("{line}\n")),
            ..fairplay(*kid)
        }];
    }
    let playlist = written(&ladder, &protection);
    assert_eq!(lines(&playlist, "#EXT-X-SESSION-KEY"), [line]);
}

#[test]
fn raw_keys_are_no_session_keys() {
    let film = film();
    for method in [Method::Cenc, Method::Aes128] {
        let protection = scheduled(&film, method, None, 0, Rotation::NewHeader);
        assert!(!written(&film, &protection).contains("SESSION-KEY"));
    }
    let protection = scheduled(&film, Method::SampleAes, None, 0, Rotation::NewHeader);
    let playlist = multivariant_ts(under(&film, &protection)).unwrap();
    assert!(!playlist.contains("SESSION-KEY") && playlist.contains("#EXT-X-VERSION:4\n"));
    // FairPlay knows SAMPLE-AES outside CMAF, Widevine does not.
    let protection = with_systems(protection);
    let playlist = multivariant_ts(under(&film, &protection)).unwrap();
    let formats = values(&playlist, "#EXT-X-SESSION-KEY", "KEYFORMAT");
    assert_eq!(formats, [Some("com.apple.streamingkeydelivery"); 2]);
    assert!(playlist.contains("#EXT-X-VERSION:5\n"), "{playlist}");
}

#[test]
fn variants_ask_for_what_their_strictest_key_asks_for() {
    let ladder = ladder();
    let trick = trick_play(&ladder);
    let mut protection = scheduled(&ladder, Method::Cbcs, None, 0, Rotation::NewHeader);
    let labels = |labels: &[&str]| labels.iter().map(|l| (*l).to_owned()).collect();
    let mut restrict = |track: usize, hdcp_level, allowed_cpc| {
        protection.tracks[track].as_mut().unwrap().restrictions = Restrictions {
            hdcp_level,
            allowed_cpc,
        };
    };
    let fps = || "com.apple.streamingkeydelivery".to_owned();
    restrict(
        0,
        Some(HdcpLevel::Type1),
        vec![(fps(), labels(&["Main", "AppleMain"]))],
    );
    restrict(
        1,
        Some(HdcpLevel::None),
        vec![("com.test".to_owned(), labels(&["HW"]))],
    );
    for audio in [3, 4] {
        let allowed = labels(&["AppleMain", "Baseline"]);
        restrict(audio, Some(HdcpLevel::Type0), vec![(fps(), allowed)]);
    }
    let view = View {
        trick_play: &trick,
        ..under(&ladder, &protection)
    };
    let playlist = multivariant(view).unwrap();
    let said = |tag: &str| {
        let levels = values(&playlist, tag, "HDCP-LEVEL");
        levels
            .into_iter()
            .zip(values(&playlist, tag, "ALLOWED-CPC"))
            .collect::<Vec<_>>()
    };
    let both = "com.test:HW,com.apple.streamingkeydelivery:AppleMain/Baseline";
    let audio = "com.apple.streamingkeydelivery:AppleMain/Baseline";
    assert_eq!(
        said("#EXT-X-STREAM-INF"),
        [
            (
                Some("TYPE-1"),
                Some("com.apple.streamingkeydelivery:AppleMain")
            ),
            (Some("TYPE-0"), Some(both)),
            (Some("TYPE-0"), Some(audio))
        ]
    );
    assert_eq!(
        said("#EXT-X-I-FRAME-STREAM-INF"),
        [
            (
                Some("TYPE-1"),
                Some("com.apple.streamingkeydelivery:Main/AppleMain")
            ),
            (Some("NONE"), Some("com.test:HW")),
            (None, None)
        ]
    );
}
