//! From a description, or from a folder without one, to what the packager is asked for.
use edgepack_packager::{Input, PeriodInput, Source, TrackChoice, TrackSettings, Tracks};

use crate::description::{Description, TrackDescription};

/// `names`: of the sources, as the description has them.
pub(super) fn described(
    description: &Description,
    sources: Vec<Source>,
    names: &[String],
) -> Input {
    let periods = description.periods.iter().map(|period| PeriodInput {
        clip: period.clip,
        tracks: match period.tracks.as_slice() {
            [] => of_folder(description, names),
            tracks => tracks
                .iter()
                .filter_map(|track| choice(track, names))
                .collect(),
        },
    });
    Input {
        periods: periods.collect(),
        closed_captions: description.captions.clone(),
        sources,
    }
}

fn whole(source: usize) -> TrackChoice {
    TrackChoice {
        source,
        tracks: Tracks::ByConvention,
        settings: TrackSettings::default(),
    }
}

/// The media files beside the description that no other period names.
fn of_folder(description: &Description, names: &[String]) -> Vec<TrackChoice> {
    let named = description.files();
    let own = names
        .iter()
        .enumerate()
        .filter(|(_, name)| !named.contains(&name.as_str()));
    own.map(|(source, _)| whole(source)).collect()
}

/// Every file that a description names was opened under that name.
fn choice(track: &TrackDescription, names: &[String]) -> Option<TrackChoice> {
    let source = names.iter().position(|name| *name == track.file)?;
    let tracks = match (track.id, track.kind) {
        (Some(id), _) => Tracks::Id(id),
        (None, Some(kind)) => Tracks::Kind(kind),
        (None, None) => Tracks::ByConvention,
    };
    Some(TrackChoice {
        source,
        tracks,
        settings: TrackSettings {
            language: track.language.clone(),
            name: track.name.clone(),
            roles: track.roles.clone(),
            default: track.default,
            autoselect: track.autoselect,
            forced: track.forced,
            group: track.group.clone(),
            accessibility: track.accessibility,
            characteristics: track.characteristics.clone(),
            label: track.label.clone(),
            tiles: track.tiles,
        },
    })
}
