use super::*;

fn read(name: &str) -> (Option<String>, bool, Option<Accessibility>) {
    let settings = by_name(name, &TrackSettings::default());
    (settings.language, settings.forced, settings.accessibility)
}

#[test]
fn the_last_word_of_a_name_is_the_language() {
    for (name, language) in [
        ("film.en.vtt", Some("en")),
        ("en.vtt", Some("en")),
        ("folder/subs_en-GB.ttml", Some("en-GB")),
        ("film.DE.vtt", Some("de")),
        ("film.fil.vtt", Some("fil")),
        ("film.zh-Hant-TW.vtt", Some("zh-Hant-TW")),
        ("film.vtt", None),
        ("bear-english.vtt", None),
        ("sub.vtt", None),
        ("en film.vtt", None),
        ("film.xx.vtt", None),
    ] {
        assert_eq!(read(name).0.as_deref(), language, "{name}");
    }
}

#[test]
fn forced_subtitles_and_those_for_the_deaf_say_so() {
    assert_eq!(
        read("film.en.forced.vtt"),
        (Some("en".to_owned()), true, None)
    );
    assert_eq!(
        read("film.en.sdh.vtt"),
        (Some("en".to_owned()), false, Some(Accessibility::Sdh))
    );
}

#[test]
fn what_the_asset_says_wins_over_the_name() {
    let settings = TrackSettings {
        language: Some("fr".to_owned()),
        ..TrackSettings::default()
    };
    assert_eq!(
        by_name("film.en.vtt", &settings).language.as_deref(),
        Some("fr")
    );
}
