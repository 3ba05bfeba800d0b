//! Progressive movies whose samples reach past the end of the file.
//!
//! Two such files can be served as well as a whole one, and what was done is told in [`Movie::notes`]:
//! - The `moov` was shortened before the media without moving its chunk offsets (a tag or an edit list was taken out).
//!   All samples then lead too far by the same number of bytes, and moved back they fill the `mdat` exactly.
//! - The file lacks its last bytes. The last samples of each track are left out when they are few.
//!
//! All others are refused: half an upload must not be taken for a title.
use std::ops::Range;

use crate::boxes::Node;
use crate::movie::{NewTrack, parse_movie, parse_rewritten};
use crate::samples::{Alike, TableWriter};
use crate::{Error, FourCc, Limits, Movie, Result, Track};

/// What may be missing at the end of a track: a second, and a twentieth of it.
const MISSING_SECONDS: u64 = 1;
const MISSING_PART: u64 = 20;

/// The movie of a `moov` whose samples reach past the end of a file of `file_len` bytes.
/// `media` goes from the first byte of the file's `mdat` boxes to the last.
///
/// # Errors
/// `fault`, what was wrong with it, when it stays wrong.
pub(crate) fn repair(
    moov: &Node<'_>,
    major_brand: FourCc,
    file_len: u64,
    media: Option<Range<u64>>,
    fault: Error,
    limits: &Limits,
) -> Result<Movie> {
    // As if the file went on.
    let told = parse_movie(moov, major_brand, u64::MAX, limits)?;
    let movie = Movie { file_len, ..told };
    let (tables, notes) = match displacement(&movie, media) {
        Some(too_far) => move_back(&movie, too_far, limits),
        None => leave_out(&movie, limits),
    }
    .ok_or(fault)?;
    let tracks = tables.iter().zip(&movie.tracks);
    let tracks: Vec<NewTrack<'_>> = tracks
        .map(|(table, track)| NewTrack {
            table,
            edits: track.edits.clone(),
        })
        .collect();
    let repaired = parse_rewritten(moov, movie.timescale, &tracks, &movie, limits)?;
    Ok(Movie { notes, ..repaired })
}

type Tables = (Vec<TableWriter>, Vec<String>);

/// By how many bytes all samples lead too far.
fn displacement(movie: &Movie, media: Option<Range<u64>>) -> Option<u64> {
    let media = media.filter(|media| media.end <= movie.file_len)?;
    let (mut start, mut end) = (u64::MAX, 0);
    for track in &movie.tracks {
        let mut samples = track.samples.iter_from(0);
        while let Some((sample, count)) = samples.next_alike() {
            start = start.min(sample.offset);
            end = end.max(
                sample
                    .offset
                    .checked_add(u64::from(sample.size) * u64::from(count))?,
            );
        }
    }
    let too_far = start.checked_sub(media.start)?;
    (end.checked_sub(media.end) == Some(too_far)).then_some(too_far)
}

fn move_back(movie: &Movie, too_far: u64, limits: &Limits) -> Option<Tables> {
    let mut tables = Vec::new();
    let mut budget = limits.max_index_bytes;
    for track in &movie.tracks {
        let mut table = TableWriter::default();
        table.extend(&track.samples, too_far, budget)?;
        budget = budget.saturating_sub(table.held());
        tables.push(table);
    }
    let note = format!(
        "all samples lead {too_far} bytes past where they lie, in the last mdat past the end of the file: chunk offsets \
         that were left behind when the moov became shorter; they are read from {too_far} bytes earlier on"
    );
    Some((tables, vec![note]))
}

fn leave_out(movie: &Movie, limits: &Limits) -> Option<Tables> {
    let (mut tables, mut notes) = (Vec::new(), Vec::new());
    let mut budget = limits.max_index_bytes;
    for track in &movie.tracks {
        let mut table = TableWriter::default();
        let missing = keep_whole(&mut table, track, movie.file_len, budget)?;
        if missing > 0 {
            let kept = track.samples.len() - missing;
            let end = track.samples.sample(kept)?.decode_time;
            let ticks = track.samples.total_duration() - end;
            let timescale = u64::from(track.timescale);
            let most =
                (timescale * MISSING_SECONDS).min(track.samples.total_duration() / MISSING_PART);
            if ticks > most {
                return None;
            }
            notes.push(format!(
                "track {}: the file ends before the last {missing} samples, {} ms, which are left out",
                track.track_id,
                ticks * 1000 / timescale
            ));
        }
        budget = budget.saturating_sub(table.held());
        tables.push(table);
    }
    Some((tables, notes))
}

/// Takes over the samples that the file holds. Tells how many come behind them; none when one of those is there, too,
/// or when the tables outgrow the budget.
fn keep_whole(table: &mut TableWriter, track: &Track, file_len: u64, budget: u64) -> Option<u32> {
    let mut samples = track.samples.iter_from(0);
    let mut missing = 0;
    while let Some((sample, count)) = samples.next_alike() {
        let there = match file_len.checked_sub(sample.offset) {
            Some(room) if sample.size > 0 => room / u64::from(sample.size),
            Some(_) => u64::from(count),
            None => 0,
        };
        let there = u32::try_from(there).unwrap_or(u32::MAX).min(count);
        if missing > 0 && there > 0 {
            return None;
        }
        if there > 0 {
            table.chunk(sample.offset, sample.description + 1);
            table.push_within(&Alike::new(&sample, there), budget)?;
        }
        missing += count - there;
    }
    Some(missing)
}

#[cfg(test)]
mod tests;
