//! Where the data of a fragment's runs lie (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
use std::ops::Range;

use super::moof::{Base, Traf};

/// The data of one fragment.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The offset of each run of each `traf`.
    pub(crate) runs: Vec<Vec<u64>>,
    /// Past the last byte of all.
    pub(crate) end: u64,
    pub(crate) reading: Reading,
    start: u64,
}

/// How the bases of the `traf` boxes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As they say; a `traf` without one begins where the data of the `traf` before ends.
    AsTold,
    /// All from the `moof`, as if the flag default-base-is-moof were set. Writers older than the flag count so without
    /// a base, and where a fragment was moved after it was written (to make room for a `sidx`), its base is stale.
    MoofRelative,
}

/// What the boxes say, unless only the other one keeps to `media`, the `mdat` behind the `moof`.
/// None where offsets leave the 64 bits.
pub(crate) fn lay_out(trafs: &[Traf], moof: u64, media: Option<Range<u64>>) -> Option<Placed> {
    let told = place(trafs, moof, Reading::AsTold);
    let Some(media) = media else {
        return told;
    };
    let fits = |placed: &Placed| media.start <= placed.start && placed.end <= media.end;
    if told.as_ref().is_some_and(fits) {
        return told;
    }
    place(trafs, moof, Reading::MoofRelative)
        .filter(fits)
        .or(told)
}

fn place(trafs: &[Traf], moof: u64, reading: Reading) -> Option<Placed> {
    let mut placed = Placed {
        runs: Vec::with_capacity(trafs.len()),
        end: 0,
        reading,
        start: u64::MAX,
    };
    // Where the data of the run before ends.
    let mut following = moof;
    for traf in trafs {
        let base = match (traf.base, reading) {
            (Base::Moof, _) | (_, Reading::MoofRelative) => moof,
            (Base::Absolute(base), Reading::AsTold) => base,
            (Base::Following, Reading::AsTold) => following,
        };
        following = base;
        let mut offsets = Vec::with_capacity(traf.runs.len());
        for run in &traf.runs {
            let start = match run.data_offset {
                Some(offset) => base.checked_add_signed(i64::from(offset))?,
                None => following,
            };
            following = start.checked_add(run.data_len())?;
            placed.start = placed.start.min(start);
            placed.end = placed.end.max(following);
            offsets.push(start);
        }
        placed.runs.push(offsets);
    }
    Some(placed)
}
