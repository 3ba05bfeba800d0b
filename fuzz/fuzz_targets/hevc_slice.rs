//! HEVC parameter sets and slice segment headers, of further layers too, through the sample encryptor.
//!
//! Input: scheme (bit 0) and NAL length size (bits 1 and 2), length and bytes of a VPS, of an SPS, of a PPS, of a parameter
//! set of a further layer, of a first sample, then the second.
#![no_main]

use edgepack_fuzz::{field, protect};
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::{CodecConfig, HevcConfig, VideoInfo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let (&choice, rest) = data.split_first()?;
    let (vps, rest) = field(rest)?;
    let (sps, rest) = field(rest)?;
    let (pps, rest) = field(rest)?;
    let (of_layer, rest) = field(rest)?;
    let (first, second) = field(rest)?;
    let sets = |set: bytes::Bytes| if set.is_empty() { Vec::new() } else { vec![set] };
    let codec = CodecConfig::Hevc(HevcConfig {
        format: FourCc(*b"hev1"),
        general_profile_space: 0,
        general_tier_flag: false,
        general_profile_idc: 1,
        general_profile_compatibility_flags: 6 << 28,
        general_constraint_indicator_flags: [0; 6],
        general_level_idc: 60,
        nal_length_size: [1, 2, 4, 4][usize::from(choice >> 1 & 3)],
        vps: sets(vps),
        sps: sets(sps),
        pps: sets(pps),
        layer_sets: sets(of_layer),
        video: VideoInfo::default(),
    });
    protect(choice, &codec, [&first, second])
}
