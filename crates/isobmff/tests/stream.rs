//! Live streams as ffmpeg makes them, held against the same media in one file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use common::sink::{Bodies, Sink};
use common::{bytes_of, ffmpeg, load, read_movie};
use edgepack_isobmff::stream::{
    Chunk, Header, Item, Sample, StreamError, StreamLimits, StreamReader,
};

const PICTURE: &str = "-f lavfi -i testsrc2=size=160x90:rate=25:duration=4";
const SOUND: &str = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=4";
const CODECS: &str = "-c:v libx264 -preset ultrafast -bf 2 -g 25 -pix_fmt yuv420p -c:a aac";

/// Video in the first track, sound in the second.
fn whole(folder: &Path) -> PathBuf {
    let whole = folder.join("whole.mp4");
    ffmpeg(&format!("{PICTURE} {SOUND} {CODECS}"), &whole);
    whole
}

/// A sample, and its bytes.
type Whole = (Sample, Bytes);

/// Of each track of a file.
fn samples_of(path: &Path) -> Vec<Vec<Whole>> {
    let file = load(path);
    let movie = read_movie(&file).unwrap();
    let tracks = movie.tracks.iter().map(|track| {
        let samples = track.samples.iter_from(0).map(|sample| {
            let told = Sample {
                size: sample.size,
                duration: sample.duration,
                composition_offset: sample.composition_offset,
                is_sync: sample.is_sync,
            };
            (told, bytes_of(&file, &sample))
        });
        samples.collect()
    });
    tracks.collect()
}

/// What one body brought.
#[derive(Debug, Default)]
struct Body {
    header: Option<Arc<Header>>,
    chunks: Vec<Chunk>,
    ends: usize,
}

impl Body {
    fn read(mut reader: StreamReader, pieces: &[Vec<u8>]) -> Result<Self, StreamError> {
        let mut body = Self::default();
        let mut pieces = pieces.iter();
        while !reader.is_over() {
            match pieces.next() {
                Some(piece) => reader.push(Bytes::from(piece.clone())),
                None => reader.end(),
            }
            while let Some(item) = reader.next()? {
                match item {
                    Item::Header { header, repeated } => {
                        assert!(!repeated);
                        body.header = Some(header);
                    }
                    Item::Chunk(chunk) => body.chunks.push(*chunk),
                    Item::Trailing(prelude) => panic!("{prelude:?}"),
                    Item::End => body.ends += 1,
                }
            }
        }
        assert_eq!(reader.held(), 0);
        Ok(body)
    }

    fn of(body: &[u8]) -> Result<Self, StreamError> {
        let pieces: Vec<Vec<u8>> = body.chunks(1500).map(<[u8]>::to_vec).collect();
        Self::read(StreamReader::new(StreamLimits::default()), &pieces)
    }
}

/// The samples of each track, in the order of the header.
fn joined(chunks: &[Chunk], tracks: usize) -> Vec<Vec<Whole>> {
    let mut joined = vec![Vec::new(); tracks];
    for fragment in chunks.iter().flat_map(|chunk| &chunk.fragments) {
        let mut at = 0;
        for sample in &fragment.samples {
            let size = sample.size as usize;
            joined[fragment.track].push((*sample, fragment.data.slice(at..at + size)));
            at += size;
        }
        assert_eq!(at, fragment.data.len());
    }
    joined
}

/// Each fragment of a track begins where the one before ends.
fn assert_no_holes(name: &str, chunks: &[Chunk]) {
    let mut ends = [None; 2];
    for fragment in chunks.iter().flat_map(|chunk| &chunk.fragments) {
        let end = &mut ends[fragment.track];
        assert_eq!(fragment.decode_time, end.unwrap_or(0), "{name}");
        *end = Some(fragment.decode_time + fragment.duration());
    }
}

/// The samples of the file, shown in the same order at the same distances: movies for streams may have another time line.
fn assert_same(name: &str, streamed: &[Vec<Whole>], file: &[Vec<Whole>]) {
    assert_eq!(streamed.len(), file.len(), "{name}");
    for (streamed, file) in streamed.iter().zip(file) {
        assert_eq!(streamed.len(), file.len(), "{name}");
        let shift = streamed[0].0.composition_offset - file[0].0.composition_offset;
        for ((sample, bytes), (expected, expected_bytes)) in streamed.iter().zip(file) {
            assert!(bytes == expected_bytes, "{name}");
            assert_eq!(sample.is_sync, expected.is_sync, "{name}");
            let offset = expected.composition_offset + shift;
            assert_eq!(sample.composition_offset, offset, "{name}");
        }
    }
}

#[test]
fn one_endless_stream_is_read_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let whole = whole(folder.path());
    let expected = samples_of(&whole);
    let made = folder.path().join("made.mp4");
    for (flags, chunks) in [
        ("cmaf", 4..=4),
        ("cmaf+frag_keyframe", 4..=4),
        ("cmaf+frag_keyframe+delay_moov", 4..=4),
        ("cmaf+frag_every_frame", 200..=300),
        ("cmaf+frag_every_frame+delay_moov", 200..=300),
        ("cmaf+frag_keyframe+separate_moof", 8..=8),
        ("frag_keyframe+empty_moov", 4..=4),
        ("frag_keyframe+empty_moov+default_base_moof", 4..=4),
        ("frag_keyframe+empty_moov+omit_tfhd_offset", 4..=4),
        ("frag_keyframe+empty_moov+separate_moof", 8..=8),
        ("frag_every_frame+empty_moov+skip_trailer", 200..=300),
        ("frag_keyframe+delay_moov+global_sidx", 4..=4),
        ("frag_keyframe+delay_moov+dash", 4..=4),
    ] {
        let input = whole.display();
        ffmpeg(&format!("-i {input} -c copy -movflags {flags}"), &made);
        let file = load(&made);
        let body = Body::of(&file).unwrap();
        let count = body.chunks.len();
        assert!(chunks.contains(&count), "{flags}: {count}");
        let ends = usize::from(!flags.contains("skip_trailer"));
        assert_eq!(body.ends, ends, "{flags}");
        assert_same(flags, &joined(&body.chunks, 2), &expected);
        // With both tracks in one stream and a frame a fragment, ffmpeg 5.1 is wrong about the first times of sound.
        if !flags.contains("frag_every_frame") {
            assert_no_holes(flags, &body.chunks);
        }

        // The media alone, as behind a header sent before: what counted in the file no longer does.
        let header = body.header.unwrap();
        let rest = file.slice(header.bytes().len()..).to_vec();
        let reader = StreamReader::with_header(StreamLimits::default(), header);
        let body = Body::read(reader, &[rest]).unwrap();
        assert_same(flags, &joined(&body.chunks, 2), &expected);
    }
}

#[test]
fn a_header_with_samples_of_its_own_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made.mp4");
    ffmpeg(
        &format!("{PICTURE} {CODECS} -movflags frag_keyframe"),
        &made,
    );
    let error = Body::of(&load(&made)).unwrap_err();
    assert!(matches!(error, StreamError::BadHeader(_)), "{error}");
    assert!(error.to_string().contains("empty_moov"), "{error}");
}

#[test]
fn a_progressive_file_is_refused_before_its_media_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let error = Body::of(&load(&whole(folder.path()))).unwrap_err();
    assert!(matches!(error, StreamError::NoFragment { .. }), "{error}");
}

/// Two files of headers and the segments of each, in order.
fn read_pushed(bodies: &Bodies, header: &str, segment: &str) -> (Vec<Chunk>, usize) {
    let header = bodies[header].iter().find(|body| !body.is_empty());
    let limits = StreamLimits::default();
    let header = Bytes::from(header.unwrap().concat());
    let header = Header::parse(header, &limits).unwrap();
    let mut chunks = Vec::new();
    let mut segments = 0;
    for (path, pushed) in bodies {
        if !path.starts_with(segment) {
            continue;
        }
        for pieces in pushed {
            let reader = StreamReader::with_header(limits, Arc::clone(&header));
            let body = Body::read(reader, pieces).unwrap();
            assert!(body.header.is_none() && body.ends == 0);
            let styp = body.chunks[0].prelude.segment.as_ref();
            assert!(styp.is_some(), "{path}");
            chunks.extend(body.chunks);
            segments += 1;
        }
    }
    (chunks, segments)
}

#[test]
fn low_latency_dash_pushed_over_http_is_read_chunk_by_chunk() {
    let folder = tempfile::tempdir().unwrap();
    let whole = whole(folder.path());
    let expected = samples_of(&whole);
    let sink = Sink::start();
    let output = format!("http://{}/live.mpd", sink.address);
    let input = whole.display();
    ffmpeg(
        &format!(
            "-i {input} -c copy -f dash -ldash 1 -streaming 1 -seg_duration 1 -frag_duration 0.2 \
             -write_prft 1 -utc_timing_url http://127.0.0.1/ -method PUT -http_persistent 1 \
             -window_size 100 -use_timeline 0 -remove_at_exit 0"
        ),
        Path::new(&output),
    );
    let bodies = sink.finish();
    for (index, expected) in expected.iter().enumerate() {
        let header = format!("/init-stream{index}.m4s");
        let segment = format!("/chunk-stream{index}-");
        let (chunks, segments) = read_pushed(&bodies, &header, &segment);
        assert!((4..=5).contains(&segments), "{segments}");
        assert!(chunks.len() > 2 * segments, "{}", chunks.len());
        assert_no_holes(&segment, &chunks);
        let streamed = joined(&chunks, 1);
        assert_same(&segment, &streamed, std::slice::from_ref(expected));
    }
}

#[test]
fn producer_times_that_ffmpeg_writes_are_those_of_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made.mp4");
    let before = unix_us();
    ffmpeg(
        &format!("{PICTURE} {CODECS} -movflags cmaf+frag_keyframe -write_prft wallclock"),
        &made,
    );
    let after = unix_us();
    let body = Body::of(&load(&made)).unwrap();
    let mut last = before;
    for chunk in &body.chunks {
        let [time] = &chunk.prelude.producer_times[..] else {
            panic!("{chunk:?}");
        };
        assert_eq!((time.track_id, time.flags), (1, 24));
        assert_eq!(chunk.prelude.bytes(), time.raw);
        let unix = time.unix_us.unwrap();
        assert!((last..=after).contains(&unix), "{last} {unix} {after}");
        last = unix;
    }
}

fn unix_us() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

#[test]
fn fragmented_mp4_of_hls_pushed_over_http_is_read_segment_by_segment() {
    let folder = tempfile::tempdir().unwrap();
    let whole = whole(folder.path());
    let expected = samples_of(&whole);
    let sink = Sink::start();
    let base = format!("http://{}", sink.address);
    let input = whole.display();
    ffmpeg(
        &format!(
            "-i {input} -c copy -f hls -hls_segment_type fmp4 -hls_time 1 -hls_list_size 0 \
             -method PUT -hls_segment_filename {base}/seg%d.m4s"
        ),
        Path::new(&format!("{base}/index.m3u8")),
    );
    let bodies = sink.finish();
    let (chunks, segments) = read_pushed(&bodies, "/init.mp4", "/seg");
    assert_eq!((chunks.len(), segments), (4, 4));
    assert_no_holes("hls", &chunks);
    assert_same("hls", &joined(&chunks, 2), &expected);
}
