//! AV1 sequence headers, frame headers and tile groups through the sample encryptor.
//!
//! Input: scheme (bit 0), length and bytes of configOBUs, of a first sample, then the second.
#![no_main]

use edgepack_fuzz::{field, protect};
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::{Av1Config, CodecConfig, VideoInfo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let (&choice, rest) = data.split_first()?;
    let (config_obus, rest) = field(rest)?;
    let (first, second) = field(rest)?;
    let codec = CodecConfig::Av1(Av1Config {
        format: FourCc(*b"av01"),
        profile: 0,
        level: 8,
        high_tier: false,
        bit_depth: 8,
        monochrome: false,
        subsampling_x: true,
        subsampling_y: true,
        chroma_sample_position: 0,
        codecs_colour: (1, 1, 1, false),
        config_obus,
        video: VideoInfo::default(),
    });
    protect(choice, &codec, [&first, second])
}
