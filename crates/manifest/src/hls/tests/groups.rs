//! EXT-X-MEDIA.
use edgepack_packager::{Accessibility, Rendition, Role, TextForm};

use super::*;
use crate::sample::{audio, film, ladder, presentation, text, video};

const AUDIO: &str = "#EXT-X-MEDIA:TYPE=AUDIO";
const SUBTITLES: &str = "#EXT-X-MEDIA:TYPE=SUBTITLES";
const STREAM: &str = "#EXT-X-STREAM-INF";

fn with(mut rendition: Rendition, change: impl Fn(&mut Rendition)) -> Rendition {
    change(&mut rendition);
    rendition
}

fn rung() -> Rendition {
    video(1280, 720, 3_100_000, 3)
}

#[test]
fn codecs_channels_and_qualities_open_groups_of_their_own_and_every_rung_meets_each() {
    let mut renditions = ladder().renditions;
    renditions.push(with(audio("en", 6, 400_000, 3), |r| {
        r.codecs = "ec-3".to_owned()
    }));
    renditions.push(with(audio("en", 2, 66_000, 3), |r| {
        r.name = "a-en-low".to_owned()
    }));
    let playlist = multivariant_of(&presentation(renditions));
    for group in ["aac-2", "eac3-6", "aac-2 2"] {
        let named = values(&playlist, STREAM, "AUDIO");
        assert_eq!(named.iter().filter(|of| **of == Some(group)).count(), 3);
    }
    assert_eq!(
        values(&playlist, AUDIO, "DEFAULT")
            .iter()
            .filter(|d| **d == Some("YES"))
            .count(),
        3
    );
}

#[test]
fn all_groups_have_the_same_members() {
    let mut renditions = ladder().renditions;
    renditions.push(with(audio("en", 6, 400_000, 3), |r| {
        r.codecs = "ec-3".to_owned();
        r.name = "a-en-ec3".to_owned();
    }));
    let playlist = multivariant_of(&presentation(renditions));
    let members = |group: &str| -> Vec<String> {
        lines(&playlist, AUDIO)
            .into_iter()
            .filter(|line| value(line, "GROUP-ID") == Some(group))
            .map(|line| {
                ["NAME", "LANGUAGE", "DEFAULT", "AUTOSELECT"]
                    .map(|name| value(line, name).unwrap())
                    .join(" ")
            })
            .collect()
    };
    assert_eq!(
        members("eac3-6"),
        ["English en YES YES", "Deutsch de NO YES"]
    );
    assert_eq!(members("eac3-6"), members("aac-2"));
    assert!(playlist.contains("GROUP-ID=\"eac3-6\",NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"a-de/index.m3u8\""));
}

#[test]
fn names_are_in_their_own_language_or_the_assets() {
    let playlist = multivariant_of(&presentation(vec![
        rung(),
        audio("en", 2, 131_000, 3),
        audio("pt-BR", 2, 131_000, 3),
        audio("und", 2, 131_000, 3),
        with(audio("fr", 2, 131_000, 3), |r| {
            r.settings.name = Some("Version \"originale\"".to_owned());
        }),
    ]));
    assert_eq!(
        values(&playlist, AUDIO, "NAME"),
        [
            Some("English"),
            Some("Português (BR)"),
            Some("Audio"),
            Some("Version 'originale'")
        ]
    );
    assert_eq!(values(&playlist, AUDIO, "LANGUAGE")[2], None);
}

#[test]
fn no_name_stands_twice_in_a_group() {
    let playlist = multivariant_of(&presentation(vec![
        rung(),
        with(audio("en", 2, 131_000, 3), |r| {
            r.settings.name = Some("Main".to_owned())
        }),
        with(audio("de", 2, 131_000, 3), |r| {
            r.settings.name = Some("Main".to_owned())
        }),
    ]));
    assert_eq!(
        values(&playlist, AUDIO, "NAME"),
        [Some("Main"), Some("Main 2")]
    );
}

#[test]
fn the_default_is_what_the_filter_asks_the_asset_says_or_the_first_plain_sound() {
    let described = with(audio("en", 2, 131_000, 3), |r| {
        r.settings.accessibility = Some(Accessibility::AudioDescription);
        r.name = "a-en-ad".to_owned();
    });
    let german = with(audio("de", 2, 131_000, 3), |r| {
        r.settings.default = Some(true)
    });
    let asset = |german: Rendition| {
        presentation(vec![
            rung(),
            described.clone(),
            audio("en", 2, 131_000, 3),
            german,
            audio("fr", 2, 131_000, 3),
        ])
    };
    let default = |playlist: &str| {
        let found = lines(playlist, AUDIO)
            .into_iter()
            .find(|line| value(line, "DEFAULT") == Some("YES"))
            .and_then(|line| value(line, "URI"));
        found.unwrap().to_owned()
    };
    assert_eq!(
        default(&multivariant_of(&asset(audio("de", 2, 131_000, 3)))),
        "a-en/index.m3u8"
    );
    let asset = asset(german);
    assert_eq!(default(&multivariant_of(&asset)), "a-de/index.m3u8");
    let playlist = filtered(&asset, &[("default_audio", "fr")]);
    assert_eq!(default(&playlist), "a-fr/index.m3u8");
    assert_eq!(
        values(&playlist, AUDIO, "DEFAULT")
            .iter()
            .filter(|d| **d == Some("YES"))
            .count(),
        1
    );
}

#[test]
fn services_for_some_viewers_are_characteristics() {
    let playlist = multivariant_of(&presentation(vec![
        rung(),
        audio("en", 2, 131_000, 3),
        with(audio("en", 2, 131_000, 3), |r| {
            r.name = "a-en-ad".to_owned();
            r.settings.accessibility = Some(Accessibility::AudioDescription);
        }),
        with(audio("en", 2, 131_000, 3), |r| {
            r.name = "a-en-c".to_owned();
            r.settings.roles = vec![Role::Commentary];
        }),
        with(text("en", TextForm::WebVtt, 3), |r| {
            r.settings.accessibility = Some(Accessibility::Sdh);
            r.settings.characteristics = vec!["com.example.own".to_owned()];
        }),
        with(text("en", TextForm::WebVtt, 3), |r| {
            r.name = "t-en-easy".to_owned();
            r.settings.roles = vec![Role::EasyReader];
        }),
    ]));
    assert_eq!(
        values(&playlist, AUDIO, "CHARACTERISTICS"),
        [
            None,
            Some("public.accessibility.describes-video"),
            Some("public.auxiliary-content")
        ]
    );
    assert_eq!(
        values(&playlist, SUBTITLES, "CHARACTERISTICS"),
        [
            Some(
                "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound,com.example.own"
            ),
            Some("public.easy-to-read")
        ]
    );
    // A commentary is for those who ask for it.
    assert_eq!(
        values(&playlist, AUDIO, "AUTOSELECT"),
        [Some("YES"), Some("YES"), Some("NO")]
    );
    assert_eq!(
        values(&playlist, AUDIO, "NAME"),
        [
            Some("English"),
            Some("English (Audio description)"),
            Some("English (Commentary)")
        ]
    );
}

#[test]
fn forced_subtitles_are_told_from_whole_ones() {
    let playlist = multivariant_of(&presentation(vec![
        rung(),
        text("en", TextForm::WebVtt, 3),
        with(text("en", TextForm::WebVtt, 3), |r| {
            r.name = "t-en-forced".to_owned();
            r.settings.forced = true;
        }),
    ]));
    assert_eq!(
        values(&playlist, SUBTITLES, "FORCED"),
        [Some("NO"), Some("YES")]
    );
    assert_eq!(
        values(&playlist, SUBTITLES, "AUTOSELECT"),
        [Some("YES"), Some("YES")]
    );
    assert_eq!(
        values(&playlist, SUBTITLES, "DEFAULT"),
        [Some("NO"), Some("NO")]
    );
}

#[test]
fn players_find_one_rendition_per_choice() {
    let playlist = multivariant_of(&presentation(vec![
        rung(),
        text("en", TextForm::WebVtt, 3),
        with(text("en", TextForm::WebVtt, 3), |r| {
            r.name = "t-en-2".to_owned();
            r.settings.name = Some("Lyrics".to_owned());
        }),
    ]));
    assert_eq!(
        values(&playlist, SUBTITLES, "AUTOSELECT"),
        [Some("YES"), Some("NO")]
    );
}

#[test]
fn what_is_default_is_also_autoselected() {
    let playlist = multivariant_of(&presentation(vec![
        rung(),
        with(audio("en", 2, 131_000, 3), |r| {
            r.settings.autoselect = Some(false)
        }),
        with(audio("de", 2, 131_000, 3), |r| {
            r.settings.autoselect = Some(false)
        }),
    ]));
    assert_eq!(
        values(&playlist, AUDIO, "AUTOSELECT"),
        [Some("YES"), Some("NO")]
    );
}

#[test]
fn channels_are_counted() {
    let mut renditions = ladder().renditions;
    renditions.push(with(audio("en", 6, 400_000, 3), |r| {
        r.codecs = "ac-3".to_owned()
    }));
    let playlist = multivariant_of(&presentation(renditions));
    let channels = values(&playlist, AUDIO, "CHANNELS");
    assert_eq!(channels, [Some("2"), Some("2"), Some("6"), Some("2")]);
}

#[test]
fn the_assets_group_names_are_kept() {
    let playlist = multivariant_of(&presentation(vec![
        rung(),
        with(audio("en", 2, 131_000, 3), |r| {
            r.settings.group = Some("main".to_owned())
        }),
        with(text("en", TextForm::WebVtt, 3), |r| {
            r.settings.group = Some("text".to_owned())
        }),
    ]));
    assert_eq!(values(&playlist, STREAM, "AUDIO"), [Some("main")]);
    assert_eq!(values(&playlist, STREAM, "SUBTITLES"), [Some("text")]);
}

#[test]
fn a_rendition_that_a_protected_view_has_no_track_for_is_not_named() {
    let asset = film();
    let mut protection = crate::sample::protection(&asset, edgepack_drm::Scheme::Cenc);
    protection.tracks[4] = None;
    let view = View {
        protection: Some(&protection),
        ..View::new(&asset)
    };
    let playlist = plain(view, &multivariant(view).unwrap());
    assert!(
        playlist.contains("a-en/") && !playlist.contains("a-de/"),
        "{playlist}"
    );
    // Text and images stay clear.
    assert!(playlist.contains("t-en/") && playlist.contains("thumbs/"));
    assert_eq!(
        media(view, &asset.renditions[4]),
        Err(Error::Unprotected {
            rendition: "a-de".to_owned()
        })
    );
    assert!(media(view, asset.rendition("t-en").unwrap()).is_ok());
}

#[test]
fn no_key_is_named_where_clearkey_players_would_take_it_for_another() {
    let asset = film();
    let protection = crate::sample::protection(&asset, edgepack_drm::Scheme::Cbcs);
    let view = View {
        protection: Some(&protection),
        ..View::new(&asset)
    };
    assert!(!multivariant(view).unwrap().contains("EXT-X-SESSION-KEY"));
}
