//! The DTS family: `ddts` (ETSI TS 102 114, E.2.2.3) and `udts` of DTS-UHD (ETSI TS 103 491, B.2.2.4).
use super::bits::{BitReader, BitsError};
use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout};
use crate::{FourCc, Result};

/// `ddts` or `udts`, as far as what a decoder puts out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DtsConfig {
    /// `dtsc` core, `dtsh` core and extensions, `dtsl` lossless, `dtse` low bit rate, `dtsx` and `dtsy` DTS-UHD.
    pub format: FourCc,
    /// Hz.
    pub sample_rate: u32,
    pub channels: u16,
    /// ChannelLayout of `ddts`, ChannelMask of `udts`; none without a configuration.
    pub channel_mask: Option<u32>,
    /// ChannelConfiguration (ISO/IEC 23091-3); none when no code fits.
    pub cicp: Option<u8>,
    /// Samples; none without a configuration.
    pub frame_length: Option<u32>,
}

impl DtsConfig {
    pub(super) fn audio(&self) -> AudioInfo {
        AudioInfo {
            sample_rate: self.sample_rate,
            channels: self.channels,
            layout: ChannelLayout {
                dts_uhd_mask: self.channel_mask.filter(|_| is_uhd(self.format)),
                ..ChannelLayout::of_cicp(self.cicp.unwrap_or(0))
            },
            frame_length: self.frame_length,
        }
    }
}

fn is_uhd(format: FourCc) -> bool {
    matches!(&format.0, b"dtsx" | b"dtsy")
}

pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<DtsConfig> {
    let format = sound.entry.kind();
    let uhd = is_uhd(format);
    let config = sound.find(if uhd { b"udts" } else { b"ddts" })?;
    let Some(config) = config else {
        // The entry alone is what older writers leave.
        return Ok(DtsConfig {
            format,
            sample_rate: sound.rate()?,
            channels: sound.channels,
            channel_mask: None,
            cicp: None,
            frame_length: None,
        });
    };
    let content = config.fields().rest();
    let read = if uhd { udts } else { ddts };
    let mut parsed = read(&content).map_err(|error| config.malformed(error.to_string()))?;
    parsed.format = format;
    if parsed.channels == 0 {
        parsed.channels = sound.channels;
    }
    Ok(parsed)
}

fn ddts(content: &[u8]) -> std::result::Result<DtsConfig, BitsError> {
    let reader = &mut BitReader::new(content);
    let sample_rate = reader.bits(32)?;
    // Two bit rates, depth.
    reader.skip(32 + 32 + 8)?;
    let frame_duration = reader.bits(2)?;
    // StreamConstruction, the core's fields, StereoDownmix, RepresentationType
    reader.skip(5 + 1 + 6 + 14 + 1 + 3)?;
    let mask = reader.bits(16)?;
    Ok(DtsConfig {
        format: FourCc(*b"dtsc"),
        sample_rate: positive(sample_rate)?,
        channels: (mask.count_ones() + (mask & DDTS_PAIRS).count_ones()) as u16,
        channel_mask: Some(mask),
        cicp: code(&DDTS_CODES, mask),
        frame_length: Some(512 << frame_duration),
    })
}

/// L/R, Ls/Rs, Lh/Rh, Lsr/Rsr, Lc/Rc, Lw/Rw, Lss/Rss, Lhs/Rhs, Lhr/Rhr; C, LFE, Cs, Ch, Oh, LFE2 and Chr are single.
const DDTS_PAIRS: u32 = 0b1010_1110_0110_0110;

/// By ChannelLayout: 0 C, 1 L/R, 2 Ls/Rs, 3 LFE, 4 Cs, 6 Lsr/Rsr, 9 Lc/Rc.
const DDTS_CODES: [(u32, u8); 11] = [
    (0x01, 1),
    (0x02, 2),
    (0x03, 3),
    (0x13, 4),
    (0x07, 5),
    (0x0f, 6),
    (0x20f, 7),
    (0x12, 9),
    (0x06, 10),
    (0x1f, 11),
    (0x4f, 12),
];

fn udts(content: &[u8]) -> std::result::Result<DtsConfig, BitsError> {
    let reader = &mut BitReader::new(content);
    // DecoderProfileCode
    reader.skip(6)?;
    let frame_duration = reader.bits(2)?;
    // MaxPayloadCode, NumPresentationsCode
    reader.skip(3 + 5)?;
    let mask = reader.bits(32)?;
    let base = if reader.flag()? { 48_000 } else { 44_100 };
    let sample_rate = base << reader.bits(2)?;
    Ok(DtsConfig {
        format: FourCc(*b"dtsx"),
        sample_rate,
        channels: mask.count_ones() as u16,
        channel_mask: Some(mask),
        cicp: code(&UDTS_CODES, mask),
        frame_length: Some(512 << frame_duration),
    })
}

/// By ChannelMask: 0 C, 1 L, 2 R, 3 Ls, 4 Rs, 5 LFE, 6 Cs, 7 Lsr, 8 Rsr.
const UDTS_CODES: [(u32, u8); 10] = [
    (0x01, 1),
    (0x06, 2),
    (0x07, 3),
    (0x47, 4),
    (0x1f, 5),
    (0x3f, 6),
    (0x46, 9),
    (0x1e, 10),
    (0x7f, 11),
    (0x1bf, 12),
];

fn code(codes: &[(u32, u8)], mask: u32) -> Option<u8> {
    codes
        .iter()
        .find(|(known, _)| *known == mask)
        .map(|(_, code)| *code)
}

fn positive(rate: u32) -> std::result::Result<u32, BitsError> {
    if rate == 0 {
        Err(BitsError("a sample rate of 0"))
    } else {
        Ok(rate)
    }
}

#[cfg(test)]
mod tests;
