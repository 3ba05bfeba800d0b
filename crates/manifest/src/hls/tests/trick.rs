//! I-frames and thumbnails.
use super::*;
use crate::sample::{film, ladder, plain, trick_play};

const IFRAMES: &str = "#EXT-X-I-FRAME-STREAM-INF";

#[test]
fn every_rung_has_an_iframe_stream() {
    let film = film();
    let trick = trick_play(&film);
    let view = View {
        trick_play: &trick,
        ..View::new(&film)
    };
    let playlist = plain(view, &multivariant(view).unwrap());
    assert_eq!(
        values(&playlist, IFRAMES, "URI"),
        [
            Some("v1080/iframes.m3u8"),
            Some("v720/iframes.m3u8"),
            Some("v360/iframes.m3u8")
        ]
    );
    for line in lines(&playlist, IFRAMES) {
        for name in [
            "BANDWIDTH",
            "AVERAGE-BANDWIDTH",
            "RESOLUTION",
            "VIDEO-RANGE",
        ] {
            assert!(value(line, name).is_some(), "{name} in {line}");
        }
        // Video alone, without what only whole streams have.
        assert_eq!(value(line, "CODECS"), Some("avc1.640028"));
        assert_eq!(value(line, "FRAME-RATE"), None);
        assert_eq!(value(line, "AUDIO"), None);
    }
    assert_eq!(values(&playlist, IFRAMES, "BANDWIDTH")[0], Some("620000"));
}

#[test]
fn iframes_last_until_the_next_one() {
    let ladder = ladder();
    let trick = trick_play(&ladder);
    let view = View {
        trick_play: &trick,
        ..View::new(&ladder)
    };
    let playlist = iframes(view, &ladder.renditions[0]).unwrap();
    insta::assert_snapshot!(plain(view, &playlist));
}

#[test]
fn protected_iframes_name_the_keys_of_their_rung() {
    let ladder = ladder();
    let trick = trick_play(&ladder);
    let protection = crate::sample::protection(&ladder, edgepack_drm::Scheme::Cbcs);
    let view = View {
        trick_play: &trick,
        protection: Some(&protection),
        ..View::new(&ladder)
    };
    let of_rung = media(view, &ladder.renditions[0]).unwrap();
    let playlist = iframes(view, &ladder.renditions[0]).unwrap();
    assert_eq!(lines(&playlist, "#EXT-X-KEY").len(), 3);
    assert_eq!(
        lines(&playlist, "#EXT-X-KEY"),
        lines(&of_rung, "#EXT-X-KEY")
    );
}

#[test]
fn trick_play_may_be_filtered_away_and_is_none_of_sound() {
    let ladder = ladder();
    let trick = trick_play(&ladder);
    let filter = Filter::parse([("trick", "no")]).unwrap();
    let view = View {
        trick_play: &trick,
        filter: &filter,
        ..View::new(&ladder)
    };
    assert!(!multivariant(view).unwrap().contains(IFRAMES));
    assert!(iframes(view, &ladder.renditions[0]).is_ok());
    assert!(matches!(
        iframes(view, &ladder.renditions[3]),
        Err(Error::NoSuchPlaylist { .. })
    ));
}

#[test]
fn thumbnails_are_an_image_stream() {
    let playlist = multivariant_of(&film());
    let images = lines(&playlist, "#EXT-X-IMAGE-STREAM-INF");
    assert_eq!(images.len(), 1);
    assert_eq!(value(images[0], "RESOLUTION"), Some("160x90"));
    assert_eq!(value(images[0], "CODECS"), Some("jpeg"));
    assert_eq!(value(images[0], "URI"), Some("thumbs/index.m3u8"));
    assert_eq!(value(images[0], "BANDWIDTH"), Some("12000"));
    assert!(!filtered(&film(), &[("thumbnails", "no")]).contains("IMAGE"));
}

#[test]
fn sheets_say_how_they_are_tiled() {
    insta::assert_snapshot!(media_of(&film(), "thumbs"));
}

#[test]
fn sprites_end_with_the_last_sheets_time() {
    let film = film();
    let view = View::new(&film);
    let sprites = thumbnails_vtt(view, film.rendition("thumbs").unwrap()).unwrap();
    let cues: Vec<&str> = sprites.split("\n\n").skip(1).collect();
    // 50 s at one a second.
    assert_eq!(cues.len(), 50);
    assert_eq!(
        cues[0],
        "00:00:00.000 --> 00:00:01.000\n1.jpg#xywh=0,0,160,90"
    );
    assert_eq!(
        cues[6],
        "00:00:06.000 --> 00:00:07.000\n1.jpg#xywh=160,90,160,90"
    );
    assert_eq!(
        cues[49].trim_end(),
        "00:00:49.000 --> 00:00:50.000\n3.jpg#xywh=640,90,160,90"
    );
    assert!(thumbnails_vtt(view, &film.renditions[0]).is_err());
}
