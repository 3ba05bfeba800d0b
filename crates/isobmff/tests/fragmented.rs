//! Fragmented movies that ffmpeg writes, held against what ffprobe reads in them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;

use bytes::Bytes;
use common::{assert_same_packets, ffmpeg, load, packets, read_movie};

const PICTURE: &str = "-f lavfi -i testsrc2=size=160x90:rate=25:duration=4";
const SOUND: &str = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=4";
const CODECS: &str = "-c:v libx264 -preset ultrafast -bf 2 -g 25 -pix_fmt yuv420p -c:a aac";

#[test]
fn every_form_that_ffmpeg_writes_is_read_as_ffprobe_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mp4");
    ffmpeg(&format!("{PICTURE} {SOUND} {CODECS}"), &whole);
    let media = media_of(&load(&whole));
    for flags in [
        "frag_keyframe",
        "frag_keyframe+empty_moov",
        "frag_keyframe+delay_moov",
        "frag_every_frame+empty_moov",
        "frag_every_frame",
        "cmaf+frag_keyframe",
        "cmaf+frag_every_frame",
        "frag_keyframe+empty_moov+default_base_moof",
        "frag_keyframe+empty_moov+omit_tfhd_offset",
        "frag_keyframe+empty_moov+separate_moof",
        "frag_keyframe+delay_moov+global_sidx+default_base_moof",
        "frag_keyframe+delay_moov+skip_sidx",
        "frag_keyframe+delay_moov+skip_trailer",
        "frag_keyframe+delay_moov+dash",
        "frag_keyframe+empty_moov+negative_cts_offsets",
        "empty_moov",
    ] {
        let made = folder.path().join("made.mp4");
        let input = whole.display();
        ffmpeg(&format!("-i {input} -c copy -movflags {flags}"), &made);
        let file = load(&made);
        let movie = read_movie(&file).unwrap();
        assert_same_packets(flags, &movie, &packets(&made));
        assert!(media_of(&file) == media, "{flags}");
        assert!(movie.fragmented, "{flags}");
        assert_eq!(movie.notes, [""; 0], "{flags}");
    }
}

/// The bytes of all samples of each track.
fn media_of(file: &Bytes) -> Vec<Vec<Bytes>> {
    let movie = read_movie(file).unwrap();
    let media = movie.tracks.iter().map(|track| {
        let samples = track.samples.iter_from(0).map(|sample| {
            let start = usize::try_from(sample.offset).unwrap();
            file.slice(start..start + usize::try_from(sample.size).unwrap())
        });
        samples.collect()
    });
    media.collect()
}

/// ffmpeg puts a `sidx` before fragments and leaves their bases as they were.
#[test]
fn a_stale_base_is_seen_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mp4");
    ffmpeg(&format!("{PICTURE} {SOUND} {CODECS}"), &whole);
    let made = folder.path().join("made.mp4");
    let input = whole.display();
    ffmpeg(
        &format!("-i {input} -c copy -movflags frag_keyframe+delay_moov+global_sidx"),
        &made,
    );
    let file = load(&made);
    assert!(media_of(&file) == media_of(&load(&whole)));
    let notes = read_movie(&file).unwrap().notes;
    assert!(
        notes[0].starts_with("4 fragments say where their data are"),
        "{notes:?}"
    );
}
