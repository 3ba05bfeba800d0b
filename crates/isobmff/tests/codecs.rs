//! Media of every encoder that ffmpeg has, held against ffprobe and against what the specifications make of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;

use std::path::{Path, PathBuf};

use common::{ffmpeg, ffprobe, load, read_movie};
use edgepack_isobmff::codec::{Chroma, CodecConfig, TextFormat, VideoRange};
use edgepack_isobmff::{Handler, Movie, Track};
use tempfile::TempDir;

/// A file made by ffmpeg; the folder goes when this does.
struct Made {
    _folder: TempDir,
    path: PathBuf,
    movie: Movie,
}

impl Made {
    fn new(arguments: &str) -> Self {
        Self::named("made.mp4", arguments)
    }

    fn named(name: &str, arguments: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        ffmpeg(arguments, &path);
        let movie = read_movie(&load(&path)).unwrap();
        Self {
            _folder: folder,
            path,
            movie,
        }
    }

    fn codec(&self) -> &CodecConfig {
        &self.movie.tracks[0].sample_entries[0].codec
    }
}

/// ffprobe's answer to so many fields of a stream, in its own order.
fn probe<const N: usize>(fields: &str, path: &Path) -> [String; N] {
    let rows = ffprobe(&format!("-show_entries stream={fields}"), path);
    rows[0].clone().try_into().unwrap()
}

fn silence(layout: &str, rate: u32) -> String {
    format!("-f lavfi -i anullsrc=channel_layout={layout}:sample_rate={rate} -t 0.3 -strict -2")
}

#[test]
fn sound_is_what_ffprobe_hears() {
    for (layout, rate, encoder, string, cicp) in [
        ("mono", 44_100, "aac", "mp4a.40.2", Some(1)),
        ("stereo", 22_050, "aac", "mp4a.40.2", Some(2)),
        ("5.1", 48_000, "aac", "mp4a.40.2", Some(6)),
        // A program configuration: no code has two front channels and a low-frequency one.
        ("2.1", 48_000, "aac", "mp4a.40.2", None),
        ("quad", 96_000, "aac", "mp4a.40.2", Some(10)),
        ("3.0(back)", 48_000, "aac", "mp4a.40.2", Some(9)),
        // ffmpeg writes configuration 7, whose eight channels the standard puts elsewhere.
        ("7.1", 48_000, "aac", "mp4a.40.2", Some(7)),
        ("mono", 48_000, "ac3", "ac-3", Some(1)),
        ("stereo", 44_100, "ac3", "ac-3", Some(2)),
        ("3.0(back)", 32_000, "ac3", "ac-3", Some(9)),
        ("4.0", 48_000, "ac3", "ac-3", Some(4)),
        ("quad(side)", 48_000, "ac3", "ac-3", Some(10)),
        ("3.1", 48_000, "ac3", "ac-3", None),
        ("5.1(side)", 44_100, "ac3", "ac-3", Some(6)),
        ("stereo", 44_100, "eac3", "ec-3", Some(2)),
        ("5.1(side)", 48_000, "eac3", "ec-3", Some(6)),
        ("mono", 48_000, "libopus", "Opus", Some(1)),
        ("stereo", 24_000, "libopus", "Opus", Some(2)),
        ("3.0", 48_000, "libopus", "Opus", Some(3)),
        ("5.1", 48_000, "libopus", "Opus", Some(6)),
        ("6.1", 48_000, "libopus", "Opus", Some(11)),
        ("7.1", 48_000, "libopus", "Opus", Some(12)),
        ("mono", 44_100, "flac", "fLaC", Some(1)),
        ("5.1", 96_000, "flac", "fLaC", Some(6)),
        ("7.1", 192_000, "flac", "fLaC", Some(12)),
        ("stereo", 44_100, "alac", "alac", Some(2)),
        ("4.0", 48_000, "alac", "alac", Some(4)),
        ("5.1", 48_000, "alac", "alac", Some(6)),
        ("7.1(wide)", 48_000, "alac", "alac", Some(7)),
        ("stereo", 44_100, "libmp3lame", "mp4a.6B", Some(2)),
        ("stereo", 22_050, "libmp3lame", "mp4a.69", Some(2)),
    ] {
        let arguments = format!("{} -c:a {encoder}", silence(layout, rate));
        let made = Made::new(&arguments);
        let [probed_rate, probed_channels] = probe("sample_rate,channels", &made.path);
        let codec = made.codec();
        let audio = codec.audio().unwrap();
        assert_eq!(
            [audio.sample_rate.to_string(), audio.channels.to_string()],
            [probed_rate, probed_channels],
            "{arguments}"
        );
        assert_eq!(codec.rfc6381().unwrap(), string, "{arguments}");
        assert_eq!(audio.layout.cicp, cicp, "{arguments}");
        assert_frame_length(&made.movie.tracks[0], &arguments);
    }
}

/// Every sample but the last decodes to as many audio samples as the configuration says.
fn assert_frame_length(track: &Track, what: &str) {
    let audio = track.sample_entries[0].codec.audio().unwrap();
    let Some(frame_length) = audio.frame_length else {
        return;
    };
    let ticks = u64::from(frame_length) * u64::from(track.timescale);
    for sample in track
        .samples
        .iter_from(0)
        .take(track.samples.len() as usize - 1)
    {
        assert_eq!(
            u64::from(sample.duration) * u64::from(audio.sample_rate),
            ticks,
            "{what}: sample {}",
            sample.index
        );
    }
}

#[test]
fn the_codes_of_dolby_are_those_of_the_channels() {
    for (layout, map) in [
        ("mono", 0x4000),
        ("stereo", 0xa000),
        ("5.0(side)", 0xf800),
        ("5.1(side)", 0xf801),
    ] {
        for encoder in ["ac3", "eac3"] {
            let made = Made::new(&format!(
                "{} -c:a {encoder} -b:a 256k",
                silence(layout, 48_000)
            ));
            assert_eq!(
                made.codec().audio().unwrap().layout.dolby_map,
                Some(map),
                "{layout}"
            );
            let bit_rate = match made.codec() {
                CodecConfig::Ac3(config) => config.bit_rate,
                CodecConfig::Eac3(config) => Some(config.bit_rate),
                other => panic!("{other:?}"),
            };
            assert_eq!(bit_rate, Some(256_000));
        }
    }
}

#[test]
fn quicktime_files_say_the_same_as_mp4() {
    for (encoder, rate) in [
        ("aac", 44_100),
        // A rate that does not fit the entry: version 2 of the sound description.
        ("aac", 96_000),
        ("alac", 44_100),
        ("ac3", 48_000),
        ("eac3", 48_000),
        ("libmp3lame", 44_100),
    ] {
        let arguments = format!("{} -c:a {encoder}", silence("stereo", rate));
        let mov = Made::named("made.mov", &arguments);
        let mp4 = Made::new(&arguments);
        assert_eq!(mov.codec().audio(), mp4.codec().audio(), "{arguments}");
        assert_eq!(mov.codec().rfc6381(), mp4.codec().rfc6381(), "{arguments}");
        // What goes on into CMAF is the entry that the MP4 has, its `btrt` and `esds` details aside.
        let raw = |made: &Made| made.movie.tracks[0].sample_entries[0].raw.clone();
        let (from_mov, from_mp4) = (raw(&mov), raw(&mp4));
        assert_eq!(from_mov[4..8], from_mp4[4..8], "{arguments}");
        assert_eq!(from_mov[16..28], from_mp4[16..28], "{arguments}");
        assert_eq!(from_mov[32..36], from_mp4[32..36], "{arguments}");
        assert_eq!(from_mov[40..44], from_mp4[40..44], "{arguments}");
    }
}

const SMALL: &str = "-f lavfi -i testsrc2=size=322x182:rate=25:duration=0.2";
const PQ: &str = "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc";
const HLG: &str = "-color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc";
const BT709: &str = "-color_primaries bt709 -color_trc bt709 -colorspace bt709";
const SVT: &str = "-c:v libsvtav1 -preset 12 -svtav1-params film-grain=0";
const AOM: &str = "-c:v libaom-av1 -cpu-used 8 -usage realtime";
const VP9: &str = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8";

#[test]
fn pictures_are_what_ffprobe_sees() {
    use Chroma::{Monochrome, Yuv420, Yuv422, Yuv444};
    use VideoRange::{Hlg, Pq, Sdr};
    for (arguments, string, depth, chroma, range) in [
        (format!("{SVT} -pix_fmt yuv420p"), "av01.0.00M.08", 8, Yuv420, Sdr),
        (format!("{SVT} -pix_fmt yuv420p {BT709}"), "av01.0.00M.08", 8, Yuv420, Sdr),
        (
            format!("{SVT} -pix_fmt yuv420p10le {PQ}"),
            "av01.0.00M.10.0.110.09.16.09.0",
            10,
            Yuv420,
            Pq,
        ),
        (
            format!("{AOM} -pix_fmt yuv420p10le {HLG} -vf setsar=40/33"),
            "av01.0.00M.10.0.110.09.18.09.0",
            10,
            Yuv420,
            Hlg,
        ),
        (
            format!("{AOM} -pix_fmt yuv444p {BT709} -color_range pc"),
            "av01.1.00M.08.0.000.01.01.01.1",
            8,
            Yuv444,
            Sdr,
        ),
        (format!("{AOM} -pix_fmt gray"), "av01.0.00M.08.1.110.01.01.01.1", 8, Monochrome, Sdr),
        (
            format!("{AOM} -pix_fmt yuv422p12le"),
            "av01.2.00M.12.0.100.01.01.01.0",
            12,
            Yuv422,
            Sdr,
        ),
        // ffmpeg takes chroma for colocated, and says that colours are unspecified.
        (
            format!("{VP9} -pix_fmt yuv420p"),
            "vp09.00.11.08.01.02.02.02.00",
            8,
            Yuv420,
            Sdr,
        ),
        (format!("{VP9} -pix_fmt yuv420p {BT709}"), "vp09.00.11.08", 8, Yuv420, Sdr),
        (
            format!("{VP9} -pix_fmt yuv420p {BT709} -chroma_sample_location left"),
            "vp09.00.11.08.00.01.01.01.00",
            8,
            Yuv420,
            Sdr,
        ),
        (
            format!("{VP9} -pix_fmt yuv420p10le {PQ}"),
            "vp09.02.11.10.01.09.16.09.00",
            10,
            Yuv420,
            Pq,
        ),
        (
            format!("{VP9} -pix_fmt yuv444p {BT709} -color_range pc"),
            "vp09.01.11.08.03.01.01.01.01",
            8,
            Yuv444,
            Sdr,
        ),
        (
            format!("{VP9} -pix_fmt yuv422p12le -vf setsar=4/3"),
            "vp09.03.11.12.02.02.02.02.00",
            12,
            Yuv422,
            Sdr,
        ),
        (
            "-c:v libx265 -preset ultrafast -x265-params log-level=none:atc-sei=18 -tag:v hvc1 -pix_fmt yuv420p10le \
             -color_primaries bt2020 -color_trc bt2020-10 -colorspace bt2020nc"
                .to_owned(),
            "hvc1.2.4.L60.90",
            10,
            Yuv420,
            // The message that says HLG stands in the samples only.
            Sdr,
        ),
    ] {
        let made = Made::new(&format!("{SMALL} {arguments}"));
        let codec = made.codec();
        let video = codec.video().unwrap();
        assert_eq!(codec.rfc6381().unwrap(), string, "{arguments}");
        assert_eq!((video.bit_depth, video.chroma), (depth, chroma), "{arguments}");
        assert_eq!(video.video_range(), range, "{arguments}");
        let [width, height, shape] = probe("width,height,sample_aspect_ratio", &made.path);
        let (horizontal, vertical) = video.pixel_aspect;
        assert_eq!(
            [
                video.width.to_string(),
                video.height.to_string(),
                format!("{horizontal}:{vertical}")
            ],
            [width, height, shape.replace("N/A", "1:1")],
            "{arguments}"
        );
    }
}

#[test]
fn subtitles_and_thumbnails_are_told_from_video() {
    let folder = tempfile::tempdir().unwrap();
    let subtitles = folder.path().join("cues.srt");
    std::fs::write(
        &subtitles,
        "1\n00:00:00,000 --> 00:00:01,000\nHello <b>there</b>\n",
    )
    .unwrap();
    let made = Made::new(&format!(
        "-i {} -f lavfi -i testsrc2=size=320x180:rate=1:duration=2 -map 0 -map 1 -c:s mov_text -c:v mjpeg -strict -1",
        subtitles.display()
    ));
    let text = made
        .movie
        .tracks
        .iter()
        .find(|track| track.handler == Handler::Text)
        .unwrap();
    let codec = &text.sample_entries[0].codec;
    assert_eq!(codec.text(), Some(TextFormat::TimedText));
    let CodecConfig::Tx3g(config) = codec else {
        panic!("{codec:?}")
    };
    assert!(!config.all_forced() && !config.style.bold());
    assert_eq!(config.style.colour, [255; 4]);
    let pictures = made
        .movie
        .tracks
        .iter()
        .find(|track| track.handler == Handler::Video)
        .unwrap();
    let codec = &pictures.sample_entries[0].codec;
    assert!(codec.is_image());
    let video = codec.video().unwrap();
    assert_eq!((video.width, video.height), (320, 180));
    let first = pictures.samples.sample(0).unwrap();
    let file = load(&made.path);
    let start = usize::try_from(first.offset).unwrap();
    assert_eq!(file[start..start + 3], [0xff, 0xd8, 0xff]);
}
