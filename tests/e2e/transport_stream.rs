//! HLS in MPEG-TS and packed audio.
use crate::support::client::{Curl, fetch, fetch_text};
use crate::support::media::{frames, piped_frames};
use crate::support::{Serve, media, tools};

fn source(file: &str, stream: &str) -> Vec<String> {
    frames(media::root().join(file).to_str().unwrap(), stream, &[])
}

/// The variants of `index-ts.m3u8`, best first.
fn variants(base: &str) -> Vec<String> {
    fetch_text(&format!("{base}/index-ts.m3u8"))
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// All segments of a media playlist, one after the other.
fn joined(playlist: &str, extension: &str) -> Vec<u8> {
    let folder = playlist.rsplit_once('/').unwrap().0;
    let segments: Vec<Vec<u8>> = fetch_text(playlist)
        .lines()
        .filter(|line| line.ends_with(extension))
        .map(|line| fetch(&format!("{folder}/{line}")))
        .collect();
    assert!(segments.len() > 1, "{playlist}");
    segments.concat()
}

#[test]
fn muxed_segments_decode_as_the_source_and_join_without_a_warning() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/ladder/clear", node.http);
    let best = variants(&base)
        .into_iter()
        .find(|variant| variant.contains('+'))
        .expect("a rung muxed with its sound");
    let stream = joined(&format!("{base}/{best}"), ".ts");
    assert_eq!(stream.len() % 188, 0);
    assert_eq!(
        piped_frames(stream.clone(), "0:v:0", &[]),
        source("ladder/high.mp4", "0:v:0")
    );
    let file = tempfile::NamedTempFile::with_suffix(".ts").unwrap();
    std::fs::write(file.path(), &stream).unwrap();
    let mut ffprobe = std::process::Command::new("ffprobe");
    ffprobe
        .args(["-v", "warning", "-show_packets", "-of", "csv"])
        .arg(file.path());
    let output = ffprobe.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn hls_of_transport_streams_plays_through_in_ffmpeg() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/film.mp4/clear", node.http);
    let variant = variants(&base).remove(0);
    let playlist = format!("{base}/{variant}");
    assert_eq!(frames(&playlist, "0:v:0", &[]), source("film.mp4", "0:v:0"));
}

/// (pts, stream) of every packet, seconds.
fn timestamps(input: &str, stream: &str) -> Vec<f64> {
    let mut ffprobe = std::process::Command::new("ffprobe");
    ffprobe
        .args([
            "-v",
            "error",
            "-select_streams",
            stream,
            "-show_entries",
            "packet=pts_time",
            "-of",
            "csv=p=0",
        ])
        .arg(input);
    let text = tools::output(&mut ffprobe);
    let mut times: Vec<f64> = text
        .lines()
        .filter_map(|line| line.trim_end_matches(',').parse().ok())
        .collect();
    times.sort_by(f64::total_cmp);
    times
}

#[test]
fn picture_and_sound_keep_the_timing_of_cmaf_within_a_millisecond() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/film.mp4/clear", node.http);
    let file = |bytes: Vec<u8>, suffix: &str| {
        let file = tempfile::NamedTempFile::with_suffix(suffix).unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    };
    let muxed = file(
        joined(&format!("{base}/{}", variants(&base)[0]), ".ts"),
        ".ts",
    );
    let cmaf: Vec<_> = crate::playback::media_playlists(&format!("{base}/index.m3u8"))
        .into_iter()
        .map(|playlist| file(crate::playback::rendition(&playlist), ".mp4"))
        .collect();
    // Where presentation time 0 lies in the transport stream is where its first picture is.
    let video = timestamps(muxed.path().to_str().unwrap(), "v:0");
    let zero = video[0];
    for (stream, cmaf) in [("a:0", &cmaf[0]), ("v:0", &cmaf[1])] {
        let ts = timestamps(muxed.path().to_str().unwrap(), stream);
        let mut expected = timestamps(cmaf.path().to_str().unwrap(), stream);
        if stream == "v:0" {
            // ffmpeg adds the reordering delay to pictures of fragments; they begin at 0.
            let first = expected[0];
            expected.iter_mut().for_each(|time| *time -= first);
        }
        assert_eq!(ts.len(), expected.len(), "{stream}");
        for (ts, cmaf) in ts.iter().zip(&expected) {
            assert!(
                (ts - zero - cmaf).abs() < 0.001,
                "{stream}: {ts} − {zero} against {cmaf}"
            );
        }
    }
}

#[test]
fn packed_audio_begins_with_its_timestamp_and_decodes_as_the_source() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/film.mp4/clear", node.http);
    let audio = crate::playback::media_playlists(&format!("{base}/index.m3u8")).remove(0);
    let packed = audio.replace("/index.m3u8", "/index-packed.m3u8");
    let folder = packed.rsplit_once('/').unwrap().0;
    let names: Vec<String> = fetch_text(&packed)
        .lines()
        .filter(|line| line.ends_with(".aac"))
        .map(str::to_owned)
        .collect();
    let mut bytes = Vec::new();
    for name in &names {
        let segment = fetch(&format!("{folder}/{name}"));
        assert!(segment.starts_with(b"ID3"), "{name}");
        assert!(
            segment
                .windows(24)
                .any(|window| window == b"com.apple.streaming.tran")
        );
        bytes.extend(segment);
    }
    // A raw stream has no edit list: it begins with the priming that the source's hides.
    let served = piped_frames(bytes, "0:a:0", &["-f", "aac"]);
    let expected = source("film.mp4", "0:a:0");
    assert!(
        served.ends_with(&expected[1..]),
        "{} frames of {}",
        served.len(),
        expected.len()
    );
}

#[test]
fn transport_streams_leave_in_the_clear_only() {
    let node = Serve::all(media::root()).start();
    let answer = Curl::get(&format!("{}/vod/film.mp4/cenc/index-ts.m3u8", node.http))
        .run()
        .expect(404);
    assert_eq!(answer.reason(), "no-such-form");
}
