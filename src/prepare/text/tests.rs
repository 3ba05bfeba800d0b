#![allow(clippy::unwrap_used)]
use super::*;

#[test]
fn names_tell_language_and_purpose() {
    let of = |name: &str| {
        let said = said(name);
        (said.language, said.forced, said.accessibility.is_some())
    };
    assert_eq!(of(".en.srt"), (Some("en".into()), false, false));
    assert_eq!(of(".ger.forced.vtt"), (Some("de".into()), true, false));
    assert_eq!(
        of("film.pt-br.SDH.srt"),
        (Some("pt-BR".into()), false, true)
    );
    assert_eq!(of(".srt"), (None, false, false));
    assert_eq!(of("it.srt"), (None, false, false), "the film's name");
    assert_eq!(of("film.final.srt"), (None, false, false));
}

#[test]
fn files_beside_the_source_are_found_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "film.mkv",
        "film.en.srt",
        "film.de.vtt",
        "film.fr.ttml",
        "films.es.srt",
        "film.txt",
        "other.en.srt",
    ] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let found = beside(&folder.path().join("film.mkv")).unwrap();
    let shown: Vec<(Option<&str>, Form)> = found
        .iter()
        .map(|file| (file.said.language.as_deref(), file.form))
        .collect();
    assert_eq!(
        shown,
        [
            (Some("de"), Form::Copied("vtt")),
            (Some("en"), Form::Converted),
            (Some("fr"), Form::Copied("ttml")),
        ]
    );
}

#[test]
fn a_named_file_must_be_there_and_be_subtitles() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("en.pdf");
    std::fs::write(&path, "").unwrap();
    assert!(named(&path).unwrap_err().to_string().contains(".srt"));
    assert!(
        named(&folder.path().join("a.srt"))
            .unwrap_err()
            .to_string()
            .contains("no such file")
    );
}
