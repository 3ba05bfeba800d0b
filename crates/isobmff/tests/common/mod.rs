//! What the tests against outside tools share: reading whole files, ffmpeg, ffprobe, fixtures.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
pub mod sink;
pub mod title;

use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use edgepack_isobmff::{Limits, Movie, MovieReader, Result, Sample, Step};

pub fn read_movie(file: &Bytes) -> Result<Movie> {
    read_movie_in_steps(file).map(|(movie, _)| movie)
}

/// With the number of ranges asked for.
pub fn read_movie_in_steps(file: &Bytes) -> Result<(Movie, u32)> {
    let mut reader = MovieReader::new(file.len() as u64, Limits::default());
    let mut asked = 0;
    loop {
        match reader.step()? {
            Step::Need(range) => {
                asked += 1;
                let start = usize::try_from(range.offset).unwrap();
                let end = start + usize::try_from(range.len).unwrap();
                assert!(
                    range.len > 0 && end <= file.len(),
                    "{range:?} of {}",
                    file.len()
                );
                reader.supply(range, file.slice(start..end))?;
            }
            Step::Done(movie) => return Ok((*movie, asked)),
        }
    }
}

pub fn load(path: &Path) -> Bytes {
    Bytes::from(std::fs::read(path).unwrap())
}

pub fn bytes_of(file: &Bytes, sample: &Sample) -> Bytes {
    let start = usize::try_from(sample.offset).unwrap();
    file.slice(start..start + usize::try_from(sample.size).unwrap())
}

/// The folder of real media, when there is one.
pub fn fixtures() -> Option<PathBuf> {
    let folder = std::env::var_os("EDGEPACK_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    println!(
        "skipped: no fixtures in {} (set EDGEPACK_FIXTURES)",
        folder.display()
    );
    None
}

pub fn ffmpeg(arguments: &str, output: &Path) {
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(output)
        .output()
        .expect("ffmpeg runs");
    assert!(
        run.status.success(),
        "ffmpeg {arguments}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
}

/// `ffprobe`'s answer, one row of fields a line.
pub fn ffprobe(arguments: &str, file: &Path) -> Vec<Vec<String>> {
    let run = Command::new("ffprobe")
        .args(["-loglevel", "error", "-of", "csv=p=0"])
        .args(arguments.split_whitespace())
        .arg(file)
        .output()
        .expect("ffprobe runs");
    assert!(
        run.status.success(),
        "ffprobe {arguments}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    let rows = String::from_utf8_lossy(&run.stdout).into_owned();
    rows.lines()
        // Side data leaves a line without fields.
        .filter(|line| line.contains(','))
        .map(|line| {
            line.trim_end_matches(',')
                .split(',')
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

/// One packet as ffprobe tells it, edit lists ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub pts: i64,
    pub dts: i64,
    pub size: u32,
    pub pos: u64,
    pub key: bool,
}

/// Of every stream that stands in the file as packets.
pub fn packets(file: &Path) -> Vec<Vec<Packet>> {
    let rows = ffprobe(
        "-ignore_editlist 1 -show_entries packet=stream_index,pts,dts,size,pos,flags",
        file,
    );
    let mut streams: Vec<Vec<Packet>> = Vec::new();
    for row in rows {
        let stream: usize = row[0].parse().unwrap();
        streams.resize_with(streams.len().max(stream + 1), Vec::new);
        streams[stream].push(Packet {
            pts: row[1].parse().unwrap(),
            dts: row[2].parse().unwrap(),
            size: row[3].parse().unwrap(),
            pos: row[4].parse().unwrap(),
            key: row[5].starts_with('K'),
        });
    }
    streams
}

/// Every sample of every audio and video track is a packet of ffprobe's, in order.
///
/// Where composition offsets are negative and no `cslg` says more, ffprobe shows all of a track later by the lowest, so
/// that no packet is shown before it is decoded.
pub fn assert_same_packets(name: &str, movie: &Movie, streams: &[Vec<Packet>]) {
    let mut compared = 0;
    for (track, stream) in movie.tracks.iter().zip(streams) {
        assert_eq!(
            track.samples.len() as usize,
            stream.len(),
            "{name}: track {}",
            track.track_id
        );
        let mut offsets = track
            .samples
            .iter_from(0)
            .map(|sample| i64::from(sample.composition_offset));
        let lowest = offsets.clone().min().unwrap_or(0).min(0);
        let seen = stream.first().map(|packet| packet.pts - packet.dts);
        let shift = if offsets.next() == seen { 0 } else { -lowest };
        for (sample, packet) in track.samples.iter_from(0).zip(stream) {
            let dts = i64::try_from(sample.decode_time).unwrap();
            let seen = Packet {
                pts: dts + i64::from(sample.composition_offset) + shift,
                dts,
                size: sample.size,
                pos: sample.offset,
                key: sample.is_sync,
            };
            assert_eq!(
                &seen, packet,
                "{name}: track {} sample {}",
                track.track_id, sample.index
            );
            compared += 1;
        }
    }
    assert!(compared > 0, "{name}: nothing to compare");
}
