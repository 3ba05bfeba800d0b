//! Any bytes as a PlayReady object, and any text as its header: what is read can be written, and reads the same.
#![no_main]
use edgepack_drm::systems::playready::{Header, header_text, object};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = header_text(data) {
        check(&text);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        check(text);
    }
});

fn check(text: &str) {
    let Ok(header) = Header::parse(text) else {
        return;
    };
    // Prefixes without a declaration, addresses that are not absolute and the like are read, not written.
    let Ok(bytes) = object(&header) else {
        return;
    };
    let again = header_text(&bytes).expect("an object of our own");
    assert_eq!(Header::parse(&again).ok(), Some(header));
}
