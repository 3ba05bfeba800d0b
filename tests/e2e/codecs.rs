//! Every codec that ffmpeg encodes here: what leaves through HLS and DASH decodes to what went in.
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::playback::media_playlists;
use crate::support::media::{ffmpeg, frames};
use crate::support::{Serve, tools};

const SECONDS: u32 = 7;

struct Codec {
    name: &'static str,
    /// Arguments of the lavfi source and of the encoder.
    source: &'static str,
    encoder: &'static [&'static str],
    /// As manifests say it.
    rfc6381: &'static str,
}

const VIDEO: [Codec; 6] = [
    Codec {
        name: "avc-open-gop",
        source: "testsrc2=s=320x180:r=24000/1001",
        encoder: &[
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-bf",
            "3",
            "-g",
            "48",
            "-x264-params",
            "open-gop=1",
            "-pix_fmt",
            "yuv420p",
            "-profile:v",
            "high",
        ],
        rfc6381: "avc1.6400",
    },
    Codec {
        name: "avc-odd-rate",
        source: "testsrc2=s=320x180:r=17",
        encoder: &[
            "-c:v", "libx264", "-preset", "veryfast", "-g", "34", "-pix_fmt", "yuv420p",
        ],
        rfc6381: "avc1.",
    },
    Codec {
        name: "hevc",
        source: "testsrc2=s=320x180:r=30000/1001",
        encoder: &[
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-x265-params",
            "log-level=error:keyint=60",
            "-tag:v",
            "hvc1",
            "-pix_fmt",
            "yuv420p",
        ],
        rfc6381: "hvc1.1.6.L60",
    },
    Codec {
        name: "hevc-in-band",
        source: "testsrc2=s=320x180:r=25",
        encoder: &[
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-x265-params",
            "log-level=error:keyint=50",
            "-tag:v",
            "hev1",
            "-pix_fmt",
            "yuv420p10le",
        ],
        rfc6381: "hev1.2.4.",
    },
    Codec {
        name: "av1",
        source: "testsrc2=s=320x180:r=25",
        encoder: &[
            "-c:v",
            "libsvtav1",
            "-preset",
            "12",
            "-g",
            "50",
            "-pix_fmt",
            "yuv420p",
        ],
        rfc6381: "av01.0.00M.08",
    },
    Codec {
        name: "vp9",
        source: "testsrc2=s=320x180:r=25",
        encoder: &[
            "-c:v",
            "libvpx-vp9",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-g",
            "50",
            "-pix_fmt",
            "yuv420p",
        ],
        rfc6381: "vp09.00.11.08",
    },
];

const AUDIO: [Codec; 8] = [
    Codec {
        name: "aac-44100",
        source: "sine=f=440:b=2:r=44100",
        encoder: &["-c:a", "aac", "-b:a", "96k"],
        rfc6381: "mp4a.40.2",
    },
    Codec {
        name: "aac-5.1",
        source: "aevalsrc=0.1*sin(440*t)|0.1*sin(550*t)|0.1*sin(660*t)|0.1*sin(70*t)|0.1*sin(330*t)|0.1*sin(350*t):c=5.1:s=48000",
        encoder: &["-c:a", "aac", "-b:a", "256k"],
        rfc6381: "mp4a.40.2",
    },
    Codec {
        name: "ac3",
        source: "sine=f=440:r=48000",
        encoder: &["-c:a", "ac3", "-b:a", "192k"],
        rfc6381: "ac-3",
    },
    Codec {
        name: "eac3",
        source: "sine=f=440:r=48000",
        encoder: &["-c:a", "eac3", "-b:a", "192k"],
        rfc6381: "ec-3",
    },
    Codec {
        name: "opus",
        source: "sine=f=440:r=48000",
        encoder: &["-c:a", "libopus", "-b:a", "96k"],
        rfc6381: "Opus",
    },
    Codec {
        name: "flac",
        source: "sine=f=440:r=48000",
        encoder: &["-c:a", "flac", "-strict", "-2"],
        rfc6381: "fLaC",
    },
    Codec {
        name: "mp3",
        source: "sine=f=440:r=44100",
        encoder: &["-c:a", "libmp3lame", "-b:a", "128k"],
        rfc6381: "mp4a.",
    },
    Codec {
        name: "alac",
        source: "sine=f=440:r=44100",
        encoder: &["-c:a", "alac"],
        rfc6381: "alac",
    },
];

/// A file per codec, `{name}.mp4`.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("codecs-1");
        if !root.join("complete").is_file() {
            // What an interrupted run left is made again.
            let _ = std::fs::remove_dir_all(&root);
            std::fs::create_dir_all(&root).unwrap();
            for codec in VIDEO.iter().chain(&AUDIO) {
                let mut command = ffmpeg();
                command
                    .args([
                        "-f",
                        "lavfi",
                        "-i",
                        &format!("{}:d={SECONDS}", codec.source),
                    ])
                    .args(codec.encoder)
                    .arg(root.join(format!("{}.mp4", codec.name)));
                tools::output(&mut command);
            }
            std::fs::write(root.join("complete"), "").unwrap();
        }
        root
    })
}

fn same_frames(codecs: &[Codec], stream: &str) {
    let node = Serve::all(root()).start();
    for Codec { name, rfc6381, .. } in codecs {
        let source = root().join(format!("{name}.mp4")).display().to_string();
        let expected = frames(&source, stream, &[]);
        let base = format!("{}/vod/{name}.mp4/clear", node.http);
        let multivariant = crate::support::client::fetch_text(&format!("{base}/index.m3u8"));
        assert!(multivariant.contains(rfc6381), "{name}: {multivariant}");
        let playlists = media_playlists(&format!("{base}/index.m3u8"));
        assert_eq!(playlists.len(), 1, "{name}");
        same(
            &frames(&playlists[0], stream, &[]),
            &expected,
            &format!("{name} through HLS"),
        );
        for mpd in ["manifest.mpd", "manifest-time.mpd"] {
            let served = frames(&format!("{base}/{mpd}"), stream, &[]);
            same(&served, &expected, &format!("{name} through {mpd}"));
        }
    }
}

/// Every frame from the source's second one on, and the first where it is a whole one: where priming ends inside a
/// frame, ffmpeg shows the rest of it at time 0 of a source, and all of it before 0 of fragments, where it is left out
/// here. Of HE-AAC it discards one frame too many in a source.
pub(crate) fn same(served: &[String], source: &[String], what: &str) {
    assert!(
        served == source || (served.ends_with(&source[1..]) && served.len() <= source.len() + 1),
        "{what}: {} frames of {}",
        served.len(),
        source.len()
    );
}

#[test]
fn every_video_codec_decodes_as_its_source() {
    same_frames(&VIDEO, "0:v:0");
}

#[test]
fn every_audio_codec_decodes_as_its_source() {
    same_frames(&AUDIO, "0:a:0");
}
