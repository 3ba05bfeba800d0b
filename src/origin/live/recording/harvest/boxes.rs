//! The `moov` of a film (ISO/IEC 14496-12, 8.2 to 8.5).
use bytes::Bytes;
use edgepack_isobmff::{BoxWriter, Track};

use super::super::files::RecordedHeader;
use super::table::Table;

const UNITY_MATRIX: [i32; 9] = [1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30];
const ONE_16_16: u32 = 1 << 16;
const ONE_8_8: u16 = 1 << 8;
/// Enabled, in movie, in preview (8.3.2).
const TRACK_FLAGS: u32 = 7;
/// Packed into 15 bits, in a `mdhd` of version 0 behind its times, time scale and duration (8.4.2).
const LANGUAGE: std::ops::Range<usize> = 28..30;

/// When a track is shown: an empty edit, and from which media time on for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// Timescale of the movie.
    pub(super) delay: u64,
    pub(super) duration: u64,
    /// Timescale of the media.
    pub(super) media_time: u64,
}

pub(super) struct TrackBoxes<'a> {
    pub(super) header: &'a RecordedHeader,
    pub(super) table: &'a Table,
    pub(super) shown: Shown,
    /// Added to every composition offset.
    pub(super) shift: i64,
}

pub(super) fn write_ftyp(w: &mut BoxWriter) {
    w.boxed(b"ftyp", |w| {
        w.bytes(b"isom");
        w.u32(0);
        [b"isom", b"iso6", b"mp41"].map(|brand| w.bytes(brand));
    });
}

pub(super) fn write_moov(w: &mut BoxWriter, timescale: u32, tracks: &[TrackBoxes<'_>]) {
    let durations = tracks.iter().map(|t| t.shown.delay + t.shown.duration);
    let duration = durations.max().unwrap_or(0);
    w.boxed(b"moov", |w| {
        w.full_box(b"mvhd", 1, 0, |w| {
            w.zeros(16);
            w.u32(timescale);
            w.u64(duration);
            w.u32(ONE_16_16);
            w.u16(ONE_8_8);
            w.zeros(10);
            UNITY_MATRIX.iter().for_each(|v| w.i32(*v));
            w.zeros(24);
            w.u32(u32::try_from(tracks.len() + 1).unwrap_or(u32::MAX));
        });
        for (id, track) in (1..).zip(tracks) {
            if let Some(of) = track.header.stream.movie.tracks.first() {
                w.boxed(b"trak", |w| write_trak(w, id, of, track));
            }
        }
    });
}

fn write_trak(w: &mut BoxWriter, id: u32, of: &Track, track: &TrackBoxes<'_>) {
    let moov = &track.header.stream.movie.moov;
    let mdia = find(moov, &[b"trak", b"mdia"]).unwrap_or_default();
    let minf = find(moov, &[b"trak", b"mdia", b"minf"]).unwrap_or_default();
    let shown = &track.shown;
    let is_sound = child(&minf, b"smhd").is_some();
    w.full_box(b"tkhd", 1, TRACK_FLAGS, |w| {
        w.zeros(16);
        w.u32(id);
        w.zeros(4);
        w.u64(shown.delay + shown.duration);
        w.zeros(8 + 4);
        w.u16(if is_sound { ONE_8_8 } else { 0 });
        w.u16(0);
        of.matrix.iter().for_each(|v| w.i32(*v));
        w.u32(of.presentation_width << 16);
        w.u32(of.presentation_height << 16);
    });
    write_edts(w, shown);
    w.boxed(b"mdia", |w| {
        let mdhd = child(&mdia, b"mdhd").unwrap_or_default();
        w.full_box(b"mdhd", 1, 0, |w| {
            w.zeros(16);
            w.u32(track.header.timescale);
            w.u64(track.table.duration);
            w.bytes(mdhd.get(LANGUAGE).unwrap_or(&[0x55, 0xc4]));
            w.u16(0);
        });
        for kind in [b"hdlr", b"elng"] {
            w.bytes(&child(&mdia, kind).unwrap_or_default());
        }
        w.boxed(b"minf", |w| {
            for kind in [b"vmhd", b"smhd", b"dinf"] {
                w.bytes(&child(&minf, kind).unwrap_or_default());
            }
            track.table.write(w, track.shift);
        });
    });
}

fn write_edts(w: &mut BoxWriter, shown: &Shown) {
    w.boxed(b"edts", |w| {
        w.full_box(b"elst", 1, 0, |w| {
            w.u32(1 + u32::from(shown.delay > 0));
            if shown.delay > 0 {
                w.u64(shown.delay);
                w.i64(-1);
                w.u32(ONE_16_16);
            }
            w.u64(shown.duration);
            w.u64(shown.media_time);
            w.u32(ONE_16_16);
        });
    });
}

/// The content of a box below `outer`, a whole box itself.
fn find(outer: &Bytes, path: &[&[u8; 4]]) -> Option<Bytes> {
    let mut content = outer.get(8..).map(|_| outer.slice(8..))?;
    for kind in path {
        content = child(&content, kind)?.slice(8..);
    }
    Some(content)
}

/// The first whole box of a kind. Headers that the packager wrote have 32-bit sizes.
fn child(content: &Bytes, kind: &[u8; 4]) -> Option<Bytes> {
    let mut at = 0;
    loop {
        let header = content.get(at..at + 8)?;
        let size = u32::from_be_bytes(*header.first_chunk()?);
        let size = usize::try_from(size).ok().filter(|size| *size >= 8)?;
        let end = at.checked_add(size).filter(|end| *end <= content.len())?;
        if &header[4..] == kind {
            return Some(content.slice(at..end));
        }
        at = end;
    }
}
