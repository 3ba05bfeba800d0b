//! Any bytes as a sequence parameter set or an AudioSpecificConfig.
#![no_main]
use edgepack_isobmff::codec::{aac, avc, hevc};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(sps) = avc::Sps::parse(data) {
        assert!(sps.width > 0 && sps.height > 0);
    }
    if let Ok(sps) = hevc::Sps::parse(data) {
        assert!(sps.width > 0 && sps.height > 0);
    }
    if let Ok(Some(config)) = aac::AudioSpecificConfig::parse(data) {
        assert!(config.output_sample_rate() > 0 && config.output_channels() > 0);
    }
});
