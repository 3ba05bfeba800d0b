//! UsacConfig (ISO/IEC 23003-3, 5.2): the start, as far as rate, frame length and channels of the output.
use super::asc::SAMPLING_FREQUENCIES;
use crate::codec::bits::{BitReader, BitsError};

/// What an xHE-AAC decoder puts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UsacConfig {
    /// Hz.
    pub(super) sample_rate: u32,
    /// Samples at that rate in one access unit.
    pub(super) frame_length: u16,
    pub(super) channels: u16,
    /// ChannelConfiguration (ISO/IEC 23091-3); 0 when the channels are laid out freely.
    pub(super) configuration: u8,
}

impl UsacConfig {
    pub(super) fn parse(reader: &mut BitReader<'_>) -> Result<Self, BitsError> {
        let sample_rate = sampling_frequency(reader)?;
        // coreSbrFrameLengthIndex (table 70): without SBR, without, 8:3, 2:1, 4:1.
        let frame_length = match reader.byte(3)? {
            0 => 768,
            1 => 1024,
            2 | 3 => 2048,
            4 => 4096,
            _ => return Err(BitsError("a reserved frame length")),
        };
        let configuration = reader.byte(5)?;
        // channelConfigurationIndex (table 73).
        let channels = match configuration {
            0 => escaped_value(reader, [5, 8, 16])?,
            1..=6 => u32::from(configuration),
            7 | 12 => 8,
            8 => 2,
            9 => 3,
            10 => 4,
            11 => 7,
            13 => 24,
            _ => return Err(BitsError("a reserved channel configuration")),
        };
        match u16::try_from(channels) {
            Ok(channels) if channels > 0 => Ok(Self {
                sample_rate,
                frame_length,
                channels,
                configuration,
            }),
            _ => Err(BitsError("an impossible number of channels")),
        }
    }
}

/// usacSamplingFrequencyIndex (table 71).
fn sampling_frequency(reader: &mut BitReader<'_>) -> Result<u32, BitsError> {
    const FIRST_OWN: u8 = 15;
    const OWN: [u32; 13] = [
        57_600, 51_200, 40_000, 38_400, 34_150, 28_800, 25_600, 20_000, 19_200, 17_075, 14_400,
        12_800, 9_600,
    ];
    let index = reader.byte(5)?;
    let rate = match index {
        31 => reader.bits(24)?,
        FIRST_OWN.. => OWN
            .get(usize::from(index - FIRST_OWN))
            .copied()
            .unwrap_or(0),
        _ => SAMPLING_FREQUENCIES
            .get(usize::from(index))
            .copied()
            .unwrap_or(0),
    };
    if rate == 0 {
        Err(BitsError("a reserved sampling frequency"))
    } else {
        Ok(rate)
    }
}

/// escapedValue: each field that is all ones goes on in the next.
fn escaped_value(reader: &mut BitReader<'_>, widths: [u32; 3]) -> Result<u32, BitsError> {
    let mut value = 0;
    for width in widths {
        let part = reader.bits(width)?;
        value += part;
        if part != (1 << width) - 1 {
            break;
        }
    }
    Ok(value)
}
