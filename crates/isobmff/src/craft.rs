//! Movies for tests, box by box.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::Bytes;

use crate::boxes::{BoxHeader, Node};
use crate::movie::parse_movie;
use crate::{BoxWriter, FourCc, Limits, Movie, Result};

pub(crate) mod fragments;
pub(crate) mod model;
pub(crate) mod sparse;

/// A baseline SPS of 320x240 and what belongs to it.
pub(crate) const AVC_SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x0d, 0xd9, 0x01, 0x41, 0xfb, 0x01, 0x10];
pub(crate) const AVC_PPS: &[u8] = &[0x68, 0xce, 0x38, 0x80];

pub(crate) fn bytes(write: impl FnOnce(&mut BoxWriter)) -> Vec<u8> {
    let mut writer = BoxWriter::new();
    write(&mut writer);
    writer.into_vec()
}

pub(crate) fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    bytes(|w| w.boxed(kind, |w| w.bytes(content)))
}

pub(crate) fn full(kind: &[u8; 4], version: u8, flags: u32, content: &[u8]) -> Vec<u8> {
    bytes(|w| w.full_box(kind, version, flags, |w| w.bytes(content)))
}

/// Big-endian 32-bit words.
pub(crate) fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

/// A full box of version 0: a count, then the words.
pub(crate) fn table(kind: &[u8; 4], count: usize, values: &[u32]) -> Vec<u8> {
    full(
        kind,
        0,
        0,
        &[words(&[u32::try_from(count).unwrap()]), words(values)].concat(),
    )
}

pub(crate) fn visual_entry(kind: &[u8; 4], children: &[u8]) -> Vec<u8> {
    let mut fields = [0; 78];
    fields[7] = 1;
    fields[24..28].copy_from_slice(&[1, 0x40, 0, 0xf0]);
    boxed(kind, &[&fields[..], children].concat())
}

pub(crate) fn audio_entry(kind: &[u8; 4], children: &[u8]) -> Vec<u8> {
    let mut fields = [0; 28];
    fields[7] = 1;
    fields[17] = 2;
    boxed(kind, &[&fields[..], children].concat())
}

pub(crate) fn avcc(sps: &[&[u8]], pps: &[&[u8]]) -> Vec<u8> {
    let mut content = vec![
        1,
        0x42,
        0xc0,
        0x0d,
        0xff,
        0xe0 | u8::try_from(sps.len()).unwrap(),
    ];
    let put = |content: &mut Vec<u8>, unit: &[u8]| {
        content.extend(u16::try_from(unit.len()).unwrap().to_be_bytes());
        content.extend(unit);
    };
    for unit in sps {
        put(&mut content, unit);
    }
    content.push(u8::try_from(pps.len()).unwrap());
    for unit in pps {
        put(&mut content, unit);
    }
    boxed(b"avcC", &content)
}

pub(crate) fn avc1() -> Vec<u8> {
    visual_entry(b"avc1", &avcc(&[AVC_SPS], &[AVC_PPS]))
}

/// With sizes of descriptors in one byte.
pub(crate) fn esds(object_type: u8, specific: &[u8]) -> Vec<u8> {
    let len = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    let mut config = vec![object_type, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    if !specific.is_empty() {
        config.extend([&[5, len(specific)], specific].concat());
    }
    let es = [&[0, 1, 0, 4, len(&config)], &config[..], &[6, 1, 2]].concat();
    full(b"esds", 0, 0, &[&[3, len(&es)], &es[..]].concat())
}

/// The boxes of one track, each to be replaced by a test.
#[derive(Debug, Clone)]
pub(crate) struct Trak {
    pub(crate) tkhd: Vec<u8>,
    pub(crate) edts: Vec<u8>,
    pub(crate) mdhd: Vec<u8>,
    pub(crate) elng: Vec<u8>,
    pub(crate) handler: [u8; 4],
    pub(crate) dinf: Vec<u8>,
    pub(crate) stsd: Vec<u8>,
    /// All other boxes of the `stbl`.
    pub(crate) tables: Vec<u8>,
}

impl Default for Trak {
    fn default() -> Self {
        Self {
            tkhd: full(b"tkhd", 0, 1, &words(&tkhd_fields(1))),
            edts: Vec::new(),
            mdhd: full(b"mdhd", 0, 0, &words(&[0, 0, 1000, 40, 0x15c7_0000])),
            elng: Vec::new(),
            handler: *b"vide",
            dinf: Vec::new(),
            stsd: stsd(&[avc1()]),
            tables: one_sample(),
        }
    }
}

/// Of version 0, after version and flags.
pub(crate) fn tkhd_fields(track_id: u32) -> Vec<u32> {
    let matrix = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
    [
        &[0, 0, track_id, 0, 40, 0, 0, 0, 0],
        &matrix[..],
        &[320 << 16, 240 << 16],
    ]
    .concat()
}

pub(crate) fn stsd(entries: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(entries.len()).unwrap();
    full(b"stsd", 0, 0, &[words(&[count]), entries.concat()].concat())
}

/// 40 ticks, 10 bytes, at offset 0 of the file.
fn one_sample() -> Vec<u8> {
    [
        table(b"stts", 1, &[1, 40]),
        table(b"stsc", 1, &[1, 1, 1]),
        full(b"stsz", 0, 0, &words(&[10, 1])),
        table(b"stco", 1, &[0]),
    ]
    .concat()
}

impl Trak {
    pub(crate) fn with_id(track_id: u32) -> Self {
        Self {
            tkhd: full(b"tkhd", 0, 1, &words(&tkhd_fields(track_id))),
            ..Self::default()
        }
    }

    pub(crate) fn with_entry(handler: &[u8; 4], entry: Vec<u8>) -> Self {
        Self {
            handler: *handler,
            stsd: stsd(&[entry]),
            ..Self::default()
        }
    }

    pub(crate) fn boxed(&self) -> Vec<u8> {
        let hdlr = full(
            b"hdlr",
            0,
            0,
            &[&[0; 4], &self.handler[..], &[0; 13]].concat(),
        );
        let stbl = boxed(b"stbl", &[&self.stsd[..], &self.tables].concat());
        let minf = boxed(b"minf", &[&self.dinf[..], &stbl].concat());
        let mdia = boxed(
            b"mdia",
            &[&self.mdhd[..], &hdlr, &self.elng, &minf].concat(),
        );
        boxed(b"trak", &[&self.tkhd[..], &self.edts, &mdia].concat())
    }
}

pub(crate) fn mvhd() -> Vec<u8> {
    full(b"mvhd", 0, 0, &words(&[0, 0, 1000, 40]))
}

pub(crate) fn moov(traks: &[Trak]) -> Vec<u8> {
    let traks: Vec<u8> = traks.iter().flat_map(Trak::boxed).collect();
    boxed(b"moov", &[mvhd(), traks].concat())
}

/// A `moov` box at offset 0 of a file of `file_len` bytes.
pub(crate) fn parse(moov: Vec<u8>, file_len: u64) -> Result<Movie> {
    let header = BoxHeader::parse(&moov).unwrap();
    let node = Node::top(0, header, Bytes::from(moov));
    parse_movie(&node, FourCc(*b"isom"), file_len, &Limits::default())
}

pub(crate) fn parse_trak(trak: &Trak) -> Result<crate::Track> {
    parse(moov(std::slice::from_ref(trak)), 1 << 40).map(|mut movie| movie.tracks.remove(0))
}
