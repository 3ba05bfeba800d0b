//! The `moov` of a fragmented movie, written anew as that of a progressive one.
//!
//! Boxes that tell neither of samples nor of durations are copied bit for bit, sample entries among them.
use super::track::Growing;
use crate::boxes::Node;
use crate::{BoxWriter, Edit, Movie, Result, Track};

/// The whole box. `tracks` stand in the order of the movie's.
pub(super) fn moov(moov: &Node<'_>, movie: &Movie, tracks: &[Growing]) -> Result<Vec<u8>> {
    let scale = edit_scale(movie, tracks);
    let late = tracks.iter().any(|track| track.lateness() > 0);
    let len: usize = tracks.iter().map(|track| track.table.written_len()).sum();
    let mut writer = BoxWriter::with_capacity(moov.whole().len() + len);
    let mut pairs = tracks.iter().zip(&movie.tracks);
    rebuild(&mut writer, moov, |w, child| {
        match &child.kind().0 {
            b"mvhd" => header(w, child, Some(movie.timescale.saturating_mul(scale)))?,
            b"mvex" => {}
            b"trak" => {
                if let Some((growing, track)) = pairs.next() {
                    let edits = edits(track, growing, movie.timescale, scale, late);
                    trak(w, child, growing, &edits)?;
                }
            }
            _ => w.bytes(child.whole()),
        }
        Ok(())
    })?;
    Ok(writer.into_vec())
}

fn trak(w: &mut BoxWriter, trak: &Node<'_>, growing: &Growing, edits: &[Edit]) -> Result<()> {
    rebuild(w, trak, |w, child| match &child.kind().0 {
        b"edts" => Ok(()),
        b"mdia" => {
            if !edits.is_empty() {
                w.boxed(b"edts", |w| write_edits(w, edits));
            }
            mdia(w, child, growing)
        }
        _ => copy(w, child),
    })
}

fn mdia(w: &mut BoxWriter, mdia: &Node<'_>, growing: &Growing) -> Result<()> {
    rebuild(w, mdia, |w, child| match &child.kind().0 {
        b"mdhd" => header(w, child, None),
        b"minf" => rebuild(w, child, |w, child| match &child.kind().0 {
            b"stbl" => rebuild(w, child, |w, child| {
                // Other boxes of the table speak of the samples of the `moov` alone.
                if child.kind().0 == *b"stsd" {
                    w.bytes(child.whole());
                    growing.table.write(w);
                }
                Ok(())
            }),
            _ => copy(w, child),
        }),
        _ => copy(w, child),
    })
}

fn copy(w: &mut BoxWriter, node: &Node<'_>) -> Result<()> {
    w.bytes(node.whole());
    Ok(())
}

/// A box of `node`'s kind with what `child` writes for each box in it.
fn rebuild(
    w: &mut BoxWriter,
    node: &Node<'_>,
    mut child: impl FnMut(&mut BoxWriter, &Node<'_>) -> Result<()>,
) -> Result<()> {
    let mut outcome = Ok(());
    w.boxed(&node.kind().0, |w| {
        outcome = node.children(0).try_for_each(|node| child(w, &node?));
    });
    outcome
}

/// `mvhd` or `mdhd` (8.2.2, 8.4.2) with the duration left open: it is that of the samples.
fn header(w: &mut BoxWriter, node: &Node<'_>, timescale: Option<u32>) -> Result<()> {
    let mut fields = node.fields();
    let (version, flags) = fields.version_and_flags()?;
    let times = fields.bytes(if version == 1 { 16 } else { 8 })?;
    let timescale = timescale.unwrap_or(fields.u32()?);
    fields.u32_or_u64(version)?;
    let rest = fields.rest();
    w.full_box(&node.kind().0, version, flags, |w| {
        w.bytes(&times);
        w.u32(timescale);
        w.bytes(&[0xff; 8][..if version == 1 { 8 } else { 4 }]);
        w.bytes(&rest);
    });
    Ok(())
}

/// `elst`, version 1.
fn write_edits(w: &mut BoxWriter, edits: &[Edit]) {
    w.full_box(b"elst", 1, 0, |w| {
        w.u32(u32::try_from(edits.len()).unwrap_or(u32::MAX));
        for edit in edits {
            w.u64(edit.segment_duration);
            w.i64(edit.media_time);
            w.i32(edit.media_rate);
        }
    });
}

/// By what the movie timescale is multiplied. An empty edit counts in it: with no fewer ticks than those of a track
/// that begins late, the nearest tick of the one names the tick of the other.
fn edit_scale(movie: &Movie, tracks: &[Growing]) -> u32 {
    let late = tracks
        .iter()
        .zip(&movie.tracks)
        .filter(|(growing, _)| growing.lateness() > 0);
    let finest = late.map(|(_, track)| track.timescale).max().unwrap_or(0);
    let most = u32::MAX / movie.timescale;
    finest.div_ceil(movie.timescale).clamp(1, most)
}

/// The track's edit list on the time line that begins with its first sample.
fn edits(
    track: &Track,
    growing: &Growing,
    movie_timescale: u32,
    scale: u32,
    late: bool,
) -> Vec<Edit> {
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
    if !late || growing.table.len() == 0 {
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
