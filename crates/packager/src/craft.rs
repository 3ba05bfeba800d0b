//! Movies for tests, sample by sample.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::Arc;

use bytes::Bytes;
use edgepack_isobmff::{BoxWriter, Limits, Movie, MovieReader, Step};

use crate::{Options, Presentation, Source};

/// `avc1` of 64x48, Baseline, as x264 writes it.
const AVC_ENTRY: &str = "000000a9617663310000000000000001000000000000000000000000000000000040003000480000\
    004800000000000000010c4c617663206c696278323634000000000000000000000000000000000000000018ffff0000002f61766343\
    0142c00affe100176742c00ad9047b011000000300100000030320f122648001000568cb83cb20000000107061737000000001000000\
    010000001462747274000000000000ce400000ce40";
/// `mp4a` of AAC-LC, 48 kHz, mono.
const AAC_ENTRY: &str = "0000006e6d703461000000000000000100000000000000000002001000000000bb80000000000036657364\
    730000000003808080250002000480808017401500000000008396000083960580808005118856e5000680808001020000001462747274\
    000000000000839600008396";

/// Samples of a chunk; between chunks lie bytes of nobody.
pub(crate) const CHUNK: usize = 8;
const GAP: u64 = 100;

#[derive(Debug, Clone)]
pub(crate) struct TrackSpec {
    pub(crate) handler: [u8; 4],
    pub(crate) timescale: u32,
    pub(crate) language: [u8; 3],
    /// (segment_duration, media_time).
    pub(crate) edits: Vec<(u32, i32)>,
    pub(crate) samples: Vec<SampleSpec>,
    pub(crate) entries: Vec<Entry>,
}

/// What a sample description says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry {
    Avc,
    Aac,
    /// 48 kHz, with this content of `dec3`.
    Eac3(&'static [u8]),
    Wvtt,
    /// A picture of 320x180.
    Jpeg,
    /// A sample entry that nobody reads.
    Unknown,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct SampleSpec {
    pub(crate) duration: u32,
    pub(crate) composition_offset: i32,
    pub(crate) is_sync: bool,
    pub(crate) size: u32,
    /// Index into the track's entries.
    pub(crate) description: u32,
}

impl Entry {
    fn bytes(self) -> Vec<u8> {
        let mut w = BoxWriter::new();
        match self {
            Self::Avc => w.bytes(&hex::decode(AVC_ENTRY).unwrap()),
            Self::Aac => w.bytes(&hex::decode(AAC_ENTRY).unwrap()),
            Self::Eac3(specific) => w.boxed(b"ec-3", |w| {
                w.zeros(6);
                w.u16(1);
                w.zeros(8);
                w.u16(2);
                w.u16(16);
                w.zeros(4);
                w.u32(48_000 << 16);
                w.boxed(b"dec3", |w| w.bytes(specific));
            }),
            Self::Unknown => w.boxed(b"xxxx", |w| {
                w.zeros(6);
                w.u16(1);
                w.zeros(70);
            }),
            Self::Wvtt => w.boxed(b"wvtt", |w| {
                w.zeros(6);
                w.u16(1);
                w.boxed(b"vttC", |w| w.bytes(b"WEBVTT"));
            }),
            Self::Jpeg => w.boxed(b"jpeg", |w| {
                w.zeros(6);
                w.u16(1);
                w.zeros(16);
                w.u16(320);
                w.u16(180);
                w.u32(72 << 16);
                w.u32(72 << 16);
                w.zeros(4);
                w.u16(1);
                w.zeros(32);
                w.u16(24);
                w.u16(0xffff);
            }),
        }
        w.into_vec()
    }
}

impl TrackSpec {
    /// `count` frames with a sync sample every `gop`, all shown in decode order.
    pub(crate) fn video(timescale: u32, duration: u32, count: usize, gop: usize) -> Self {
        let sample = |i| SampleSpec {
            duration,
            composition_offset: 0,
            is_sync: i % gop == 0,
            size: if i % gop == 0 {
                900
            } else {
                100 + i as u32 % 7
            },
            description: 0,
        };
        Self {
            handler: *b"vide",
            timescale,
            language: *b"und",
            edits: vec![],
            samples: (0..count).map(sample).collect(),
            entries: vec![Entry::Avc],
        }
    }

    pub(crate) fn audio(timescale: u32, count: usize) -> Self {
        let sample = |i| SampleSpec {
            duration: 1024,
            composition_offset: 0,
            is_sync: true,
            size: 200 + i as u32 % 5,
            description: 0,
        };
        Self {
            handler: *b"soun",
            timescale,
            language: *b"und",
            edits: vec![],
            samples: (0..count).map(sample).collect(),
            entries: vec![Entry::Aac],
        }
    }

    /// Samples of one second each.
    pub(crate) fn still(handler: &[u8; 4], entry: Entry, count: usize) -> Self {
        Self {
            handler: *handler,
            entries: vec![entry],
            ..Self::video(1000, 1000, count, 1)
        }
    }

    /// Every frame shown `offset` later than decoded; with the edit that takes this back.
    pub(crate) fn delayed(mut self, offset: i32, edit: bool) -> Self {
        self.samples
            .iter_mut()
            .for_each(|sample| sample.composition_offset += offset);
        if edit {
            self.edits.push((0, offset));
        }
        self
    }

    pub(crate) fn edit(mut self, segment_duration: u32, media_time: i32) -> Self {
        self.edits.push((segment_duration, media_time));
        self
    }

    pub(crate) fn language(mut self, language: &[u8; 3]) -> Self {
        self.language = *language;
        self
    }

    fn begins_chunk(&self, sample: usize) -> bool {
        let description = |i: usize| self.samples[i].description;
        sample.is_multiple_of(CHUNK) || description(sample) != description(sample - 1)
    }

    /// Where each sample lies, if the track's media begins at `start`; and where it ends.
    fn offsets(&self, start: u64) -> (Vec<u64>, u64) {
        let mut at = start;
        let mut offsets = Vec::new();
        for (i, sample) in self.samples.iter().enumerate() {
            if i > 0 && self.begins_chunk(i) {
                at += GAP;
            }
            offsets.push(at);
            at += u64::from(sample.size);
        }
        (offsets, at)
    }

    fn write(&self, w: &mut BoxWriter, track_id: u32, media_start: u64) {
        w.boxed(b"trak", |w| {
            w.full_box(b"tkhd", 0, 7, |w| {
                w.zeros(8);
                w.u32(track_id);
                w.zeros(4 + 4 + 16);
                [1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30]
                    .iter()
                    .for_each(|v| w.i32(*v));
                w.u32(64 << 16);
                w.u32(48 << 16);
            });
            if !self.edits.is_empty() {
                w.boxed(b"edts", |w| {
                    w.full_box(b"elst", 0, 0, |w| {
                        w.u32(self.edits.len() as u32);
                        for (segment_duration, media_time) in &self.edits {
                            w.u32(*segment_duration);
                            w.i32(*media_time);
                            w.u32(1 << 16);
                        }
                    });
                });
            }
            w.boxed(b"mdia", |w| {
                w.full_box(b"mdhd", 0, 0, |w| {
                    w.zeros(8);
                    w.u32(self.timescale);
                    w.u32(self.samples.iter().map(|sample| sample.duration).sum());
                    w.u16(
                        self.language
                            .iter()
                            .fold(0, |code, letter| code << 5 | u16::from(letter & 31)),
                    );
                    w.u16(0);
                });
                w.full_box(b"hdlr", 0, 0, |w| {
                    w.u32(0);
                    w.bytes(&self.handler);
                    w.zeros(13);
                });
                w.boxed(b"minf", |w| {
                    w.boxed(b"stbl", |w| self.write_stbl(w, media_start));
                });
            });
        });
    }

    fn write_stbl(&self, w: &mut BoxWriter, media_start: u64) {
        let count = self.samples.len() as u32;
        let (offsets, _) = self.offsets(media_start);
        w.full_box(b"stsd", 0, 0, |w| {
            w.u32(self.entries.len() as u32);
            for entry in &self.entries {
                w.bytes(&entry.bytes());
            }
        });
        write_runs(w, b"stts", self.samples.iter().map(|s| s.duration));
        let offsets_of = |s: &SampleSpec| s.composition_offset.cast_unsigned();
        write_runs(w, b"ctts", self.samples.iter().map(offsets_of));
        w.full_box(b"stss", 0, 0, |w| {
            let sync = self
                .samples
                .iter()
                .enumerate()
                .filter(|(_, sample)| sample.is_sync);
            let numbers: Vec<u32> = sync.map(|(i, _)| i as u32 + 1).collect();
            w.u32(numbers.len() as u32);
            numbers.iter().for_each(|number| w.u32(*number));
        });
        w.full_box(b"stsz", 0, 0, |w| {
            w.u32(0);
            w.u32(count);
            self.samples.iter().for_each(|sample| w.u32(sample.size));
        });
        let firsts: Vec<usize> = (0..self.samples.len())
            .filter(|i| self.begins_chunk(*i))
            .collect();
        w.full_box(b"stsc", 0, 0, |w| {
            w.u32(firsts.len() as u32);
            for (chunk, first) in firsts.iter().enumerate() {
                let end = firsts.get(chunk + 1).map_or(self.samples.len(), |end| *end);
                w.u32(chunk as u32 + 1);
                w.u32((end - first) as u32);
                w.u32(self.samples[*first].description + 1);
            }
        });
        w.full_box(b"stco", 0, 0, |w| {
            w.u32(firsts.len() as u32);
            firsts
                .iter()
                .for_each(|first| w.u32(offsets[*first] as u32));
        });
    }
}

/// Equal values in a row are one entry.
fn write_runs(w: &mut BoxWriter, kind: &[u8; 4], values: impl Iterator<Item = u32>) {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((count, last)) if *last == value => *count += 1,
            _ => runs.push((1, value)),
        }
    }
    w.full_box(kind, 1, 0, |w| {
        w.u32(runs.len() as u32);
        for (count, value) in runs {
            w.u32(count);
            w.u32(value);
        }
    });
}

/// The movie timescale is 1000. Media lies track after track behind the `moov`.
pub(crate) fn movie(tracks: &[TrackSpec]) -> Movie {
    let mut moov_len = 0;
    loop {
        let mut media = moov_len + 8;
        let mut w = BoxWriter::new();
        w.boxed(b"moov", |w| {
            w.full_box(b"mvhd", 0, 0, |w| {
                w.zeros(8);
                w.u32(1000);
                w.zeros(4 + 80);
            });
            for (i, track) in tracks.iter().enumerate() {
                track.write(w, i as u32 + 1, media);
                media = track.offsets(media).1;
            }
        });
        let mut file = w.into_vec();
        if file.len() as u64 == moov_len {
            file.extend(((media - moov_len) as u32).to_be_bytes());
            file.extend(b"mdat");
            return read(&file.into(), media);
        }
        moov_len = file.len() as u64;
    }
}

fn read(file: &Bytes, file_len: u64) -> Movie {
    let mut reader = MovieReader::new(file_len, Limits::default());
    loop {
        match reader.step().expect("a movie") {
            Step::Need(range) => {
                let start = range.offset as usize;
                let mut bytes = file
                    .slice(start.min(file.len())..(start + range.len as usize).min(file.len()))
                    .to_vec();
                bytes.resize(range.len as usize, 0);
                reader
                    .supply(range, bytes.into())
                    .expect("what was asked for");
            }
            Step::Done(movie) => return *movie,
        }
    }
}

pub(crate) fn source(name: &str, tracks: &[TrackSpec]) -> Source {
    Source::of_movie(name, Arc::new(movie(tracks)), [0; 32])
}

pub(crate) fn build(sources: Vec<Source>, target_duration_ms: u32) -> crate::Result<Presentation> {
    Presentation::build(sources, &Options { target_duration_ms })
}
