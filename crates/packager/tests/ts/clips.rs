//! Clips made once with ffmpeg: what streams look like that are hard to carry.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::run;

const X264: &str = "-c:v libx264 -preset veryfast -pix_fmt yuv420p -sc_threshold 0";

/// Name → picture, sound, and what ffmpeg is told after these inputs.
const CLIPS: &[(&str, &str, &str, &str)] = &[
    (
        "b-frames.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=44100",
        "{X264} -g 50 -bf 3 -x264-params b-pyramid=normal:b-adapt=0 -c:a aac",
    ),
    (
        "open-gop.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000",
        "{X264} -g 50 -x264-params open-gop=1:bframes=3:b-adapt=0 -c:a aac -ac 2",
    ),
    (
        "ntsc.mp4",
        "testsrc2=s=192x108:r=30000/1001",
        "sine=f=440:r=44100",
        "{X264} -g 60 -c:a aac",
    ),
    (
        "variable-rate.mp4",
        "testsrc2=s=192x108:r=50,select='lt(mod(n\\,9)\\,4)+not(mod(n\\,5))'",
        "sine=f=440:r=32000",
        "{X264} -fps_mode vfr -force_key_frames expr:gte(t,n_forced*2) -c:a aac",
    ),
    // Pictures further apart than references of the program clock may be.
    (
        "slow.mp4",
        "testsrc2=s=192x108:r=4",
        "sine=f=440:r=48000",
        "{X264} -g 8 -c:a aac",
    ),
    (
        "negative-offsets.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000",
        "{X264} -g 50 -bf 2 -movflags +negative_cts_offsets -c:a aac",
    ),
    (
        "no-edit-list.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000",
        "{X264} -g 50 -bf 2 -use_editlist 0 -c:a aac",
    ),
    // Delimiters and parameter sets stand in the samples already.
    (
        "in-band.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000",
        "{X264} -g 50 -x264-params aud=1:repeat-headers=1 -c:a aac",
    ),
    (
        "slices.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000",
        "{X264} -g 50 -x264-params slices=4 -an",
    ),
    (
        "hevc.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000",
        "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -tag:v hvc1 -x265-params \
         keyint=50:min-keyint=50:scenecut=0:bframes=3:log-level=none:pools=1 -c:a aac",
    ),
    (
        "late-sound.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000,asetpts=PTS+3.1/TB",
        "{X264} -g 50 -c:a aac",
    ),
    (
        "long-sound.mp4",
        "testsrc2=s=192x108:r=25:d=3",
        "sine=f=440:r=48000",
        "{X264} -g 50 -c:a aac",
    ),
    (
        "surround.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000",
        "{X264} -g 50 -c:a aac -ac 6",
    ),
    (
        "ac3.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=48000",
        "{X264} -g 50 -c:a ac3 -ac 6 -b:a 384k",
    ),
    (
        "eac3.mp4",
        "testsrc2=s=192x108:r=25",
        "sine=f=440:r=44100",
        "{X264} -g 50 -c:a eac3 -ac 2 -b:a 128k",
    ),
    (
        "mp3.mp4",
        "testsrc2=s=192x108:r=30000/1001",
        "sine=f=440:r=44100",
        "{X264} -g 60 -c:a libmp3lame -b:a 96k",
    ),
    (
        "half-rate-mp3.mp4",
        "",
        "sine=f=440:r=22050",
        "-c:a libmp3lame -b:a 48k",
    ),
    // 6.1 has no number in ADTS.
    (
        "programme.m4a",
        "",
        "sine=f=440:r=48000",
        "-c:a aac -af aformat=channel_layouts=6.1",
    ),
];

const SECONDS: &str = "5.2";

/// The clip's path; all are made when the first is asked for.
pub(crate) fn clip(name: &str) -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder for the clips");
        for pair in CLIPS.chunks(2) {
            let children: Vec<_> = pair
                .iter()
                .map(|clip| (clip.0, command(folder.path(), clip).spawn()))
                .collect();
            for (name, child) in children {
                assert!(
                    child.expect("ffmpeg").wait().expect("ffmpeg").success(),
                    "{name}"
                );
            }
        }
        folder
    });
    let path = folder.path().join(name);
    assert!(path.exists(), "no clip called {name}");
    path
}

fn command(folder: &Path, (name, picture, sound, arguments): &(&str, &str, &str, &str)) -> Command {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args("-nostdin -v error -threads 1 -fflags +bitexact".split(' '));
    for input in [picture, sound] {
        if !input.is_empty() {
            ffmpeg.args(["-f", "lavfi", "-i", input]);
        }
    }
    ffmpeg
        .args(["-t", SECONDS])
        .args(arguments.replace("{X264}", X264).split_whitespace())
        .arg(folder.join(name));
    ffmpeg
}

/// A clip's video and audio as files of their own.
pub(crate) fn apart(path: &Path, folder: &Path) -> [PathBuf; 2] {
    ["v", "a"].map(|kind| {
        let out = folder.join(format!("{kind}.mp4"));
        run(Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(path)
            .args(["-map", &format!("0:{kind}"), "-c", "copy"])
            .arg(&out));
        out
    })
}
