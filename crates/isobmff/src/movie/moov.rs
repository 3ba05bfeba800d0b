//! `moov`: the movie header and the tracks (ISO/IEC 14496-12, 8.2).
use bytes::Bytes;

use super::rewrite::{NewTrack, rewrite};
use super::track::parse_track;
use super::{Movie, Track};
use crate::boxes::{BoxHeader, Node};
use crate::{FourCc, Limits, Result};

/// Reads a whole `moov` box of a file of `file_len` bytes, fragments (`mvex`) aside.
pub(crate) fn parse_movie(
    moov: &Node<'_>,
    major_brand: FourCc,
    file_len: u64,
    limits: &Limits,
) -> Result<Movie> {
    let mut mvhd = None;
    let mut traks = Vec::new();
    for child in moov.children(0) {
        let child = child?;
        match &child.kind().0 {
            b"mvhd" => child.once(&mut mvhd)?,
            b"cmov" => return Err(child.unsupported("a compressed movie header")),
            b"trak" => {
                if traks.len() as u64 >= u64::from(limits.max_tracks) {
                    return Err(child.limit("tracks", u64::from(limits.max_tracks)));
                }
                let ordinal = traks.len();
                traks.push(child.numbered(ordinal));
            }
            _ => {}
        }
    }
    let (timescale, duration) = parse_mvhd(&moov.require(mvhd, b"mvhd")?)?;
    let mut tracks: Vec<Track> = Vec::with_capacity(traks.len());
    for trak in &traks {
        let track = parse_track(trak, file_len, limits)?;
        if tracks.iter().any(|other| other.track_id == track.track_id) {
            return Err(trak.malformed(format!("a second track with the id {}", track.track_id)));
        }
        tracks.push(track);
    }
    let duration = duration.unwrap_or_else(|| longest(&tracks, timescale));
    Ok(Movie {
        timescale,
        duration,
        major_brand,
        moov: moov.whole().clone(),
        file_len,
        fragmented: false,
        notes: Vec::new(),
        tracks,
    })
}

/// Writes `moov` anew with other tracks and a movie timescale for their edits, and reads that. `movie` is what was read
/// of `moov` itself.
pub(crate) fn parse_rewritten(
    moov: &Node<'_>,
    timescale: u32,
    tracks: &[NewTrack<'_>],
    movie: &Movie,
    limits: &Limits,
) -> Result<Movie> {
    let whole = Bytes::from(rewrite(moov, timescale, tracks)?);
    let header = BoxHeader::parse(&whole).ok_or_else(|| moov.malformed("the box is too short"))?;
    let node = Node::top(moov.offset(), header, whole);
    parse_movie(&node, movie.major_brand, movie.file_len, limits)
}

/// Timescale, and duration unless it is left open.
fn parse_mvhd(mvhd: &Node<'_>) -> Result<(u32, Option<u64>)> {
    timescale_and_duration(mvhd)
}

/// The start of `mvhd` and of `mdhd`: the same fields in the same order (8.2.2, 8.4.2).
pub(super) fn timescale_and_duration(header: &Node<'_>) -> Result<(u32, Option<u64>)> {
    let mut fields = header.fields();
    let (version, _) = fields.version_and_flags()?;
    if version > 1 {
        return Err(header.malformed(format!("version {version} is not defined")));
    }
    fields.skip(if version == 1 { 16 } else { 8 })?;
    let timescale = fields.u32()?;
    if timescale == 0 {
        return Err(header.malformed("the timescale is 0"));
    }
    let open = if version == 1 {
        u64::MAX
    } else {
        u64::from(u32::MAX)
    };
    let duration = fields.u32_or_u64(version)?;
    Ok((timescale, (duration != open).then_some(duration)))
}

/// In `timescale`, rounded up.
fn longest(tracks: &[Track], timescale: u32) -> u64 {
    let scaled = |track: &Track| {
        let ticks = u128::from(track.duration) * u128::from(timescale);
        u64::try_from(ticks.div_ceil(u128::from(track.timescale))).unwrap_or(u64::MAX)
    };
    tracks.iter().map(scaled).max().unwrap_or(0)
}
