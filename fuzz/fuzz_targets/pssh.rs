//! Any bytes as `pssh` boxes: what is read is written again as it was.
#![no_main]
use edgepack_drm::pssh;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(boxes) = pssh::parse(data) else {
        return;
    };
    let mut again = Vec::new();
    for found in boxes {
        again.extend(match found.version {
            0 => pssh::pssh_v0(&found.system_id, found.data),
            _ => pssh::pssh_v1(&found.system_id, &found.kids, found.data),
        });
    }
    // All but the 24 bits of flags, which mean nothing.
    assert_eq!(again.len(), data.len());
    assert_eq!(
        pssh::parse(&again).map(|boxes| boxes.len()).ok(),
        pssh::parse(data).map(|boxes| boxes.len()).ok()
    );
});
