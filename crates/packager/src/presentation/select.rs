//! Which tracks of an asset become a period's renditions: those that are asked for, and by convention every video track,
//! of each kind of audio the best one, and all subtitles.
use edgepack_isobmff::{CodecConfig, FourCc, Handler, Movie, SampleEntry, Track};

use super::{
    Kind, PeriodInput, Source, SourceContent, TrackChoice, TrackSettings, Tracks, media, side_file,
};
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

    pub(super) fn language(&self) -> &str {
        self.settings
            .language
            .as_ref()
            .unwrap_or(&self.track.language)
    }

    /// As lists of what is left out call it.
    pub(super) fn describe(&self) -> String {
        format!(
            "{}: track {} ({})",
            self.source_name,
            self.track.track_id,
            handler(self.track)
        )
    }

    /// Bits per 1000 seconds: fine enough to tell tracks apart.
    fn bit_rate(&self) -> u128 {
        let samples = &self.track.samples;
        let bits = u128::from(samples.bytes_in(0..samples.len())) * 8;
        bits * u128::from(self.track.timescale) * 1000 / u128::from(samples.total_duration().max(1))
    }
}

/// Subtitles in a file of their own.
#[derive(Debug, Clone)]
pub(super) struct SideFile {
    pub(super) source: usize,
    pub(super) len: u64,
    pub(super) settings: TrackSettings,
}

#[derive(Debug, Default)]
pub(super) struct Selection<'a> {
    pub(super) video: Vec<Chosen<'a>>,
    pub(super) audio: Vec<Chosen<'a>>,
    pub(super) text: Vec<Chosen<'a>>,
    pub(super) side_files: Vec<SideFile>,
    pub(super) images: Vec<Chosen<'a>>,
    /// What is left out, and why.
    pub(super) ignored: Vec<String>,
}

pub(super) fn select<'a>(
    sources: &'a [Source],
    period: usize,
    input: &'a PeriodInput,
) -> Result<Selection<'a>> {
    let mut selection = Selection::default();
    let mut groups = AudioGroups::default();
    for choice in &input.tracks {
        let Some(source) = sources.get(choice.source) else {
            continue;
        };
        let found = match &source.content {
            SourceContent::Movie(movie) => {
                selection.take_movie(choice, source, movie, &mut groups)?
            }
            SourceContent::Text { len, .. } => selection.take_side_file(choice, source, *len),
        };
        if !found {
            return Err(Error::Description {
                place: format!("period {}, {}", period + 1, source.name),
                reason: match choice.tracks {
                    Tracks::Id(id) => format!("there is no track {id}"),
                    Tracks::Kind(kind) => format!("there is no {} track", kind.as_str()),
                    Tracks::ByConvention => "there is no track".to_owned(),
                },
            });
        }
    }
    selection.audio = groups.best();
    Ok(selection)
}

impl<'a> Selection<'a> {
    /// Whether the movie has what is asked for.
    fn take_movie(
        &mut self,
        choice: &'a TrackChoice,
        source: &'a Source,
        movie: &'a Movie,
        groups: &mut AudioGroups<'a>,
    ) -> Result<bool> {
        let by_convention = choice.tracks == Tracks::ByConvention;
        let mut found = by_convention;
        for (index, track) in movie.tracks.iter().enumerate() {
            let kind = media::kind(track);
            let asked = match choice.tracks {
                Tracks::ByConvention => true,
                Tracks::Id(id) => track.track_id == id,
                Tracks::Kind(asked) => kind == Some(asked),
            };
            if !asked {
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
            let reason = match kind {
                None => Some("neither video, audio nor text".to_owned()),
                Some(_) if track.samples.is_empty() => Some("no samples".to_owned()),
                Some(kind) => unsupported(track, kind),
            };
            match (kind, reason) {
                (Some(Kind::Video | Kind::Audio), Some(reason)) if !track.samples.is_empty() => {
                    return Err(chosen.fault(&reason));
                }
                (_, Some(reason)) if !by_convention => return Err(chosen.fault(&reason)),
                (_, Some(reason)) => self
                    .ignored
                    .push(format!("{}: {reason}", chosen.describe())),
                (Some(Kind::Audio), None) => groups.add(chosen, by_convention),
                (Some(Kind::Video), None) => self.video.push(chosen),
                (Some(Kind::Text), None) => self.text.push(chosen),
                (Some(Kind::Image), None) => self.images.push(chosen),
                (None, None) => {}
            }
        }
        Ok(found)
    }

    fn take_side_file(&mut self, choice: &TrackChoice, source: &Source, len: u64) -> bool {
        let settings = match choice.tracks {
            Tracks::ByConvention => side_file::by_name(&source.name, &choice.settings),
            Tracks::Kind(Kind::Text) => choice.settings.clone(),
            Tracks::Id(_) | Tracks::Kind(_) => return false,
        };
        self.side_files.push(SideFile {
            source: choice.source,
            len,
            settings,
        });
        true
    }
}

/// Why a track of that kind cannot be packaged.
fn unsupported(track: &Track, kind: Kind) -> Option<String> {
    let entries = &track.sample_entries;
    if let Some(entry) = entries
        .iter()
        .find(|entry| !media::is_packaged(&entry.codec, kind))
    {
        let why = if entry.is_encrypted() {
            ": the source is encrypted"
        } else {
            ""
        };
        return Some(format!(
            "{} of codec {:?}, which is not supported{why}",
            handler(track),
            format_of(entry),
        ));
    }
    let family = |entry: &SampleEntry| entry.codec.family();
    let first = entries.first().map_or("", family);
    let other = entries.iter().map(family).find(|other| *other != first)?;
    Some(format!("changes from {first} to {other}"))
}

/// Of an encrypted entry, the format below.
fn format_of(entry: &SampleEntry) -> FourCc {
    match entry.codec {
        CodecConfig::Unsupported(format) => format,
        _ => entry.format,
    }
}

/// Audio tracks, those chosen by convention with their likes: the same language, codec, channels and settings.
#[derive(Default)]
struct AudioGroups<'a>(Vec<(AudioGroup<'a>, Vec<Chosen<'a>>)>);

#[derive(PartialEq, Eq)]
struct AudioGroup<'a> {
    settings: &'a TrackSettings,
    language: String,
    codec: &'static str,
    channels: u16,
    by_convention: bool,
}

impl<'a> AudioGroups<'a> {
    fn add(&mut self, chosen: Chosen<'a>, by_convention: bool) {
        let codec = chosen
            .track
            .sample_entries
            .first()
            .map(|entry| &entry.codec);
        let group = AudioGroup {
            settings: chosen.settings,
            language: chosen.language().to_ascii_lowercase(),
            codec: codec.map_or("", |codec| codec.family()),
            channels: codec
                .and_then(CodecConfig::audio)
                .map_or(0, |audio| audio.channels),
            by_convention,
        };
        match self.0.iter_mut().find(|(known, _)| *known == group) {
            Some((_, members)) if by_convention => members.push(chosen),
            _ => self.0.push((group, vec![chosen])),
        }
    }

    /// One file's audio serves all rungs: of each group the one with the highest bit rate, and among equals that of the
    /// file whose name sorts first.
    fn best(self) -> Vec<Chosen<'a>> {
        let best = |members: Vec<Chosen<'a>>| {
            members.into_iter().min_by(|a, b| {
                b.bit_rate()
                    .cmp(&a.bit_rate())
                    .then_with(|| a.source_name.cmp(b.source_name))
            })
        };
        self.0
            .into_iter()
            .filter_map(|(_, members)| best(members))
            .collect()
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
