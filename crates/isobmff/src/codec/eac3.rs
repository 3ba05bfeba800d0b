//! E-AC-3: `dec3` (ETSI TS 102 366, F.6) and its extension for joint object coding (ETSI TS 103 420, C.3).
use super::ac3::{self, Channels, FRAME_LENGTH};
use super::bits::{BitReader, BitsError};
use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout};
use crate::Result;

/// `dec3`, as far as its first independent substream, which is what plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eac3Config {
    /// Bits per second, of all substreams together.
    pub bit_rate: u32,
    /// Programmes: 1 to 8.
    pub independent_substreams: u8,
    /// That enlarge the first programme.
    pub dependent_substreams: u8,
    pub bit_stream_identification: u8,
    pub bit_stream_mode: u8,
    pub channels: Channels,
    /// Hz.
    pub sample_rate: u32,
    /// Joint object coding (Atmos): the complexity index.
    pub joc_complexity: Option<u8>,
}

impl Eac3Config {
    pub(super) fn audio(&self) -> AudioInfo {
        AudioInfo {
            sample_rate: self.sample_rate,
            channels: self.channels.count(),
            layout: ChannelLayout {
                joc_complexity: self.joc_complexity,
                ..self.channels.layout()
            },
            // A sample is as many syncframes as six blocks take (F.2).
            frame_length: Some(FRAME_LENGTH),
        }
    }
}

pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<Eac3Config> {
    let dec3 = sound.require(b"dec3")?;
    let content = dec3.fields().rest();
    let mut config = read(&content).map_err(|error| dec3.malformed(error.to_string()))?;
    if config.sample_rate == 0 {
        config.sample_rate = sound.rate()?;
    }
    Ok(config)
}

/// With a sample rate of 0 where the entry has to say it.
fn read(content: &[u8]) -> std::result::Result<Eac3Config, BitsError> {
    let reader = &mut BitReader::new(content);
    let bit_rate = reader.bits(13)? * 1000;
    let independent_substreams = reader.byte(3)? + 1;
    let mut first = None;
    for _ in 0..independent_substreams {
        let substream = substream(reader)?;
        first.get_or_insert(substream);
    }
    let Some(first) = first else {
        return Err(BitsError("no substream"));
    };
    let joc_complexity = joint_object_coding(reader);
    Ok(Eac3Config {
        bit_rate,
        independent_substreams,
        joc_complexity,
        ..first
    })
}

fn substream(reader: &mut BitReader<'_>) -> std::result::Result<Eac3Config, BitsError> {
    // Code 3 stands for half rates, which only the syncframes tell apart.
    let sample_rate = ac3::sample_rate(reader.byte(2)?).unwrap_or(0);
    let bit_stream_identification = reader.byte(5)?;
    // reserved, asvc
    reader.skip(2)?;
    let bit_stream_mode = reader.byte(3)?;
    let mut channels = ac3::channels(reader)?;
    reader.skip(3)?;
    let dependent_substreams = reader.byte(4)?;
    if dependent_substreams > 0 {
        channels.locations = (reader.bits(9)? & 0x1ff) as u16;
    } else {
        reader.skip(1)?;
    }
    Ok(Eac3Config {
        bit_rate: 0,
        independent_substreams: 0,
        dependent_substreams,
        bit_stream_identification,
        bit_stream_mode,
        channels,
        sample_rate,
        joc_complexity: None,
    })
}

/// Not there in files from before objects; what comes after the substreams may also be padding.
fn joint_object_coding(reader: &mut BitReader<'_>) -> Option<u8> {
    reader.skip(7).ok()?;
    let extension_type_a = reader.flag().ok()?;
    let complexity = reader.byte(8).ok()?;
    extension_type_a.then_some(complexity)
}

#[cfg(test)]
mod tests;
