//! AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
use super::program::Program;
use super::usac::UsacConfig;
use crate::codec::bits::{BitReader, BitsError};

/// An AudioSpecificConfig of the AAC family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// Of the core layer: 1 Main, 2 LC, 3 SSR, 4 LTP; 42 xHE-AAC.
    pub object_type: u8,
    /// Of the core layer, Hz; of the output of xHE-AAC.
    pub sample_rate: u32,
    /// Of the core layer.
    pub channels: u16,
    /// ChannelConfiguration (ISO/IEC 23091-3) of the core layer; 0 when no code fits.
    pub configuration: u8,
    /// 1024 or 960; 768 to 4096 for xHE-AAC.
    pub frame_length: u16,
    /// Spectral band replication is signalled: the rate of its output, Hz.
    pub sbr_sample_rate: Option<u32>,
    /// Parametric stereo is signalled.
    pub parametric_stereo: bool,
}

const SBR: u8 = 5;
const PS: u8 = 29;
const USAC: u8 = 42;

impl AudioSpecificConfig {
    /// None for codecs outside of the AAC family (ALS, CELP, ELD …).
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
        if object_type == USAC {
            return UsacConfig::parse(reader).map(|config| Some(Self::of_usac(config)));
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
        let (channels, configuration) = match configuration {
            0 => {
                let program = Program::parse(reader)?;
                (program.channels(), program.configuration())
            }
            code => (channel_count(code)?, code),
        };
        let mut config = Self {
            object_type,
            sample_rate,
            channels,
            configuration,
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

    /// As [`AudioSpecificConfig::output_channels`].
    pub fn output_configuration(&self) -> u8 {
        if self.parametric_stereo && self.channels == 1 {
            2
        } else {
            self.configuration
        }
    }

    fn of_usac(config: UsacConfig) -> Self {
        Self {
            object_type: USAC,
            sample_rate: config.sample_rate,
            channels: config.channels,
            configuration: config.configuration,
            frame_length: config.frame_length,
            sbr_sample_rate: None,
            parametric_stereo: false,
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

/// channelConfiguration (table 1.19), which has the codes of ISO/IEC 23091-3.
fn channel_count(configuration: u8) -> Result<u16, BitsError> {
    Ok(match configuration {
        1..=6 => u16::from(configuration),
        7 | 12 | 14 => 8,
        11 => 7,
        13 => 24,
        _ => return Err(BitsError("a reserved channel configuration")),
    })
}

pub(super) const SAMPLING_FREQUENCIES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

fn sampling_frequency(reader: &mut BitReader<'_>) -> Result<u32, BitsError> {
    let index = reader.byte(4)?;
    let rate = if index == 15 {
        reader.bits(24)?
    } else {
        SAMPLING_FREQUENCIES
            .get(usize::from(index))
            .copied()
            .unwrap_or(0)
    };
    if rate == 0 {
        Err(BitsError("a reserved sampling frequency"))
    } else {
        Ok(rate)
    }
}
