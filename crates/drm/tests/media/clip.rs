//! Clips that ffmpeg makes, one track each, fragmented; and the keys all tests use.
use crate::fragment;
use edgepack_drm::{ContentKey, IvSeed};
use edgepack_isobmff::Handler;
use std::path::{Path, PathBuf};
use std::process::Command;

mod makes;

pub use makes::{AV1, HEVC, HEVC_WITHOUT_FILTERS};

pub const KID: &str = "000102030405060708090a0b0c0d0e0f";
pub const KEY: &str = "101112131415161718191a1b1c1d1e1f";
/// Wraps within the clip.
pub const CENC_IV: &str = "fffffffffffffff8";
pub const CBCS_IV: &str = "00112233445566778899aabbccddeeff";

pub fn key() -> ContentKey {
    ContentKey::from_hex(KID, KEY).unwrap()
}

pub fn seed() -> IvSeed {
    IvSeed {
        cenc_base: u64::from_str_radix(CENC_IV, 16).unwrap(),
        cbcs: u128::from_str_radix(CBCS_IV, 16).unwrap().to_be_bytes(),
    }
}

/// What makes each AVC clip worth having, and how x264 makes it.
pub const AVC: &[(&str, &[&str])] = &[
    (
        "b-frames, reordered and weighted",
        &["-bf", "3", "-x264-params", "ref=4:weightp=2:weightb=1"],
    ),
    (
        "four CAVLC slices, baseline",
        &["-profile:v", "baseline", "-x264-params", "slices=4"],
    ),
    (
        "MBAFF, two slices",
        &["-flags", "+ildct+ilme", "-x264-params", "tff=1:slices=2"],
    ),
    (
        "a slice per macroblock",
        &["-x264-params", "slice-max-mbs=1"],
    ),
    ("no chroma", &["-pix_fmt", "gray"]),
    (
        "4:4:4 with weights",
        &["-pix_fmt", "yuv444p", "-x264-params", "weightp=2"],
    ),
    (
        "4:2:2 10 bit with scaling lists",
        &["-pix_fmt", "yuv422p10le", "-x264-params", "cqm=jvt"],
    ),
    (
        "parameter sets in the samples",
        &["-bsf:v", "dump_extra=freq=keyframe"],
    ),
    (
        "filler after the slices",
        &[
            "-b:v",
            "2M",
            "-maxrate",
            "2M",
            "-bufsize",
            "1M",
            "-x264-params",
            "nal-hrd=cbr",
        ],
    ),
    ("more clear bytes than 16 bits count", &["-bsf:v", LONG_SEI]),
    ("lossless with delimiters", &["-qp", "0", "-aud", "1"]),
    (
        "a fade, explicit weights",
        &[
            "-vf",
            "fade=out:0:25",
            "-bf",
            "2",
            "-x264-params",
            "weightp=2:ref=3:slices=2",
        ],
    ),
    (
        "another SPS id",
        &["-x264-params", "cabac=0:aud=1:sps-id=3"],
    ),
];

/// Replaced by a real one of 70 000 bytes.
const LONG_SEI: &str = "long SEI";

/// The clip as a fragmented file. `None`, and a line that says so, without ffmpeg.
pub fn avc(folder: &Path, options: &[&str]) -> Option<PathBuf> {
    let long_sei = format!(
        "h264_metadata=sei_user_data=086f3693b7b34f2c965321492feee5b8+{}",
        "x".repeat(70_000)
    );
    let options: Vec<_> = options
        .iter()
        .map(|&option| {
            if option == LONG_SEI {
                &long_sei
            } else {
                option
            }
        })
        .collect();
    let encoder = ["-c:v", "libx264", "-preset", "veryfast", "-g", "12"];
    video(folder, "192x144", &[&encoder, &options[..]].concat())
}

pub fn hevc(folder: &Path, options: &[&str]) -> Option<PathBuf> {
    let encoder = [
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-g",
        "8",
        "-tag:v",
        "hvc1",
    ];
    video(folder, "192x144", &[&encoder, options].concat())
}

/// What makes each VP9 clip worth having, and how libvpx makes it.
pub const VP9: &[(&str, &[&str])] = &[
    (
        "hidden frames, tiles",
        &[
            "-auto-alt-ref",
            "1",
            "-lag-in-frames",
            "12",
            "-tile-columns",
            "1",
        ],
    ),
    ("error resilient", &["-error-resilient", "1"]),
    (
        "10 bit 4:4:4, tile rows",
        &["-pix_fmt", "yuv444p10le", "-tile-rows", "1"],
    ),
    ("4:2:2", &["-pix_fmt", "yuv422p", "-frame-parallel", "1"]),
    ("RGB, lossless", &["-pix_fmt", "gbrp", "-lossless", "1"]),
    ("segments", &["-aq-mode", "2"]),
];

pub fn vp9(folder: &Path, options: &[&str]) -> Option<PathBuf> {
    let encoder = ["-c:v", "libvpx-vp9", "-cpu-used", "8", "-g", "12"];
    video(folder, "512x64", &[&encoder, options].concat())
}

/// `options`: the encoder first.
pub fn av1(folder: &Path, options: &[&str]) -> Option<PathBuf> {
    let (encoder, options) = options.split_first().unwrap();
    let speed = match *encoder {
        "libsvtav1" => ["-preset", "12"],
        "librav1e" => ["-speed", "10"],
        _ => ["-cpu-used", "8"],
    };
    let encoder = ["-c:v", encoder, "-g", "10"];
    video(folder, "192x144", &[&encoder[..], &speed, options].concat())
}

fn video(folder: &Path, size: &str, options: &[&str]) -> Option<PathBuf> {
    let source = format!("testsrc2=size={size}:rate=25:duration=0.52,noise=alls=12:all_seed=7");
    let input = ["-f", "lavfi", "-i", &source];
    fragmented(folder, &[&input, options].concat())
}

/// What ffmpeg can encode and write into MP4.
pub const AUDIO: &[(&str, &[&str])] = &[
    ("AAC", &["-c:a", "aac", "-b:a", "96k"]),
    ("AC-3", &["-c:a", "ac3", "-ac", "6"]),
    ("E-AC-3", &["-c:a", "eac3", "-ac", "6"]),
    ("Opus", &["-c:a", "libopus", "-ar", "48000"]),
    ("FLAC", &["-c:a", "flac"]),
    ("ALAC", &["-c:a", "alac"]),
    ("MP3", &["-c:a", "libmp3lame"]),
];

pub fn audio(folder: &Path, options: &[&str]) -> Option<PathBuf> {
    let input = ["-f", "lavfi", "-i", "sine=440:duration=0.8"];
    fragmented(folder, &[&input, options].concat())
}

/// The first track of this kind of a file, its samples untouched.
pub fn of_file(folder: &Path, file: &Path, handler: Handler) -> PathBuf {
    let output = folder.join("clear.mp4");
    let file = std::fs::read(file).unwrap().into();
    std::fs::write(&output, fragment::track(&file, handler)).unwrap();
    output
}

/// A file of the fixtures' folder, if it is there.
pub fn fixture(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("EDGEPACK_FIXTURES")
        .map_or_else(|| repository().join("../shared/fixtures"), PathBuf::from);
    let file = folder.join(name);
    if !file.exists() {
        println!("skipped: no fixture {name} (EDGEPACK_FIXTURES names the folder)");
        return None;
    }
    Some(file)
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fragmented(folder: &Path, input: &[&str]) -> Option<PathBuf> {
    let output = folder.join("clear.mp4");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(input)
        .args([
            // FLAC and Opus in MP4 were experiments once.
            "-strict",
            "-2",
            "-fflags",
            "+bitexact",
            "-movflags",
            // AC-3's sample entry is made of its first frame, and so the header with it.
            "+frag_keyframe+empty_moov+delay_moov+default_base_moof",
            "-f",
            "mp4",
        ])
        .arg(&output)
        .output();
    let Ok(made) = made else {
        assert!(
            std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
            "a tool is missing; run `make test`"
        );
        println!("skipped: no ffmpeg");
        return None;
    };
    assert!(
        made.status.success(),
        "ffmpeg: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    Some(output)
}
