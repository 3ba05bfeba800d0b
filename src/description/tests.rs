#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::BTreeSet;

use super::*;

mod faults;
mod on_disk;

const SAMPLE: &str = include_str!("../../config/asset.toml");
const REFERENCE: &str = include_str!("../../docs/reference/asset.md");

fn parse(text: &str) -> Result<Description, Vec<ConfigFault>> {
    Description::parse(text, Path::new("asset.toml"))
}

fn tracks(text: &str) -> Vec<TrackDescription> {
    parse(text).unwrap().periods.remove(0).tracks
}

fn track(file: &str) -> TrackDescription {
    TrackDescription {
        file: file.into(),
        ..TrackDescription::default()
    }
}

/// Every key there is, by section without indices.
fn all_keys() -> BTreeSet<(String, &'static str)> {
    let source = Source::new(SAMPLE, Path::new("asset.toml"));
    read::document(&source, SAMPLE);
    source.asked()
}

#[test]
fn the_sample_is_valid_and_every_key_is_read() {
    let description = parse(SAMPLE).unwrap();
    assert_eq!(description.title.as_deref(), Some("Big Film"));
    let [bumper, film, credits] = &description.periods[..] else {
        panic!("{description:#?}");
    };
    assert_eq!(bumper.clip, Clip::default());
    assert_eq!(bumper.tracks, [track("bumper.mp4")]);
    assert_eq!(
        film.clip,
        Clip {
            start_us: Some(60_500_000),
            end_us: Some(5_400_000_000)
        }
    );
    let [video, audio, described, forced, thumbnails] = &film.tracks[..] else {
        panic!("{film:#?}");
    };
    assert_eq!(
        *video,
        TrackDescription {
            kind: Some(Kind::Video),
            label: Some("HD".into()),
            ..track("video-1080p.mp4")
        }
    );
    assert_eq!(
        *audio,
        TrackDescription {
            id: Some(1),
            language: Some("en-GB".into()),
            name: Some("English".into()),
            roles: vec![Role::Main],
            default: Some(true),
            autoselect: Some(true),
            group: Some("stereo".into()),
            ..track("audio.mp4")
        }
    );
    assert_eq!(
        (described.accessibility, &described.characteristics[..]),
        (
            Some(Accessibility::AudioDescription),
            &["public.machine-generated".to_owned()][..]
        )
    );
    assert_eq!((forced.kind, forced.forced), (Some(Kind::Text), true));
    assert_eq!(
        *thumbnails,
        TrackDescription {
            kind: Some(Kind::Image),
            tiles: Some(Tiles {
                columns: 5,
                rows: 5,
                interval_ms: 10_000
            }),
            ..track("thumbs.mp4")
        }
    );
    assert_eq!(credits.tracks.len(), 2);
    assert_eq!(
        description.captions,
        [ClosedCaptions {
            channel: CaptionChannel::Cc(1),
            language: Some("en".into()),
            name: Some("English CC".into())
        }]
    );
    assert_eq!(
        description.files(),
        [
            "bumper.mp4",
            "video-1080p.mp4",
            "audio.mp4",
            "subtitles/en-forced.vtt",
            "thumbs.mp4",
            "credits/video.mp4",
            "credits/audio.mp4"
        ]
    );
}

/// The sample has a line for each key, so that it can be copied from.
#[test]
fn sample_and_reference_show_every_key() {
    for (section, key) in all_keys() {
        let shown = SAMPLE.lines().any(|line| {
            line.starts_with(&format!("{key} = ")) || line.contains(&format!("[{key}]"))
        }) || SAMPLE.contains(&format!("[{section}.{key}]"))
            || SAMPLE.contains(&format!("{key} = "));
        assert!(shown, "the sample lacks `{key}` of [{section}]");
        assert!(
            REFERENCE.contains(&format!("`{key}`")) || REFERENCE.contains(&format!("[[{key}]]")),
            "the reference lacks `{key}` of [{section}]"
        );
    }
}

#[test]
fn every_word_stands_in_the_reference() {
    let roles = Role::ALL.map(Role::as_str);
    let accessibility = Accessibility::ALL.map(Accessibility::as_str);
    let kinds = Kind::ALL.map(Kind::as_str);
    for word in roles.iter().chain(&accessibility).chain(&kinds) {
        assert!(REFERENCE.contains(&format!("`\"{word}\"`")), "{word}");
    }
}

#[test]
fn the_examples_of_the_reference_are_valid() {
    let examples: Vec<&str> = REFERENCE
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(examples.len() >= 4);
    for example in examples {
        if let Err(faults) = parse(example) {
            panic!("{example}\n{faults:#?}");
        }
    }
}

#[test]
fn nothing_written_is_the_folder_by_convention() {
    let description = parse("").unwrap();
    assert_eq!(description.periods.len(), 1);
    assert!(description.takes_folder());
    let clips = parse("[[clip]]\nend = \"10s\"\n[[clip]]\nfile = \"b.mp4\"").unwrap();
    assert!(clips.periods[0].tracks.is_empty());
    assert_eq!(clips.periods[1].tracks, [track("b.mp4")]);
}

#[test]
fn accessibility_and_forced_follow_from_roles() {
    let of = |text: &str| {
        let track = tracks(text).remove(0);
        (track.accessibility, track.forced)
    };
    let written = |file: &str, role: &str| {
        of(&format!(
            "[[track]]\nfile = \"{file}\"\nroles = [\"{role}\"]"
        ))
    };
    assert_eq!(
        written("a.vtt", "caption"),
        (Some(Accessibility::Sdh), false)
    );
    assert_eq!(written("a.vtt", "forced-subtitle"), (None, true));
    assert_eq!(
        written("a.mp4", "description"),
        (Some(Accessibility::AudioDescription), false)
    );
    // A description in text is no sound that tells pictures.
    assert_eq!(written("a.vtt", "description"), (None, false));
    assert_eq!(
        of("[[track]]\nfile = \"a.vtt\"\nroles = [\"caption\"]\naccessibility = \"easy-reader\"").0,
        Some(Accessibility::EasyReader),
        "what is written wins"
    );
}

#[test]
fn one_source_serves_several_clips() {
    let text = "[[source]]\nname = \"film\"\n[[source.track]]\nfile = \"f.mp4\"\n\
                [[clip]]\nsource = \"film\"\nend = \"1:00\"\n\
                [[clip]]\nfile = \"slate.mp4\"\n\
                [[clip]]\nsource = \"film\"\nstart = \"1:00\"";
    let description = parse(text).unwrap();
    let files: Vec<&str> = description
        .periods
        .iter()
        .map(|period| period.tracks[0].file.as_str())
        .collect();
    assert_eq!(files, ["f.mp4", "slate.mp4", "f.mp4"]);
    assert_eq!(description.files(), ["f.mp4", "slate.mp4"]);
}

#[test]
fn names_of_descriptions_and_subtitles() {
    assert!(is_description_name("film.toml") && is_description_name("a.TOML"));
    assert!(!is_description_name(".toml") && !is_description_name(".a.toml"));
    assert!(is_text_name("en.vtt") && is_text_name("en.TTML") && !is_text_name("en.srt"));
}

#[test]
fn what_is_written_reads_back_as_the_same() {
    let sample = parse(SAMPLE).unwrap();
    assert_eq!(
        parse(&sample.to_toml("a comment\nof two lines")).unwrap(),
        sample
    );
    let odd = Description {
        title: Some("It's a \\ \u{1f3ac}\u{a0}film".into()),
        periods: vec![PeriodDescription {
            clip: Clip::default(),
            tracks: vec![track("a 'b' [c] \\ \u{fc}.mp4")],
        }],
        captions: Vec::new(),
    };
    let text = odd.to_toml("");
    assert_eq!(parse(&text).unwrap(), odd, "{text}");
    assert!(text.contains("\n[[track]]\n"), "one time line has no clips");
}
