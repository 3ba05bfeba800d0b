//! Mezzanine files made with ffmpeg, once per run, and ffmpeg's word on what media decodes to.
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::tools::output;

/// Seconds of the ladder: three whole segments and a piece of a fourth.
pub(crate) const LADDER_SECONDS: u32 = 14;

/// A mount root with the assets the tests share:
/// `ladder/` (two rungs with B-frames and a GOP of 2 s, the audio muxed into one of them), `film.mp4` (one file, moov
/// last, 29.97 fps), `sound.mp4` (audio only).
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("media-1");
        if !root.join("complete").is_file() {
            // What an interrupted run left is made again.
            let _ = std::fs::remove_dir_all(&root);
            make(&root);
            std::fs::write(root.join("complete"), "").unwrap();
        }
        root
    })
}

fn make(root: &Path) {
    let ladder = root.join("ladder");
    std::fs::create_dir_all(&ladder).unwrap();
    let seconds = LADDER_SECONDS;
    let mut ffmpeg = ffmpeg();
    ffmpeg
        .args([
            "-f",
            "lavfi",
            "-i",
            &format!("testsrc2=s=640x360:r=25:d={seconds}"),
        ])
        .args([
            "-f",
            "lavfi",
            "-i",
            &format!("sine=f=440:b=2:r=48000:d={seconds}"),
        ]);
    let avc = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-pix_fmt",
        "yuv420p",
        "-bf",
        "2",
        "-g",
        "50",
        "-keyint_min",
        "50",
        "-sc_threshold",
        "0",
    ];
    ffmpeg
        .args(["-map", "0:v", "-map", "1:a"])
        .args(avc)
        .args([
            "-b:v",
            "800k",
            "-c:a",
            "aac",
            "-b:a",
            "96k",
            "-ac",
            "2",
            "-metadata:s:a:0",
            "language=eng",
        ])
        .arg(ladder.join("high.mp4"));
    ffmpeg
        .args(["-map", "0:v", "-vf", "scale=320:180"])
        .args(avc)
        .args(["-b:v", "250k", "-movflags", "+faststart"]);
    ffmpeg.arg(ladder.join("low.mp4"));
    output(&mut ffmpeg);

    let mut film = self::ffmpeg();
    film.args(["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30000/1001:d=9"])
        .args(["-f", "lavfi", "-i", "sine=f=330:r=44100:d=9"])
        .args([
            "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "60", "-c:a",
            "aac",
        ])
        .arg(root.join("film.mp4"));
    output(&mut film);

    let mut sound = self::ffmpeg();
    sound
        .args([
            "-f",
            "lavfi",
            "-i",
            "sine=f=550:r=48000:d=10",
            "-c:a",
            "aac",
        ])
        .arg(root.join("sound.mp4"));
    output(&mut sound);
}

pub(crate) fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y"]);
    command
}

/// The digest of every decoded frame of one stream (`0:v:0`, `0:a:0`) of `input`, in order, from time 0 on.
///
/// Before 0 lies audio's priming: of a source ffmpeg discards it, of fragments behind an edit list it shows it.
pub(crate) fn frames(input: &str, stream: &str, options: &[&str]) -> Vec<String> {
    let mut command = ffmpeg();
    command.args(options).args([
        "-i", input, "-map", stream, "-copyts", "-f", "framemd5", "-",
    ]);
    let digests = digests(&output(&mut command));
    assert!(!digests.is_empty(), "{input} has no frames in {stream}");
    digests
}

/// The digest of every packet of one stream, undecoded, from time 0 on.
pub(crate) fn packets(input: &str, stream: &str) -> Vec<String> {
    let mut command = ffmpeg();
    command.args(["-i", input, "-map", stream, "-c", "copy", "-copyts"]);
    command.args(["-f", "framemd5", "-"]);
    digests(&output(&mut command))
}

/// The same for bytes that ffmpeg reads from a pipe.
pub(crate) fn piped_packets(bytes: Vec<u8>, stream: &str, options: &[&str]) -> Vec<String> {
    piped(bytes, stream, options, &["-c", "copy"])
}

/// [`frames`] of bytes that ffmpeg reads from a pipe: on a seekable file of several fragments it mixes up their
/// encryption data. Empty where nothing decodes.
pub(crate) fn piped_frames(bytes: Vec<u8>, stream: &str, options: &[&str]) -> Vec<String> {
    piped(bytes, stream, options, &[])
}

fn piped(bytes: Vec<u8>, stream: &str, options: &[&str], output: &[&str]) -> Vec<String> {
    let mut command = ffmpeg();
    command.args(options).args(["-i", "pipe:0", "-map", stream]);
    command
        .args(output)
        .args(["-copyts", "-f", "framemd5", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || {
        // ffmpeg may give up on what it cannot decode.
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    digests(&String::from_utf8_lossy(&output.stdout))
}

fn digests(framemd5: &str) -> Vec<String> {
    framemd5
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(',').map(str::trim).collect::<Vec<_>>())
        .filter(|columns| !columns[2].starts_with('-'))
        .map(|columns| columns[5].to_owned())
        .collect()
}
