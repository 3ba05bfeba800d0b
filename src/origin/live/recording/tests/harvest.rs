//! Films made of recordings are what was sent, to the sample and to the moment.
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_isobmff::{Limits, Movie, MovieReader, Step};
use edgepack_packager::{Options, Presentation, Source};

use super::super::{HarvestError, Recorder, Recording, RecordingError};
use super::support::*;
use crate::config;

/// Stream, hash of the bytes, seconds: each packet as ffmpeg sees it.
fn packets(file: &Path) -> Vec<(usize, String, f64)> {
    let out = Command::new("ffprobe")
        .args("-v error -show_data_hash MD5 -of default".split(' '))
        .args(["-show_entries", "packet=stream_index,pts_time,data_hash"])
        .arg(file)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    let text = String::from_utf8(out.stdout).unwrap();
    let packet = |text: &str| {
        let field = |key| text.lines().find_map(|line| line.strip_prefix(key));
        let stream = field("stream_index=")?.parse().ok()?;
        let time = field("pts_time=")?.parse().ok()?;
        Some((stream, field("data_hash=")?.to_owned(), time))
    };
    let blocks = text
        .split("[/PACKET]")
        .filter(|block| !block.trim().is_empty());
    blocks.map(|block| packet(block).expect(block)).collect()
}

/// Packets of a film. All of them are in what the encoder sent, and lie as far apart there.
fn in_time(film: &Path, live: &Path) -> Vec<(usize, String, f64)> {
    let live = packets(live).into_iter();
    let live: HashMap<(usize, String), f64> = live
        .map(|(stream, hash, time)| ((stream, hash), time))
        .collect();
    let film = packets(film);
    let sent = |stream, hash: &String| live[&(stream, hash.clone())];
    let (_, first, at) = film.iter().find(|packet| packet.0 == 0).unwrap();
    assert_eq!(*at, 0.0);
    let zero = sent(0, first);
    for (stream, hash, at) in &film {
        let off = sent(*stream, hash) - zero - at;
        assert!(off.abs() < 50e-6, "stream {stream} at {at}: {off}");
    }
    film
}

/// A hash for each picture.
fn pictures(file: &Path, filter: &str) -> Vec<String> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(file)
        .args(["-map", "0:v", "-vf", filter, "-fps_mode", "passthrough"])
        .args(["-f", "framemd5", "-"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    let text = String::from_utf8(out.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit(',').next().unwrap().trim().to_owned())
        .collect()
}

fn movie(file: &[u8]) -> Movie {
    let file = Bytes::copy_from_slice(file);
    let mut reader = MovieReader::new(file.len() as u64, Limits::default());
    loop {
        match reader.step().unwrap() {
            Step::Need(range) => {
                let start = usize::try_from(range.offset).unwrap();
                let end = start + usize::try_from(range.len).unwrap();
                reader.supply(range, file.slice(start..end)).unwrap();
            }
            Step::Done(movie) => return *movie,
        }
    }
}

fn recorded(folder: &Path) -> Arc<Recording> {
    let options = options(folder);
    let [video, sound] = source();
    record_all(&options, &[video, sound]);
    open(&options)
}

#[test]
fn a_film_has_the_packets_that_were_sent_at_the_times_they_were_sent_for() {
    let folder = tempfile::tempdir().unwrap();
    let recording = recorded(folder.path());
    let [video, sound] = source();
    let target = folder.path().join("film.mp4");
    let (from, to) = (
        video.segments[1].wall_clock_ms,
        video.segments[4].wall_clock_ms,
    );
    let made = recording
        .harvest(&[video.name, sound.name], from, to, &target)
        .unwrap();
    assert_eq!((made.start_ms, made.duration_ms), (from, 3000));
    assert_eq!(made.bytes, fs::metadata(&target).unwrap().len());
    assert_eq!(made.tracks[0].samples, 75);

    let live = folder.path().join("live.mp4");
    fs::write(&live, encoded()).unwrap();
    let film = in_time(&target, &live);
    let of_stream = |stream| film.iter().filter(move |packet| packet.0 == stream);
    assert_eq!(of_stream(0).count(), 75);
    let sound: Vec<f64> = of_stream(1).map(|packet| packet.2).collect();
    assert!(sound[0] <= 0.0 && sound[0] > -0.15, "{}", sound[0]);
    let last = sound.last().unwrap();
    assert!((2.975..3.0).contains(last), "{last}");
    for pair in sound.windows(2) {
        assert!((pair[1] - pair[0] - 1024.0 / 48_000.0).abs() < 50e-6);
    }

    let shown = pictures(&target, "null");
    assert_eq!(shown, pictures(&live, "select=between(n\\,25\\,99)"));
    assert_eq!(shown.len(), 75);
}

#[test]
fn the_vod_origin_has_nothing_to_complain_of() {
    let folder = tempfile::tempdir().unwrap();
    let recording = recorded(folder.path());
    let [video, sound] = source();
    let target = folder.path().join("film.mp4");
    let made = recording
        .harvest(&[video.name, sound.name], i64::MIN, i64::MAX, &target)
        .unwrap();
    let file = fs::read(&target).unwrap();
    let movie = movie(&file);
    assert!(!movie.fragmented && movie.notes.is_empty());
    for (found, sent) in movie.tracks.iter().zip([video, sound]) {
        let parts = sent.segments.iter().flat_map(|segment| &segment.parts);
        let media: Vec<u8> = parts.flat_map(|part| part.media.concat()).collect();
        let samples = found.samples.iter_from(0);
        let read: Vec<u8> = samples
            .flat_map(|sample| {
                let start = usize::try_from(sample.offset).unwrap();
                file[start..start + usize::try_from(sample.size).unwrap()].to_vec()
            })
            .collect();
        // The last frame of sound begins when the last picture has gone.
        assert!(media.starts_with(&read));
        assert!(sent.name == sound.name || media == read);
    }
    let options = Options {
        target_duration_ms: 2000,
    };
    let film = Source::of_movie("film.mp4", Arc::new(movie), [0; 32]);
    let presentation = Presentation::build(vec![film], &options).unwrap();
    assert_eq!(presentation.misalignments, []);
    assert!(presentation.ignored.is_empty());
    assert_eq!(presentation.renditions.len(), 2);
    assert!(presentation.duration_ms.abs_diff(made.duration_ms) <= 1);
    for rendition in &presentation.renditions {
        assert_eq!(rendition.segments.len(), 3);
    }
}

/// Harvests all of these and must not leave anything behind.
fn refused(recording: &Recording, tracks: &[&str]) -> HarvestError {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("film.mp4");
    fs::write(&target, "an earlier film").unwrap();
    let error = recording
        .harvest(tracks, i64::MIN, i64::MAX, &target)
        .unwrap_err();
    assert_eq!(fs::read(&target).unwrap(), b"an earlier film");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    error
}

#[test]
fn holes_breaks_and_damage_are_refused_and_leave_nothing() {
    let [video, sound] = source();
    let folder = tempfile::tempdir().unwrap();
    let recording = recorded(folder.path());
    let nothing = refused(&recording, &["v720"]);
    assert!(matches!(nothing, HarvestError::Nothing { .. }), "{nothing}");
    assert!(matches!(refused(&recording, &[]), HarvestError::NoTracks));

    let damaged = recording
        .locate(sound.name, EPOCH, sound.segments[3].number)
        .unwrap();
    let file = OpenOptions::new().write(true).open(&damaged.path).unwrap();
    file.write_all_at(&[0; 16], damaged.offset + 100).unwrap();
    let error = refused(&recording, &[video.name, sound.name]);
    let found = HarvestError::Recording(RecordingError::Damaged {
        path: damaged.path,
        offset: damaged.offset,
    });
    assert_eq!(error.to_string(), found.to_string());
    // It is known to be a gap by then.
    let error = refused(&recording, &[video.name, sound.name]);
    assert!(matches!(error, HarvestError::Gap { .. }), "{error}");
    drop(recording);

    let recording = open(&options(folder.path()));
    let recorder = Recorder::start(Arc::clone(&recording), "news").unwrap();
    let later = video.again(EPOCH + 60, 60_000);
    record(&recorder, video, &later);
    assert!(recorder.finish(LIMIT));
    let error = refused(&recording, &[video.name]);
    let at = later[0].wall_clock_ms;
    assert!(
        matches!(error, HarvestError::Discontinuity { at_ms, .. } if at_ms == at),
        "{error}"
    );
}

#[test]
fn a_track_that_begins_later_is_shown_later() {
    let folder = tempfile::tempdir().unwrap();
    let options = config::Recording {
        verify: config::Verify::Tail,
        ..options(folder.path())
    };
    let [video, sound] = source();
    let recording = open(&options);
    let recorder = Recorder::start(Arc::clone(&recording), "news").unwrap();
    record(&recorder, video, &video.segments);
    record(&recorder, sound, &sound.segments[2..]);
    assert!(recorder.finish(LIMIT));
    let target = folder.path().join("film.mp4");
    let names = [video.name, sound.name];
    recording
        .harvest(&names, i64::MIN, i64::MAX, &target)
        .unwrap();
    let live = folder.path().join("live.mp4");
    fs::write(&live, encoded()).unwrap();
    let film = in_time(&target, &live);
    let first = film.into_iter().find(|packet| packet.0 == 1).unwrap();
    assert!((1.8..2.1).contains(&first.2), "{}", first.2);
}
