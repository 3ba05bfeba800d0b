//! AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
use crate::codec::bits::{BitReader, BitsError};

/// An AudioSpecificConfig of the AAC family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// Of the core layer: 1 Main, 2 LC, 3 SSR, 4 LTP.
    pub object_type: u8,
    /// Of the core layer, Hz.
    pub sample_rate: u32,
    /// Of the core layer.
    pub channels: u16,
    /// 1024 or 960.
    pub frame_length: u16,
    /// Spectral band replication is signalled: the rate of its output, Hz.
    pub sbr_sample_rate: Option<u32>,
    /// Parametric stereo is signalled.
    pub parametric_stereo: bool,
}

const SBR: u8 = 5;
const PS: u8 = 29;

impl AudioSpecificConfig {
    /// None for codecs outside of the AAC family (xHE-AAC, ALS, CELP …).
    ///
    /// # Errors
    /// When it ends early or says something impossible.
    pub fn parse(data: &[u8]) -> Result<Option<Self>, BitsError> {
        let reader = &mut BitReader::new(data);
        let mut object_type = audio_object_type(reader)?;
        let sample_rate = sampling_frequency(reader)?;
        let configuration = reader.byte(4)?;
        let (mut sbr_sample_rate, parametric_stereo) = (None, object_type == PS);
        if matches!(object_type, SBR | PS) {
            sbr_sample_rate = Some(sampling_frequency(reader)?);
            object_type = audio_object_type(reader)?;
        }
        if !matches!(object_type, 1..=4) {
            return Ok(None);
        }
        let frame_length = if reader.flag()? { 960 } else { 1024 };
        if reader.flag()? {
            // coreCoderDelay
            reader.skip(14)?;
        }
        reader.skip(1)?;
        let channels = match configuration {
            0 => program_config_channels(reader)?,
            1..=6 => u16::from(configuration),
            7 | 12 | 14 => 8,
            11 => 7,
            13 => 24,
            _ => return Err(BitsError("a reserved channel configuration")),
        };
        let mut config = Self {
            object_type,
            sample_rate,
            channels,
            frame_length,
            sbr_sample_rate,
            parametric_stereo,
        };
        if config.sbr_sample_rate.is_none() {
            config.sync_extension(reader)?;
        }
        Ok(Some(config))
    }

    /// 29, 5 or that of the core: what `mp4a.40.` is followed by.
    pub fn audio_object_type(&self) -> u8 {
        match (self.parametric_stereo, self.sbr_sample_rate) {
            (true, _) => PS,
            (false, Some(_)) => SBR,
            (false, None) => self.object_type,
        }
    }

    /// Hz.
    pub fn output_sample_rate(&self) -> u32 {
        self.sbr_sample_rate.unwrap_or(self.sample_rate)
    }

    /// Parametric stereo makes two of one.
    pub fn output_channels(&self) -> u16 {
        if self.parametric_stereo && self.channels == 1 {
            2
        } else {
            self.channels
        }
    }

    /// Backward-compatible signalling of SBR and PS after the core's configuration (1.6.6.1).
    fn sync_extension(&mut self, reader: &mut BitReader<'_>) -> Result<(), BitsError> {
        if reader.left() < 16
            || reader.bits(11)? != 0x2b7
            || audio_object_type(reader)? != SBR
            || !reader.flag()?
        {
            return Ok(());
        }
        self.sbr_sample_rate = Some(sampling_frequency(reader)?);
        if reader.left() >= 12 && reader.bits(11)? == 0x548 {
            self.parametric_stereo = reader.flag()?;
        }
        Ok(())
    }
}

fn audio_object_type(reader: &mut BitReader<'_>) -> Result<u8, BitsError> {
    match reader.byte(5)? {
        31 => Ok(32 + reader.byte(6)?),
        object_type => Ok(object_type),
    }
}

fn sampling_frequency(reader: &mut BitReader<'_>) -> Result<u32, BitsError> {
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    let index = reader.byte(4)?;
    let rate = if index == 15 {
        reader.bits(24)?
    } else {
        RATES.get(usize::from(index)).copied().unwrap_or(0)
    };
    if rate == 0 {
        Err(BitsError("a reserved sampling frequency"))
    } else {
        Ok(rate)
    }
}

/// `program_config_element` (4.4.1.1): how many channels its elements have.
fn program_config_channels(reader: &mut BitReader<'_>) -> Result<u16, BitsError> {
    // element_instance_tag, object_type, sampling_frequency_index
    reader.skip(4 + 2 + 4)?;
    let (front, side, back) = (reader.byte(4)?, reader.byte(4)?, reader.byte(4)?);
    let low_frequency = reader.byte(2)?;
    let (data, coupling) = (reader.byte(3)?, reader.byte(4)?);
    for mixdown_bits in [4, 4, 3] {
        if reader.flag()? {
            reader.skip(mixdown_bits)?;
        }
    }
    let mut channels = 0;
    for _ in 0..front + side + back {
        let pair = reader.flag()?;
        reader.skip(4)?;
        channels += if pair { 2 } else { 1 };
    }
    channels += u16::from(low_frequency);
    reader.skip(4 * usize::from(low_frequency + data) + 5 * usize::from(coupling))?;
    // byte_alignment counts from the start of the AudioSpecificConfig.
    reader.skip(reader.left() % 8)?;
    let comment_bytes = usize::from(reader.byte(8)?);
    reader.skip(8 * comment_bytes)?;
    if channels == 0 {
        Err(BitsError("a program configuration without channels"))
    } else {
        Ok(channels)
    }
}
