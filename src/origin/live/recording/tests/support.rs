//! A channel of what ffmpeg sends, and disks that fail.
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use edgepack_isobmff::stream::{Item, StreamLimits, StreamReader};
use edgepack_packager::live::{Arrival, Chunk, Header, Line, LineOptions, Sample, Segment};

use super::super::volume::{Disk, Volume};
use super::super::{Recorder, Recording};
use crate::config;

pub(super) const EPOCH: u32 = 0x6553_f100;
/// Unix time of the channel's first sample, milliseconds.
pub(super) const BEGAN_MS: i64 = 1_700_000_000_000;
pub(super) const LIMIT: Duration = Duration::from_secs(20);
/// As many segments has each track.
pub(super) const SECONDS: usize = 6;

/// One track of a channel, with all that came.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) name: &'static str,
    pub(super) header: Arc<Header>,
    pub(super) timescale: u32,
    pub(super) segments: Vec<Arc<Segment>>,
}

impl Track {
    /// As it would come in another life of the channel, so many milliseconds later.
    pub(super) fn again(&self, epoch: u32, later_ms: i64) -> Vec<Arc<Segment>> {
        let renamed = self.segments.iter().map(|segment| Segment {
            epoch,
            wall_clock_ms: segment.wall_clock_ms + later_ms,
            ..Segment::clone(segment)
        });
        renamed.map(Arc::new).collect()
    }
}

/// Video of one-second GOPs, then sound.
pub(super) fn source() -> &'static [Track; 2] {
    static SOURCE: OnceLock<[Track; 2]> = OnceLock::new();
    SOURCE.get_or_init(|| lines(encoded()))
}

/// What the encoder sent, all in one file.
pub(super) fn encoded() -> &'static Bytes {
    static ENCODED: OnceLock<Bytes> = OnceLock::new();
    ENCODED.get_or_init(encode)
}

fn encode() -> Bytes {
    // Through a pipe: a limit on files is not for ffmpeg.
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-f", "lavfi", "-i"])
        .arg(format!("testsrc2=s=64x48:r=25:d={SECONDS}"))
        .args(["-f", "lavfi", "-i"])
        .arg(format!("sine=r=48000:d={SECONDS}"))
        .args("-c:v libx264 -preset veryfast -g 25 -bf 2 -sc_threshold 0 -b:v 20k".split(' '))
        .args("-pix_fmt yuv420p -c:a aac -b:a 32k -frag_duration 200000".split(' '))
        .args("-movflags delay_moov+default_base_moof+frag_keyframe -f mp4".split(' '))
        .arg("pipe:1")
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout.into()
}

fn lines(encoded: &Bytes) -> [Track; 2] {
    let mut reader = StreamReader::new(StreamLimits::default());
    reader.push(encoded.clone());
    reader.end();
    let mut tracks: Vec<(Arc<Header>, Line)> = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Header { header, .. } => {
                for index in 0..header.movie.tracks.len() {
                    let header = Header::new(Arc::new(header.movie.clone()), index, None).unwrap();
                    let line = line(&header);
                    tracks.push((Arc::new(header), line));
                }
            }
            Item::Chunk(chunk) => {
                for fragment in chunk.fragments {
                    let clock = tracks.iter().find_map(|(_, line)| line.clock());
                    let (_, line) = &mut tracks[fragment.track];
                    let samples = fragment.samples.iter().map(|sample| Sample {
                        size: sample.size,
                        duration: sample.duration,
                        composition_offset: sample.composition_offset,
                        is_sync: sample.is_sync,
                    });
                    let chunk = Chunk {
                        base_media_decode_time: fragment.decode_time,
                        samples: samples.collect(),
                        media: fragment.data,
                        prefix: Bytes::new(),
                    };
                    let arrival = Arrival {
                        at_ms: BEGAN_MS,
                        steady_ms: BEGAN_MS,
                        encoder: 1,
                        clock,
                    };
                    line.push(chunk, arrival).unwrap();
                }
            }
            _ => {}
        }
    }
    let tracks = ["v48", "a-und"].into_iter().zip(tracks);
    let tracks: Vec<Track> = tracks
        .map(|(name, (header, mut line))| {
            line.finish();
            Track {
                name,
                timescale: header.timescale(),
                header,
                segments: line.window().segments.clone(),
            }
        })
        .collect();
    tracks.try_into().unwrap()
}

fn line(header: &Header) -> Line {
    let time = header.time();
    Line::new(LineOptions {
        segment_target_ms: 1000,
        part_target_ms: 400,
        epoch: EPOCH,
        composition_shift: time.composition_shift,
        decode_shift: time.decode_shift,
        ..LineOptions::new(header.timescale(), header.all_sync())
    })
    .unwrap()
}

/// Nothing is synced or removed.
pub(super) fn options(folder: &Path) -> config::Recording {
    config::Recording {
        fsync: config::Fsync::Never,
        retention: None,
        verify: config::Verify::All,
        ..config::Recording::new(folder)
    }
}

pub(super) fn open(options: &config::Recording) -> Arc<Recording> {
    Arc::new(Recording::open(options, "/live", "news").unwrap())
}

/// Where a track's files are.
pub(super) fn folder(options: &config::Recording, track: &Track) -> PathBuf {
    options.directory.join("live/news").join(track.name)
}

pub(super) fn record(recorder: &Recorder, track: &Track, segments: &[Arc<Segment>]) {
    for segment in segments {
        recorder.record(track.name, &track.header, track.timescale, segment);
    }
}

/// All of these, on a disk that works, by a process that ends well.
pub(super) fn record_all(options: &config::Recording, tracks: &[&Track]) {
    let recorder = Recorder::start(open(options), "news").unwrap();
    for track in tracks {
        record(&recorder, track, &track.segments);
    }
    assert!(recorder.finish(LIMIT));
}

/// As a viewer gets it in the clear.
pub(super) fn sent(segment: &Segment) -> Vec<u8> {
    let parts = segment.parts.iter().enumerate();
    let pieces = parts.flat_map(|(at, part)| part.clear(at == 0, part.sequence_number()));
    pieces.flat_map(|piece| piece.to_vec()).collect()
}

/// What is listed of a track: all that is not a gap is read, and must be what was sent. Returns numbers and gaps.
pub(super) fn listed(recording: &Recording, track: &Track) -> BTreeMap<u64, bool> {
    let segments = recording.segments(track.name, i64::MIN, i64::MAX);
    let mut listed = BTreeMap::new();
    for segment in segments {
        listed.insert(segment.number, segment.gap);
        if segment.gap {
            continue;
        }
        let bytes = recording
            .read(track.name, segment.epoch, segment.number)
            .unwrap();
        let of = track.segments.iter().find(|of| of.number == segment.number);
        assert_eq!(bytes, sent(of.unwrap()), "segment {}", segment.number);
    }
    listed
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

/// The files in a folder with this ending, by name.
pub(super) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    paths.sort();
    paths
}

/// What a disk does at one of its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is full: so many of the bytes that were to be appended are there.
    Full { written: usize },
    /// The same, and it stays so: nothing can be undone either. What a process that was killed leaves.
    Dead { written: usize },
}

/// Works but for one call.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) at: usize,
    pub(super) fault: Fault,
    pub(super) calls: usize,
}

impl Faulty {
    fn call(&mut self) -> io::Result<()> {
        let call = self.calls;
        self.calls += 1;
        let fails = match self.fault {
            Fault::Full { .. } => call == self.at,
            Fault::Dead { .. } => call >= self.at,
        };
        match fails {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

impl Volume for Faulty {
    fn create(&mut self, path: &Path) -> io::Result<File> {
        self.call()?;
        Disk.create(path)
    }

    fn append(&mut self, file: &File, offset: u64, pieces: &[Bytes]) -> io::Result<()> {
        let is_first = self.calls == self.at;
        let outcome = self.call();
        if let (Err(_), true, Fault::Full { written } | Fault::Dead { written }) =
            (&outcome, is_first, self.fault)
        {
            let whole = pieces.concat();
            let there = Bytes::copy_from_slice(&whole[..written.min(whole.len())]);
            Disk.append(file, offset, &[there]).unwrap();
        }
        outcome?;
        Disk.append(file, offset, pieces)
    }

    fn cut(&mut self, file: &File, length: u64) -> io::Result<()> {
        self.call()?;
        Disk.cut(file, length)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        self.call()?;
        Disk.sync(file)
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.call()?;
        Disk.sync_folder(folder)
    }
}
