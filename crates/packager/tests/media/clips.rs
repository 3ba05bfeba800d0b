//! Clips made once with ffmpeg, and those of the shared fixtures.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// 25 frames/s for 12.4 s with a key frame every 2 s.
const RUNG: &str =
    "-c:v libx264 -preset veryfast -bf 2 -g 50 -keyint_min 50 -sc_threshold 0 -pix_fmt yuv420p";

/// Output name → what ffmpeg is told after its inputs (a test picture and two tones).
const CLIPS: &[(&str, &str, &str)] = &[
    (
        "high.mp4",
        "testsrc2=s=480x270:r=25",
        "{RUNG} -b:v 400k -c:a aac -b:a 128k -metadata:s:a:0 language=eng",
    ),
    (
        "low.mp4",
        "testsrc2=s=320x180:r=25",
        "{RUNG} -b:v 150k -c:a aac -b:a 64k -metadata:s:a:0 language=eng -movflags +faststart",
    ),
    (
        "no-b-frames.mp4",
        "testsrc2=s=240x136:r=25",
        "{RUNG} -bf 0 -b:v 80k -an",
    ),
    (
        "ntsc.mp4",
        "testsrc2=s=320x180:r=30000/1001",
        "-c:v libx264 -preset veryfast -g 60 -sc_threshold 0 -pix_fmt yuv420p -ar 44100 -c:a aac",
    ),
    (
        "no-edit-list.mp4",
        "testsrc2=s=320x180:r=25",
        "{RUNG} -c:a aac -use_editlist 0",
    ),
    (
        "open-gop.mp4",
        "testsrc2=s=320x180:r=25",
        "{RUNG} -x264-params open-gop=1:bframes=3:b-adapt=0 -an",
    ),
    (
        "long-gop.mp4",
        "testsrc2=s=320x180:r=25",
        "-c:v libx264 -preset veryfast -g 150 -keyint_min 150 -sc_threshold 0 -pix_fmt yuv420p -an",
    ),
    (
        "coarse-clock.mp4",
        "testsrc2=s=320x180:r=30",
        "{RUNG} -video_track_timescale 1000 -an",
    ),
    (
        "audio.m4a",
        "",
        "-vn -c:a aac -b:a 96k -metadata:s:a:0 language=deu",
    ),
    (
        "one-second-gop.mp4",
        "testsrc2=s=240x136:r=24",
        "-c:v libx264 -preset veryfast -bf 2 -g 24 -keyint_min 24 -sc_threshold 0 -pix_fmt yuv420p -ar 44100 -c:a aac",
    ),
    (
        "irregular-gop.mp4",
        "testsrc2=s=240x136:r=50",
        "-c:v libx264 -preset veryfast -bf 2 -g 500 -force_key_frames 1.3,2.9,3.1,5.5,7,7.2,8.1,11 -sc_threshold 0 -pix_fmt yuv420p -an",
    ),
    (
        "variable-rate.mp4",
        "testsrc2=s=240x136:r=60",
        "-vf select=not(mod(n\\,3))+lt(mod(n\\,50)\\,9) -fps_mode vfr -c:v libx264 -preset veryfast -bf 2 -g 40 -sc_threshold 0 -pix_fmt yuv420p -an",
    ),
    (
        "hevc.mp4",
        "testsrc2=s=240x136:r=25",
        "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=50 -tag:v hvc1 -pix_fmt yuv420p -c:a ac3",
    ),
    (
        "av1.mp4",
        "testsrc2=s=240x136:r=25",
        "-t 4 -c:v libsvtav1 -preset 12 -g 50 -pix_fmt yuv420p -c:a libopus",
    ),
    (
        "vp9.mp4",
        "testsrc2=s=240x136:r=25",
        "-t 4 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 50 -pix_fmt yuv420p -c:a flac -strict -2",
    ),
    ("eac3.mp4", "", "-vn -c:a eac3"),
    ("mp3.mp4", "", "-vn -c:a libmp3lame"),
    ("alac.mp4", "", "-vn -c:a alac"),
    (
        "fragmented.mp4",
        "testsrc2=s=240x136:r=25",
        "{RUNG} -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof",
    ),
    (
        "short.mp4",
        "testsrc2=s=320x180:r=25",
        "{RUNG} -c:a aac -t 6.2",
    ),
];

/// The clip's path; all are made when the first is asked for.
pub(crate) fn clip(name: &str) -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder for the clips");
        let children: Vec<_> = CLIPS
            .iter()
            .map(|(name, picture, arguments)| {
                let arguments = arguments.replace("{RUNG}", RUNG);
                let mut ffmpeg = Command::new("ffmpeg");
                ffmpeg.args("-nostdin -v error -threads 1 -fflags +bitexact".split(' '));
                if !picture.is_empty() {
                    ffmpeg.args(["-f", "lavfi", "-i", picture]);
                }
                ffmpeg
                    .args(["-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", "12.4"])
                    .args(arguments.split(' '));
                (
                    name,
                    ffmpeg
                        .arg(folder.path().join(name))
                        .spawn()
                        .expect("ffmpeg"),
                )
            })
            .collect();
        for (name, mut child) in children {
            assert!(
                child.wait().expect("ffmpeg").success(),
                "ffmpeg could not make {name}"
            );
        }
        // Begins between two key frames: ffmpeg keeps the pictures before and hides them with an edit list.
        run(Command::new("ffmpeg")
            .args("-nostdin -v error -ss 3.2 -i".split(' '))
            .arg(folder.path().join("high.mp4"))
            .args(["-c", "copy"])
            .arg(folder.path().join("trimmed.mp4")));
        folder
    });
    let path = folder.path().join(name);
    assert!(path.exists(), "no clip called {name}");
    path
}

/// None, with a line that says so, where the fixtures are absent.
pub(crate) fn fixture(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("EDGEPACK_FIXTURES")
        .map_or_else(|| repository().join("../shared/fixtures"), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        println!("skipped: no fixture {name} (EDGEPACK_FIXTURES names the folder)");
        return None;
    }
    Some(path)
}

/// `EDGEPACK_SHAKA_PACKAGER`, or the npm package of the end-to-end tests.
pub(crate) fn shaka_packager() -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    let binary = std::env::var_os("EDGEPACK_SHAKA_PACKAGER").map_or_else(
        || {
            repository().join(format!(
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

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a command to its end and returns what it printed; fails with its errors.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the command starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}
