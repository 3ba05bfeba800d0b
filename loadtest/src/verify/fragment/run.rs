//! `tfhd` and `trun` (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
use super::super::boxes::{Box, Fields};
use super::super::header::HeaderTrack;

/// `tfhd`, with the header's defaults put in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traf {
    /// Has a base-data-offset.
    pub(super) absolute: bool,
    /// Offsets count from the `moof`; else from where the data of the `traf` before ends.
    pub(super) from_moof: bool,
    /// Sample entry, from 1.
    pub(super) description: u32,
    duration: u32,
    size: u32,
}

impl Traf {
    pub(super) fn read(tfhd: &Box<'_>, track: &HeaderTrack) -> Option<Self> {
        let (_, flags, mut fields) = tfhd.full()?;
        fields.u32()?;
        let (mut description, mut duration, mut size) = track.defaults;
        if flags & 0x1 != 0 {
            fields.u64()?;
        }
        let of_flags = [
            (0x2, &mut description),
            (0x8, &mut duration),
            (0x10, &mut size),
        ];
        for (flag, value) in of_flags {
            if flags & flag != 0 {
                *value = fields.u32()?;
            }
        }
        Some(Self {
            absolute: flags & 0x1 != 0,
            from_moof: flags & 0x2_0000 != 0,
            description,
            duration,
            size,
        })
    }
}

/// `trun`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    pub(super) data_offset: Option<i32>,
    pub(super) count: u32,
    version: u8,
    flags: u32,
    traf: Traf,
    entries: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) composition: i64,
}

impl<'a> Run<'a> {
    /// `None` where the box ends before its entries.
    pub(super) fn read(trun: &Box<'a>, traf: &Traf) -> Option<Self> {
        let (version, flags, mut fields) = trun.full()?;
        let count = fields.u32()?;
        let data_offset = match flags & 0x1 {
            0 => None,
            _ => Some(fields.u32()? as i32),
        };
        if flags & 0x4 != 0 {
            fields.u32()?;
        }
        let width = 4 * ((flags >> 8) & 0xf).count_ones() as usize;
        let entries = fields.take(width.checked_mul(usize::try_from(count).ok()?)?)?;
        Some(Self {
            data_offset,
            count,
            version,
            flags,
            traf: *traf,
            entries,
        })
    }

    pub(super) fn samples(&self) -> impl Iterator<Item = Sample> + use<'a> {
        let mut fields = Fields(self.entries);
        let (flags, version, traf) = (self.flags, self.version, self.traf);
        (0..self.count).map_while(move |_| {
            let mut optional = |flag: u32, otherwise: u32| match flags & flag {
                0 => Some(otherwise),
                _ => fields.u32(),
            };
            let duration = optional(0x100, traf.duration)?;
            let size = optional(0x200, traf.size)?;
            optional(0x400, 0)?;
            let offset = optional(0x800, 0)?;
            let composition = match version {
                0 => i64::from(offset),
                _ => i64::from(offset as i32),
            };
            Some(Sample {
                duration,
                size,
                composition,
            })
        })
    }
}
