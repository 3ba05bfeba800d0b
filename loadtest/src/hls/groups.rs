//! Variants and rendition groups become tracks between whose rungs a player changes.
use super::master::{Rendition, Variant};
use crate::presentation::{Kind, Rung, Source, Track};

const AUDIO_CODECS: [&str; 17] = [
    "mp4a", "ac-3", "ec-3", "ac-4", "opus", "Opus", "fLaC", "flac", "alac", "mp3", "dtsc", "dtse",
    "dtsh", "dtsl", "dtsx", "iamf", "mhm1",
];

/// Nothing without a variant. Defaults come first.
pub(super) fn tracks(variants: &[Variant], renditions: &[Rendition]) -> Vec<Track> {
    let mut tracks = Vec::new();
    let has_video = variants.iter().any(|variant| !variant.sound_alone());
    let mut rungs = Vec::new();
    for variant in variants {
        // Among pictures, a variant of sound alone is for those who cannot afford them.
        if has_video && variant.sound_alone() {
            continue;
        }
        add(&mut rungs, rung_of(variant));
    }
    if rungs.is_empty() {
        return tracks;
    }
    let kind = if has_video { Kind::Video } else { Kind::Audio };
    // Sound alone, in a group of its own: the variants are its renditions once more.
    let among_renditions = kind == Kind::Audio
        && rungs.iter().all(|rung| {
            let Source::Playlist(url) = &rung.source else {
                return false;
            };
            renditions
                .iter()
                .any(|rendition| rendition.url.as_ref() == Some(url))
        });
    if !among_renditions {
        tracks.push(track(kind, None, true, rungs));
    }
    for rendition in renditions {
        let Some(url) = &rendition.url else { continue };
        let codecs = codecs_of(rendition, variants);
        let rung = Rung {
            name: rendition.name.clone(),
            bandwidth: 0,
            height: None,
            codecs: codecs.clone(),
            source: Source::Playlist(url.clone()),
        };
        // The same rendition in another group is another quality of it, if its codec is the same.
        let same = |track: &&mut Track| {
            track.kind == rendition.kind
                && track.language == rendition.language
                && track.rungs.iter().any(|rung| {
                    rung.name == rendition.name && family(&rung.codecs) == family(&codecs)
                })
        };
        match tracks.iter_mut().find(same) {
            Some(track) => {
                track.default |= rendition.default;
                add(&mut track.rungs, rung);
            }
            None => tracks.push(track(
                rendition.kind,
                rendition.language.clone(),
                rendition.default,
                vec![rung],
            )),
        }
    }
    settle_defaults(&mut tracks, renditions);
    tracks
}

impl Variant {
    fn sound_alone(&self) -> bool {
        let mut codecs = self.codecs.split(',').map(str::trim);
        self.height.is_none()
            && !self.codecs.is_empty()
            && codecs.all(|codec| AUDIO_CODECS.contains(&family(codec)))
    }
}

fn family(codecs: &str) -> &str {
    codecs.split(['.', ',']).next().unwrap_or_default().trim()
}

fn rung_of(variant: &Variant) -> Rung {
    let name = match variant.height {
        Some(height) => format!("{height}p"),
        None => format!("{}k", variant.bandwidth / 1000),
    };
    Rung {
        name,
        bandwidth: variant.bandwidth,
        height: variant.height,
        codecs: variant.codecs.clone(),
        source: Source::Playlist(variant.url.clone()),
    }
}

/// By rising bandwidth; a playlist that is there, for another group of sound, is not there twice.
fn add(rungs: &mut Vec<Rung>, rung: Rung) {
    match rungs.iter_mut().find(|other| other.source == rung.source) {
        Some(other) => {
            other.bandwidth = other.bandwidth.min(rung.bandwidth);
            for codec in rung.codecs.split(',') {
                if !other.codecs.split(',').any(|known| known == codec) {
                    other.codecs = format!("{},{codec}", other.codecs);
                }
            }
        }
        None => rungs.push(rung),
    }
    rungs.sort_by_key(|rung| rung.bandwidth);
}

fn track(kind: Kind, language: Option<String>, default: bool, rungs: Vec<Rung>) -> Track {
    Track {
        kind,
        language,
        default,
        rungs,
    }
}

/// What the variants that name its group say of the sound; of subtitles they say nothing that is certain.
fn codecs_of(rendition: &Rendition, variants: &[Variant]) -> String {
    if rendition.kind != Kind::Audio {
        return String::new();
    }
    let named = |variant: &&Variant| variant.audio.as_ref() == Some(&rendition.group);
    let mut codecs = variants
        .iter()
        .filter(named)
        .flat_map(|variant| variant.codecs.split(','))
        .map(str::trim)
        .filter(|codec| AUDIO_CODECS.contains(&family(codec)));
    codecs.next().unwrap_or_default().to_owned()
}

/// A player plays one track of sound: the first default, or the first of all where none is. Sound in the variant
/// itself needs none.
fn settle_defaults(tracks: &mut [Track], renditions: &[Rendition]) {
    let muxed = |rendition: &Rendition| {
        rendition.kind == Kind::Audio && rendition.url.is_none() && rendition.default
    };
    let mut settled = renditions.iter().any(muxed)
        || tracks.first().is_some_and(|first| {
            // Variants of sound alone that are no renditions.
            first.kind == Kind::Audio && first.rungs.iter().any(|rung| rung.bandwidth > 0)
        });
    for wanted in [true, false] {
        for track in tracks.iter_mut().filter(|track| track.kind == Kind::Audio) {
            let first = matches!(track.rungs.first(), Some(rung) if rung.bandwidth > 0);
            if first {
                continue;
            }
            if wanted {
                track.default &= !settled;
                settled |= track.default;
            } else if !settled {
                track.default = true;
                settled = true;
            }
        }
    }
    tracks.sort_by_key(|track| (track.kind, !track.default));
}
