#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::FourCc;
use crate::craft::fragments::{NON_SYNC, SYNC, fragmented_moov, no_samples};
use crate::craft::{Trak, avc1, boxed, full, stsd, words};

mod faults;
mod forms;
mod pieces;
mod prelude;

/// `ftyp` and a `moov` of so many tracks, ids from 1.
fn header(tracks: u32) -> Vec<u8> {
    let traks: Vec<Trak> = (1..=tracks)
        .map(|id| Trak {
            stsd: stsd(&[avc1(), avc1()]),
            tables: no_samples(),
            ..Trak::with_id(id)
        })
        .collect();
    [ftyp(), fragmented_moov(&traks)].concat()
}

fn ftyp() -> Vec<u8> {
    boxed(b"ftyp", b"cmf2\0\0\0\0cmf2")
}

/// One `traf`: samples of `duration` 10, the first a sync sample.
#[derive(Debug, Clone)]
struct Traf {
    track_id: u32,
    decode_time: Option<u64>,
    base: Base,
    /// Sizes of the samples, a `trun` each.
    runs: Vec<Vec<u32>>,
    /// Bytes before the data of each run.
    gap: u32,
}

#[derive(Debug, Clone, Copy)]
enum Base {
    /// default-base-is-moof.
    Moof,
    None,
    /// base-data-offset: of the `moof` as it stood in another file.
    Absolute(u64),
}

impl Traf {
    fn new(track_id: u32, decode_time: u64, sizes: &[u32]) -> Self {
        Self {
            track_id,
            decode_time: Some(decode_time),
            base: Base::Moof,
            runs: vec![sizes.to_vec()],
            gap: 0,
        }
    }

    /// Its first run's data are `offset` bytes from its base. Tells the offset past its last.
    fn boxed(&self, mut offset: u32) -> (Vec<u8>, u32) {
        let (flags, base) = match self.base {
            Base::Moof => (0x2_0000, vec![]),
            Base::None => (0, vec![]),
            Base::Absolute(base) => (1, base.to_be_bytes().to_vec()),
        };
        let fields = [words(&[self.track_id]), base, words(&[10, NON_SYNC])].concat();
        let mut content = full(b"tfhd", 0, flags | 0x28, &fields);
        if let Some(time) = self.decode_time {
            content.extend(full(b"tfdt", 1, 0, &time.to_be_bytes()));
        }
        for sizes in &self.runs {
            let count = u32::try_from(sizes.len()).unwrap();
            offset += self.gap;
            let fields = [words(&[count, offset, SYNC]), words(sizes)].concat();
            content.extend(full(b"trun", 1, 0x205, &fields));
            offset += sizes.iter().sum::<u32>();
        }
        (boxed(b"traf", &content), offset)
    }
}

/// The data of each `traf` follow those of the one before, `header` bytes behind the `moof`.
fn moof(sequence: u32, trafs: &[Traf], header: u32) -> Vec<u8> {
    let write = |mut offset: u32| {
        let mut content = full(b"mfhd", 0, 0, &words(&[sequence]));
        for traf in trafs {
            let (boxed, end) = traf.boxed(offset);
            content.extend(boxed);
            offset = end;
        }
        boxed(b"moof", &content)
    };
    let len = u32::try_from(write(0).len()).unwrap();
    write(len + header)
}

/// A `moof` and its `mdat`.
fn chunk(sequence: u32, trafs: &[Traf]) -> Vec<u8> {
    let mdat = boxed(b"mdat", &data(sequence, bytes_of(trafs)));
    [moof(sequence, trafs, 8), mdat].concat()
}

fn bytes_of(trafs: &[Traf]) -> u32 {
    let of_run = |traf: &Traf, run: &[u32]| traf.gap + run.iter().sum::<u32>();
    let runs = |traf: &Traf| traf.runs.iter().map(|run| of_run(traf, run)).sum::<u32>();
    trafs.iter().map(runs).sum()
}

/// Media bytes that tell where they stand.
fn data(sequence: u32, len: u32) -> Vec<u8> {
    let byte = |at: u32| (at.wrapping_mul(31) ^ sequence.wrapping_mul(101)).to_le_bytes()[0];
    (0..len).map(byte).collect()
}

/// All items of a body that comes at once, and the error that it ends with.
fn read_all(mut reader: StreamReader, body: &[u8]) -> (Vec<Item>, Option<StreamError>) {
    let mut items = Vec::new();
    reader.push(Bytes::copy_from_slice(body));
    reader.end();
    loop {
        match reader.next() {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return (items, None),
            Err(error) => return (items, Some(error)),
        }
    }
}

fn reader() -> StreamReader {
    StreamReader::new(StreamLimits::default())
}

fn with_header(tracks: u32) -> StreamReader {
    let limits = StreamLimits::default();
    let header = Header::parse(Bytes::from(header(tracks)), &limits).unwrap();
    StreamReader::with_header(limits, header)
}

fn items(body: &[u8]) -> Vec<Item> {
    let (items, error) = read_all(reader(), body);
    assert_eq!(error, None);
    items
}

/// Those of a body whose header came before it.
fn chunks(tracks: u32, body: &[u8]) -> Vec<Chunk> {
    let (items, error) = read_all(with_header(tracks), body);
    assert_eq!(error, None);
    only_chunks(items)
}

fn only_chunks(items: Vec<Item>) -> Vec<Chunk> {
    let chunk = |item| match item {
        Item::Chunk(chunk) => Some(*chunk),
        _ => None,
    };
    items.into_iter().filter_map(chunk).collect()
}
