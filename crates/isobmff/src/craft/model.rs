//! Sample tables of every shape, and the samples that they tell.
#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::{full, table, words};
use crate::Sample;

/// What a table is made from, and what it must give back.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) samples: Vec<Sample>,
    /// Samples in each chunk.
    pub(crate) chunks: Vec<u32>,
    pub(crate) with_ctts: bool,
    pub(crate) with_stss: bool,
    pub(crate) field_bits: u32,
    pub(crate) co64: bool,
}

impl Model {
    pub(crate) fn tables(&self) -> Vec<u8> {
        let runs = |of: &dyn Fn(&Sample) -> u32| {
            let mut runs: Vec<[u32; 2]> = Vec::new();
            for value in self.samples.iter().map(of) {
                match runs.last_mut() {
                    Some([count, last]) if *last == value => *count += 1,
                    _ => runs.push([1, value]),
                }
            }
            runs
        };
        let durations = runs(&|sample| sample.duration);
        let mut out = table(b"stts", durations.len(), durations.as_flattened());
        if self.with_ctts {
            let offsets = runs(&|sample| sample.composition_offset.cast_unsigned());
            out.extend(table(b"ctts", offsets.len(), offsets.as_flattened()));
        }
        if self.with_stss {
            let sync: Vec<u32> = self
                .samples
                .iter()
                .filter(|sample| sample.is_sync)
                .map(|sample| sample.index + 1)
                .collect();
            out.extend(table(b"stss", sync.len(), &sync));
        }
        out.extend(self.chunk_tables());
        out.extend(self.size_table());
        out
    }

    fn chunk_tables(&self) -> Vec<u8> {
        let mut to_chunk: Vec<[u32; 3]> = Vec::new();
        let mut offsets = Vec::new();
        let mut first = 0;
        for (chunk, count) in self.chunks.iter().enumerate() {
            let sample = &self.samples[first];
            offsets.push(sample.offset);
            let description = sample.description + 1;
            if to_chunk.last().is_none_or(|[_, last, last_description]| {
                (last, last_description) != (count, &description)
            }) {
                to_chunk.push([u32::try_from(chunk).unwrap() + 1, *count, description]);
            }
            first += usize::try_from(*count).unwrap();
        }
        let stsc = table(b"stsc", to_chunk.len(), to_chunk.as_flattened());
        let halves: Vec<u32> = offsets
            .iter()
            .flat_map(|offset| {
                let low = u32::try_from(offset & 0xffff_ffff).unwrap();
                if self.co64 {
                    vec![u32::try_from(offset >> 32).unwrap(), low]
                } else {
                    vec![low]
                }
            })
            .collect();
        let stco = table(
            if self.co64 { b"co64" } else { b"stco" },
            offsets.len(),
            &halves,
        );
        [stsc, stco].concat()
    }

    fn size_table(&self) -> Vec<u8> {
        let count = u32::try_from(self.samples.len()).unwrap();
        let sizes = self.samples.iter().map(|sample| sample.size);
        let low = |size: u32| size.to_le_bytes()[0];
        let (kind, head, bytes): (_, _, Vec<u8>) = match self.field_bits {
            4 => {
                let sizes: Vec<u8> = sizes.map(low).collect();
                let pairs = sizes
                    .chunks(2)
                    .map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0));
                (b"stz2", 4, pairs.collect())
            }
            8 => (b"stz2", 8, sizes.map(low).collect()),
            16 => (
                b"stz2",
                16,
                sizes
                    .flat_map(|size| size.to_be_bytes()[2..].to_vec())
                    .collect(),
            ),
            32 => (b"stsz", 0, sizes.flat_map(u32::to_be_bytes).collect()),
            _ => (
                b"stsz",
                self.samples.first().map_or(1, |sample| sample.size),
                Vec::new(),
            ),
        };
        full(kind, 0, 0, &[words(&[head, count]), bytes].concat())
    }
}

pub(crate) fn model() -> impl Strategy<Value = Model> {
    let sample = (
        0..4_u32,
        any::<i8>(),
        prop::bool::weighted(0.1),
        any::<u32>(),
    );
    let shape = (
        prop::sample::select(vec![0, 4, 8, 16, 32]),
        any::<[bool; 3]>(),
    );
    let chunks = prop::collection::vec((1..60_u32, 0..2_u32, 0..1000_u64), 1..40);
    // Few distinct values make long runs, as in real files; many make short ones.
    let scale = prop::sample::select(vec![1, 3, 100]);
    (shape, chunks, scale, prop::collection::vec(sample, 2400)).prop_map(
        |((field_bits, flags), chunks, scale, raw)| {
            let [with_ctts, with_stss, co64] = flags;
            let mut offset: u64 = if co64 { 5 << 32 } else { 100 };
            let (mut samples, mut decode_time) = (Vec::new(), 0);
            for (count, description, gap) in &chunks {
                offset += gap;
                for _ in 0..*count {
                    let (duration, composition, sync, size) = raw[samples.len()];
                    let size = match field_bits {
                        0 => 77,
                        4 => size & 15,
                        8 => size & 255,
                        _ => size & 0xffff,
                    };
                    samples.push(Sample {
                        index: u32::try_from(samples.len()).unwrap(),
                        offset,
                        size,
                        decode_time,
                        duration: duration / scale,
                        composition_offset: if with_ctts {
                            i32::from(composition) / scale.cast_signed()
                        } else {
                            0
                        },
                        is_sync: !with_stss || sync,
                        description: *description,
                    });
                    offset += u64::from(size);
                    decode_time += u64::from(duration / scale);
                }
            }
            let chunks = chunks.iter().map(|(count, ..)| *count).collect();
            Model {
                samples,
                chunks,
                with_ctts,
                with_stss,
                field_bits,
                co64,
            }
        },
    )
}
