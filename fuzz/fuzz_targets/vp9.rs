//! VP9 superframes and uncompressed headers through the sample encryptor.
//!
//! Input: scheme (bit 0), length and bytes of a first sample, then the second.
#![no_main]

use edgepack_fuzz::{field, protect};
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::{CodecConfig, VideoInfo, VpxConfig};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let (&choice, rest) = data.split_first()?;
    let (first, second) = field(rest)?;
    let codec = CodecConfig::Vp9(VpxConfig {
        format: FourCc(*b"vp09"),
        profile: 0,
        level: 31,
        bit_depth: 8,
        chroma_subsampling: 1,
        colour: (1, 1, 1, false),
        video: VideoInfo::default(),
    });
    protect(choice, &codec, [&first, second])
}
