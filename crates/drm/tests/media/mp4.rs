//! A reader of fragmented files with one track, clear or encrypted: just enough for the files that ffmpeg,
//! shaka-packager and the remultiplexer of these tests write.
use bytes::Bytes;
use edgepack_drm::Subsample;
use edgepack_isobmff::{CodecConfig, Limits, Movie, MovieReader, Step};

/// A box: type, content, and the whole of it.
#[derive(Clone)]
pub struct Box {
    pub kind: [u8; 4],
    pub content: Bytes,
    pub whole: Bytes,
}

pub fn boxes(bytes: &Bytes) -> Vec<Box> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let size = u32_at(bytes, at) as usize;
        assert!(
            size >= 8 && at + size <= bytes.len(),
            "box of {size} bytes at {at}"
        );
        let whole = bytes.slice(at..at + size);
        found.push(Box {
            kind: whole[4..8].try_into().unwrap(),
            content: whole.slice(8..),
            whole,
        });
        at += size;
    }
    found
}

/// The first box at the end of a path like `moov/trak/mdia`.
pub fn find(bytes: &Bytes, path: &str) -> Option<Box> {
    let (kind, rest) = path
        .split_once('/')
        .map_or((path, None), |(kind, rest)| (kind, Some(rest)));
    let found = boxes(bytes)
        .into_iter()
        .find(|b| b.kind == kind.as_bytes())?;
    match rest {
        Some(rest) => find(&found.content, rest),
        None => Some(found),
    }
}

pub struct Track {
    /// The whole sample entry.
    pub entry: Bytes,
    pub samples: Vec<Bytes>,
    /// As `senc` says; empty of a clear file.
    pub aux: Vec<Aux>,
    /// As `saiz` says, of all fragments that have one.
    pub aux_sizes: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aux {
    pub iv: Vec<u8>,
    pub subsamples: Vec<Subsample>,
}

pub const SAMPLE_DESCRIPTIONS: &str = "moov/trak/mdia/minf/stbl/stsd";

/// `iv_size`: what `tenc` says.
pub fn read(file: &Bytes, iv_size: usize) -> Track {
    let entry = boxes(&find(file, SAMPLE_DESCRIPTIONS).unwrap().content.slice(8..))[0]
        .whole
        .clone();
    let trex = find(file, "moov/mvex/trex").unwrap().content;
    let mut track = Track {
        entry,
        samples: Vec::new(),
        aux: Vec::new(),
        aux_sizes: Vec::new(),
    };
    for moof in boxes(file).into_iter().filter(|b| &b.kind == b"moof") {
        let start = moof.whole.as_ptr() as usize - file.as_ptr() as usize;
        read_fragment(file, start, &moof, u32_at(&trex, 16), iv_size, &mut track);
    }
    track
}

fn read_fragment(
    file: &Bytes,
    start: usize,
    moof: &Box,
    default_size: u32,
    iv_size: usize,
    track: &mut Track,
) {
    let traf = find(&moof.content, "traf").unwrap().content;
    let tfhd = find(&traf, "tfhd").unwrap().content;
    let default_size = tfhd_default_size(&tfhd).unwrap_or(default_size);
    for trun in boxes(&traf).into_iter().filter(|b| &b.kind == b"trun") {
        let (offset, sizes) = trun_sizes(&trun.content, default_size);
        let mut at = start + offset;
        for size in sizes {
            track.samples.push(file.slice(at..at + size));
            at += size;
        }
    }
    if let Some(saiz) = find(&traf, "saiz") {
        let c = saiz.content;
        let count = u32_at(&c, 5) as usize;
        let sizes: Vec<_> = match c[4] {
            0 => c[9..9 + count]
                .iter()
                .map(|&size| usize::from(size))
                .collect(),
            same => vec![usize::from(same); count],
        };
        let saio = find(&traf, "saio").unwrap().content;
        let senc = find(&traf, "senc").unwrap().content;
        let first_aux_byte = senc.as_ptr() as usize + 8 - file.as_ptr() as usize;
        assert_eq!(
            start + u32_at(&saio, 8) as usize,
            first_aux_byte,
            "saio points into senc"
        );
        track.aux_sizes.extend(sizes);
    }
    if let Some(senc) = find(&traf, "senc") {
        track.aux.extend(read_senc(&senc.content, iv_size));
    }
}

fn read_senc(c: &Bytes, iv_size: usize) -> Vec<Aux> {
    let has_subsamples = u32_at(c, 0) & 2 != 0;
    let mut at = 8;
    let samples = (0..u32_at(c, 4))
        .map(|_| {
            let iv = c[at..at + iv_size].to_vec();
            at += iv_size;
            let mut subsamples = Vec::new();
            if has_subsamples {
                let count = u16_at(c, at);
                at += 2;
                for _ in 0..count {
                    subsamples.push(Subsample {
                        clear: u16_at(c, at),
                        protected: u32_at(c, at + 2),
                    });
                    at += 6;
                }
            }
            Aux { iv, subsamples }
        })
        .collect();
    assert_eq!(at, c.len(), "senc is filled exactly");
    samples
}

fn tfhd_default_size(c: &Bytes) -> Option<u32> {
    let flags = u32_at(c, 0);
    let mut at = 8;
    for (flag, len) in [(1, 8), (2, 4), (8, 4)] {
        at += if flags & flag != 0 { len } else { 0 };
    }
    (flags & 0x10 != 0).then(|| u32_at(c, at))
}

fn trun_sizes(c: &Bytes, default_size: u32) -> (usize, Vec<usize>) {
    let flags = u32_at(c, 0);
    assert!(flags & 1 != 0, "trun with an offset");
    let mut at = if flags & 4 != 0 { 16 } else { 12 };
    let sizes = (0..u32_at(c, 4)).map(|_| {
        let mut size = default_size;
        for flag in [0x100, 0x200, 0x400, 0x800] {
            if flags & flag != 0 {
                if flag == 0x200 {
                    size = u32_at(c, at);
                }
                at += 4;
            }
        }
        size as usize
    });
    (u32_at(c, 8) as usize, sizes.collect())
}

/// The whole file as the product's reader sees it.
pub fn movie(file: &Bytes) -> Movie {
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

/// What the sample entry of the only track says of the codec.
pub fn codec(file: &Bytes) -> CodecConfig {
    movie(file).tracks[0].sample_entries[0].codec.clone()
}

pub fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(bytes[at..at + 2].try_into().unwrap())
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}
