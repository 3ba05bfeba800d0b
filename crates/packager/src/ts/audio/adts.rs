//! Audio data transport stream frames (ISO/IEC 14496-3, 1.A.2.2).
//!
//! The header speaks of the AAC layer alone: spectral band replication and parametric stereo are signalled implicitly,
//! by what the frames hold.
use edgepack_isobmff::codec::AacConfig;
use edgepack_isobmff::codec::bits::BitReader;

use crate::ts::bits::BitWriter;

const HEADER_LEN: usize = 7;
/// `aac_frame_length` has 13 bits.
const MAX_FRAME_LEN: usize = (1 << 13) - 1;

/// `id_syn_ele` of a program configuration element.
const ID_PCE: u8 = 5;

/// The only frame length that the header leaves room for.
const FRAME_LENGTH: u16 = 1024;

/// What the headers of one stream have in common.
#[derive(Debug, Clone)]
pub(in crate::ts) struct Adts {
    /// The header of a frame without length.
    header: [u8; HEADER_LEN],
    /// Where the channels have no number: the program configuration, as the first element of a raw data block.
    program_config: Vec<u8>,
    sample_rate: u32,
}

impl Adts {
    pub(in crate::ts) fn new(config: &AacConfig) -> Result<Self, &'static str> {
        if config.frame_length != FRAME_LENGTH {
            return Err("frames of 960 samples");
        }
        let specific = SpecificConfig::read(&config.audio_specific_config)?;
        let profile = match config.core_object_type {
            object_type @ 1..=4 => object_type - 1,
            _ => return Err("only AAC Main, LC, SSR and LTP have a profile in ADTS"),
        };
        // MPEG-2 AAC has an id of its own.
        let id = u8::from(matches!(config.object_type_indication, 0x66..=0x68));
        let frequency = specific.frequency_index;
        let channels = specific.channel_configuration;
        Ok(Self {
            header: [
                0xff,
                // Layer 0, no CRC.
                0xf1 | id << 3,
                profile << 6 | frequency << 2 | channels >> 2,
                (channels & 3) << 6,
                0,
                // Buffer fullness: variable rate. One raw data block.
                0x1f,
                0xfc,
            ],
            program_config: specific.program_config,
            sample_rate: config.core_sample_rate,
        })
    }

    pub(in crate::ts) fn frame_duration(&self) -> (u32, u32) {
        (u32::from(FRAME_LENGTH), self.sample_rate.max(1))
    }

    pub(in crate::ts) fn frame_len(
        &self,
        sample: &[u8],
        leads: bool,
    ) -> Result<usize, &'static str> {
        let len = HEADER_LEN + self.prefix(sample, leads).len() + sample.len();
        if len > MAX_FRAME_LEN {
            return Err("an AAC frame of more than 8184 bytes");
        }
        Ok(len)
    }

    pub(in crate::ts) fn foreseen_len(&self, sample_len: usize) -> Option<usize> {
        self.program_config
            .is_empty()
            .then_some(HEADER_LEN + sample_len)
    }

    /// The frame must have a length.
    pub(in crate::ts) fn write(&self, sample: &[u8], leads: bool, put: &mut impl FnMut(&[u8])) {
        let prefix = self.prefix(sample, leads);
        let len = (HEADER_LEN + prefix.len() + sample.len()).min(MAX_FRAME_LEN);
        let [low, high, ..] = len.to_le_bytes();
        let mut header = self.header;
        header[3] |= high >> 3;
        header[4] = high << 5 | low >> 3;
        header[5] |= low << 5;
        put(&header);
        put(prefix);
        put(sample);
    }

    /// Decoding can start at a leading frame, which therefore says its channels, unless it does so by itself.
    pub(in crate::ts) fn prefix(&self, sample: &[u8], leads: bool) -> &[u8] {
        let has_its_own = sample.first().is_some_and(|byte| byte >> 5 == ID_PCE);
        if leads && !has_its_own {
            &self.program_config
        } else {
            &[]
        }
    }
}

/// What the header takes from an AudioSpecificConfig.
struct SpecificConfig {
    frequency_index: u8,
    channel_configuration: u8,
    program_config: Vec<u8>,
}

impl SpecificConfig {
    fn read(config: &[u8]) -> Result<Self, &'static str> {
        let reader = &mut BitReader::new(config);
        Self::read_bits(reader).map_err(|error| error.0)?
    }

    /// ISO/IEC 14496-3, 1.6.2.1 and 4.4.1.
    fn read_bits(
        reader: &mut BitReader<'_>,
    ) -> Result<Result<Self, &'static str>, edgepack_isobmff::codec::bits::BitsError> {
        let object_type = reader.byte(5)?;
        if object_type == 31 {
            reader.skip(6)?;
        }
        let frequency_index = reader.byte(4)?;
        if frequency_index > 12 {
            return Ok(Err("a sampling frequency without an index"));
        }
        let channel_configuration = reader.byte(4)?;
        if channel_configuration > 7 {
            return Ok(Err("a channel configuration above 7"));
        }
        let mut program_config = Vec::new();
        if channel_configuration == 0 {
            if matches!(object_type, 5 | 29) {
                // extensionSamplingFrequencyIndex, and the core's object type.
                if reader.byte(4)? == 15 {
                    reader.skip(24)?;
                }
                reader.skip(5)?;
            }
            // frameLengthFlag
            reader.skip(1)?;
            if reader.flag()? {
                reader.skip(14)?;
            }
            // extensionFlag
            reader.skip(1)?;
            program_config = program_config_element(reader)?;
        }
        Ok(Ok(Self {
            frequency_index,
            channel_configuration,
            program_config,
        }))
    }
}

/// A `program_config_element` (4.4.1.1) with its id before it, and aligned anew: both raw data blocks and
/// AudioSpecificConfigs count `byte_alignment` from their own starts.
fn program_config_element(
    reader: &mut BitReader<'_>,
) -> Result<Vec<u8>, edgepack_isobmff::codec::bits::BitsError> {
    let mut writer = BitWriter::default();
    writer.put(3, u32::from(ID_PCE));
    let mut copy = |reader: &mut BitReader<'_>, count: u32| {
        let bits = reader.bits(count)?;
        writer.put(count, bits);
        Ok(bits)
    };
    // element_instance_tag, object_type, sampling_frequency_index
    copy(reader, 4 + 2 + 4)?;
    let front = copy(reader, 4)?;
    let side = copy(reader, 4)?;
    let back = copy(reader, 4)?;
    let low_frequency = copy(reader, 2)?;
    let data = copy(reader, 3)?;
    let coupling = copy(reader, 4)?;
    for mixdown_bits in [4, 4, 3] {
        if copy(reader, 1)? == 1 {
            copy(reader, mixdown_bits)?;
        }
    }
    for _ in 0..front + side + back {
        copy(reader, 5)?;
    }
    for _ in 0..low_frequency + data {
        copy(reader, 4)?;
    }
    for _ in 0..coupling {
        copy(reader, 5)?;
    }
    reader.skip(reader.left() % 8)?;
    writer.align();
    let comment = reader.bits(8)?;
    writer.put(8, comment);
    for _ in 0..comment {
        let byte = reader.bits(8)?;
        writer.put(8, byte);
    }
    Ok(writer.bytes)
}

#[cfg(test)]
mod tests;
