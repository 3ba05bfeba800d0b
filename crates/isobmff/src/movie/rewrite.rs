//! A `moov` written anew with other sample tables.
//!
//! Boxes that tell neither of samples nor of durations are copied bit for bit, sample entries among them.
use super::Edit;
use crate::boxes::Node;
use crate::samples::TableWriter;
use crate::{BoxWriter, Result};

/// What becomes of one `trak`.
#[derive(Debug)]
pub(crate) struct NewTrack<'t> {
    pub(crate) table: &'t TableWriter,
    pub(crate) edits: Vec<Edit>,
}

/// The whole box, without `mvex`. `tracks` stand in the order of its `trak` boxes; `timescale` is that of the movie,
/// in which edits count.
pub(crate) fn rewrite(moov: &Node<'_>, timescale: u32, tracks: &[NewTrack<'_>]) -> Result<Vec<u8>> {
    let len: usize = tracks.iter().map(|track| track.table.written_len()).sum();
    let mut writer = BoxWriter::with_capacity(moov.whole().len() + len);
    let mut tracks = tracks.iter();
    rebuild(&mut writer, moov, |w, child| match &child.kind().0 {
        b"mvhd" => header(w, child, Some(timescale)),
        b"mvex" => Ok(()),
        b"trak" => tracks.next().map_or(Ok(()), |track| trak(w, child, track)),
        _ => copy(w, child),
    })?;
    Ok(writer.into_vec())
}

fn trak(w: &mut BoxWriter, trak: &Node<'_>, track: &NewTrack<'_>) -> Result<()> {
    rebuild(w, trak, |w, child| match &child.kind().0 {
        b"edts" => Ok(()),
        b"mdia" => {
            if !track.edits.is_empty() {
                w.boxed(b"edts", |w| write_edits(w, &track.edits));
            }
            mdia(w, child, track.table)
        }
        _ => copy(w, child),
    })
}

fn mdia(w: &mut BoxWriter, mdia: &Node<'_>, table: &TableWriter) -> Result<()> {
    rebuild(w, mdia, |w, child| match &child.kind().0 {
        b"mdhd" => header(w, child, None),
        b"minf" => rebuild(w, child, |w, child| match &child.kind().0 {
            b"stbl" => rebuild(w, child, |w, child| {
                // Other boxes of the table speak of the samples of the `moov` alone.
                if child.kind().0 == *b"stsd" {
                    w.bytes(child.whole());
                    table.write(w);
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
