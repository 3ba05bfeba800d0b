//! `trak`: track and media headers, edits, and the sample table below (ISO/IEC 14496-12, 8.3–8.6).
use bytes::Bytes;

use super::entry::parse_stsd;
use super::language::{from_elng, from_mdhd};
use super::moov::timescale_and_duration;
use super::{Edit, Handler, Track};
use crate::boxes::Node;
use crate::samples::{SampleTable, TableBoxes};
use crate::{CodecConfig, Limits, Result};

/// Far above what any editor writes.
const MAX_EDITS: u32 = 4096;

pub(super) fn parse_track(trak: &Node<'_>, file_len: u64, limits: &Limits) -> Result<Track> {
    let (mut tkhd, mut edts, mut mdia) = (None, None, None);
    for child in trak.children(0) {
        let child = child?;
        match &child.kind().0 {
            b"tkhd" => child.once(&mut tkhd)?,
            b"edts" => child.once(&mut edts)?,
            b"mdia" => child.once(&mut mdia)?,
            _ => {}
        }
    }
    let header = parse_tkhd(&trak.require(tkhd, b"tkhd")?)?;
    let edits = edts.as_ref().map_or(Ok(Vec::new()), parse_edts)?;
    let mdia = trak.require(mdia, b"mdia")?;
    let (mut mdhd, mut hdlr, mut elng, mut minf) = (None, None, None, None);
    for child in mdia.children(0) {
        let child = child?;
        match &child.kind().0 {
            b"mdhd" => child.once(&mut mdhd)?,
            b"hdlr" => child.once(&mut hdlr)?,
            b"elng" => child.once(&mut elng)?,
            b"minf" => child.once(&mut minf)?,
            _ => {}
        }
    }
    let mdhd = mdia.require(mdhd, b"mdhd")?;
    let (timescale, duration) = timescale_and_duration(&mdhd)?;
    let extended = elng.as_ref().map_or(Ok(None), parse_elng)?;
    let language = match extended {
        Some(language) => language,
        None => parse_mdhd_language(&mdhd)?,
    };
    let handler = parse_hdlr(&mdia.require(hdlr, b"hdlr")?)?;
    let minf = mdia.require(minf, b"minf")?;
    let (sample_entries, samples) = parse_minf(&minf, handler, file_len, limits)?;
    Ok(Track {
        track_id: header.track_id,
        handler,
        timescale,
        duration: duration.unwrap_or_else(|| samples.total_duration()),
        language,
        enabled: header.enabled,
        presentation_width: header.width,
        presentation_height: header.height,
        matrix: header.matrix,
        edits,
        sample_entries,
        samples,
    })
}

struct TrackHeader {
    track_id: u32,
    enabled: bool,
    matrix: [i32; 9],
    width: u32,
    height: u32,
}

fn parse_tkhd(tkhd: &Node<'_>) -> Result<TrackHeader> {
    let mut fields = tkhd.fields();
    let (version, flags) = fields.version_and_flags()?;
    if version > 1 {
        return Err(tkhd.malformed(format!("version {version} is not defined")));
    }
    fields.skip(if version == 1 { 16 } else { 8 })?;
    let track_id = fields.u32()?;
    if track_id == 0 {
        return Err(tkhd.malformed("the track id is 0"));
    }
    // reserved, duration, reserved, layer, alternate_group, volume, reserved
    fields.skip(4 + if version == 1 { 8 } else { 4 } + 8 + 8)?;
    let mut matrix = [0; 9];
    for cell in &mut matrix {
        *cell = fields.i32()?;
    }
    let width = rounded(fields.u32()?);
    let height = rounded(fields.u32()?);
    Ok(TrackHeader {
        track_id,
        enabled: flags & 1 != 0,
        matrix,
        width,
        height,
    })
}

/// 16.16 to the nearest whole number.
fn rounded(fixed: u32) -> u32 {
    (fixed >> 16) + (fixed >> 15 & 1)
}

fn parse_edts(edts: &Node<'_>) -> Result<Vec<Edit>> {
    let mut elst = None;
    for child in edts.children(0) {
        let child = child?;
        if child.kind().0 == *b"elst" {
            child.once(&mut elst)?;
        }
    }
    let Some(elst) = elst else {
        return Ok(Vec::new());
    };
    let mut fields = elst.fields();
    let (version, _) = fields.version_and_flags()?;
    if version > 1 {
        return Err(elst.malformed(format!("version {version} is not defined")));
    }
    let count = fields.u32()?;
    if count > MAX_EDITS {
        return Err(elst.limit("edits", u64::from(MAX_EDITS)));
    }
    let mut edits = Vec::new();
    for _ in 0..count {
        let segment_duration = fields.u32_or_u64(version)?;
        let media_time = if version == 1 {
            fields.i64()?
        } else {
            i64::from(fields.i32()?)
        };
        if media_time < -1 {
            return Err(elst.malformed(format!(
                "media time {media_time}: only −1 (an empty edit) is below 0"
            )));
        }
        edits.push(Edit {
            segment_duration,
            media_time,
            media_rate: fields.i32()?,
        });
    }
    Ok(edits)
}

/// The language field stands last but one.
fn parse_mdhd_language(mdhd: &Node<'_>) -> Result<String> {
    let mut fields = mdhd.fields();
    let (version, _) = fields.version_and_flags()?;
    fields.skip(if version == 1 { 28 } else { 16 })?;
    Ok(from_mdhd(fields.u16()?))
}

fn parse_elng(elng: &Node<'_>) -> Result<Option<String>> {
    let mut fields = elng.fields();
    fields.version_and_flags()?;
    Ok(from_elng(&fields.rest()))
}

fn parse_hdlr(hdlr: &Node<'_>) -> Result<Handler> {
    let mut fields = hdlr.fields();
    fields.version_and_flags()?;
    fields.skip(4)?;
    let kind = fields.fourcc()?;
    Ok(match &kind.0 {
        b"vide" => Handler::Video,
        b"soun" => Handler::Audio,
        b"text" | b"subt" | b"sbtl" => Handler::Text,
        _ => Handler::Other(kind),
    })
}

fn parse_minf(
    minf: &Node<'_>,
    handler: Handler,
    file_len: u64,
    limits: &Limits,
) -> Result<(Vec<super::SampleEntry>, SampleTable)> {
    let (mut dinf, mut stbl) = (None, None);
    for child in minf.children(0) {
        let child = child?;
        match &child.kind().0 {
            b"dinf" => child.once(&mut dinf)?,
            b"stbl" => child.once(&mut stbl)?,
            _ => {}
        }
    }
    let own_file = dinf.as_ref().map_or(Ok(Vec::new()), parse_dinf)?;
    let stbl = minf.require(stbl, b"stbl")?;
    let mut stsd = None;
    let mut tables = TableBoxes::default();
    for child in stbl.children(0) {
        let child = child?;
        if child.kind().0 == *b"stsd" {
            child.once(&mut stsd)?;
        } else {
            tables.take(child)?;
        }
    }
    let entries = parse_stsd(&stbl.require(stsd, b"stsd")?, handler, &own_file)?;
    let read = entries
        .iter()
        .any(|entry| !matches!(entry.codec, CodecConfig::Unsupported(_)));
    let max_samples = if read {
        limits.max_samples_per_track
    } else {
        u32::MAX
    };
    let samples = SampleTable::build(&stbl, tables, entries.len(), file_len, max_samples)?;
    Ok((entries, samples))
}

/// For each data reference, whether it means this file (8.7.2).
fn parse_dinf(dinf: &Node<'_>) -> Result<Vec<bool>> {
    let mut dref = None;
    for child in dinf.children(0) {
        let child = child?;
        if child.kind().0 == *b"dref" {
            child.once(&mut dref)?;
        }
    }
    let Some(dref) = dref else {
        return Ok(Vec::new());
    };
    let mut own = Vec::new();
    for reference in dref.children(8) {
        let reference = reference?;
        if own.len() >= usize::from(u16::MAX) {
            return Err(dref.limit("data references", u64::from(u16::MAX)));
        }
        let mut fields = reference.fields();
        let (_, flags) = fields.version_and_flags()?;
        let location: Bytes = fields.rest();
        // QuickTime's alias to its own file is written without a location, too.
        own.push(flags & 1 != 0 || location.is_empty());
    }
    Ok(own)
}
