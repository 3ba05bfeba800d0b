#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::prepare::audio::Surround;
use crate::prepare::ladder::Rung;
use crate::prepare::probe::{Audio, Colour, Text, Video};
use crate::prepare::rate::Rate;
use crate::prepare::video::Effort;

fn settings() -> Settings {
    Settings {
        rungs: Rung::ALL.to_vec(),
        codecs: vec![VideoCodec::Avc],
        effort: Effort::Standard,
        surround: Vec::new(),
        opus: false,
        loudness: Some(-16.0),
        thumbnails: true,
        thumbnail_interval: None,
        language: None,
        subtitles: Vec::new(),
    }
}

fn sound(index: usize, language: Option<&str>) -> Audio {
    Audio {
        index,
        channels: 2,
        said: Said {
            language: language.map(str::to_owned),
            ..Said::default()
        },
    }
}

fn probe() -> Probe {
    Probe {
        title: Some("Film".into()),
        duration: Some(600.0),
        origin_us: 1_440_000,
        video: Some(Video {
            index: 0,
            width: 1280,
            height: 720,
            rate: Rate::parse("25/1").unwrap(),
            rate_changes: false,
            interlaced: false,
            deep: false,
            colour: Colour::default(),
            has_captions: false,
        }),
        audio: vec![sound(1, Some("en")), sound(2, Some("de"))],
        text: vec![Text {
            index: 3,
            said: Said {
                language: Some("en".into()),
                ..Said::default()
            },
        }],
        left_out: Vec::new(),
    }
}

fn planned(settings: &Settings, probe: &Probe) -> Plan {
    plan(settings, probe, "source", &[]).unwrap()
}

fn outputs(plan: &Plan) -> Vec<&str> {
    plan.tasks.iter().map(|task| task.output.as_str()).collect()
}

fn tracks(plan: &Plan) -> &[TrackDescription] {
    &plan.description.periods[0].tracks
}

#[test]
fn a_film_becomes_rungs_sounds_texts_and_thumbnails() {
    let plan = planned(&settings(), &probe());
    assert_eq!(
        outputs(&plan),
        [
            "avc-720p.mp4",
            "avc-480p.mp4",
            "avc-360p.mp4",
            "audio-en.mp4",
            "audio-en-low.mp4",
            "audio-de.mp4",
            "audio-de-low.mp4",
            "text-en.vtt",
            "thumbs.mp4"
        ]
    );
    // One measure serves both bitrates of a language.
    assert_eq!(plan.measures.len(), 2);
    assert_eq!(tracks(&plan).len(), plan.tasks.len());
    let text = plan.description.to_toml("");
    let read = Description::parse(&text, Path::new("asset.toml"));
    assert_eq!(read.unwrap(), plan.description);
}

#[test]
fn sounds_say_who_they_are_for() {
    let mut probe = probe();
    probe.audio[1].said.default = true;
    let mut described = sound(4, Some("de"));
    described.said.accessibility = Some(Accessibility::AudioDescription);
    probe.audio.push(described);
    let plan = planned(&settings(), &probe);
    let track = |file: &str| {
        tracks(&plan)
            .iter()
            .find(|track| track.file == file)
            .unwrap()
    };
    let german = track("audio-de.mp4");
    assert_eq!(
        (german.default, &german.roles[..]),
        (Some(true), &[Role::Main][..])
    );
    assert_eq!(german.name.as_deref(), Some("Deutsch"));
    let english = track("audio-en.mp4");
    assert_eq!(
        (english.default, &english.roles[..]),
        (None, &[Role::Dub][..])
    );
    let described = track("audio-de-2.mp4");
    assert_eq!(
        described.name.as_deref(),
        Some("Deutsch (audio description)")
    );
    assert_eq!(described.roles, [Role::Alternate]);
    assert_eq!(track("audio-de-low.mp4").group.as_deref(), Some("aac-low"));
}

#[test]
fn surround_is_made_of_surround_only() {
    let mut probe = probe();
    probe.audio[0].channels = 6;
    let wanted = Settings {
        surround: vec![Surround::Eac3],
        opus: true,
        ..settings()
    };
    let plan = planned(&wanted, &probe);
    let all = outputs(&plan);
    assert!(all.contains(&"audio-en-eac3.mp4") && !all.contains(&"audio-de-eac3.mp4"));
    assert!(all.contains(&"audio-de-opus.mp4"));
    // Six channels are as loud as they are, whatever two made of them are.
    assert_eq!(plan.measures.len(), 3);
}

#[test]
fn a_ladder_in_each_codec() {
    let wanted = Settings {
        codecs: vec![VideoCodec::Avc, VideoCodec::Av1],
        rungs: vec![Rung::P360],
        thumbnails: false,
        loudness: None,
        ..settings()
    };
    let plan = planned(&wanted, &probe());
    assert_eq!(outputs(&plan)[..2], ["avc-360p.mp4", "av1-360p.mp4"]);
    assert!(plan.measures.is_empty());
}

#[test]
fn keys_change_with_source_and_settings() {
    let key = |plan: &Plan, output: &str| {
        let task = plan.tasks.iter().find(|task| task.output == output);
        task.unwrap().key.clone()
    };
    let one = planned(&settings(), &probe());
    assert_eq!(
        key(&one, "avc-360p.mp4"),
        key(&planned(&settings(), &probe()), "avc-360p.mp4")
    );
    let other_source = plan(&settings(), &probe(), "other", &[]).unwrap();
    assert_ne!(
        key(&one, "avc-360p.mp4"),
        key(&other_source, "avc-360p.mp4")
    );
    let louder = Settings {
        loudness: Some(-23.0),
        ..settings()
    };
    let louder = planned(&louder, &probe());
    assert_ne!(key(&one, "audio-en.mp4"), key(&louder, "audio-en.mp4"));
    assert_eq!(
        key(&one, "avc-360p.mp4"),
        key(&louder, "avc-360p.mp4"),
        "pictures are not louder"
    );
}

#[test]
fn what_ffmpeg_lacks_is_told_before_anything_is_made() {
    let all: BTreeSet<String> = ["libx264", "aac", "mjpeg"].map(str::to_owned).into();
    let plan = planned(&settings(), &probe());
    assert!(plan.check(&all, &BTreeSet::new()).is_ok());
    let none = plan.check(&BTreeSet::new(), &BTreeSet::new());
    assert!(matches!(none, Err(Error::NoEncoder { .. })));
    let mut hdr = probe();
    hdr.video.as_mut().unwrap().colour.transfer = Some("smpte2084".into());
    let told = planned(&settings(), &hdr).check(&all, &BTreeSet::new());
    assert!(told.unwrap_err().to_string().contains("zscale"));
}

#[test]
fn captions_in_the_picture_are_declared_where_they_survive() {
    let mut captioned = probe();
    captioned.video.as_mut().unwrap().has_captions = true;
    let declared = |codecs: Vec<VideoCodec>| {
        let wanted = Settings {
            codecs,
            ..settings()
        };
        planned(&wanted, &captioned).description.captions.len()
    };
    assert_eq!(declared(vec![VideoCodec::Avc]), 1);
    assert_eq!(declared(vec![VideoCodec::Avc, VideoCodec::Hevc]), 0);
}

#[test]
fn sound_alone_is_an_asset_too() {
    let plan = planned(
        &settings(),
        &Probe {
            video: None,
            text: Vec::new(),
            ..probe()
        },
    );
    assert_eq!(outputs(&plan).len(), 4);
}

#[test]
fn all_outputs_share_one_origin_of_time() {
    let plan = planned(&settings(), &probe());
    for task in &plan.tasks {
        let line = Plan::making(task, Path::new("film.ts"), "0", Path::new("out")).unwrap();
        let line: Vec<&str> = line.iter().map(|word| word.to_str().unwrap()).collect();
        assert!(line.contains(&"-copyts"), "{line:?}");
        let shifts = ["setpts=PTS-(1440000/1000000)/TB", "-1440000us"];
        let shifted = |word: &&str| shifts.iter().any(|shift| word.contains(shift));
        assert!(line.iter().any(shifted), "{line:?}");
    }
}
