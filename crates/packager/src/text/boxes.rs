//! Boxes inside of a sample or a sample entry (ISO/IEC 14496-12, 4.2), with 32-bit sizes: nothing here is larger.

/// The boxes that `data` consists of, each as type and content. Ends before what is no box.
pub(super) fn boxes(mut data: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (size, rest) = data.split_first_chunk::<4>()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
        let (kind, _) = rest.split_first_chunk::<4>()?;
        let content = data.get(8..size)?;
        data = &data[size..];
        Some((*kind, content))
    })
}

/// The content of a sample entry behind its header and the fields that all have (14496-12, 8.5.2.2).
pub(super) fn sample_entry_content<'a>(entry: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let (found, content) = boxes(entry).next()?;
    if found != *kind {
        return None;
    }
    content.get(8..)
}
