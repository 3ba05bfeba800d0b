//! A title with all that a viewer can choose.
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{ENGLISH, GERMAN};
use crate::support::media::ffmpeg;
use crate::support::tools;

/// `plain/`: two rungs, two languages, subtitles in both, sheets of thumbnails.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("catalogue-1");
        if !root.join("complete").is_file() {
            // What an interrupted run left is made again.
            let _ = std::fs::remove_dir_all(&root);
            make(&root.join("plain"));
            std::fs::write(root.join("complete"), "").unwrap();
        }
        root
    })
}

fn make(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let picture = || "testsrc2=s=640x360:r=25:d=14".to_owned();
    let avc =
        "-c:v libx264 -preset veryfast -bf 2 -g 50 -keyint_min 50 -sc_threshold 0 -pix_fmt yuv420p";
    let tiles = "-vf fps=1,scale=80:45,tile=2x2 -c:v mjpeg -pix_fmt yuvj420p";
    let tone = |hertz: u32| format!("sine=f={hertz}:r=48000:d=14");
    for (input, options, name) in [
        (picture(), format!("{avc} -b:v 800k"), "high.mp4"),
        (
            picture(),
            format!("-vf scale=320:180 {avc} -b:v 250k"),
            "low.mp4",
        ),
        (picture(), tiles.to_owned(), "thumbs.mp4"),
        (
            tone(ENGLISH),
            "-c:a aac -b:a 96k -ac 2".to_owned(),
            "english.mp4",
        ),
        (
            tone(GERMAN),
            "-c:a aac -b:a 96k -ac 2".to_owned(),
            "german.mp4",
        ),
    ] {
        let mut command = ffmpeg();
        command
            .args(["-f", "lavfi", "-i", &input])
            .args(options.split(' '))
            .arg(folder.join(name));
        tools::output(&mut command);
    }
    for (name, first, second) in [
        ("english.vtt", "One to four", "Over <i>the</i> seam"),
        ("german.vtt", "Eins bis vier", "Über die Naht"),
    ] {
        let text = format!(
            "WEBVTT\n\n00:01.000 --> 00:04.000\n{first}\n\n00:06.000 --> 00:09.000\n{second}\n"
        );
        std::fs::write(folder.join(name), text).unwrap();
    }
    let description = r#"
[[track]]
file = "high.mp4"
[[track]]
file = "low.mp4"
[[track]]
file = "english.mp4"
language = "en"
name = "English"
default = true
[[track]]
file = "german.mp4"
language = "de"
name = "Deutsch"
[[track]]
file = "english.vtt"
language = "en"
name = "English"
[[track]]
file = "german.vtt"
language = "de"
name = "Deutsch"
[[track]]
file = "thumbs.mp4"
tiles = { columns = 2, rows = 2, interval = "1s" }
"#;
    std::fs::write(folder.join("asset.toml"), description).unwrap();
}
