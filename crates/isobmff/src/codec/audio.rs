//! What an audio decoder puts out, and where its loudspeakers stand.

/// What a sample entry says of its sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioInfo {
    /// Of a decoder's output, Hz.
    pub sample_rate: u32,
    /// Of a decoder's output; 0 where only the samples tell.
    pub channels: u16,
    pub layout: ChannelLayout,
    /// Audio samples, at `sample_rate`, that one sample of the file decodes to; none where it varies, or only the
    /// samples tell. The last sample of a track may be shorter.
    pub frame_length: Option<u32>,
}

/// Where the channels belong, in the codes that manifests ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ChannelLayout {
    /// ChannelConfiguration (ISO/IEC 23091-3, table 2): 2 stereo, 6 5.1, 12 7.1; none where no code fits.
    pub cicp: Option<u8>,
    /// AC-3 and E-AC-3: the custom channel map of ETSI TS 102 366, table E.1.4, L being the most significant bit:
    /// what `tag:dolby.com,2014:dash:audio_channel_configuration:2011` wants as four hexadecimal digits.
    pub dolby_map: Option<u16>,
    /// AC-4: presentation_channel_mask of ETSI TS 103 190-2, 24 bits: what
    /// `tag:dolby.com,2015:dash:audio_channel_configuration:2015` wants as six hexadecimal digits.
    pub ac4_mask: Option<u32>,
    /// DTS-UHD: ChannelMask of ETSI TS 103 491, 32 bits: what `tag:dts.com,2018:uhd:audio_channel_configuration` wants
    /// as eight hexadecimal digits.
    pub dts_uhd_mask: Option<u32>,
    /// E-AC-3 with joint object coding (Atmos): its complexity index, 16 in `16/JOC`.
    pub joc_complexity: Option<u8>,
}

impl ChannelLayout {
    /// Of a ChannelConfiguration; 0 (no code) as unknown.
    pub fn of_cicp(code: u8) -> Self {
        Self {
            cicp: (1..=20).contains(&code).then_some(code),
            ..Self::default()
        }
    }

    /// What so many channels are in the order of Vorbis and FLAC (RFC 7845, 5.1.1.2; RFC 9639, 9.1.3).
    pub(super) fn of_vorbis_order(channels: u16) -> Self {
        const CODES: [u8; 9] = [0, 1, 2, 3, 10, 5, 6, 11, 12];
        Self::of_cicp(CODES.get(usize::from(channels)).copied().unwrap_or(0))
    }
}
