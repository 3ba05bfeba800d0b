//! Fragmented movies that ffmpeg writes, held against what ffprobe reads in them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;

use bytes::Bytes;
use common::{assert_same_packets, bytes_of, ffmpeg, load, packets, read_movie};
use edgepack_isobmff::{Movie, Track};

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
        let samples = track.samples.iter_from(0);
        let samples = samples.map(|sample| bytes_of(file, &sample));
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

/// Frames at odd times: two in three of 24 a second.
const VARIABLE: &str = "-vf select='mod(n,3)' -vsync vfr";

#[test]
fn a_variable_frame_rate_is_read_as_ffprobe_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made.mp4");
    for flags in [
        "frag_keyframe",
        "frag_every_frame+empty_moov",
        "frag_every_frame+delay_moov",
        "cmaf+frag_every_frame",
    ] {
        ffmpeg(
            &format!("{PICTURE} {SOUND} {VARIABLE} {CODECS} -ar 44100 -movflags {flags}"),
            &made,
        );
        let movie = read_movie(&load(&made)).unwrap();
        assert_same_packets(flags, &movie, &packets(&made));
        assert_eq!(movie.notes, [""; 0], "{flags}");
    }
}

/// When a track's first sample is shown, in ticks of the track, as the edit list has it.
fn shown_at(movie: &Movie, track: &Track) -> i64 {
    let (from, to) = (u64::from(movie.timescale), u64::from(track.timescale));
    let empty = track.edits.iter().filter(|edit| edit.media_time < 0);
    let delay: u64 = empty.map(|edit| edit.segment_duration).sum();
    let shown = track.edits.iter().find(|edit| edit.media_time >= 0);
    let first = track.samples.sample(0).unwrap();
    let delay = i64::try_from((delay * to + from / 2) / from).unwrap();
    delay + i64::from(first.composition_offset) - shown.map_or(0, |edit| edit.media_time)
}

#[test]
fn a_late_start_keeps_sound_and_pictures_where_ffprobe_sees_them() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made.mp4");
    // The times of both tracks have no name in milliseconds.
    let codecs =
        "-c:v libx264 -preset ultrafast -bf 2 -video_track_timescale 90000 -c:a aac -ar 44100";
    for (offset, flags) in [
        (
            "-output_ts_offset 7.12345",
            "frag_keyframe+empty_moov+frag_discont",
        ),
        (
            "-output_ts_offset 7.12345",
            "frag_every_frame+empty_moov+frag_discont",
        ),
        (
            "-itsoffset 0.3337 -i SOUND -map 0:v -map 2:a",
            "frag_keyframe+empty_moov+frag_discont",
        ),
    ] {
        let sound = folder.path().join("sound.mp4");
        ffmpeg(&format!("{SOUND} -c:a aac -ar 44100"), &sound);
        let offset = offset.replace("SOUND", &sound.display().to_string());
        ffmpeg(
            &format!(
                "{PICTURE} {SOUND} {offset} {codecs} -use_editlist 0 -avoid_negative_ts make_non_negative -movflags {flags}"
            ),
            &made,
        );
        let movie = read_movie(&load(&made)).unwrap();
        let packets = packets(&made);
        for (track, packets) in movie.tracks.iter().zip(&packets) {
            assert_eq!(
                shown_at(&movie, track),
                packets[0].pts,
                "{offset} {flags}: track {}",
                track.track_id
            );
        }
        assert!(
            movie.tracks.iter().any(|track| track.edits.len() == 2),
            "{offset} {flags}"
        );
    }
}

#[test]
fn segments_of_a_live_recording_joined_to_a_file_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("live.m3u8");
    let options =
        "-f hls -hls_segment_type fmp4 -hls_time 1 -hls_list_size 0 -hls_playlist_type vod";
    ffmpeg(&format!("{PICTURE} {SOUND} {CODECS} {options}"), &manifest);
    let mut joined = std::fs::read(folder.path().join("init.mp4")).unwrap();
    for number in 0..4 {
        joined.extend(std::fs::read(folder.path().join(format!("live{number}.m4s"))).unwrap());
    }
    let path = folder.path().join("joined.mp4");
    std::fs::write(&path, &joined).unwrap();
    let movie = read_movie(&Bytes::from(joined)).unwrap();
    assert_same_packets("joined", &movie, &packets(&path));
    assert_eq!(
        movie.tracks[0].samples.sync_samples().collect::<Vec<_>>(),
        [0, 25, 50, 75]
    );
}

#[test]
fn a_recording_that_breaks_off_is_used_up_to_its_last_whole_fragment() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made.mp4");
    ffmpeg(
        &format!("{PICTURE} {SOUND} {CODECS} -movflags frag_keyframe+empty_moov"),
        &made,
    );
    let file = load(&made);
    let whole = packets(&made);
    for part in 6..20 {
        let movie = read_movie(&file.slice(..file.len() * part / 20)).unwrap();
        for (track, packets) in movie.tracks.iter().zip(&whole) {
            let kept = track.samples.len() as usize;
            assert!(kept > 0 && kept < packets.len());
            let sizes = track
                .samples
                .iter_from(0)
                .map(|sample| (sample.offset, sample.size));
            let expected = packets
                .iter()
                .take(kept)
                .map(|packet| (packet.pos, packet.size));
            assert!(sizes.eq(expected));
        }
        assert_eq!(movie.tracks[0].samples.len() % 25, 0, "whole fragments");
        assert_eq!(movie.notes.len(), 1, "{:?}", movie.notes);
    }
}
