//! The same files through shaka-packager 3.4.2: a second witness to codec strings, sample rates and layouts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{ffmpeg, fixtures, load, read_movie};
use edgepack_isobmff::codec::CodecConfig;
use edgepack_isobmff::{Handler, Movie};

/// `EDGEPACK_SHAKA_PACKAGER`, or the npm package of the end-to-end tests.
fn packager() -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    let binary = std::env::var_os("EDGEPACK_SHAKA_PACKAGER").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(
                "../../tests/node/node_modules/shaka-packager/bin/packager-linux-{arch}"
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

/// The MPD that it makes of one stream.
fn manifest(packager: &Path, source: &Path, stream: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (output, mpd) = (folder.path().join("out.mp4"), folder.path().join("out.mpd"));
    let run = Command::new(packager)
        .arg(format!(
            "in={},stream={stream},output={}",
            source.display(),
            output.display()
        ))
        .arg("--mpd_output")
        .arg(&mpd)
        .output()
        .expect("shaka-packager runs");
    assert!(
        run.status.success(),
        "{}: {}",
        source.display(),
        String::from_utf8_lossy(&run.stderr)
    );
    std::fs::read_to_string(mpd).unwrap()
}

/// The value of the first attribute of this name.
fn attribute<'m>(mpd: &'m str, name: &str) -> Option<&'m str> {
    let (_, rest) = mpd.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// Every audio and video track of the movie, against what shaka-packager says of the stream. How many there were.
fn compare(packager: &Path, source: &Path, movie: &Movie) -> usize {
    let mut compared = 0;
    for track in &movie.tracks {
        let codec = &track.sample_entries[0].codec;
        let stream = match (track.handler, codec) {
            (_, CodecConfig::Unsupported(_)) => continue,
            (Handler::Video, _) => "video",
            (Handler::Audio, _) => "audio",
            _ => continue,
        };
        let mpd = manifest(packager, source, stream);
        let name = source.display();
        // It writes `flac` and `opus`, and constraint flags of HEVC in small letters.
        let ours = codec.rfc6381().unwrap();
        let theirs = attribute(&mpd, "codecs").unwrap();
        assert!(
            ours.eq_ignore_ascii_case(theirs),
            "{name}: {ours}, {theirs}"
        );
        // It does not look into the descriptors of IAMF.
        if let Some(audio) = codec.audio().filter(|_| codec.family() != "iamf") {
            let rate = attribute(&mpd, "audioSamplingRate").unwrap();
            assert_eq!(audio.sample_rate.to_string(), rate, "{name}");
            let (_, rest) = mpd.split_once("<AudioChannelConfiguration ").unwrap();
            let rest = format!(" {rest}");
            let value = attribute(&rest, "value").unwrap();
            let expected = match attribute(&rest, "schemeIdUri").unwrap() {
                "urn:mpeg:mpegB:cicp:ChannelConfiguration" => {
                    audio.layout.cicp.unwrap().to_string()
                }
                "tag:dolby.com,2014:dash:audio_channel_configuration:2011" => {
                    format!("{:04X}", audio.layout.dolby_map.unwrap())
                }
                "tag:dts.com,2018:uhd:audio_channel_configuration" => {
                    format!("{:08X}", audio.layout.dts_uhd_mask.unwrap())
                }
                // Here it writes the number of channels.
                "urn:mpeg:dash:23003:3:audio_channel_configuration:2011" => {
                    audio.channels.to_string()
                }
                other => panic!("{name}: {other}"),
            };
            assert_eq!(value, expected, "{name}");
        }
        compared += 1;
    }
    compared
}

#[test]
fn real_files_say_what_shaka_packager_says_of_them() {
    let (Some(packager), Some(folder)) = (packager(), fixtures()) else {
        return;
    };
    let mut compared = 0;
    for name in [
        "bear-1280x720.mp4",
        "bear-640x360-aac_he-silent_right.mp4",
        "bear-640x360-ec3.mp4",
        "bear-640x360-hevc-hdr10.mp4",
        "bear-640x360-hevc.mp4",
        "bear-640x360-vp9.mp4",
        "bear-alac.mp4",
        "bear-dtsx.mp4",
        "bear-flac.mp4",
        "bear-iamf-base-opus.mp4",
        "sintel-1024x436.mp4",
        "sparks_dovi_5.mp4",
        "sparks_dovi_8.mp4",
        "water-mv-hevc.mp4",
    ] {
        let path = folder.join(name);
        compared += compare(&packager, &path, &read_movie(&load(&path)).unwrap());
    }
    assert_eq!(compared, 20);
}

#[test]
fn files_of_ffmpeg_say_what_shaka_packager_says_of_them() {
    let Some(packager) = packager() else { return };
    let folder = tempfile::tempdir().unwrap();
    let picture = "-f lavfi -i testsrc2=size=322x182:rate=25:duration=0.2";
    let silence = |layout: &str| {
        format!("-f lavfi -i anullsrc=channel_layout={layout}:sample_rate=48000 -t 0.3")
    };
    let pq = "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc";
    for arguments in [
        format!("{picture} -c:v libsvtav1 -preset 12 -pix_fmt yuv420p"),
        format!("{picture} -c:v libsvtav1 -preset 12 -pix_fmt yuv420p10le {pq}"),
        format!("{picture} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuv422p10le"),
        format!(
            "{picture} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuv420p10le {pq}"
        ),
        format!("{} -c:a aac", silence("5.1")),
        format!("{} -c:a ac3", silence("5.1")),
        format!("{} -c:a eac3", silence("stereo")),
        format!("{} -c:a eac3", silence("5.1")),
        format!("{} -c:a libopus", silence("7.1")),
    ] {
        let path = folder.path().join("made.mp4");
        ffmpeg(&arguments, &path);
        let movie = read_movie(&load(&path)).unwrap();
        assert_eq!(compare(&packager, &path, &movie), 1, "{arguments}");
    }
}
