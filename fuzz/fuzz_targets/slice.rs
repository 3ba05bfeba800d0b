//! NAL units, parameter sets and slice headers of anyone's making through the sample encryptor.
//!
//! Input: scheme (bit 0) and NAL length size (bits 1 and 2), length and bytes of an SPS, of a PPS, then the sample.
#![no_main]

use bytes::Bytes;
use edgepack_drm::{ContentKey, IvSeed, KeyId, SampleEncryptor, Scheme, SegmentAux};
use edgepack_isobmff::codec::{AvcConfig, CodecConfig, VideoInfo};
use edgepack_isobmff::FourCc;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let (&choice, rest) = data.split_first()?;
    let (sps, rest) = parameter_set(rest)?;
    let (pps, clear) = parameter_set(rest)?;
    let scheme = if choice & 1 == 0 { Scheme::Cenc } else { Scheme::Cbcs };
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
    let key = ContentKey::new(KeyId([1; 16]), [2; 16]);
    let seed = IvSeed { cenc_base: u64::MAX, cbcs: [3; 16] };
    let mut encryptor = SampleEncryptor::new(scheme, &key, seed, &codec).ok()?;
    let mut sample = clear.to_vec();
    let mut aux = SegmentAux::new();
    if encryptor.encrypt(0, &mut sample, &mut aux).is_err() {
        assert!(aux.is_empty());
        return None;
    }
    let mut at = 0;
    for subsample in aux.samples().next()?.subsamples() {
        let start = at + usize::from(subsample.clear);
        assert_eq!(sample[at..start], clear[at..start]);
        assert!(scheme == Scheme::Cbcs || subsample.protected % 16 == 0);
        at = start + subsample.protected as usize;
    }
    assert_eq!(at, clear.len());
    Some(())
}

fn parameter_set(data: &[u8]) -> Option<(Bytes, &[u8])> {
    let (&len, rest) = data.split_first()?;
    let (set, rest) = rest.split_at_checked(usize::from(len))?;
    Some((Bytes::copy_from_slice(set), rest))
}
