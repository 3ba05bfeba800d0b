#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_packager::{Kind, Media, Presentation, Rendition, TextForm};
use proptest::prelude::*;

use super::*;
use crate::Error;
use crate::sample::{audio, bumper_and_film, film, presentation, text, video};

fn filter(query: &str) -> Filter {
    try_filter(query).unwrap_or_else(|error| panic!("{query}: {error}"))
}

fn try_filter(query: &str) -> Result<Filter, FilterError> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    Filter::parse(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))))
}

/// Names of what remains in an HLS manifest.
fn left(presentation: &Presentation, query: &str) -> Vec<String> {
    let admitted = filter(query)
        .admitted(presentation, TextForm::WebVtt)
        .unwrap();
    let named = presentation.renditions.iter().zip(admitted);
    named
        .filter(|(_, admitted)| *admitted)
        .map(|(rendition, _)| rendition.name.clone())
        .collect()
}

fn left_of_kind(presentation: &Presentation, query: &str, kind: Kind) -> Vec<String> {
    let mut names = left(presentation, query);
    names.retain(|name| presentation.rendition(name).unwrap().kind() == kind);
    names
}

fn encoded(mut rendition: Rendition, name: &str, codecs: &str) -> Rendition {
    rendition.name = name.to_owned();
    rendition.codecs = codecs.to_owned();
    rendition
}

#[test]
fn keys_of_others_are_passed_over() {
    let query = "CMCD=bl%3D1&_HLS_msn=4&utm_source=x&token=abc&max_height=720";
    assert_eq!(filter(query), filter("max_height=720"));
    assert!(filter("CMCD=x&session=1").is_everything());
    assert_eq!(filter("x=1").key(), "");
}

#[test]
fn a_bad_value_is_refused_with_what_may_stand_there() {
    for query in [
        "codecs=h264",
        "codecs=",
        "height=0",
        "height=+720",
        "max_height=tall",
        "min_bitrate=-1",
        "max_bitrate=99999999999999999999999",
        "max_frame_rate=30/0",
        "max_frame_rate=29.9700",
        "max_frame_rate=1.",
        "video_range=hdr",
        "channels=5.1",
        "language=not_a_tag",
        "text=srt",
        "trick=0",
        "order=first",
        "order=random",
        "default_audio=",
    ] {
        let error = try_filter(query).unwrap_err();
        let (key, _) = query.split_once('=').unwrap();
        let text = error.to_string();
        assert!(
            text.starts_with(key) && text.len() > key.len() + 10,
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_both_is_refused() {
    assert!(try_filter("max_height=720&max_height=1080").is_err());
    assert!(try_filter("min_height=720&max_height=480").is_err());
    assert!(try_filter("min_bitrate=2&max_bitrate=1").is_err());
    let many: Vec<String> = (1..=MAX_VALUES + 1).map(|n| n.to_string()).collect();
    let error = try_filter(&format!("height={}", many.join(","))).unwrap_err();
    assert_eq!(error, FilterError::TooMany { key: "height" });
}

#[test]
fn an_error_repeats_no_more_than_the_beginning_of_a_long_value() {
    let error = try_filter(&format!("text={}", "x".repeat(4000))).unwrap_err();
    assert!(error.to_string().len() < 200, "{error}");
}

#[test]
fn the_key_is_the_same_however_the_query_was_written() {
    let one = filter("language=DE&codecs=hevc,avc&language=en&trick=no&order=descending");
    let other = filter("trick=no&codecs=avc&codecs=hevc,avc&language=en,de");
    assert_eq!(one.key(), other.key());
    assert_eq!(one.key(), "codecs=avc,hevc&language=de,en&trick=no");
}

#[test]
fn codecs_narrow_the_kind_they_belong_to() {
    let asset = presentation(vec![
        video(1280, 720, 3_000_000, 1),
        encoded(
            video(1280, 720, 2_000_000, 1),
            "v720-hevc",
            "hvc1.1.6.L93.B0",
        ),
        audio("en", 2, 130_000, 1),
        encoded(audio("en", 6, 384_000, 1), "a-en-eac3", "ec-3"),
    ]);
    assert_eq!(
        left(&asset, "codecs=hevc"),
        ["v720-hevc", "a-en", "a-en-eac3"]
    );
    assert_eq!(left(&asset, "codecs=avc,aac"), ["v720", "a-en"]);
    assert_eq!(
        left(&asset, "channels=6"),
        ["v720", "v720-hevc", "a-en-eac3"]
    );
}

#[test]
fn heights_and_bitrates_bound_the_ladder() {
    let film = film();
    let video = |query| left_of_kind(&film, query, Kind::Video);
    assert_eq!(video("max_height=720"), ["v720", "v360"]);
    assert_eq!(video("min_height=720"), ["v1080", "v720"]);
    assert_eq!(video("height=360,1080"), ["v1080", "v360"]);
    assert_eq!(video("max_bitrate=3100000"), ["v720", "v360"]);
    assert_eq!(video("min_bitrate=3100001"), ["v1080"]);
    // They are the video's, not the sound's.
    assert_eq!(
        left_of_kind(&film, "min_bitrate=3100001", Kind::Audio).len(),
        2
    );
}

#[test]
fn bitrates_bound_the_sound_where_there_is_no_picture() {
    let asset = presentation(vec![
        encoded(audio("en", 2, 256_000, 1), "a-high", "mp4a.40.2"),
        encoded(audio("en", 2, 64_000, 1), "a-low", "mp4a.40.2"),
    ]);
    assert_eq!(left(&asset, "max_bitrate=100000"), ["a-low"]);
}

#[test]
fn a_decimal_frame_rate_means_the_fraction_that_people_write_so() {
    let rate = |frames, seconds| {
        let mut rung = video(1280, 720, 1_000_000, 1);
        let Media::Video { frame_rate, .. } = &mut rung.media else {
            unreachable!()
        };
        *frame_rate = (frames, seconds);
        presentation(vec![rung])
    };
    let passes =
        |asset: &Presentation, query: &str| filter(query).admitted(asset, TextForm::WebVtt).is_ok();
    let ntsc = rate(30000, 1001);
    for query in ["29.97", "30", "30000/1001", "59.94"] {
        assert!(passes(&ntsc, &format!("max_frame_rate={query}")), "{query}");
    }
    assert!(!passes(&ntsc, "max_frame_rate=29.96"));
    assert!(!passes(&ntsc, "max_frame_rate=25"));
    assert!(passes(&rate(60000, 1001), "max_frame_rate=59.94"));
    assert!(passes(&rate(24000, 1001), "max_frame_rate=23.976"));
    assert!(!passes(&rate(60, 1), "max_frame_rate=59.94"));
}

#[test]
fn a_language_takes_its_regions_and_lists_of_a_kind_win() {
    let asset = presentation(vec![
        video(640, 360, 900_000, 1),
        audio("en-GB", 2, 130_000, 1),
        audio("eno", 2, 130_000, 1),
        audio("de", 2, 130_000, 1),
        text("de", TextForm::WebVtt, 1),
        text("en", TextForm::WebVtt, 1),
    ]);
    assert_eq!(left(&asset, "language=en"), ["v360", "a-en-GB", "t-en"]);
    assert_eq!(
        left(&asset, "language=en&text_language=de"),
        ["v360", "a-en-GB", "t-de"]
    );
    assert_eq!(
        left(&asset, "audio_language=de"),
        ["v360", "a-de", "t-de", "t-en"]
    );
}

#[test]
fn text_comes_in_one_form_or_not_at_all() {
    let film = film();
    let text = |query| left_of_kind(&film, query, Kind::Text);
    assert_eq!(text(""), ["t-en", "t-de"]);
    assert_eq!(text("text=imsc1"), ["t-en-imsc1", "t-de-imsc1"]);
    assert_eq!(text("text=none"), Vec::<String>::new());
    assert_eq!(text("text_language=fr"), Vec::<String>::new());
    assert!(left_of_kind(&film, "thumbnails=no", Kind::Image).is_empty());
}

#[test]
fn ranges_are_told_by_name() {
    let mut hdr = video(1280, 720, 3_000_000, 1);
    let Media::Video { colour, .. } = &mut hdr.media else {
        unreachable!()
    };
    *colour = Some((9, 16, 9, false));
    let asset = presentation(vec![hdr, video(640, 360, 900_000, 1)]);
    assert_eq!(left(&asset, "video_range=sdr"), ["v360"]);
    assert_eq!(left(&asset, "video_range=pq,hlg"), ["v720"]);
}

#[test]
fn a_filter_that_leaves_no_picture_or_no_sound_is_an_error() {
    let film = film();
    for (query, kind) in [
        ("max_height=100", "video"),
        ("codecs=av1", "video"),
        ("audio_language=fr", "audio"),
        ("channels=6", "audio"),
    ] {
        let result = filter(query).admitted(&film, TextForm::WebVtt);
        assert_eq!(result, Err(Error::NothingLeft { kind }), "{query}");
    }
}

#[test]
fn a_period_that_a_filter_would_empty_keeps_all_it_has() {
    let asset = bumper_and_film();
    let query = "max_height=480&audio_language=de";
    assert_eq!(
        left(&asset, query),
        [
            "v720",
            "a-en",
            "p2-v360",
            "p2-a-de",
            "p2-t-en",
            "p2-t-de",
            "p2-thumbs"
        ]
    );
}

proptest! {
    #[test]
    fn the_key_parsed_gives_the_filter_back(
        pairs in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "codecs", "height", "min_height", "max_height", "min_bitrate", "max_bitrate",
                    "max_frame_rate", "video_range", "channels", "language", "audio_language",
                    "text_language", "text", "trick", "thumbnails", "order", "default_audio", "x",
                ]),
                prop::sample::select(vec![
                    "avc", "hevc,avc", "720", "720,360", "29.97", "30000/1001", "sdr", "pq,sdr", "en",
                    "de,en-GB", "imsc1", "none", "no", "yes", "ascending", "first:2000000",
                ]),
            ),
            0..6,
        ),
    ) {
        if let Ok(filter) = Filter::parse(pairs.iter().copied()) {
            prop_assert_eq!(try_filter(&filter.key()), Ok(filter));
        }
    }

    #[test]
    fn no_query_makes_it_panic(pairs in prop::collection::vec((any::<String>(), any::<String>()), 0..4), key in "[a-z_]{4,14}", value: String) {
        let _ = Filter::parse(pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())));
        let _ = Filter::parse([(key.as_str(), value.as_str())]);
        let _ = Filter::parse([("max_frame_rate", value.as_str()), ("language", value.as_str())]);
    }
}
