//! AC-3: `dac3` (ETSI TS 102 366, F.4).
use super::bits::{BitReader, BitsError};
use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout};
use crate::Result;

/// Audio samples of a syncframe (ETSI TS 102 366, 4.1): six blocks.
pub(super) const FRAME_LENGTH: u32 = 1536;

/// `dac3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ac3Config {
    pub bit_stream_identification: u8,
    pub bit_stream_mode: u8,
    /// Bits per second; none for a reserved code.
    pub bit_rate: Option<u32>,
    pub channels: Channels,
    /// Hz.
    pub sample_rate: u32,
}

/// Audio coding mode and low-frequency effects (ETSI TS 102 366, 4.4.2.3), with what a dependent substream adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channels {
    /// `acmod`: 2 stereo, 7 five channels.
    pub coding_mode: u8,
    pub low_frequency: bool,
    /// `chan_loc` of E-AC-3, nine bits; 0 without dependent substreams.
    pub locations: u16,
}

impl Channels {
    /// What a decoder puts out.
    pub fn count(self) -> u16 {
        let map = self.map();
        (map.count_ones() + (map & PAIRS).count_ones()) as u16
    }

    /// Custom channel map (ETSI TS 102 366, table E.1.4), L being the most significant bit.
    pub fn map(self) -> u16 {
        // 1+1, 1/0, 2/0, 3/0, 2/1, 3/1, 2/2, 3/2 (table 4.3).
        const MODES: [u16; 8] = [
            L | R,
            C,
            L | R,
            L | C | R,
            L | R | CS,
            L | C | R | CS,
            L | R | LS | RS,
            FIVE,
        ];
        let mut map = MODES
            .get(usize::from(self.coding_mode))
            .copied()
            .unwrap_or(0);
        if self.low_frequency {
            map |= LFE;
        }
        // chan_loc: bit 0 is Lc/Rc, and so on in the order of the map, but for the last, bit 8, which is LFE2.
        for bit in 0..8 {
            if self.locations >> bit & 1 != 0 {
                map |= LC_RC >> bit;
            }
        }
        if self.locations >> 8 & 1 != 0 {
            map |= LFE2;
        }
        map
    }

    pub(super) fn layout(self) -> ChannelLayout {
        let map = self.map();
        // By the positions that ISO/IEC 23091-3 gives each code.
        const CODES: [(u16, u8); 14] = [
            (C, 1),
            (L | R, 2),
            (L | C | R, 3),
            (L | C | R | CS, 4),
            (FIVE, 5),
            (FIVE | LFE, 6),
            (FIVE | LC_RC | LFE, 7),
            (FIVE | LW_RW | LFE, 7),
            (L | R | CS, 9),
            (L | R | LS | RS, 10),
            (FIVE | CS | LFE, 11),
            (L | C | R | LRS_RRS | CS | LFE, 11),
            (FIVE | LRS_RRS | LFE, 12),
            (FIVE | LVH_RVH | LFE, 14),
        ];
        let known = CODES.iter().find(|(positions, _)| *positions == map);
        let cicp = match known {
            Some(_) if self.coding_mode == DUAL_MONO && map == L | R => 8,
            Some((_, code)) => *code,
            None => 0,
        };
        ChannelLayout {
            dolby_map: Some(map),
            ..ChannelLayout::of_cicp(cicp)
        }
    }
}

const DUAL_MONO: u8 = 0;

const L: u16 = 1 << 15;
const C: u16 = 1 << 14;
const R: u16 = 1 << 13;
const LS: u16 = 1 << 12;
const RS: u16 = 1 << 11;
const LC_RC: u16 = 1 << 10;
const LRS_RRS: u16 = 1 << 9;
const CS: u16 = 1 << 8;
const LW_RW: u16 = 1 << 5;
const LVH_RVH: u16 = 1 << 4;
const LFE2: u16 = 1 << 1;
const LFE: u16 = 1;
const FIVE: u16 = L | C | R | LS | RS;
/// Lc/Rc, Lrs/Rrs, Lsd/Rsd, Lw/Rw, Lvh/Rvh, Lts/Rts.
const PAIRS: u16 = LC_RC | LRS_RRS | 1 << 6 | LW_RW | LVH_RVH | 1 << 2;

impl Ac3Config {
    pub(super) fn audio(&self) -> AudioInfo {
        AudioInfo {
            sample_rate: self.sample_rate,
            channels: self.channels.count(),
            layout: self.channels.layout(),
            frame_length: Some(FRAME_LENGTH),
        }
    }
}

/// kbit/s, by bit_rate_code (ETSI TS 102 366, table F.4.1).
const BIT_RATES: [u32; 19] = [
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
];

pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<Ac3Config> {
    let dac3 = sound.require(b"dac3")?;
    let content = dac3.fields().array::<3>()?;
    let read = || {
        let reader = &mut BitReader::new(&content);
        let (rate, identification) = (reader.byte(2)?, reader.byte(5)?);
        let (mode, channels) = (reader.byte(3)?, channels(reader)?);
        Ok((rate, identification, mode, channels, reader.byte(5)?))
    };
    let (rate, bit_stream_identification, bit_stream_mode, channels, bit_rate) =
        read().map_err(|error: BitsError| dac3.malformed(error.to_string()))?;
    let full = match sample_rate(rate) {
        Some(rate) => rate,
        None => sound.rate()?,
    };
    Ok(Ac3Config {
        bit_stream_identification,
        bit_stream_mode,
        bit_rate: BIT_RATES.get(usize::from(bit_rate)).map(|rate| rate * 1000),
        channels,
        // Half and quarter rates are a later convention of decoders.
        sample_rate: match bit_stream_identification {
            9 => full / 2,
            10 => full / 4,
            _ => full,
        },
    })
}

/// acmod and lfeon.
pub(super) fn channels(reader: &mut BitReader<'_>) -> std::result::Result<Channels, BitsError> {
    Ok(Channels {
        coding_mode: reader.byte(3)?,
        low_frequency: reader.flag()?,
        locations: 0,
    })
}

/// By fscod, Hz; none for a reserved code.
pub(super) fn sample_rate(code: u8) -> Option<u32> {
    [48_000, 44_100, 32_000].get(usize::from(code)).copied()
}

#[cfg(test)]
mod tests;
