//! Clips that ffmpeg makes, one track each, fragmented; and the keys all tests use.
use edgepack_drm::{ContentKey, IvSeed};
use std::path::{Path, PathBuf};
use std::process::Command;

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
    let source = "testsrc2=size=192x144:rate=25:duration=1.2,noise=alls=12:all_seed=7";
    let mut arguments = vec![
        "-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "veryfast", "-g", "12",
    ];
    arguments.extend(options);
    fragmented(folder, &arguments)
}

pub fn aac(folder: &Path) -> Option<PathBuf> {
    fragmented(
        folder,
        &[
            "-f",
            "lavfi",
            "-i",
            "sine=440:duration=1.2",
            "-c:a",
            "aac",
            "-b:a",
            "96k",
        ],
    )
}

/// One track of a file, its samples untouched. `stream`: ffmpeg's specifier.
pub fn of_file(folder: &Path, file: &Path, stream: &str) -> Option<PathBuf> {
    fragmented(
        folder,
        &["-i", file.to_str().unwrap(), "-map", stream, "-c", "copy"],
    )
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
            "-fflags",
            "+bitexact",
            "-movflags",
            "+frag_keyframe+empty_moov+default_base_moof",
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
