//! CMAF headers: what fragments are judged by.
use bytes::Bytes;
use edgepack_isobmff::{Handler, Limits, Movie, MovieReader, Step};

use super::boxes::{Box, boxes};
use super::{Findings, Violation, rules};

/// Larger headers are not read; real ones have some kilobytes.
const MAX_HEADER: u64 = 4 << 20;

/// What a CMAF header says as far as segments are judged by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub tracks: Vec<HeaderTrack>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct HeaderTrack {
    pub id: u32,
    /// Units per second, not 0.
    pub timescale: u32,
    pub handler: Handler,
    /// RFC 6381, of the first sample entry; its format where that is encrypted or unknown.
    pub codec: String,
    /// `trex`: description, duration, size.
    pub(super) defaults: (u32, u32, u32),
    /// For each sample entry, how its samples are encrypted.
    pub(super) entries: Vec<Option<Encryption>>,
    /// Seconds by which the edit list moves composition times to presentation times.
    pub(super) edit: f64,
}

/// `tenc` (ISO/IEC 23001-7, 8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encryption {
    pub(super) protected: bool,
    /// 0, 8 or 16 bytes.
    pub(super) iv_size: u8,
}

/// Reads and judges a header (`ftyp`, `moov`). `codecs` are those announced, RFC 6381; empty: any.
pub fn header(bytes: &[u8], codecs: &str) -> (Option<Header>, Vec<Violation>) {
    let mut found = Findings::default();
    let mut moov = None;
    let mut ftyp = false;
    for entry in boxes(bytes) {
        match entry {
            Ok(entry) => match &entry.kind {
                b"ftyp" => ftyp = true,
                b"moov" => moov = moov.or(Some(entry)),
                b"moof" | b"mdat" => {
                    let what = format!("{} at {} of a header", entry.name(), entry.offset);
                    found.add(rules::HEADER_BOXES, what);
                }
                _ => {}
            },
            Err(what) => found.add(rules::BOX_STRUCTURE, what),
        }
    }
    if !ftyp {
        found.add(rules::HEADER_BOXES, "no ftyp");
    }
    let Some(moov) = moov else {
        found.add(rules::HEADER_BOXES, "no moov");
        return (None, found.0);
    };
    let movie = match read(bytes) {
        Ok(movie) => movie,
        Err(what) => {
            found.add(rules::HEADER_TRACKS, what);
            return (None, found.0);
        }
    };
    if moov.child(b"mvex").is_none() {
        let what = "no mvex: the moov announces no fragments";
        found.add(rules::HEADER_TRACKS, what);
    }
    if movie.tracks.is_empty() {
        found.add(rules::HEADER_TRACKS, "no track");
    }
    let tracks: Vec<HeaderTrack> = movie
        .tracks
        .iter()
        .map(|track| described(track, &movie, &moov))
        .collect();
    for track in &tracks {
        judge_codec(&mut found, track, codecs);
    }
    (Some(Header { tracks }), found.0)
}

/// The sample entry must be announced; profile and level may be told in more ways than one.
fn judge_codec(found: &mut Findings, track: &HeaderTrack, codecs: &str) {
    if codecs.trim().is_empty() {
        return;
    }
    let format = |codec: &str| {
        let format = codec.split('.').next().unwrap_or_default().trim();
        let format = format.to_ascii_lowercase();
        // Parameter sets in the samples or in the entry: players take both.
        match format.as_str() {
            "avc3" => "avc1".to_owned(),
            "hev1" => "hvc1".to_owned(),
            "dvhe" => "dvh1".to_owned(),
            _ => format,
        }
    };
    if !codecs
        .split(',')
        .any(|known| format(known) == format(&track.codec))
    {
        let what = format!("the header has {}, announced is {codecs}", track.codec);
        found.add(rules::CODECS, what);
    }
}

fn read(bytes: &[u8]) -> Result<Movie, String> {
    let limits = Limits {
        max_moov_bytes: MAX_HEADER,
        max_top_level_boxes: 64,
        max_fragments: 0,
        ..Limits::default()
    };
    let mut reader = MovieReader::new(bytes.len() as u64, limits);
    loop {
        match reader.step().map_err(|error| error.to_string())? {
            Step::Need(range) => {
                let start = usize::try_from(range.offset).unwrap_or(usize::MAX);
                let len = usize::try_from(range.len).unwrap_or(usize::MAX);
                let asked = bytes.get(start..).and_then(|rest| rest.get(..len));
                let asked = Bytes::copy_from_slice(asked.unwrap_or_default());
                reader
                    .supply(range, asked)
                    .map_err(|error| error.to_string())?;
            }
            Step::Done(movie) => return Ok(*movie),
        }
    }
}

fn described(track: &edgepack_isobmff::Track, movie: &Movie, moov: &Box<'_>) -> HeaderTrack {
    let mut traks = moov.children().flatten().filter(|b| b.kind == *b"trak");
    let trak = traks.find(|trak| track_id(trak) == Some(track.track_id));
    let entries = trak.and_then(|trak| {
        let stsd = trak
            .child(b"mdia")?
            .child(b"minf")?
            .child(b"stbl")?
            .child(b"stsd")?;
        Some(
            stsd.children_from(8)
                .flatten()
                .map(|e| encryption(&e))
                .collect(),
        )
    });
    let codec = track.sample_entries.first().map(|entry| {
        let told = entry.codec.rfc6381();
        told.unwrap_or_else(|| match &entry.codec {
            edgepack_isobmff::CodecConfig::Unsupported(format) => format.to_string(),
            _ => entry.format.to_string(),
        })
    });
    HeaderTrack {
        id: track.track_id,
        timescale: track.timescale,
        handler: track.handler,
        codec: codec.unwrap_or_default(),
        defaults: defaults(moov, track.track_id).unwrap_or((1, 0, 0)),
        entries: entries.unwrap_or_default(),
        edit: edit(trak.as_ref(), movie.timescale, track.timescale),
    }
}

fn track_id(trak: &Box<'_>) -> Option<u32> {
    let (version, _, mut fields) = trak.child(b"tkhd")?.full()?;
    fields.take(if version == 1 { 16 } else { 8 })?;
    fields.u32()
}

fn defaults(moov: &Box<'_>, id: u32) -> Option<(u32, u32, u32)> {
    let mvex = moov.child(b"mvex")?;
    let trexes = mvex.children().flatten().filter(|b| b.kind == *b"trex");
    for trex in trexes {
        let (_, _, mut fields) = trex.full()?;
        if fields.u32()? == id {
            return Some((fields.u32()?, fields.u32()?, fields.u32()?));
        }
    }
    None
}

/// `sinf/schi/tenc` of a sample entry, whatever fields stand before its boxes.
fn encryption(entry: &Box<'_>) -> Option<Encryption> {
    let fields = match &entry.kind {
        b"encv" => 78,
        // Sound descriptions of version 0, as ISO files have them.
        b"enca" => 28,
        b"enct" | b"encs" | b"encm" | b"encf" | b"encu" => 8,
        _ => return None,
    };
    let unknown = Encryption {
        protected: true,
        iv_size: 0,
    };
    let mut children = entry.children_from(fields).flatten();
    let sinf = children.find(|child| child.kind == *b"sinf");
    let tenc = sinf.and_then(|sinf| sinf.child(b"schi")?.child(b"tenc"));
    let read = tenc.and_then(|tenc| {
        let (_, _, mut fields) = tenc.full()?;
        fields.u16()?;
        Some(Encryption {
            protected: fields.u8()? != 0,
            iv_size: fields.u8()?,
        })
    });
    Some(read.unwrap_or(unknown))
}

/// Presentation time is composition time plus this (ISO/IEC 14496-12, 8.6.6): empty edits before the media, less where
/// in the media the first edit begins.
fn edit(trak: Option<&Box<'_>>, movie_timescale: u32, timescale: u32) -> f64 {
    let read = || {
        let (version, _, mut fields) = trak?.child(b"edts")?.child(b"elst")?.full()?;
        let count = fields.u32()?;
        let mut empty = 0.0;
        for _ in 0..count.min(16) {
            let (duration, time) = if version == 1 {
                (fields.u64()?, fields.u64()? as i64)
            } else {
                (u64::from(fields.u32()?), i64::from(fields.u32()? as i32))
            };
            fields.u32()?;
            if time >= 0 {
                return Some(empty - time as f64 / f64::from(timescale.max(1)));
            }
            empty += duration as f64 / f64::from(movie_timescale.max(1));
        }
        None
    };
    read().unwrap_or_default()
}
