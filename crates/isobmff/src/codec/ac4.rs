//! AC-4: `dac4` (ETSI TS 103 190-2, E.4 to E.10), as far as its first presentation.
use super::bits::{BitReader, BitsError};
use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout, CodecConfig};
use crate::Result;

/// `dac4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ac4Config {
    pub bitstream_version: u8,
    pub presentation_version: u8,
    /// Decoder compatibility level.
    pub md_compat: u8,
    /// Hz.
    pub sample_rate: u32,
    /// Of the first presentation, where it is coded by channels; else of the sample entry.
    pub channels: u16,
    /// presentation_channel_mask of the first presentation; none when it is coded by objects.
    pub channel_mask: Option<u32>,
    /// Samples; none where frames are not a whole number of them.
    pub frame_length: Option<u32>,
}

impl Ac4Config {
    /// `ac-4.02.01.03` (ETSI TS 103 190-2, E.13).
    pub fn rfc6381(&self) -> String {
        let Self {
            bitstream_version,
            presentation_version,
            md_compat,
            ..
        } = self;
        format!("ac-4.{bitstream_version:02x}.{presentation_version:02x}.{md_compat:02x}")
    }

    pub(super) fn audio(&self) -> AudioInfo {
        let cicp = self.channel_mask.and_then(code).unwrap_or(0);
        AudioInfo {
            sample_rate: self.sample_rate,
            channels: self.channels,
            layout: ChannelLayout {
                ac4_mask: self.channel_mask,
                ..ChannelLayout::of_cicp(cicp)
            },
            frame_length: self.frame_length,
        }
    }
}

/// ac4_dsi_v1: the form that all encoders for streaming write.
const DSI_VERSION: u8 = 1;

/// An `ac-4` sample entry.
pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<CodecConfig> {
    let dac4 = sound.require(b"dac4")?;
    let content = dac4.fields().rest();
    if content.first().is_some_and(|byte| byte >> 5 != DSI_VERSION) {
        return Ok(CodecConfig::Unsupported(sound.entry.kind()));
    }
    let mut config = read(&content).map_err(|error| dac4.malformed(error.to_string()))?;
    config.channels = config.channel_mask.map_or(sound.channels, channel_count);
    Ok(CodecConfig::Ac4(config))
}

fn read(content: &[u8]) -> std::result::Result<Ac4Config, BitsError> {
    let reader = &mut BitReader::new(content);
    reader.skip(3)?;
    let bitstream_version = reader.byte(7)?;
    let high_rate = reader.flag()?;
    let frame_rate_index = reader.byte(4)?;
    let presentations = reader.bits(9)?;
    if presentations == 0 {
        return Err(BitsError("no presentation"));
    }
    if bitstream_version > 1 && reader.flag()? {
        // short_program_id
        reader.skip(16)?;
        if reader.flag()? {
            // program_uuid
            reader.skip(128)?;
        }
    }
    // ac4_bitrate_dsi: mode, rate, precision
    reader.skip(2 + 32 + 32)?;
    reader.skip(reader.left() % 8)?;
    let presentation_version = reader.byte(8)?;
    if reader.byte(8)? == 255 {
        // The length goes on.
        reader.skip(16)?;
    }
    let presentation = match presentation_version {
        0 => presentation_v0(reader)?,
        1 | 2 => presentation_v1(reader)?,
        _ => return Err(BitsError("a presentation version that is not defined")),
    };
    let (md_compat, channel_mask) = presentation;
    Ok(Ac4Config {
        bitstream_version,
        presentation_version,
        md_compat,
        sample_rate: if high_rate { 48_000 } else { 44_100 },
        channels: 0,
        channel_mask,
        frame_length: frame_length(high_rate, frame_rate_index),
    })
}

/// A presentation that is no more than additional data.
const EMDF_ONLY: u8 = 6;

/// mdcompat, as ac4_presentation_v0_dsi begins.
fn presentation_v0(
    reader: &mut BitReader<'_>,
) -> std::result::Result<(u8, Option<u32>), BitsError> {
    if reader.byte(5)? == EMDF_ONLY {
        return Ok((0, None));
    }
    Ok((reader.byte(3)?, None))
}

/// mdcompat and presentation_channel_mask_v1, as ac4_presentation_v1_dsi begins.
fn presentation_v1(
    reader: &mut BitReader<'_>,
) -> std::result::Result<(u8, Option<u32>), BitsError> {
    if reader.byte(5)? == EMDF_ONLY {
        return Ok((0, None));
    }
    let md_compat = reader.byte(3)?;
    if reader.flag()? {
        // presentation_id
        reader.skip(5)?;
    }
    // Frame rate multiply and fraction, EMDF version, key id
    reader.skip(2 + 2 + 5 + 10)?;
    let channel_coded = reader.flag()?;
    if !channel_coded {
        return Ok((md_compat, None));
    }
    let mode = reader.byte(5)?;
    if matches!(mode, 11..=14) {
        // pres_b_4_back_channels_present, pres_top_channel_pairs
        reader.skip(1 + 2)?;
    }
    Ok((md_compat, Some(reader.bits(24)?)))
}

/// By frame_rate_index (ETSI TS 103 190-1, table 83).
fn frame_length(high_rate: bool, index: u8) -> Option<u32> {
    const FULL: u8 = 13;
    match (high_rate, index) {
        (_, FULL) => Some(2048),
        (false, _) => None,
        (true, 0) => Some(2002),
        (true, 1) => Some(2000),
        (true, 2) => Some(1920),
        (true, 4) => Some(1600),
        (true, 5) => Some(1001),
        (true, 6) => Some(1000),
        (true, 7) => Some(960),
        (true, 9) => Some(800),
        (true, 10) => Some(480),
        (true, 12) => Some(400),
        // 30000/1001 and its multiples
        (true, _) => None,
    }
}

// Speaker groups (ETSI TS 103 190-2, table A.27).
const L_R: u32 = 1;
const C: u32 = 1 << 1;
const LS_RS: u32 = 1 << 2;
const LB_RB: u32 = 1 << 3;
const TFL_TFR: u32 = 1 << 4;
const TBL_TBR: u32 = 1 << 5;
const LFE: u32 = 1 << 6;
const CB: u32 = 1 << 15;
const LSCR_RSCR: u32 = 1 << 16;
const LW_RW: u32 = 1 << 17;
/// The groups of two, with Tl/Tr, Tsl/Tsr, Bfl/Bfr and Vhl/Vhr.
const PAIRS: u32 = L_R
    | LS_RS
    | LB_RB
    | TFL_TFR
    | TBL_TBR
    | 1 << 7
    | 1 << 8
    | 1 << 13
    | LSCR_RSCR
    | LW_RW
    | 1 << 18;

fn channel_count(mask: u32) -> u16 {
    (mask.count_ones() + (mask & PAIRS).count_ones()) as u16
}

/// ChannelConfiguration (ISO/IEC 23091-3), as ETSI TS 103 190-2, table G.1 gives it.
fn code(mask: u32) -> Option<u8> {
    const FIVE: u32 = L_R | C | LS_RS;
    const CODES: [(u32, u8); 14] = [
        (C, 1),
        (L_R, 2),
        (L_R | C, 3),
        (L_R | C | CB, 4),
        (FIVE, 5),
        (FIVE | LFE, 6),
        (FIVE | LFE | LW_RW, 7),
        (L_R | CB, 9),
        (L_R | LS_RS, 10),
        (FIVE | LFE | CB, 11),
        (FIVE | LFE | LB_RB, 12),
        (FIVE | LFE | TFL_TFR, 14),
        (FIVE | LFE | TFL_TFR | TBL_TBR, 16),
        (FIVE | LFE | LB_RB | TFL_TFR | TBL_TBR, 19),
    ];
    CODES
        .iter()
        .find(|(known, _)| *known == mask)
        .map(|(_, code)| *code)
}

#[cfg(test)]
mod tests;
