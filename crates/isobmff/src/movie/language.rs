//! Languages: the packed code of `mdhd`, the tag of `elng`, both to BCP 47.
use table::ISO_639_2_TO_1;

mod table;

/// The longest tag taken over from a file.
const MAX_TAG: usize = 64;

/// ISO 639-2/T in three times five bits (ISO/IEC 14496-12, 8.4.2.3).
pub(super) fn from_mdhd(packed: u16) -> String {
    // 0x60 + 5 bits: beyond `z` for 27 and up, a back quote for 0 (QuickTime's Macintosh codes land here).
    let letters =
        [packed >> 10 & 31, packed >> 5 & 31, packed & 31].map(|bits| 0x60 | bits.to_le_bytes()[0]);
    if !letters.iter().all(u8::is_ascii_lowercase) {
        return "und".to_owned();
    }
    let code: String = letters.iter().map(|letter| char::from(*letter)).collect();
    shortest(&code).map_or(code, str::to_owned)
}

/// The tag of an `elng` box; none when it is not well-formed, or says nothing.
pub(super) fn from_elng(content: &[u8]) -> Option<String> {
    bcp47(content.split(|byte| *byte == 0).next()?)
}

/// A BCP 47 tag with the shortest code of its language (`eng` → `en`); none when it is not well-formed.
pub fn bcp47(tag: &[u8]) -> Option<String> {
    let well_formed = tag.len() <= MAX_TAG
        && tag.split(|byte| *byte == b'-').all(|part| {
            (1..=8).contains(&part.len()) && part.iter().all(u8::is_ascii_alphanumeric)
        });
    let tag = std::str::from_utf8(tag).ok().filter(|_| well_formed)?;
    let (primary, rest) = tag
        .split_once('-')
        .map_or((tag, ""), |(primary, rest)| (primary, rest));
    match shortest(&primary.to_ascii_lowercase()) {
        Some(short) if rest.is_empty() => Some(short.to_owned()),
        Some(short) => Some(format!("{short}-{rest}")),
        None => Some(tag.to_owned()),
    }
}

/// BCP 47 wants the two-letter code where ISO 639-1 has one (RFC 5646, 2.2.1).
fn shortest(code: &str) -> Option<&'static str> {
    let found = ISO_639_2_TO_1
        .binary_search_by_key(&code, |(long, _)| *long)
        .ok()?;
    ISO_639_2_TO_1.get(found).map(|(_, short)| *short)
}

#[cfg(test)]
mod tests;
