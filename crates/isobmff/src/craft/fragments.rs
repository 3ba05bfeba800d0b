//! Movie fragments in every form that the standard allows.
#![allow(clippy::unwrap_used)]
use super::sparse::Sparse;
use super::{Trak, boxed, bytes, full, mvhd, table, words};
use crate::Sample;

/// One `traf`.
#[derive(Debug, Clone)]
pub(crate) struct Traf<'a> {
    pub(crate) track_id: u32,
    /// `tfdt`.
    pub(crate) decode_time: Option<u64>,
    pub(crate) runs: Vec<&'a [Sample]>,
    pub(crate) base: Base,
    /// What all samples share stands in `tfhd`, and what `trex` says nowhere.
    pub(crate) compact: bool,
    /// A data offset in every `trun`, and versions 1.
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Absolute,
    Moof,
    None,
}

impl<'a> Traf<'a> {
    pub(crate) fn new(track_id: u32, decode_time: u64, samples: &'a [Sample]) -> Self {
        Self {
            track_id,
            decode_time: Some(decode_time),
            runs: vec![samples],
            base: Base::Moof,
            compact: false,
            verbose: false,
        }
    }
}

/// What [`fragmented_moov`] writes into `trex`.
pub(crate) const TREX_DURATION: u32 = 2;
pub(crate) const TREX_SIZE: u32 = 77;

/// Tracks as `traks` say, and `mvex`.
pub(crate) fn fragmented_moov(traks: &[Trak]) -> Vec<u8> {
    let trexes = (1..=u32::try_from(traks.len()).unwrap()).flat_map(|id| {
        full(
            b"trex",
            0,
            0,
            &words(&[id, 1, TREX_DURATION, TREX_SIZE, NON_SYNC]),
        )
    });
    let mvex = boxed(b"mvex", &trexes.collect::<Vec<_>>());
    let traks: Vec<u8> = traks.iter().flat_map(Trak::boxed).collect();
    boxed(b"moov", &[mvhd(), mvex, traks].concat())
}

/// Tables of no samples.
pub(crate) fn no_samples() -> Vec<u8> {
    [
        table(b"stts", 0, &[]),
        table(b"stsc", 0, &[]),
        full(b"stsz", 0, 0, &words(&[0, 0])),
        table(b"stco", 0, &[]),
    ]
    .concat()
}

pub(crate) const SYNC: u32 = 0x0200_0000;
pub(crate) const NON_SYNC: u32 = 0x0101_0000;

fn flags_of(sample: &Sample) -> u32 {
    if sample.is_sync { SYNC } else { NON_SYNC }
}

/// A `moof` and its `mdat` behind what the file holds, `gap` bytes before each run's data.
/// Tells the offset of each run.
pub(crate) fn append(
    file: &mut Sparse,
    sequence: u32,
    trafs: &[Traf<'_>],
    gap: u64,
) -> Vec<Vec<u64>> {
    let moof = file.len();
    let mut end = 0;
    // Counted from the end of the `moof`, whose length does not depend on them.
    let mut relative: Vec<Vec<u64>> = Vec::new();
    for traf in trafs {
        let runs = traf.runs.iter().map(|run| {
            let start = end + gap;
            end = start + run.iter().map(|sample| u64::from(sample.size)).sum::<u64>();
            start
        });
        relative.push(runs.collect());
    }
    let large = end > 1 << 20;
    let header = if large { 16 } else { 8 };
    let placed = |base: u64| -> Vec<Vec<u64>> {
        let place = |runs: &Vec<u64>| runs.iter().map(|start| base + start).collect();
        relative.iter().map(place).collect()
    };
    let len = write_moof(sequence, trafs, &placed(moof + 1), moof).len() as u64;
    let offsets = placed(moof + len + header);
    file.append(&write_moof(sequence, trafs, &offsets, moof));
    file.append_media(end, large);
    offsets
}

fn write_moof(sequence: u32, trafs: &[Traf<'_>], offsets: &[Vec<u64>], moof: u64) -> Vec<u8> {
    let mut content = full(b"mfhd", 0, 0, &words(&[sequence]));
    // The base of a `traf` that tells none.
    let mut following = moof;
    for (traf, offsets) in trafs.iter().zip(offsets) {
        let base = match traf.base {
            Base::Absolute => moof / 2,
            Base::Moof => moof,
            Base::None => following,
        };
        following = base;
        let samples: Vec<&Sample> = traf.runs.iter().copied().flatten().collect();
        let shared = Shared::of(&samples, traf.compact);
        let mut traf_content = shared.tfhd(
            traf,
            samples.first().map_or(0, |first| first.description),
            base,
        );
        if let Some(time) = traf.decode_time {
            let short = u32::try_from(time).ok().filter(|_| !traf.verbose);
            traf_content.extend(match short {
                Some(time) => full(b"tfdt", 0, 0, &words(&[time])),
                None => full(b"tfdt", 1, 0, &time.to_be_bytes()),
            });
        }
        for (run, offset) in traf.runs.iter().zip(offsets) {
            let told = traf.verbose || *offset != following;
            let told = told.then(|| offset.wrapping_sub(base).cast_signed());
            traf_content.extend(shared.trun(run, told, traf.verbose));
            following = offset + run.iter().map(|sample| u64::from(sample.size)).sum::<u64>();
        }
        content.extend(boxed(b"traf", &traf_content));
    }
    boxed(b"moof", &content)
}

/// What all samples of a `traf` have in common.
struct Shared {
    duration: Option<u32>,
    size: Option<u32>,
    flags: Option<u32>,
    /// `flags` holds but for the first sample of each run.
    but_first: bool,
}

impl Shared {
    fn of(samples: &[&Sample], compact: bool) -> Self {
        let one = |of: &dyn Fn(&Sample) -> u32| {
            let first = samples.first().map(|sample| of(sample)).filter(|_| compact);
            first.filter(|value| samples.iter().all(|sample| of(sample) == *value))
        };
        let flags = one(&flags_of);
        let mixed = compact && flags.is_none();
        Self {
            duration: one(&|sample| sample.duration),
            size: one(&|sample| sample.size),
            flags: flags.or(mixed.then_some(NON_SYNC)),
            but_first: mixed,
        }
    }

    fn tfhd(&self, traf: &Traf<'_>, description: u32, base: u64) -> Vec<u8> {
        let (mut flags, mut fields) = (0, words(&[traf.track_id]));
        match traf.base {
            Base::Absolute => {
                flags |= 1;
                fields.extend(base.to_be_bytes());
            }
            Base::Moof => flags |= 0x2_0000,
            Base::None => {}
        }
        let defaults = [
            (2, Some(description + 1), 1),
            (8, self.duration, TREX_DURATION),
            (0x10, self.size, TREX_SIZE),
            (0x20, self.flags, NON_SYNC),
        ];
        for (flag, value, trex) in defaults {
            if let Some(value) = value.filter(|value| *value != trex) {
                flags |= flag;
                fields.extend(words(&[value]));
            }
        }
        full(b"tfhd", 0, flags, &fields)
    }

    fn trun(&self, samples: &[Sample], data_offset: Option<i64>, verbose: bool) -> Vec<u8> {
        let composition = verbose || samples.iter().any(|sample| sample.composition_offset != 0);
        let first = samples.first().filter(|_| self.but_first);
        // One flags field for the first sample does not do for runs with several sync samples.
        let rest_plain = samples.iter().skip(1).all(|sample| !sample.is_sync);
        let each_flags = self.flags.is_none() || (self.but_first && !rest_plain);
        let first = first.filter(|_| !each_flags);
        let mut flags = 0;
        let mut content = words(&[u32::try_from(samples.len()).unwrap()]);
        for (flag, set) in [
            (0x1, data_offset.is_some()),
            (0x4, first.is_some()),
            (0x100, self.duration.is_none()),
            (0x200, self.size.is_none()),
            (0x400, each_flags),
            (0x800, composition),
        ] {
            flags |= if set { flag } else { 0 };
        }
        content.extend(
            data_offset
                .iter()
                .flat_map(|offset| i32::try_from(*offset).unwrap().to_be_bytes()),
        );
        content.extend(
            first
                .iter()
                .flat_map(|sample| flags_of(sample).to_be_bytes()),
        );
        content.extend(bytes(|w| {
            for sample in samples {
                let fields = [
                    (0x100, sample.duration),
                    (0x200, sample.size),
                    (0x400, flags_of(sample)),
                    (0x800, sample.composition_offset.cast_unsigned()),
                ];
                for (flag, value) in fields {
                    if flags & flag != 0 {
                        w.u32(value);
                    }
                }
            }
        }));
        full(b"trun", u8::from(verbose), flags, &content)
    }
}
