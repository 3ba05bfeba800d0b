//! Encryption as far as boxes tell of it (ISO/IEC 23001-7, 7.2; ISO/IEC 14496-12, 8.7.8).
use super::super::boxes::{Box, Fields};
use super::super::header::{Encryption, HeaderTrack};
use super::super::{Findings, rules};
use super::run::{Run, Traf};

/// `announced`: the manifest says that the samples are encrypted.
pub(super) fn judge(
    found: &mut Findings,
    track: &HeaderTrack,
    traf: &Traf,
    runs: &[Run<'_>],
    children: &[Box<'_>],
    announced: bool,
) {
    let entry = usize::try_from(traf.description).ok();
    let entry = entry.and_then(|entry| track.entries.get(entry.checked_sub(1)?));
    let encryption = entry.copied().flatten();
    let protectable = track.entries.iter().any(Option::is_some);
    let id = track.id;
    if announced && !protectable {
        let what = format!("track {id} is announced as protected, its header is clear");
        found.add(rules::PROTECTION, what);
    }
    let Some(encryption) = encryption else {
        return;
    };
    if encryption.protected && !announced {
        let what = format!("track {id} is protected, and announced as clear");
        found.add(rules::PROTECTION, what);
    }
    let groups = children
        .iter()
        .any(|child| matches!(&child.kind, b"sgpd" | b"sbgp"));
    if let Err(what) = entries(encryption, groups, runs, children) {
        found.add(rules::SAMPLE_ENCRYPTION, format!("track {id}: {what}"));
    }
}

/// `groups`: sample groups may say otherwise than `tenc`.
fn entries(
    encryption: Encryption,
    groups: bool,
    runs: &[Run<'_>],
    children: &[Box<'_>],
) -> Result<(), String> {
    let samples: u64 = runs.iter().map(|run| u64::from(run.count)).sum();
    let find = |kind: &[u8; 4]| children.iter().find(|child| child.kind == *kind);
    if let Some(saiz) = find(b"saiz") {
        let count = saiz.full().and_then(|(_, flags, mut fields)| {
            if flags & 0x1 != 0 {
                fields.u64()?;
            }
            fields.u8()?;
            fields.u32()
        });
        let count = count.ok_or("a saiz cut short")?;
        if u64::from(count) != samples {
            return Err(format!("saiz tells of {count} samples, trun of {samples}"));
        }
    }
    let Some(senc) = find(b"senc") else {
        let needed = encryption.protected && encryption.iv_size > 0 && !groups;
        return match needed && samples > 0 && find(b"saiz").is_none() {
            true => Err("neither senc nor saiz".to_owned()),
            false => Ok(()),
        };
    };
    let (_, flags, mut fields) = senc.full().ok_or("a senc cut short")?;
    let count = fields.u32().ok_or("a senc cut short")?;
    if u64::from(count) != samples {
        return Err(format!("senc tells of {count} samples, trun of {samples}"));
    }
    if groups {
        return Ok(());
    }
    let sizes = runs.iter().flat_map(Run::samples).map(|sample| sample.size);
    for (nth, size) in sizes.enumerate() {
        let told = sample(&mut fields, encryption.iv_size, flags & 0x2 != 0);
        let told = told.ok_or_else(|| format!("senc ends in sample {nth}"))?;
        if told.is_some_and(|told| told != u64::from(size)) {
            let told = told.unwrap_or_default();
            return Err(format!(
                "the subsamples of sample {nth} are {told} bytes, the sample is {size}"
            ));
        }
    }
    match fields.0.len() {
        0 => Ok(()),
        left => Err(format!("{left} bytes behind the last sample of senc")),
    }
}

/// What the subsamples add up to, where there are any.
fn sample(fields: &mut Fields<'_>, iv_size: u8, subsamples: bool) -> Option<Option<u64>> {
    fields.take(usize::from(iv_size))?;
    if !subsamples {
        return Some(None);
    }
    let count = fields.u16()?;
    let mut sum = 0;
    for _ in 0..count {
        sum += u64::from(fields.u16()?) + u64::from(fields.u32()?);
    }
    // Without subsamples the whole sample is encrypted.
    Some((count > 0).then_some(sum))
}
