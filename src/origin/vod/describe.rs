//! From a description, or from a folder without one, to what the packager is asked for.
use edgepack_packager as packager;
use packager::{Input, PeriodInput, TrackChoice, TrackSettings, Tracks};

use crate::description as d;

/// `names`: of the sources, as the description has them. `folder`: how many of them are the folder's own files.
pub(super) fn described(
    description: &d::Description,
    sources: Vec<packager::Source>,
    names: &[String],
) -> Input {
    let periods = description.periods.iter().map(|period| PeriodInput {
        clip: packager::Clip {
            start_us: period.clip.start_us,
            end_us: period.clip.end_us,
        },
        tracks: match period.tracks.as_slice() {
            [] => of_folder(names),
            tracks => tracks
                .iter()
                .filter_map(|track| choice(track, names))
                .collect(),
        },
    });
    Input {
        periods: periods.collect(),
        closed_captions: description.captions.iter().map(captions).collect(),
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

/// The files right beside the description.
fn of_folder(names: &[String]) -> Vec<TrackChoice> {
    let own = names
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.contains('/'));
    own.map(|(source, _)| whole(source)).collect()
}

/// Every file that a description names was opened under that name.
fn choice(track: &d::TrackDescription, names: &[String]) -> Option<TrackChoice> {
    let source = names.iter().position(|name| *name == track.file)?;
    let tracks = match (track.id, track.kind) {
        (Some(id), _) => Tracks::Id(id),
        (None, Some(kind)) => Tracks::Kind(of_kind(kind)),
        (None, None) => Tracks::ByConvention,
    };
    Some(TrackChoice {
        source,
        tracks,
        settings: TrackSettings {
            language: track.language.clone(),
            name: track.name.clone(),
            roles: track.roles.iter().copied().map(role).collect(),
            default: track.default,
            autoselect: track.autoselect,
            forced: track.forced,
            group: track.group.clone(),
            accessibility: track.accessibility.map(accessibility),
            characteristics: track.characteristics.clone(),
            label: track.label.clone(),
            tiles: track.tiles.map(|tiles| packager::Tiles {
                columns: tiles.columns,
                rows: tiles.rows,
                interval_ms: tiles.interval_ms,
            }),
        },
    })
}

fn of_kind(kind: d::Kind) -> packager::Kind {
    match kind {
        d::Kind::Video => packager::Kind::Video,
        d::Kind::Audio => packager::Kind::Audio,
        d::Kind::Text => packager::Kind::Text,
        d::Kind::Image => packager::Kind::Image,
    }
}

fn role(role: d::Role) -> packager::Role {
    match role {
        d::Role::Main => packager::Role::Main,
        d::Role::Alternate => packager::Role::Alternate,
        d::Role::Supplementary => packager::Role::Supplementary,
        d::Role::Commentary => packager::Role::Commentary,
        d::Role::Dub => packager::Role::Dub,
        d::Role::Description => packager::Role::Description,
        d::Role::Caption => packager::Role::Caption,
        d::Role::Subtitle => packager::Role::Subtitle,
        d::Role::ForcedSubtitle => packager::Role::ForcedSubtitle,
        d::Role::Sign => packager::Role::Sign,
        d::Role::EasyReader => packager::Role::EasyReader,
        d::Role::Emergency => packager::Role::Emergency,
        d::Role::Karaoke => packager::Role::Karaoke,
        d::Role::EnhancedAudioIntelligibility => packager::Role::EnhancedAudioIntelligibility,
    }
}

fn accessibility(accessibility: d::Accessibility) -> packager::Accessibility {
    match accessibility {
        d::Accessibility::Sdh => packager::Accessibility::Sdh,
        d::Accessibility::AudioDescription => packager::Accessibility::AudioDescription,
        d::Accessibility::EasyReader => packager::Accessibility::EasyReader,
        d::Accessibility::SignLanguage => packager::Accessibility::SignLanguage,
        d::Accessibility::EnhancedSpeech => packager::Accessibility::EnhancedSpeech,
    }
}

fn captions(captions: &d::CaptionsDescription) -> packager::ClosedCaptions {
    packager::ClosedCaptions {
        channel: match captions.channel {
            d::CaptionChannel::Cc(number) => packager::CaptionChannel::Cc(number),
            d::CaptionChannel::Service(number) => packager::CaptionChannel::Service(number),
        },
        language: captions.language.clone(),
        name: captions.name.clone(),
    }
}
