//! Codec configurations made by hand.
use bytes::Bytes;
use edgepack_isobmff::codec::{AacConfig, AvcConfig, ChannelLayout, VideoInfo};
use edgepack_isobmff::{CodecConfig, FourCc};

pub(crate) const AVC_SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x0a, 0xd9];
pub(crate) const AVC_PPS: &[u8] = &[0x68, 0xcb, 0x83];

pub(crate) fn avc(nal_length_size: u8) -> CodecConfig {
    CodecConfig::Avc(AvcConfig {
        format: FourCc(*b"avc1"),
        profile: 66,
        compatibility: 0xc0,
        level: 10,
        nal_length_size,
        sps: vec![Bytes::from_static(AVC_SPS)],
        pps: vec![Bytes::from_static(AVC_PPS)],
        video: VideoInfo::default(),
    })
}

/// AAC-LC, 48 kHz, stereo, unless the configuration says something else.
pub(crate) fn aac(audio_specific_config: &'static [u8]) -> AacConfig {
    AacConfig {
        object_type_indication: 0x40,
        audio_object_type: 2,
        sample_rate: 48_000,
        channels: 2,
        layout: ChannelLayout::default(),
        core_object_type: 2,
        core_sample_rate: 48_000,
        frame_length: 1024,
        audio_specific_config: Bytes::from_static(audio_specific_config),
    }
}

pub(crate) const LC_48_STEREO: &[u8] = &[0x11, 0x90];

/// What every frame's header says of `LC_48_STEREO`, without its length.
pub(crate) const LC_48_STEREO_HEADER: [u8; 4] = [0xff, 0xf1, 0x4c, 0x80];
