//! Which tracks of an asset become renditions: every video track, and of each kind of audio the best one.
use edgepack_isobmff::{CodecConfig, Handler, Track};

use super::{Kind, PeriodInput, Source, SourceContent, TrackChoice, TrackSettings, Tracks};
use crate::{Error, Result};

/// A track that becomes a rendition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen<'a> {
    /// Index into the presentation's sources.
    pub(super) source: usize,
    pub(super) source_name: &'a str,
    pub(super) movie_timescale: u32,
    /// Index into the movie's tracks.
    pub(super) index: usize,
    pub(super) track: &'a Track,
    pub(super) settings: &'a TrackSettings,
}

impl Chosen<'_> {
    pub(super) fn fault(&self, reason: &str) -> Error {
        Error::Source {
            source_name: self.source_name.to_owned(),
            reason: format!("track {}: {reason}", self.track.track_id),
        }
    }

    fn language(&self) -> &str {
        self.settings
            .language
            .as_ref()
            .unwrap_or(&self.track.language)
    }

    /// Bits per 1000 seconds: fine enough to tell tracks apart.
    fn bit_rate(&self) -> u128 {
        let samples = &self.track.samples;
        let bits = u128::from(samples.bytes_in(0..samples.len())) * 8;
        bits * u128::from(self.track.timescale) * 1000 / u128::from(samples.total_duration().max(1))
    }
}

#[derive(Debug, Default)]
pub(super) struct Selection<'a> {
    pub(super) video: Vec<Chosen<'a>>,
    pub(super) audio: Vec<Chosen<'a>>,
    /// What is left out, and why.
    pub(super) ignored: Vec<String>,
}

/// One file's audio serves all rungs: of the tracks that are chosen by convention and have the same language, codec and
/// channels, the one with the highest bit rate, and among equals that of the file whose name sorts first.
pub(super) fn select<'a>(
    sources: &'a [Source],
    period: usize,
    input: &'a PeriodInput,
) -> Result<Selection<'a>> {
    let mut selection = Selection::default();
    let mut groups: Vec<(AudioGroup<'a>, Vec<Chosen<'a>>)> = Vec::new();
    for choice in &input.tracks {
        let Some(source) = sources.get(choice.source) else {
            continue;
        };
        let movie = match &source.content {
            SourceContent::Movie(movie) => movie,
            SourceContent::Text { .. } => {
                selection
                    .ignored
                    .push(format!("{}: text is not packaged", source.name));
                continue;
            }
        };
        let mut found = false;
        for (index, track) in movie.tracks.iter().enumerate() {
            if !asks_for(choice, track) {
                continue;
            }
            found = true;
            let chosen = Chosen {
                source: choice.source,
                source_name: &source.name,
                movie_timescale: movie.timescale,
                index,
                track,
                settings: &choice.settings,
            };
            let mut ignore = |why: &str| {
                selection.ignored.push(format!(
                    "{}: track {} ({}): {why}",
                    source.name,
                    track.track_id,
                    handler(track)
                ));
            };
            match track.handler {
                Handler::Text => ignore("text tracks are not packaged"),
                Handler::Other(_) => ignore("neither video nor audio"),
                Handler::Video | Handler::Audio if track.samples.is_empty() => ignore("no samples"),
                Handler::Video => {
                    check_codec(source, track)?;
                    selection.video.push(chosen);
                }
                Handler::Audio => {
                    check_codec(source, track)?;
                    let group = AudioGroup::of(&chosen);
                    let by_convention = choice.tracks == Tracks::ByConvention;
                    match groups.iter_mut().find(|(known, _)| *known == group) {
                        Some((_, members)) if by_convention => members.push(chosen),
                        _ => groups.push((group, vec![chosen])),
                    }
                }
            }
        }
        if !found && choice.tracks != Tracks::ByConvention {
            return Err(Error::Description {
                place: format!("period {}, {}", period + 1, source.name),
                reason: match choice.tracks {
                    Tracks::Id(id) => format!("there is no track {id}"),
                    _ => "there is no such track".to_owned(),
                },
            });
        }
    }
    for (_, members) in groups {
        let best = members.into_iter().min_by(|a, b| {
            b.bit_rate()
                .cmp(&a.bit_rate())
                .then_with(|| a.source_name.cmp(b.source_name))
        });
        selection.audio.extend(best);
    }
    if selection.video.is_empty() && selection.audio.is_empty() {
        return Err(Error::NoRenditions {
            source_names: sources.iter().map(|source| source.name.clone()).collect(),
        });
    }
    Ok(selection)
}

fn asks_for(choice: &TrackChoice, track: &Track) -> bool {
    match choice.tracks {
        Tracks::ByConvention => true,
        Tracks::Id(id) => track.track_id == id,
        Tracks::Kind(kind) => match track.handler {
            Handler::Video => kind == Kind::Video,
            Handler::Audio => kind == Kind::Audio,
            Handler::Text => kind == Kind::Text,
            Handler::Other(_) => false,
        },
    }
}

#[derive(Debug, PartialEq, Eq)]
struct AudioGroup<'a> {
    settings: &'a TrackSettings,
    language: String,
    codec: &'static str,
    channels: u16,
}

impl<'a> AudioGroup<'a> {
    fn of(chosen: &Chosen<'a>) -> Self {
        let entries = chosen.track.sample_entries.iter();
        let channels = entries
            .filter_map(|entry| match &entry.codec {
                CodecConfig::Aac(config) => Some(config.channels),
                _ => None,
            })
            .next();
        Self {
            settings: chosen.settings,
            language: chosen.language().to_ascii_lowercase(),
            codec: "aac",
            channels: channels.unwrap_or(0),
        }
    }
}

fn check_codec(source: &Source, track: &Track) -> Result<()> {
    let unsupported = track.sample_entries.iter().find(|entry| {
        !matches!(
            (&entry.codec, track.handler),
            (CodecConfig::Avc(_) | CodecConfig::Hevc(_), Handler::Video)
                | (CodecConfig::Aac(_), Handler::Audio)
        )
    });
    match unsupported {
        None => Ok(()),
        Some(entry) => Err(Error::Source {
            source_name: source.name.clone(),
            reason: format!(
                "track {} ({}) has codec {:?}, which is not supported",
                track.track_id,
                handler(track),
                entry.format
            ),
        }),
    }
}

fn handler(track: &Track) -> String {
    match track.handler {
        Handler::Video => "video".to_owned(),
        Handler::Audio => "audio".to_owned(),
        Handler::Text => "text".to_owned(),
        Handler::Other(code) => format!("{code:?}"),
    }
}
