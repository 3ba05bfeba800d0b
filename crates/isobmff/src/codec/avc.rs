//! AVC (ITU-T H.264): `avcC` and sequence parameter sets.
use bytes::Bytes;

use super::VideoInfo;
use super::visual::{VisualEntry, nal_length_size};
use crate::boxes::{Fields, Node};
use crate::{FourCc, Result};

mod sps;

pub use sps::Sps;

const NAL_SPS: u8 = 7;

/// `avcC` (ISO/IEC 14496-15) and what the first SPS says.
#[derive(Debug, Clone)]
pub struct AvcConfig {
    /// `avc1` or `avc3`; `dva1` or `dvav` with Dolby Vision.
    pub format: FourCc,
    pub profile: u8,
    pub compatibility: u8,
    pub level: u8,
    /// 1, 2 or 4.
    pub nal_length_size: u8,
    /// NAL units, header byte included, emulation prevention still inside. Empty only in `avc3` and `dvav`.
    pub sps: Vec<Bytes>,
    pub pps: Vec<Bytes>,
    pub video: VideoInfo,
}

impl AvcConfig {
    /// `avc1.64001f` (RFC 6381, 3.3); `dva1.09.05` for Dolby Vision.
    pub fn rfc6381(&self) -> String {
        if let (b"dva1" | b"dvav", Some(dolby)) = (&self.format.0, self.video.dolby_vision) {
            return dolby.rfc6381(self.format);
        }
        let Self {
            format,
            profile,
            compatibility,
            level,
            ..
        } = self;
        format!("{format}.{profile:02x}{compatibility:02x}{level:02x}")
    }
}

/// An `avc1`, `avc3`, `dva1` or `dvav` sample entry (ISO/IEC 14496-15, 5.4.2).
pub(super) fn parse(entry: &Node<'_>) -> Result<AvcConfig> {
    let visual = VisualEntry::parse(entry, b"avcC")?;
    let in_entry = matches!(&entry.kind().0, b"avc1" | b"dva1");
    if matches!(&entry.kind().0, b"dva1" | b"dvav") {
        visual.require_dolby_vision()?;
    }
    let avcc = &visual.config()?;
    let mut fields = avcc.fields();
    let [version, profile, compatibility, level, length, sps_count] = fields.array()?;
    if version != 1 {
        return Err(avcc.malformed(format!("version {version} is not defined")));
    }
    let nal_length_size = nal_length_size(avcc, length)?;
    let sps = nal_units(avcc, &mut fields, sps_count & 31)?;
    let pps_count = fields.u8()?;
    let pps = nal_units(avcc, &mut fields, pps_count)?;
    let first = match sps.first() {
        Some(nal) if nal.first().is_some_and(|header| header & 31 == NAL_SPS) => Some(
            Sps::parse(nal)
                .map_err(|error| avcc.malformed(format!("sequence parameter set: {error}")))?,
        ),
        Some(_) => {
            return Err(
                avcc.malformed("a NAL unit of another type stands where a parameter set should")
            );
        }
        None if in_entry => {
            return Err(avcc.malformed("no sequence parameter set"));
        }
        None => None,
    };
    Ok(AvcConfig {
        format: entry.kind(),
        profile,
        compatibility,
        level,
        nal_length_size,
        sps,
        pps,
        video: visual.info(first.map(|sps| sps.coded())),
    })
}

fn nal_units(avcc: &Node<'_>, fields: &mut Fields<'_>, count: u8) -> Result<Vec<Bytes>> {
    let mut units = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let len = usize::from(fields.u16()?);
        if len == 0 {
            return Err(avcc.malformed("an empty parameter set"));
        }
        units.push(fields.bytes(len)?);
    }
    Ok(units)
}

#[cfg(test)]
mod tests;
