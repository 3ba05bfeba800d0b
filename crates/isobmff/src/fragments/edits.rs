//! Edit lists of a fragmented movie, on time lines that begin with each track's first sample.
//!
//! Fragments state decode times on one time line for all tracks, and players take them at their word. A track without
//! an edit list therefore gets one that moves nothing: its composition times are meant.
use super::track::Growing;
use crate::{Edit, Movie, Track};

/// What becomes of the movie's edit lists.
#[derive(Debug)]
pub(super) struct Edits {
    /// Of the movie.
    pub(super) timescale: u32,
    /// Of each track, in that timescale.
    pub(super) of_tracks: Vec<Vec<Edit>>,
}

impl Edits {
    pub(super) fn new(movie: &Movie, tracks: &[Growing]) -> Self {
        let scale = scale(movie, tracks);
        let of_tracks = tracks.iter().zip(&movie.tracks);
        Self {
            timescale: movie.timescale.saturating_mul(scale),
            of_tracks: of_tracks
                .map(|(growing, track)| edits(track, growing, movie.timescale, scale))
                .collect(),
        }
    }
}

/// By what the movie timescale is multiplied. An empty edit counts in it: with no fewer ticks than those of a track
/// that begins late, the nearest tick of the one names the tick of the other.
fn scale(movie: &Movie, tracks: &[Growing]) -> u32 {
    let late = tracks
        .iter()
        .zip(&movie.tracks)
        .filter(|(growing, _)| growing.lateness() > 0);
    let finest = late.map(|(_, track)| track.timescale).max().unwrap_or(0);
    let most = u32::MAX / movie.timescale;
    finest.div_ceil(movie.timescale).clamp(1, most)
}

/// The track's edit list on the time line that begins with its first sample.
fn edits(track: &Track, growing: &Growing, movie_timescale: u32, scale: u32) -> Vec<Edit> {
    let mut edits = track.edits.clone();
    // An edit that shows no more than the samples of the `moov` knew nothing of fragments (8.6.6.1: its duration
    // should be 0). ffmpeg and browsers do not end it there, either.
    let shown = edits.iter_mut().rfind(|edit| edit.media_time >= 0);
    if let Some(edit) = shown
        && growing.grew()
        && !reaches_past_header(edit, track, growing, movie_timescale)
    {
        edit.segment_duration = 0;
    }
    for edit in &mut edits {
        edit.segment_duration = edit.segment_duration.saturating_mul(u64::from(scale));
    }
    if growing.table.len() == 0 {
        return edits;
    }
    if edits.is_empty() {
        edits.push(Edit {
            segment_duration: 0,
            media_time: 0,
            media_rate: NORMAL_RATE,
        });
    }
    if growing.lateness() > 0 {
        let movie_timescale = u128::from(movie_timescale) * u128::from(scale);
        let timescale = u128::from(track.timescale);
        let ticks = (u128::from(growing.lateness()) * movie_timescale + timescale / 2) / timescale;
        let delay = Edit {
            segment_duration: u64::try_from(ticks).unwrap_or(u64::MAX),
            media_time: -1,
            media_rate: NORMAL_RATE,
        };
        edits.insert(0, delay);
    }
    edits
}

/// 16.16.
const NORMAL_RATE: i32 = 1 << 16;

fn reaches_past_header(
    edit: &Edit,
    track: &Track,
    growing: &Growing,
    movie_timescale: u32,
) -> bool {
    let movie_timescale = u128::from(movie_timescale);
    let timescale = u128::from(track.timescale);
    let start = u128::from(edit.media_time.unsigned_abs()) * movie_timescale;
    let end = start + u128::from(edit.segment_duration) * timescale;
    // Rounded to a tick of the movie timescale, up.
    end > u128::from(growing.in_header) * movie_timescale + timescale
}
