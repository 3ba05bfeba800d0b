//! The same samples, key and IV through shaka-packager 3.4.2: subsample maps and bytes must be equal.
//!
//! Where both differ, shaka-packager is at fault:
//! - It cuts `saiz` sizes above 255 down to their low eight bits; here `saiz` is left out then.
//! - It takes an HEVC slice that says nothing of deblocking for one that is deblocked, whatever its PPS says
//!   (slice_deblocking_filter_disabled_flag is inferred; ITU-T H.265, 7.4.7.1), and so finds the end of the header wrong.
//! - It cannot read slices of further layers.
use crate::clip::{self, CBCS_IV, CENC_IV, KEY, KID};
use crate::mp4;
use bytes::Bytes;
use edgepack_drm::Scheme;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `EDGEPACK_SHAKA_PACKAGER`, or the npm package of the end-to-end tests.
pub fn packager() -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    let binary = std::env::var_os("EDGEPACK_SHAKA_PACKAGER").map_or_else(
        || {
            clip::repository().join(format!(
                "tests/node/node_modules/shaka-packager/bin/packager-linux-{arch}"
            ))
        },
        PathBuf::from,
    );
    if !binary.exists() {
        assert!(
            std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
            "a tool is missing; run `make test`"
        );
        println!("skipped: no shaka-packager (EDGEPACK_SHAKA_PACKAGER names the binary)");
        return None;
    }
    Some(binary)
}

fn package(packager: &Path, what: &str, clear: &Path, stream: &str, scheme: Scheme) -> Bytes {
    let file = clear.with_file_name(format!("shaka-{scheme:?}.mp4"));
    let (scheme, iv) = match scheme {
        Scheme::Cenc => ("cenc", CENC_IV),
        Scheme::Cbcs => ("cbcs", CBCS_IV),
    };
    let output = Command::new(packager)
        .arg(format!(
            "input={},stream={stream},output={}",
            clear.display(),
            file.display()
        ))
        .args([
            "--enable_raw_key_encryption",
            "--clear_lead",
            "0",
            "--protection_scheme",
            scheme,
            "--iv",
            iv,
        ])
        .args(["--keys", &format!("label=:key_id={KID}:key={KEY}")])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{what}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::read(file).unwrap().into()
}

/// `stream`: `video` or `audio`. `ours`: what this crate made of the file `clear`.
pub fn compare(
    packager: &Path,
    what: &str,
    clear: &Path,
    stream: &str,
    scheme: Scheme,
    ours: &Bytes,
) {
    let iv_size = if scheme == Scheme::Cenc { 8 } else { 0 };
    let theirs = mp4::read(&package(packager, what, clear, stream, scheme), iv_size);
    let ours = mp4::read(ours, iv_size);
    assert_eq!(ours.samples.len(), theirs.samples.len(), "{what}");
    assert_eq!(ours.aux.len(), theirs.aux.len(), "{what}");
    let samples = ours.samples.iter().zip(&theirs.samples);
    for (i, ((our, their), bytes)) in ours.aux.iter().zip(&theirs.aux).zip(samples).enumerate() {
        assert_eq!(our, their, "{what}, sample {i}");
        assert!(bytes.0 == bytes.1, "{what}: bytes of sample {i} differ");
    }
    if ours.aux.iter().all(|aux| aux.subsamples.len() <= 40) {
        assert_eq!(ours.aux_sizes, theirs.aux_sizes, "{what}");
    } else {
        assert!(ours.aux_sizes.len() < ours.samples.len(), "{what}");
    }
    assert_eq!(protection(&ours.entry), protection(&theirs.entry), "{what}");
}

/// `sinf`, the last box of a protected sample entry.
fn protection(entry: &Bytes) -> Bytes {
    let at = entry
        .windows(4)
        .rposition(|window| window == b"sinf")
        .unwrap()
        - 4;
    entry.slice(at..)
}
