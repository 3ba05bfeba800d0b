//! NAL units, parameter sets and slice headers of anyone's making through the sample encryptor.
//!
//! Input: scheme (bit 0) and NAL length size (bits 1 and 2), length and bytes of an SPS, of a PPS, of a first sample, then
//! the second.
#![no_main]

use edgepack_fuzz::{field, protect};
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::{AvcConfig, CodecConfig, VideoInfo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let (&choice, rest) = data.split_first()?;
    let (sps, rest) = field(rest)?;
    let (pps, rest) = field(rest)?;
    let (first, second) = field(rest)?;
    let codec = CodecConfig::Avc(AvcConfig {
        format: FourCc(*b"avc1"),
        profile: 100,
        compatibility: 0,
        level: 40,
        nal_length_size: [1, 2, 4, 4][usize::from(choice >> 1 & 3)],
        sps: vec![sps],
        pps: vec![pps],
        video: VideoInfo::default(),
    });
    protect(choice, &codec, [&first, second])
}
