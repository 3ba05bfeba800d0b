//! Which tracks of an asset become renditions: every video track, and of each kind of audio the best one.
use edgepack_isobmff::{CodecConfig, FourCc, Handler, SampleEntry, Track};

use super::Source;
use crate::{Error, Result};

/// A track that becomes a rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) source: usize,
    pub(super) track: usize,
}

#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) video: Vec<Chosen>,
    pub(super) audio: Vec<Chosen>,
    /// What is left out, and why.
    pub(super) ignored: Vec<String>,
}

/// One file's audio serves all rungs: of the tracks with the same language, codec and channels, the one with the
/// highest bit rate, and among equals that of the file whose name sorts first.
pub(super) fn select(sources: &[Source]) -> Result<Selection> {
    let mut selection = Selection::default();
    let mut groups: Vec<(AudioGroup, Vec<Chosen>)> = Vec::new();
    for (source, file) in sources.iter().enumerate() {
        for (index, track) in file.movie.tracks.iter().enumerate() {
            let chosen = Chosen {
                source,
                track: index,
            };
            let mut ignore = |why: &str| {
                selection.ignored.push(format!(
                    "{}: track {} ({}): {why}",
                    file.name,
                    track.track_id,
                    handler(track)
                ));
            };
            match track.handler {
                Handler::Text => ignore("text tracks are not packaged"),
                Handler::Other(_) => ignore("neither video nor audio"),
                Handler::Video | Handler::Audio if track.samples.is_empty() => ignore("no samples"),
                Handler::Video => {
                    check_codec(file, track)?;
                    selection.video.push(chosen);
                }
                Handler::Audio => {
                    check_codec(file, track)?;
                    let Some(group) = AudioGroup::of(track) else {
                        continue;
                    };
                    match groups.iter_mut().find(|(known, _)| *known == group) {
                        Some((_, members)) => members.push(chosen),
                        None => groups.push((group, vec![chosen])),
                    }
                }
            }
        }
    }
    for (_, members) in groups {
        let best = members.into_iter().min_by(|a, b| {
            bit_rate(sources, *b)
                .cmp(&bit_rate(sources, *a))
                .then_with(|| sources[a.source].name.cmp(&sources[b.source].name))
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

#[derive(Debug, PartialEq, Eq)]
struct AudioGroup {
    language: String,
    codec: &'static str,
    channels: u16,
}

impl AudioGroup {
    fn of(track: &Track) -> Option<Self> {
        track.sample_entries.iter().find_map(|entry| {
            Some(Self {
                language: track.language.to_ascii_lowercase(),
                codec: entry.codec.family(),
                channels: entry.codec.audio()?.channels,
            })
        })
    }
}

fn check_codec(source: &Source, track: &Track) -> Result<()> {
    let unsupported = track.sample_entries.iter().find(|entry| {
        let codec = &entry.codec;
        match track.handler {
            Handler::Video => codec.video().is_none() || codec.is_image(),
            _ => codec.audio().is_none(),
        }
    });
    match unsupported {
        None => Ok(()),
        Some(entry) => Err(Error::Source {
            source_name: source.name.clone(),
            reason: format!(
                "track {} ({}) has codec {:?}, which is not supported{}",
                track.track_id,
                handler(track),
                unsupported_format(entry),
                if entry.is_encrypted() {
                    ": the source is encrypted"
                } else {
                    ""
                }
            ),
        }),
    }
}

/// Of an encrypted entry, the one below.
fn unsupported_format(entry: &SampleEntry) -> FourCc {
    match entry.codec {
        CodecConfig::Unsupported(format) => format,
        _ => entry.format,
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

/// Bits per 1000 seconds: fine enough to tell tracks apart.
fn bit_rate(sources: &[Source], chosen: Chosen) -> u128 {
    let track = &sources[chosen.source].movie.tracks[chosen.track];
    let bits = u128::from(track.samples.bytes_in(0..track.samples.len())) * 8;
    bits * u128::from(track.timescale) * 1000 / u128::from(track.samples.total_duration().max(1))
}
