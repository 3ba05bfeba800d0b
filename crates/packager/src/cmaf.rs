//! CMAF headers (ISO/IEC 23000-19, 7.3.1; box by box ISO/IEC 14496-12).
use std::borrow::Cow;

use bytes::Bytes;
use edgepack_isobmff::{BoxWriter, SampleEntry, Track};

use crate::fragment::{NON_SYNC_SAMPLE, SYNC_SAMPLE};
use crate::{Error, HeaderProtection, Media, Presentation, Rendition, Result};

/// A CMAF track file has one track.
pub(crate) const TRACK_ID: u32 = 1;

/// In movie, in preview, enabled (14496-12, 8.3.2.3).
const TRACK_FLAGS: u32 = 7;
/// 1.0 in 16.16 and 8.8.
const FIXED_ONE_16_16: u32 = 1 << 16;
const FIXED_ONE_8_8: u16 = 1 << 8;
pub(crate) const UNITY_MATRIX: [i32; 9] = [1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30];
/// The media is in the same file (14496-12, 8.7.2.3).
const SELF_CONTAINED: u32 = 1;

/// The CMAF header. `pssh`: boxes appended to `moov` (none when they ride in the manifest).
///
/// # Errors
/// [`crate::Error::Drm`] for a sample entry that cannot be protected.
pub fn header(
    p: &Presentation,
    r: &Rendition,
    protection: HeaderProtection<'_>,
    pssh: &[u8],
) -> Result<Bytes> {
    let track = p.track(r).ok_or_else(|| Error::NotOffered {
        rendition: r.name.clone(),
        what: "CMAF header of source samples",
    })?;
    let clear: Vec<&SampleEntry> = p.sample_entries(r).collect();
    let entries = sample_entries(&clear, protection)?;
    // Until the end of the last segment, with what the edit list leaves out before the first.
    let duration = r.duration().saturating_add(r.priming);
    Ok(of_track(track, r, &entries, Some(duration), pssh))
}

/// `ftyp` and `moov` of a track. `duration`: where it is known, of all fragments, with what the edit list leaves out.
pub(crate) fn of_track(
    track: &Track,
    r: &Rendition,
    entries: &[Cow<'_, [u8]>],
    duration: Option<u64>,
    pssh: &[u8],
) -> Bytes {
    let mut w = BoxWriter::new();
    write_ftyp(&mut w, r);
    w.boxed(b"moov", |w| {
        write_mvhd(w, r.timescale);
        w.boxed(b"trak", |w| {
            if is_video(r) {
                let size = (track.presentation_width, track.presentation_height);
                write_tkhd(w, 0, &track.matrix, size);
            } else {
                write_tkhd(w, FIXED_ONE_8_8, &track.matrix, (0, 0));
            }
            write_edts(w, r);
            w.boxed(b"mdia", |w| {
                write_mdhd(w, r.timescale, &r.language);
                write_hdlr(w, r);
                w.boxed(b"minf", |w| write_minf(w, r, entries));
            });
        });
        w.boxed(b"mvex", |w| {
            if let Some(duration) = duration {
                w.full_box(b"mehd", 1, 0, |w| w.u64(duration));
            }
            write_trex(
                w,
                if is_video(r) {
                    NON_SYNC_SAMPLE
                } else {
                    SYNC_SAMPLE
                },
            );
        });
        w.bytes(pssh);
    });
    Bytes::from(w.into_vec())
}

/// What `stsd` holds.
///
/// # Errors
/// [`crate::Error::Drm`] for a sample entry that cannot be protected.
pub(crate) fn sample_entries<'a>(
    clear: &[&'a SampleEntry],
    protection: HeaderProtection<'_>,
) -> Result<Vec<Cow<'a, [u8]>>> {
    let (encryption, has_clear) = match protection {
        HeaderProtection::Clear => (None, true),
        HeaderProtection::Protected(encryption) => (Some(encryption), false),
        HeaderProtection::WithLead(encryption) => (Some(encryption), true),
    };
    let mut entries: Vec<Cow<'_, [u8]>> = Vec::with_capacity(2 * clear.len());
    if let Some(encryption) = encryption {
        for entry in clear {
            let entry = edgepack_drm::boxes::protect_sample_entry(&entry.raw, encryption)?;
            entries.push(entry.into());
        }
    }
    if has_clear {
        entries.extend(clear.iter().map(|entry| Cow::Borrowed(&entry.raw[..])));
    }
    Ok(entries)
}

fn is_video(r: &Rendition) -> bool {
    matches!(r.media, Media::Video { .. })
}

pub(crate) fn write_trex(w: &mut BoxWriter, sample_flags: u32) {
    w.full_box(b"trex", 0, 0, |w| {
        w.u32(TRACK_ID);
        w.u32(1);
        w.u32(0);
        w.u32(0);
        w.u32(sample_flags);
    });
}

/// `cmf2` (23000-19, 7.2 and Annex A): video without edit list, signed composition offsets, defaults repeated in every
/// fragment. `cmfc` holds for all; `iso6` has what the fragments use of 14496-12.
fn write_ftyp(w: &mut BoxWriter, r: &Rendition) {
    let cmf2 = is_video(r) && r.priming == 0;
    w.boxed(b"ftyp", |w| {
        w.bytes(if cmf2 { b"cmf2" } else { b"cmfc" });
        w.u32(0);
        w.bytes(b"iso6");
        w.bytes(b"cmfc");
        if cmf2 {
            w.bytes(b"cmf2");
        }
        w.bytes(b"dash");
    });
}

pub(crate) fn write_mvhd(w: &mut BoxWriter, timescale: u32) {
    w.full_box(b"mvhd", 0, 0, |w| {
        // Creation and modification time unsaid: the header is the same on every node.
        w.zeros(8);
        w.u32(timescale);
        w.u32(0);
        w.u32(FIXED_ONE_16_16);
        w.u16(FIXED_ONE_8_8);
        w.zeros(10);
        UNITY_MATRIX.iter().for_each(|v| w.i32(*v));
        w.zeros(24);
        w.u32(TRACK_ID + 1);
    });
}

pub(crate) fn write_tkhd(
    w: &mut BoxWriter,
    volume: u16,
    matrix: &[i32; 9],
    (width, height): (u32, u32),
) {
    w.full_box(b"tkhd", 0, TRACK_FLAGS, |w| {
        w.zeros(8);
        w.u32(TRACK_ID);
        w.zeros(4);
        // Duration, two reserved words, layer, alternate group.
        w.zeros(4 + 8 + 4);
        w.u16(volume);
        w.u16(0);
        matrix.iter().for_each(|v| w.i32(*v));
        w.u32(width << 16);
        w.u32(height << 16);
    });
}

/// 23000-19, 7.5.13: one entry, of duration 0, which in a fragmented file lasts to the end.
fn write_edts(w: &mut BoxWriter, r: &Rendition) {
    if r.priming == 0 {
        return;
    }
    w.boxed(b"edts", |w| {
        match u32::try_from(r.priming)
            .ok()
            .filter(|time| i32::try_from(*time).is_ok())
        {
            Some(media_time) => w.full_box(b"elst", 0, 0, |w| {
                w.u32(1);
                w.u32(0);
                w.u32(media_time);
                w.u32(FIXED_ONE_16_16);
            }),
            None => w.full_box(b"elst", 1, 0, |w| {
                w.u32(1);
                w.u64(0);
                w.u64(r.priming);
                w.u32(FIXED_ONE_16_16);
            }),
        }
    });
}

pub(crate) fn write_mdhd(w: &mut BoxWriter, timescale: u32, language: &str) {
    let code = language_code(language);
    w.full_box(b"mdhd", 0, 0, |w| {
        w.zeros(8);
        w.u32(timescale);
        w.u32(0);
        w.u16(
            code.iter()
                .fold(0, |packed, letter| packed << 5 | u16::from(letter & 0x1f)),
        );
        w.u16(0);
    });
    // The tag itself wherever three letters cannot say it (14496-12, 8.4.6).
    if code.as_slice() != language.as_bytes() {
        w.full_box(b"elng", 0, 0, |w| {
            w.bytes(language.as_bytes());
            w.u8(0);
        });
    }
}

/// The tag's three letters; `und` for a tag that begins otherwise.
fn language_code(tag: &str) -> [u8; 3] {
    let primary = tag.split('-').next().unwrap_or_default().as_bytes();
    match <[u8; 3]>::try_from(primary) {
        Ok(code) if code.iter().all(u8::is_ascii_lowercase) => code,
        _ => *b"und",
    }
}

fn write_hdlr(w: &mut BoxWriter, r: &Rendition) {
    w.full_box(b"hdlr", 0, 0, |w| {
        w.u32(0);
        w.bytes(if is_video(r) { b"vide" } else { b"soun" });
        w.zeros(12);
        w.bytes(if is_video(r) {
            b"VideoHandler\0"
        } else {
            b"SoundHandler\0"
        });
    });
}

fn write_minf(w: &mut BoxWriter, r: &Rendition, entries: &[Cow<'_, [u8]>]) {
    if is_video(r) {
        w.full_box(b"vmhd", 0, 1, |w| w.zeros(8));
    } else {
        w.full_box(b"smhd", 0, 0, |w| w.zeros(4));
    }
    write_dinf(w);
    write_stbl(w, entries);
}

pub(crate) fn write_dinf(w: &mut BoxWriter) {
    w.boxed(b"dinf", |w| {
        w.full_box(b"dref", 0, 0, |w| {
            w.u32(1);
            w.full_box(b"url ", 0, SELF_CONTAINED, |_| {});
        });
    });
}

/// All samples are in fragments.
pub(crate) fn write_stbl(w: &mut BoxWriter, entries: &[Cow<'_, [u8]>]) {
    w.boxed(b"stbl", |w| {
        w.full_box(b"stsd", 0, 0, |w| {
            w.u32(u32::try_from(entries.len()).unwrap_or(u32::MAX));
            entries.iter().for_each(|entry| w.bytes(entry));
        });
        w.full_box(b"stts", 0, 0, |w| w.u32(0));
        w.full_box(b"stsc", 0, 0, |w| w.u32(0));
        w.full_box(b"stsz", 0, 0, |w| w.zeros(8));
        w.full_box(b"stco", 0, 0, |w| w.u32(0));
    });
}

#[cfg(test)]
mod tests;
