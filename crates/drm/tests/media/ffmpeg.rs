//! ffmpeg decrypts what the encryptor made.
use crate::clip::KEY;
use std::path::Path;
use std::process::Command;

/// One line per packet with its times and the MD5 of its bytes.
///
/// ffmpeg 5.1 mixes up the `senc` boxes of fragments when it can seek and no `sidx` spans them all (in the output of
/// other packagers too), hence standard input.
pub fn packets(file: &Path) -> String {
    let output = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-nostdin",
            "-decryption_key",
            KEY,
            "-i",
            "pipe:0",
        ])
        .stdin(std::fs::File::open(file).unwrap())
        .args(["-c", "copy", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    // Streams are described first: ffmpeg does not see the configuration of every encrypted one. The `pssh` box rides on the first packet as side data, after its MD5.
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(", S=").map_or(line, |(packet, _)| packet))
        .collect::<Vec<_>>()
        .join("\n")
}
