//! ffmpeg's bitstream filter `trace_headers` as a reader of headers that shares nothing with the encryptor.
use crate::mp4::{self, Aux};
use bytes::Bytes;
use edgepack_drm::Scheme;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

/// A header or other syntax structure, in the order of the file.
pub struct Structure {
    pub title: String,
    /// Name, position in bits after removal of emulation prevention, value.
    pub fields: Vec<Field>,
}

pub struct Field {
    pub at: usize,
    pub name: String,
    pub bits: usize,
    pub value: i64,
}

impl Structure {
    pub fn value(&self, name: &str) -> Option<i64> {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.value)
    }

    /// The bit after the last.
    pub fn end(&self) -> usize {
        let ends = self.fields.iter().map(|field| field.at + field.bits);
        ends.max().unwrap_or(0)
    }
}

pub fn structures(file: &Path) -> Vec<Structure> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-nostats", "-i"])
        .arg(file)
        .args(["-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let mut found: Vec<Structure> = Vec::new();
    let text = String::from_utf8_lossy(&output.stderr);
    // The filter's own lines; the configuration of the stream is traced before "Output #0".
    for line in text
        .lines()
        .filter(|line| line.starts_with("[trace_headers"))
    {
        let line = line.split_once("] ").unwrap().1;
        match field(line) {
            Some(field) => found.last_mut().unwrap().fields.push(field),
            None => found.push(Structure {
                title: line.to_owned(),
                fields: Vec::new(),
            }),
        }
    }
    found
}

fn field(line: &str) -> Option<Field> {
    let (left, value) = line.split_once(" = ")?;
    let mut words = left.split_whitespace();
    let at = words.next()?.parse().ok()?;
    let name = words.next()?.to_owned();
    let bits = words.next().map_or(0, str::len);
    Some(Field {
        at,
        name,
        bits,
        value: value.trim().parse().ok()?,
    })
}

/// Runs of protected bytes of one sample.
fn protected_ranges(aux: &Aux) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    for subsample in &aux.subsamples {
        at += usize::from(subsample.clear);
        let end = at + subsample.protected as usize;
        if at < end {
            ranges.push(at..end);
        }
        at = end;
    }
    ranges
}

/// Protection of each slice of the base layer begins where its header ends. `protected`: under `cbcs`.
pub fn check_slices(what: &str, clear: &Path, protected: &Bytes) {
    let mut ends = structures(clear)
        .into_iter()
        .filter(|structure| structure.title == "Slice Segment Header")
        .map(|header| header.end());
    let source: Bytes = std::fs::read(clear).unwrap().into();
    let samples = mp4::read(&source, 0).samples;
    let track = mp4::read(protected, 0);
    assert_eq!(samples.len(), track.aux.len());
    for (i, (sample, aux)) in samples.iter().zip(&track.aux).enumerate() {
        let mut starts = protected_ranges(aux).into_iter().map(|range| range.start);
        let mut at = 0;
        while at < sample.len() {
            let len = mp4::u32_at(sample, at) as usize;
            let unit = &sample[at + 4..at + 4 + len];
            let (kind, layer) = (unit[0] >> 1 & 63, unit[0] << 5 & 32 | unit[1] >> 3);
            if kind < 32 {
                let header = starts.next().unwrap() - at - 4;
                if layer == 0 {
                    let escapes = escapes(&unit[..header]);
                    let expected = ends.next().unwrap();
                    assert_eq!((header - escapes) * 8, expected, "{what}, sample {i}");
                }
            }
            at += 4 + len;
        }
        assert!(starts.next().is_none(), "{what}, sample {i}");
    }
    assert!(ends.next().is_none(), "{what}");
}

/// Emulation prevention bytes.
fn escapes(bytes: &[u8]) -> usize {
    let mut zeros = 0;
    let mut count = 0;
    for &byte in bytes {
        if zeros >= 2 && byte == 3 {
            count += 1;
            zeros = 0;
        } else if byte == 0 {
            zeros += 1;
        } else {
            zeros = 0;
        }
    }
    count
}

/// Exactly the tiles are protected, as av1-isobmff says for the scheme.
pub fn check_tiles(what: &str, clear: &Path, protected: &Bytes, scheme: Scheme) {
    let source: Bytes = std::fs::read(clear).unwrap().into();
    let samples = mp4::read(&source, 0).samples;
    let iv_size = if scheme == Scheme::Cenc { 8 } else { 0 };
    let track = mp4::read(protected, iv_size);
    let structures = structures(clear);
    let packets: Vec<_> = structures
        .split(|structure| structure.title.starts_with("Packet: "))
        .collect();
    // What precedes the first packet is the configuration.
    let [configuration, packets @ ..] = &packets[..] else {
        panic!("{what}: no packets")
    };
    assert_eq!(packets.len(), samples.len(), "{what}");
    let mut sequence = sequence_of(configuration);
    let mut seen = 0;
    for (i, (packet, sample)) in packets.iter().zip(&samples).enumerate() {
        if let Some(of_packet) = sequence_of(packet) {
            sequence = Some(of_packet);
        }
        let mut expected = Vec::new();
        for tile in tiles(packet, sequence.as_ref().unwrap(), sample) {
            seen += 1;
            let spare = match scheme {
                Scheme::Cenc => tile.len() % 16,
                Scheme::Cbcs => 0,
            };
            if tile.len() > spare {
                expected.push(tile.start + spare..tile.end);
            }
        }
        assert_eq!(
            protected_ranges(&track.aux[i]),
            expected,
            "{what}, sample {i}"
        );
    }
    assert!(seen >= samples.len() / 2, "{what}: {seen} tiles");
}

struct Sequence {
    width: usize,
    height: usize,
    superblock: usize,
}

fn sequence_of(structures: &[Structure]) -> Option<Sequence> {
    let header = structures
        .iter()
        .rev()
        .find(|s| s.title == "Sequence Header")?;
    let value = |name| header.value(name).unwrap() as usize;
    Some(Sequence {
        width: value("max_frame_width_minus_1") + 1,
        height: value("max_frame_height_minus_1") + 1,
        superblock: 64 << value("use_128x128_superblock"),
    })
}

/// The tiles of a temporal unit by position.
fn tiles(packet: &[Structure], sequence: &Sequence, sample: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut end = 0;
    let mut read = 0;
    let mut grid = (1, 0);
    for structure in packet {
        // A tile group of one tile has no fields.
        read = match structure.title.as_str() {
            "OBU header" => structure.end(),
            _ => read.max(structure.end()),
        };
        match structure.title.as_str() {
            "OBU header" => {
                start = end;
                end = start + structure.end() / 8 + structure.value("obu_size").unwrap() as usize;
            }
            "Frame Header" => grid = tile_grid(structure, sequence),
            "Tile Group" => {
                let (count, size_bytes) = grid;
                let first = structure.value("tg_start").unwrap_or(0) as usize;
                let last = structure
                    .value("tg_end")
                    .map_or(count - 1, |last| last as usize);
                let mut at = start + read / 8;
                for _ in first..last {
                    let mut size = 1;
                    for (i, &byte) in sample[at..at + size_bytes].iter().enumerate() {
                        size += usize::from(byte) << (8 * i);
                    }
                    at += size_bytes;
                    found.push(at..at + size);
                    at += size;
                }
                found.push(at..end);
            }
            _ => {}
        }
    }
    assert_eq!(end, sample.len());
    found
}

/// The number of tiles and TileSizeBytes.
fn tile_grid(header: &Structure, sequence: &Sequence) -> (usize, usize) {
    let side = |name, full| header.value(name).map_or(full, |value| value as usize + 1);
    let width = side("frame_width_minus_1", sequence.width);
    let height = side("frame_height_minus_1", sequence.height);
    let denominator = header
        .value("coded_denom")
        .map_or(8, |value| value as usize + 9);
    let width = (width * 8 + denominator / 2) / denominator;
    let mut count = 1;
    for (log2, sizes, side) in [
        ("tile_cols_log2", "width_in_sbs_minus_1", width),
        ("tile_rows_log2", "height_in_sbs_minus_1", height),
    ] {
        let superblocks = side.div_ceil(sequence.superblock);
        let explicit = header
            .fields
            .iter()
            .filter(|field| field.name.starts_with(sizes));
        count *= match header.value("uniform_tile_spacing_flag") {
            Some(0) => explicit.count(),
            _ => {
                let log2 = header.value(log2).unwrap_or(0);
                let step = (superblocks + (1 << log2) - 1) >> log2;
                (0..superblocks).step_by(step).count()
            }
        };
    }
    let size_bytes = header
        .value("tile_size_bytes_minus1")
        .map_or(0, |value| value as usize + 1);
    (count, size_bytes)
}
