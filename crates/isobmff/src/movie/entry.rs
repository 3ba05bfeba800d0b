//! `stsd`: sample entries, each with its codec configuration (ISO/IEC 14496-12, 8.5.2 and 12).
use super::{Handler, SampleEntry};
use crate::boxes::Node;
use crate::codec::{iso_sample_entry, parse_codec};
use crate::{Error, Result};

/// Each costs more memory than its bytes in the file.
const MAX_SAMPLE_ENTRIES: usize = 256;

/// `own_file[i]`: whether data reference i + 1 means the file itself.
pub(super) fn parse_stsd(
    stsd: &Node<'_>,
    handler: Handler,
    own_file: &[bool],
) -> Result<Vec<SampleEntry>> {
    let mut fields = stsd.fields();
    let (version, _) = fields.version_and_flags()?;
    let count = usize::try_from(fields.u32()?).unwrap_or(usize::MAX);
    if count > MAX_SAMPLE_ENTRIES {
        return Err(stsd.limit("sample entries", MAX_SAMPLE_ENTRIES as u64));
    }
    let mut entries = Vec::new();
    for (ordinal, entry) in stsd.children(8).take(count).enumerate() {
        let entry = entry?.numbered(ordinal);
        check_data_reference(&entry, own_file)?;
        entries.push(SampleEntry {
            format: entry.kind(),
            raw: iso_sample_entry(&entry, handler, version)?,
            codec: parse_codec(&entry, handler, version)?,
        });
    }
    if entries.len() < count {
        return Err(stsd.malformed(format!(
            "{count} sample entries announced, {} there",
            entries.len()
        )));
    }
    if entries.is_empty() {
        return Err(stsd.malformed("no sample entry"));
    }
    Ok(entries)
}

fn check_data_reference(entry: &Node<'_>, own_file: &[bool]) -> Result<()> {
    let mut fields = entry.fields();
    fields.skip(6)?;
    let reference = usize::from(fields.u16()?);
    match reference
        .checked_sub(1)
        .and_then(|index| own_file.get(index))
    {
        Some(false) => Err(external(entry)),
        // Writers leave the reference at 0, or `dref` out: there is only this file then.
        Some(true) | None => Ok(()),
    }
}

fn external(entry: &Node<'_>) -> Error {
    entry.unsupported("media data in another file")
}
