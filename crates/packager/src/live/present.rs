//! A presentation of live tracks: what multivariant playlists and adaptation sets are functions of.
use ring::digest::{Context, SHA256};

use super::Header;
use crate::presentation::name_and_sort;
use crate::{Error, Fingerprint, Kind, Period, Presentation, Result, Source, TrackSettings};

/// One track of a channel.
#[derive(Debug, Clone)]
pub struct LiveTrack<'a> {
    /// The one that is in use.
    pub header: &'a Header,
    /// URL name (`v1080`, `a-en`). None: one is made; the caller keeps it, so that it stays while tracks come and go.
    pub name: Option<&'a str>,
    /// Of the line.
    pub timescale: u32,
    pub settings: &'a TrackSettings,
    /// Frames ÷ seconds, for video; [`Line::frame_rate`](super::Line::frame_rate).
    pub frame_rate: Option<(u32, u32)>,
    /// Bits per second; [`Line::bandwidths`](super::Line::bandwidths), or what the encoder announced. Not 0.
    pub average_bandwidth: u64,
    pub peak_bandwidth: u64,
}

/// The tracks as a presentation of one period without segments. Sources are in the order of `tracks`, so that
/// `Rendition::source` says which of them a rendition is; renditions are in the order of manifests.
///
/// # Errors
/// [`Error::NoRenditions`] without tracks, [`Error::LiveHeader`] for two of one name and for video without frame rate.
pub fn presentation(
    channel: Fingerprint,
    segment_target_ms: u32,
    tracks: &[LiveTrack<'_>],
) -> Result<Presentation> {
    if tracks.is_empty() {
        return Err(Error::NoRenditions {
            source_names: Vec::new(),
        });
    }
    let mut sources = Vec::with_capacity(tracks.len());
    let mut renditions = Vec::with_capacity(tracks.len());
    for (index, track) in tracks.iter().enumerate() {
        let mut rendition =
            track
                .header
                .rendition(track.timescale, track.settings, track.frame_rate)?;
        if track.frame_rate.is_none() && rendition.kind() == Kind::Video {
            return Err(Error::LiveHeader {
                track: format!("track number {}", index + 1),
                reason: "no sample has come yet that tells its frame rate".to_owned(),
            });
        }
        rendition.source = index;
        rendition.name = track.name.unwrap_or_default().to_owned();
        rendition.average_bandwidth = track.average_bandwidth;
        rendition.peak_bandwidth = track.peak_bandwidth.max(track.average_bandwidth);
        let is_taken = |other: &crate::Rendition| other.name == rendition.name;
        if !rendition.name.is_empty() && renditions.iter().any(is_taken) {
            return Err(Error::LiveHeader {
                track: rendition.name,
                reason: "another track has the name".to_owned(),
            });
        }
        let name = match track.name {
            Some(name) => name.to_owned(),
            None => format!("track {}", index + 1),
        };
        sources.push(Source::of_movie(
            name,
            track.header.movie().clone(),
            [0; 32],
        ));
        renditions.push(rendition);
    }
    name_and_sort(&mut renditions, 0);
    Ok(Presentation {
        fingerprint: channel,
        target_duration_ms: segment_target_ms,
        duration_ms: 0,
        sources,
        periods: vec![Period {
            renditions: 0..renditions.len(),
            start_us: 0,
            duration_us: 0,
        }],
        renditions,
        closed_captions: Vec::new(),
        misalignments: Vec::new(),
        ignored: Vec::new(),
    })
}

/// For `IvSeed::derive`: what a track's IVs hang on besides the key. It stays while tracks come and go, unlike
/// [`Presentation::track_identity`].
///
/// `life`: bytes that no other life of the channel has, on any node: in another one samples of the same number are others,
/// and counter mode gives both away where key and IV are the same.
pub fn track_identity(channel: &Fingerprint, life: &[u8], name: &str) -> Vec<u8> {
    let mut hash = Context::new(&SHA256);
    hash.update(b"edgepack live track");
    hash.update(&channel.0);
    for field in [life, name.as_bytes()] {
        let length = u64::try_from(field.len()).unwrap_or(u64::MAX);
        hash.update(&length.to_be_bytes());
        hash.update(field);
    }
    hash.finish().as_ref().to_vec()
}
