//! `sinf` with `frma`, `schm`, `schi`/`tenc`; protected sample entries.
use crate::{Error, Result, TrackEncryption};
use bytes::Bytes;
use edgepack_isobmff::BoxWriter;

#[cfg(test)]
mod tests;

/// `schm`: version 1.0 of common encryption (ISO/IEC 23001-7, 4.1).
const SCHEME_VERSION: u32 = 0x0001_0000;

/// A sample entry turned into `encv`/`enca` with a `sinf` appended; all else bit for bit.
///
/// `raw` is the whole box, header included.
pub fn protect_sample_entry(raw: &Bytes, enc: &TrackEncryption) -> Result<Vec<u8>> {
    let Some((header, content)) = raw.split_first_chunk::<8>() else {
        return Err(Error::SampleEntry(format!(
            "{} bytes, less than a box header",
            raw.len()
        )));
    };
    let [s0, s1, s2, s3, format @ ..] = *header;
    let said = u32::from_be_bytes([s0, s1, s2, s3]);
    if usize::try_from(said).ok() != Some(raw.len()) {
        return Err(Error::SampleEntry(format!(
            "box of {} bytes says {said}",
            raw.len()
        )));
    }
    let Some(protected_format) = protected_format(&format) else {
        return Err(Error::UnsupportedCodec(
            format.escape_ascii().to_string(),
            enc.scheme,
        ));
    };
    let mut w = BoxWriter::new();
    w.boxed(protected_format, |w| {
        w.bytes(content);
        write_sinf(w, &format, enc);
    });
    Ok(w.into_vec())
}

/// `sgpd` and `sbgp` of type `seig` (ISO/IEC 23001-7, 6; ISO/IEC 14496-12, 8.9): all `samples` of a fragment are
/// protected as said here instead of as `tenc` says. The description stands in the fragment, so that each one can be
/// decrypted by itself.
pub fn write_sample_group(w: &mut BoxWriter, enc: &TrackEncryption, samples: u32) {
    /// Descriptions of the fragment's own `sgpd` count from 0x10001 (14496-12, 8.9.4).
    const FIRST_OF_FRAGMENT: u32 = 0x0001_0001;
    let iv = constant_iv(enc);
    w.full_box(b"sgpd", 1, 0, |w| {
        w.bytes(b"seig");
        w.u32(if iv.is_some() { 20 + 17 } else { 20 });
        w.u32(1);
        w.u8(0);
        write_protection(w, enc);
    });
    w.full_box(b"sbgp", 0, 0, |w| {
        w.bytes(b"seig");
        w.u32(1);
        w.u32(samples);
        w.u32(FIRST_OF_FRAGMENT);
    });
}

/// The format of a protected sample entry in place of this one (ISO/IEC 14496-12, 8.12.1).
fn protected_format(format: &[u8; 4]) -> Option<&'static [u8; 4]> {
    Some(match format {
        b"avc1" | b"avc3" | b"dva1" | b"dvav" => b"encv",
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => b"encv",
        b"av01" | b"dav1" | b"vp09" => b"encv",
        b"mp4a" | b"ac-3" | b"ec-3" | b"ac-4" | b"Opus" | b"fLaC" | b"alac" | b"iamf" => b"enca",
        b".mp3" => b"enca",
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" | b"dtsx" | b"dtsy" => b"enca",
        _ => return None,
    })
}

/// ISO/IEC 14496-12, 8.12.
fn write_sinf(w: &mut BoxWriter, format: &[u8; 4], enc: &TrackEncryption) {
    w.boxed(b"sinf", |w| {
        w.boxed(b"frma", |w| w.bytes(format));
        w.full_box(b"schm", 0, 0, |w| {
            w.bytes(&enc.scheme.fourcc());
            w.u32(SCHEME_VERSION);
        });
        w.boxed(b"schi", |w| write_tenc(w, enc));
    });
}

/// ISO/IEC 23001-7, 8.2. Version 1 wherever the IV is constant, for audio without a pattern too: players take a
/// version 0 box for one that cannot hold the IV.
fn write_tenc(w: &mut BoxWriter, enc: &TrackEncryption) {
    let has_pattern = enc.crypt_byte_block != 0 || enc.skip_byte_block != 0;
    let version = u8::from(has_pattern || enc.constant_iv.is_some());
    w.full_box(b"tenc", version, 0, |w| {
        w.u8(0);
        write_protection(w, enc);
    });
}

/// What `tenc` and `seig` have in common.
fn write_protection(w: &mut BoxWriter, enc: &TrackEncryption) {
    w.u8(enc.crypt_byte_block << 4 | enc.skip_byte_block & 0x0f);
    w.u8(1);
    w.u8(enc.per_sample_iv_size);
    w.bytes(&enc.default_kid.0);
    if let Some(iv) = constant_iv(enc) {
        w.u8(16);
        w.bytes(&iv);
    }
}

fn constant_iv(enc: &TrackEncryption) -> Option<[u8; 16]> {
    enc.constant_iv.filter(|_| enc.per_sample_iv_size == 0)
}
