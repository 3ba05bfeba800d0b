//! `moof`: which samples a fragment adds to which track (ISO/IEC 14496-12, 8.8.4 to 8.8.8, 8.8.12).
use bytes::Bytes;

use crate::boxes::{Fields, Node};
use crate::samples::Alike;
use crate::{FourCc, Result};

/// Far above what writers put into one fragment; each costs more memory than its bytes in the file.
const MAX_RUNS: usize = 1 << 20;

/// What a sample has where its fragment does not say: `trex`, changed by `tfhd`.
#[derive(Debug, Clone, Copy)]
pub struct Defaults {
    /// From 1.
    pub description: u32,
    pub duration: u32,
    pub size: u32,
    pub flags: u32,
}

impl Defaults {
    /// The track, and its defaults.
    pub(crate) fn parse(trex: &Node<'_>) -> Result<(u32, Self)> {
        let mut fields = trex.fields();
        fields.version_and_flags()?;
        Ok((
            fields.u32()?,
            Self {
                description: fields.u32()?,
                duration: fields.u32()?,
                size: fields.u32()?,
                flags: fields.u32()?,
            },
        ))
    }
}

/// For a track without `trex`: its fragments say everything themselves.
impl Default for Defaults {
    fn default() -> Self {
        Self {
            description: 1,
            duration: 0,
            size: 0,
            flags: 0,
        }
    }
}

/// `traf`.
#[derive(Debug)]
pub(crate) struct Traf {
    /// Index of the track in the movie.
    pub(crate) track: usize,
    pub(crate) base: Base,
    pub(crate) defaults: Defaults,
    /// `tfdt`.
    pub(crate) decode_time: Option<u64>,
    /// There are no samples for as long as `defaults.duration`.
    pub(crate) duration_is_empty: bool,
    /// Those that have samples.
    pub(crate) runs: Vec<Run>,
}

/// What `data_offset` counts from (8.8.7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Absolute(u64),
    Moof,
    /// In the first `traf` the `moof`, in the others where the data of the one before ends.
    Following,
}

/// `trun`.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) data_offset: Option<i32>,
    pub(crate) count: u32,
    flags: u32,
    first_sample_flags: Option<u32>,
    defaults: Defaults,
    entries: Bytes,
}

/// `track_of` tells the index of a track id, and the track's defaults.
pub(crate) fn parse_moof(
    moof: &Node<'_>,
    track_of: impl Fn(u32) -> Option<(usize, Defaults)>,
) -> Result<Vec<Traf>> {
    let mut trafs = Vec::new();
    let mut runs = 0;
    for child in moof.children(0) {
        let child = child?;
        if child.kind() != FourCc(*b"traf") {
            continue;
        }
        let ordinal = trafs.len();
        let traf = child.numbered(ordinal);
        trafs.push(parse_traf(&traf, &track_of, &mut runs)?);
    }
    Ok(trafs)
}

fn parse_traf(
    traf: &Node<'_>,
    track_of: impl Fn(u32) -> Option<(usize, Defaults)>,
    seen: &mut usize,
) -> Result<Traf> {
    let (mut tfhd, mut tfdt) = (None, None);
    // `tfhd` stands first by the standard; not every writer knows.
    for child in traf.children(0) {
        let child = child?;
        match &child.kind().0 {
            b"tfhd" => child.once(&mut tfhd)?,
            b"tfdt" => child.once(&mut tfdt)?,
            _ => {}
        }
    }
    let mut parsed = parse_tfhd(&traf.require(tfhd, b"tfhd")?, track_of)?;
    parsed.decode_time = tfdt.as_ref().map(parse_tfdt).transpose()?;
    for child in traf.children(0) {
        let child = child?;
        if child.kind() != FourCc(*b"trun") {
            continue;
        }
        *seen += 1;
        if *seen > MAX_RUNS {
            return Err(child.limit("track runs in one fragment", MAX_RUNS as u64));
        }
        let run = parse_trun(&child, parsed.defaults)?;
        if run.count > 0 {
            parsed.runs.push(run);
        }
    }
    Ok(parsed)
}

fn parse_tfhd(
    tfhd: &Node<'_>,
    track_of: impl Fn(u32) -> Option<(usize, Defaults)>,
) -> Result<Traf> {
    let mut fields = tfhd.fields();
    let (_, flags) = fields.version_and_flags()?;
    let track_id = fields.u32()?;
    let Some((track, mut defaults)) = track_of(track_id) else {
        return Err(tfhd.malformed(format!("the moov has no track {track_id}")));
    };
    let base = if flags & 0x1 != 0 {
        Base::Absolute(fields.u64()?)
    } else if flags & 0x2_0000 != 0 {
        Base::Moof
    } else {
        Base::Following
    };
    let fields_of = [
        (0x2, &mut defaults.description),
        (0x8, &mut defaults.duration),
        (0x10, &mut defaults.size),
        (0x20, &mut defaults.flags),
    ];
    for (flag, value) in fields_of {
        if flags & flag != 0 {
            *value = fields.u32()?;
        }
    }
    Ok(Traf {
        track,
        base,
        defaults,
        decode_time: None,
        duration_is_empty: flags & 0x1_0000 != 0,
        runs: Vec::new(),
    })
}

fn parse_tfdt(tfdt: &Node<'_>) -> Result<u64> {
    let mut fields = tfdt.fields();
    let (version, _) = fields.version_and_flags()?;
    if version > 1 {
        return Err(tfdt.malformed(format!("version {version} is not defined")));
    }
    fields.u32_or_u64(version)
}

const DATA_OFFSET: u32 = 0x1;
const FIRST_SAMPLE_FLAGS: u32 = 0x4;
/// One 32-bit field of an entry each, in this order.
const DURATION: u32 = 0x100;
const SIZE: u32 = 0x200;
const FLAGS: u32 = 0x400;
const COMPOSITION_OFFSET: u32 = 0x800;

fn parse_trun(trun: &Node<'_>, defaults: Defaults) -> Result<Run> {
    let mut fields = trun.fields();
    let (version, flags) = fields.version_and_flags()?;
    if version > 1 {
        return Err(trun.malformed(format!("version {version} is not defined")));
    }
    let count = fields.u32()?;
    let optional = |fields: &mut Fields<'_>, flag| -> Result<Option<u32>> {
        (flags & flag != 0).then(|| fields.u32()).transpose()
    };
    let data_offset = optional(&mut fields, DATA_OFFSET)?.map(u32::cast_signed);
    let first_sample_flags = optional(&mut fields, FIRST_SAMPLE_FLAGS)?;
    let entry = entry_len(flags);
    let len = usize::try_from(count)
        .ok()
        .and_then(|count| count.checked_mul(entry));
    let entries = fields.bytes(len.unwrap_or(usize::MAX))?;
    Ok(Run {
        data_offset,
        count,
        flags,
        first_sample_flags,
        defaults,
        entries,
    })
}

fn entry_len(flags: u32) -> usize {
    let fields = flags & (DURATION | SIZE | FLAGS | COMPOSITION_OFFSET);
    usize::try_from(4 * fields.count_ones()).unwrap_or(usize::MAX)
}

impl Run {
    /// Bytes of all samples: less than 2³² of less than 2³² each.
    pub(crate) fn data_len(&self) -> u64 {
        if self.flags & SIZE == 0 {
            return u64::from(self.count) * u64::from(self.defaults.size);
        }
        let before = usize::from(self.flags & DURATION != 0);
        let size = |entry: &[u8]| entry.as_chunks::<4>().0.get(before).copied();
        let sizes = self
            .entries
            .chunks_exact(entry_len(self.flags))
            .filter_map(size);
        sizes.map(|size| u64::from(u32::from_be_bytes(size))).sum()
    }

    /// The samples in decode order; those without entries of their own come together.
    pub(crate) fn samples(&self) -> impl Iterator<Item = Alike> {
        let len = entry_len(self.flags);
        let bare = if len == 0 { self.count } else { 0 };
        let first = bare.min(1);
        let bare = [(first, true), (bare - first, false)]
            .into_iter()
            .map(|(count, is_first)| self.sample(&[], is_first, count));
        let entries = self.entries.chunks_exact(len.max(1)).enumerate();
        bare.chain(entries.map(|(number, entry)| self.sample(entry, number == 0, 1)))
    }

    fn sample(&self, entry: &[u8], is_first: bool, count: u32) -> Alike {
        let mut words = entry
            .as_chunks::<4>()
            .0
            .iter()
            .map(|word| u32::from_be_bytes(*word));
        let mut field = |flag, default| {
            let own = (self.flags & flag != 0).then(|| words.next()).flatten();
            own.unwrap_or(default)
        };
        let duration = field(DURATION, self.defaults.duration);
        let size = field(SIZE, self.defaults.size);
        let mut flags = field(FLAGS, self.defaults.flags);
        // Version 0 has unsigned offsets. Writers put negative ones into it, as they do in `ctts`.
        let composition_offset = field(COMPOSITION_OFFSET, 0).cast_signed();
        if let Some(first) = self.first_sample_flags.filter(|_| is_first) {
            flags = first;
        }
        Alike {
            count,
            duration,
            composition_offset,
            size,
            is_sync: is_sync(flags),
        }
    }
}

/// `sample_is_non_sync_sample` says it (8.8.3.1). A writer that leaves that bit alone may still say
/// that the sample depends on others.
fn is_sync(flags: u32) -> bool {
    let depends_on = flags >> 24 & 3;
    flags & 0x1_0000 == 0 && depends_on != 1
}
