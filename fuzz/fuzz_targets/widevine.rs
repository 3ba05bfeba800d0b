//! Any bytes as the data of a Widevine box: what is read is written to the same meaning.
#![no_main]
use edgepack_drm::systems::widevine::WidevineData;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(message) = WidevineData::parse(data) {
        assert_eq!(WidevineData::parse(&message.to_bytes()).ok(), Some(message));
    }
});
