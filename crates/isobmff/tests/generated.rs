//! Media that ffmpeg writes, held against what ffprobe reads in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use common::{
    assert_same_packets, ffmpeg, ffprobe, load, packets, read_movie, read_movie_in_steps,
};
use edgepack_isobmff::codec::{avc, hevc};
use edgepack_isobmff::{CodecConfig, Edit, Handler, Movie};
use tempfile::TempDir;

const PICTURE: &str = "-f lavfi -i testsrc2=size=320x180:rate=25:duration=6";
const SOUND: &str = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=6";
const AVC: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";
const AAC: &str = "-c:a aac -ac 2";

/// A file made by ffmpeg; the folder goes when this does.
struct Made {
    _folder: TempDir,
    path: PathBuf,
}

fn made(arguments: &str) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.mp4");
    ffmpeg(arguments, &path);
    Made {
        _folder: folder,
        path,
    }
}

fn read(path: &Path) -> Movie {
    read_movie(&load(path)).unwrap()
}

#[test]
fn b_frames_and_sound_stand_where_ffprobe_sees_them() {
    let made = made(&format!(
        "{PICTURE} {SOUND} {AVC} -bf 3 -g 50 {AAC} -metadata:s:a:0 language=fra"
    ));
    let movie = read(&made.path);
    assert_same_packets("b-frames", &movie, &packets(&made.path));
    let [video, audio] = &movie.tracks[..] else {
        panic!("{} tracks", movie.tracks.len())
    };
    assert_eq!(
        (video.handler, audio.handler),
        (Handler::Video, Handler::Audio)
    );
    assert_eq!(audio.language, "fr");
    assert_eq!(
        (video.presentation_width, video.presentation_height),
        (320, 180)
    );
    assert!(
        video
            .samples
            .iter_from(0)
            .any(|sample| sample.composition_offset > 0)
    );
    assert_eq!(
        video.samples.sync_samples().collect::<Vec<_>>(),
        [0, 50, 100]
    );
    assert!(audio.samples.all_sync() && !video.samples.all_sync());
    // ffmpeg removes the delay of B-frames and the priming of AAC by an edit list.
    let first = video.samples.sample(0).unwrap();
    let edit = Edit {
        media_time: i64::from(first.composition_offset),
        ..video.edits[0]
    };
    assert_eq!(video.edits, [edit]);
    assert_eq!(audio.edits[0].media_time, 1024);
    assert_eq!(video.samples.total_duration(), video.duration);
}

#[test]
fn the_movie_reads_alike_in_front_and_behind() {
    let behind = made(&format!(
        "{PICTURE} {SOUND} {AVC} {AAC} -fflags +bitexact -flags +bitexact"
    ));
    let front = made(&format!(
        "-i {} -c copy -movflags +faststart -fflags +bitexact",
        behind.path.display()
    ));
    let (last, asked_last) = read_movie_in_steps(&load(&behind.path)).unwrap();
    let (first, asked_first) = read_movie_in_steps(&load(&front.path)).unwrap();
    assert_eq!((asked_first, asked_last), (1, 2));
    assert_same_packets("moov first", &first, &packets(&front.path));
    assert_same_packets("moov last", &last, &packets(&behind.path));
    let shift = last.moov.len() as u64;
    for (first, last) in first.tracks.iter().zip(&last.tracks) {
        for (first, last) in first.samples.iter_from(0).zip(last.samples.iter_from(0)) {
            assert_eq!(first.offset, last.offset + shift);
            assert_eq!(
                (first.size, first.decode_time),
                (last.size, last.decode_time)
            );
        }
    }
}

#[test]
fn a_file_cut_anywhere_says_so() {
    let made = made(&format!("{PICTURE} {AVC} -movflags +faststart"));
    let whole = load(&made.path);
    // A few samples at the end may be missing.
    for part in 1..16 {
        let cut = whole.slice(..whole.len() * part / 20);
        let error = read_movie(&cut).unwrap_err().to_string();
        assert!(
            error.starts_with("the file is truncated: "),
            "{part}/20: {error}"
        );
    }
}

#[test]
fn the_last_samples_can_be_left_out() {
    let made = made(&format!(
        "{PICTURE} {SOUND} {AVC} {AAC} -movflags +faststart"
    ));
    let file = load(&made.path);
    let whole = read_movie(&file).unwrap();
    let cut = file.slice(..file.len() - 3000);
    let movie = read_movie(&cut).unwrap();
    assert!(!movie.notes.is_empty());
    for (track, whole) in movie.tracks.iter().zip(&whole.tracks) {
        let kept: Vec<_> = track.samples.iter_from(0).collect();
        let fitting = whole.samples.iter_from(0);
        let fitting =
            fitting.take_while(|sample| sample.offset + u64::from(sample.size) <= cut.len() as u64);
        assert_eq!(kept, fitting.collect::<Vec<_>>());
        assert_eq!(track.edits, whole.edits);
        let missing = whole.samples.len() - track.samples.len();
        let note = format!(
            "track {}: the file ends before the last {missing} samples",
            track.track_id
        );
        assert_eq!(
            movie.notes.iter().any(|told| told.starts_with(&note)),
            missing > 0,
            "{:?}",
            movie.notes
        );
    }
}

#[test]
fn chunk_offsets_of_64_bits_are_read() {
    let made = made(&format!("{PICTURE} {AVC}"));
    let whole = load(&made.path);
    let plain = read(&made.path);
    let wide = read_movie(&with_64_bit_offsets(&whole)).unwrap();
    let samples = |movie: &Movie| movie.tracks[0].samples.iter_from(0).collect::<Vec<_>>();
    assert_eq!(samples(&plain), samples(&wide));
}

/// The same file, moov last, with `co64` in the place of `stco`.
fn with_64_bit_offsets(file: &Bytes) -> Bytes {
    let mut bytes = file.to_vec();
    let at = bytes
        .windows(4)
        .rposition(|window| window == b"stco")
        .unwrap()
        - 4;
    let size = usize::try_from(u32::from_be_bytes(*bytes[at..].first_chunk().unwrap())).unwrap();
    let entries = bytes[at + 16..at + size]
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|offset| [[0; 4], *offset].concat());
    let entries: Vec<u8> = entries.collect();
    let grown = entries.len() / 2;
    bytes.splice(at + 16..at + size, entries);
    bytes[at + 4..at + 8].copy_from_slice(b"co64");
    for kind in [b"co64", b"stbl", b"minf", b"mdia", b"trak", b"moov"] {
        let at = bytes.windows(4).rposition(|window| window == kind).unwrap() - 4;
        let size =
            u32::from_be_bytes(*bytes[at..].first_chunk().unwrap()) + u32::try_from(grown).unwrap();
        bytes[at..at + 4].copy_from_slice(&size.to_be_bytes());
    }
    Bytes::from(bytes)
}

#[test]
fn size_shape_colour_and_depth_are_those_of_ffprobe() {
    let colour =
        "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -color_range pc";
    let small = "-f lavfi -i testsrc2=size=322x182:rate=25:duration=0.4";
    let hevc = "-c:v libx265 -preset ultrafast -x265-params log-level=none";
    let avc = "-c:v libx264 -preset ultrafast";
    for arguments in [
        format!("{small} {avc} -pix_fmt yuv420p"),
        format!("{small} {avc} -pix_fmt yuv422p10le -vf setsar=40/33"),
        format!("{small} {avc} -pix_fmt yuv444p {colour}"),
        format!(
            "{small} {avc} -pix_fmt yuv420p -flags +ilme+ildct -vf scale=322:188,setsar=123/77"
        ),
        format!("{small} {avc} -pix_fmt yuv444p -x264-params cqm=jvt"),
        format!("{small} {hevc} -pix_fmt yuv420p -tag:v hvc1"),
        format!("{small} {hevc} -pix_fmt yuv420p10le -tag:v hvc1 -vf setsar=40/33 {colour}"),
        format!(
            "{small} {hevc}:scaling-list=default:bframes=4:b-pyramid=1:temporal-layers=3 -pix_fmt yuv422p"
        ),
        format!("{small} {hevc} -pix_fmt yuv444p12le -vf setsar=123/77"),
    ] {
        let made = made(&arguments);
        let movie = read(&made.path);
        let config = &movie.tracks[0].sample_entries[0].codec;
        assert_eq!(seen(config), probed(&made.path), "{arguments}");
        assert_same_packets(&arguments, &movie, &packets(&made.path));
    }
}

#[test]
fn monochrome_is_told_from_colour() {
    let made =
        made("-f lavfi -i testsrc2=size=322x182:rate=25:duration=0.2 -c:v libx264 -pix_fmt gray");
    let (width, height, _, depth, chroma, _) =
        seen(&read(&made.path).tracks[0].sample_entries[0].codec);
    assert_eq!((width, height, depth, chroma), (322, 182, 8, 0));
}

/// Width, height, shape of samples; bits of luma, chroma format; primaries, transfer, matrix, full range.
type Picture = (u32, u32, (u32, u32), u8, u8, (u8, u8, u8, bool));

fn seen(config: &CodecConfig) -> Picture {
    let (depth, chroma) = match config {
        CodecConfig::Avc(config) => {
            let sps = avc::Sps::parse(&config.sps[0]).unwrap();
            (sps.bit_depth_luma, sps.chroma_format_idc)
        }
        CodecConfig::Hevc(config) => {
            let sps = hevc::Sps::parse(&config.sps[0]).unwrap();
            (sps.bit_depth_luma, sps.chroma_format_idc)
        }
        other => panic!("{other:?}"),
    };
    let video = config.video().unwrap();
    let colour = video.colour.unwrap_or((2, 2, 2, false));
    (
        video.width,
        video.height,
        video.pixel_aspect,
        depth,
        chroma,
        colour,
    )
}

fn probed(path: &Path) -> Picture {
    let fields = "width,height,sample_aspect_ratio,pix_fmt,color_range,color_space,color_transfer,color_primaries";
    let rows = ffprobe(
        &format!("-select_streams v -show_entries stream={fields}"),
        path,
    );
    let [
        width,
        height,
        shape,
        format,
        range,
        matrix,
        transfer,
        primaries,
    ] = &rows[0][..]
    else {
        panic!("{rows:?}")
    };
    let shape = shape.split_once(':').unwrap_or(("1", "1"));
    let depth = [("12le", 12), ("10le", 10)]
        .iter()
        .find(|(end, _)| format.ends_with(end))
        .map_or(8, |(_, bits)| *bits);
    let chroma = [("444", 3), ("422", 2), ("420", 1)]
        .iter()
        .find(|(part, _)| format.contains(part))
        .map_or(0, |(_, c)| *c);
    let code = |name: &str| match name {
        "unknown" => 2,
        "smpte2084" => 16,
        "bt2020" | "bt2020nc" => 9,
        "gbr" => 0,
        other => panic!("{other}"),
    };
    (
        width.parse().unwrap(),
        height.parse().unwrap(),
        (shape.0.parse().unwrap(), shape.1.parse().unwrap()),
        depth,
        chroma,
        (code(primaries), code(transfer), code(matrix), range == "pc"),
    )
}

#[test]
fn the_sample_entry_says_the_shape_before_the_parameter_set_does() {
    let made = made(&format!("{PICTURE} {AVC} -vf setsar=8/9"));
    let mut bytes = load(&made.path).to_vec();
    let at = bytes
        .windows(4)
        .rposition(|window| window == b"pasp")
        .unwrap();
    bytes[at + 4..at + 12].copy_from_slice(&[0, 0, 0, 4, 0, 0, 0, 3]);
    let movie = read_movie(&Bytes::from(bytes)).unwrap();
    assert_eq!(
        movie.tracks[0].sample_entries[0]
            .codec
            .video()
            .unwrap()
            .pixel_aspect,
        (4, 3)
    );
}

#[test]
fn sound_is_what_ffprobe_hears() {
    for (arguments, codec) in [
        ("-ac 1 -ar 44100", "mp4a.40.2"),
        ("-ac 6 -ar 48000", "mp4a.40.2"),
        ("-ac 8 -ar 96000 -channel_layout 7.1", "mp4a.40.2"),
        ("-ac 2 -ar 22050 -profile:a mpeg2_aac_low", "mp4a.40.2"),
        (
            "-ac 2 -ar 16000 -profile:a aac_ltp -strict experimental",
            "mp4a.40.4",
        ),
    ] {
        let made = made(&format!("{SOUND} -c:a aac {arguments}"));
        let movie = read(&made.path);
        let rows = ffprobe("-show_entries stream=sample_rate,channels", &made.path);
        let CodecConfig::Aac(config) = &movie.tracks[0].sample_entries[0].codec else {
            panic!("{arguments}")
        };
        assert_eq!(
            [config.sample_rate.to_string(), config.channels.to_string()],
            rows[0][..],
            "{arguments}"
        );
        assert_eq!(config.rfc6381(), codec, "{arguments}");
        assert_same_packets(arguments, &movie, &packets(&made.path));
    }
}

#[test]
fn a_track_with_a_codec_that_is_not_read_leaves_the_others_alone() {
    let made = made(&format!("{PICTURE} {SOUND} {AVC} -c:a ac3"));
    let movie = read(&made.path);
    let codecs: Vec<_> = movie
        .tracks
        .iter()
        .map(|track| track.sample_entries[0].codec.rfc6381())
        .collect();
    assert!(
        codecs[0].as_ref().unwrap().starts_with("avc1.42c0"),
        "{codecs:?}"
    );
    assert_eq!(codecs[1], None);
    assert_same_packets("ac3", &movie, &packets(&made.path));
}
