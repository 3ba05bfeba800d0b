//! MPEG-TS and packed audio.
use edgepack_drm::Scheme;
use edgepack_packager::{Rendition, TextForm};

use super::*;
use crate::sample::{audio, bumper_and_film, film, presentation, protection, text, video};

fn encoded(mut rendition: Rendition, name: &str, codecs: &str) -> Rendition {
    rendition.name = name.to_owned();
    rendition.codecs = codecs.to_owned();
    rendition
}

fn multivariant_ts_of(presentation: &Presentation) -> String {
    let view = View::new(presentation);
    plain(view, &multivariant_ts(view).unwrap())
}

#[test]
fn rungs_are_muxed_with_the_default_sound_and_others_are_packed() {
    insta::assert_snapshot!(multivariant_ts_of(&film()));
}

#[test]
fn the_muxed_default_has_no_address_and_every_rung_of_a_group_holds_it() {
    let mut film = film();
    film.renditions
        .push(encoded(audio("en", 6, 384_000, 3), "a-en-ac3", "ac-3"));
    film.periods[0].renditions.end += 1;
    let playlist = multivariant_ts_of(&film);
    for line in lines(&playlist, "#EXT-X-MEDIA:TYPE=AUDIO") {
        let is_default = value(line, "DEFAULT") == Some("YES");
        assert_eq!(value(line, "URI").is_none(), is_default, "{line}");
    }
    assert!(uris(&playlist).contains(&"v720+a-en-ac3/index-ts.m3u8"));
    assert!(uris(&playlist).contains(&"v720+a-en/index-ts.m3u8"));
}

#[test]
fn sound_alone_is_offered_too() {
    let playlist = multivariant_ts_of(&film());
    assert_eq!(uris(&playlist).last(), Some(&"a-en/index-packed.m3u8"));
    let last = *lines(&playlist, "#EXT-X-STREAM-INF").last().unwrap();
    assert_eq!(value(last, "CODECS"), Some("mp4a.40.2"));
    assert_eq!(value(last, "RESOLUTION"), None);
}

#[test]
fn what_has_no_form_in_a_transport_stream_is_left_out() {
    let asset = presentation(vec![
        encoded(
            video(1920, 1080, 4_000_000, 3),
            "v1080-av1",
            "av01.0.08M.08",
        ),
        video(1280, 720, 3_000_000, 3),
        audio("en", 2, 131_000, 3),
        encoded(audio("en", 2, 96_000, 3), "a-en-opus", "Opus"),
        text("en", TextForm::Imsc1, 3),
    ]);
    let playlist = multivariant_ts_of(&asset);
    for absent in ["av01", "Opus", "stpp", "iframes"] {
        assert!(!playlist.contains(absent), "{playlist}");
    }
    assert!(playlist.contains("v720+a-en/index-ts.m3u8"));
}

#[test]
fn an_asset_without_any_form_in_a_transport_stream_has_no_playlist() {
    let av1 = || encoded(video(1920, 1080, 4_000_000, 3), "v1080", "av01.0.08M.08");
    // A film is not its sound.
    for renditions in [vec![av1()], vec![av1(), audio("en", 2, 131_000, 3)]] {
        let asset = presentation(renditions);
        assert_eq!(
            multivariant_ts(View::new(&asset)),
            Err(Error::NothingToOffer { form: "MPEG-TS" })
        );
    }
}

#[test]
fn nothing_protected_is_muxed_in_the_clear() {
    let film = film();
    let protection = protection(&film, Scheme::Cbcs);
    let view = View {
        protection: Some(&protection),
        ..View::new(&film)
    };
    let (video, audio, text) = (
        &film.renditions[0],
        &film.renditions[3],
        &film.renditions[7],
    );
    assert!(multivariant_ts(view).is_err());
    assert!(media_ts(view, video, Some(audio)).is_err());
    assert!(media_ts(view, text, None).is_err());
    assert!(media_packed(view, audio).is_err());
}

#[test]
fn only_tracks_that_go_together_have_a_playlist() {
    let film = film();
    let view = View::new(&film);
    let of = |name: &str| film.rendition(name).unwrap();
    assert!(media_ts(view, of("v720"), None).is_ok());
    assert!(media_ts(view, of("t-en"), None).is_ok());
    assert!(media_ts(view, of("t-en-imsc1"), None).is_err());
    assert!(media_ts(view, of("a-en"), None).is_err());
    assert!(media_ts(view, of("v720"), Some(of("v360"))).is_err());
    assert!(media_ts(view, of("t-en"), Some(of("a-en"))).is_err());
    assert!(media_packed(view, of("v720")).is_err());
}

#[test]
fn segments_of_each_container_have_their_names() {
    let mut film = film();
    film.renditions[4].codecs = "ec-3".to_owned();
    let view = View::new(&film);
    let of = |name: &str| film.rendition(name).unwrap();
    let first = |playlist: Result<String>| {
        let playlist = playlist.unwrap();
        assert!(!playlist.contains("EXT-X-MAP"), "{playlist}");
        uris(&playlist)[0].to_owned()
    };
    assert_eq!(first(media_ts(view, of("v720"), Some(of("a-en")))), "1.ts");
    assert_eq!(first(media_ts(view, of("t-en"), None)), "ts1.vtt");
    assert_eq!(first(media_packed(view, of("a-en"))), "1.aac");
    assert_eq!(first(media_packed(view, of("a-de"))), "1.ec3");
}

#[test]
fn muxed_streams_run_through_all_periods() {
    let asset = bumper_and_film();
    let view = View::new(&asset);
    let of = |name: &str| asset.rendition(name).unwrap();
    let playlist = media_ts(view, of("p2-v1080"), Some(of("p2-a-de"))).unwrap();
    insta::assert_snapshot!(plain(view, &playlist));
}

#[test]
fn bandwidth_counts_packets() {
    let film = film();
    let playlist = multivariant_ts_of(&film);
    let bandwidth: u64 = values(&playlist, "#EXT-X-STREAM-INF", "BANDWIDTH")[2]
        .unwrap()
        .parse()
        .unwrap();
    // 720 kb/s of media in the sample's third rung and 107 kb/s beside it.
    let media = 720_000 + 107_000;
    assert!(
        bandwidth > media * 188 / 184 && bandwidth < media * 13 / 10,
        "{bandwidth}"
    );
}
