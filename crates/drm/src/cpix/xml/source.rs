//! From bytes to characters: encoding, line ends, and characters that XML does not know.
use super::ill;
use crate::cpix::Result;
use quick_xml::events::BytesDecl;
use zeroize::Zeroizing;

/// UTF-8, or UTF-16 with a byte order mark, to text with line feeds alone for line ends (XML 1.0, 2.11).
pub(super) fn decode(bytes: &[u8]) -> Result<Zeroizing<String>> {
    let mut text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let text = std::str::from_utf8(bytes).map_err(|fault| {
                let offset = fault.valid_up_to() as u64;
                ill(offset, "not UTF-8")
            })?;
            Zeroizing::new(text.to_owned())
        }
    };
    if let Some((offset, _)) = text.char_indices().find(|&(_, c)| !is_char(c)) {
        return Err(ill(offset as u64, "a character that XML does not allow"));
    }
    if text.contains('\r') {
        let mut lines = Zeroizing::new(String::with_capacity(text.len()));
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\r' => {
                    characters.next_if_eq(&'\n');
                    lines.push('\n');
                }
                other => lines.push(other),
            }
        }
        text = lines;
    }
    Ok(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Zeroizing<String>> {
    let (units, odd) = bytes.as_chunks::<2>();
    // Two bytes become three at most.
    let mut text = Zeroizing::new(String::with_capacity(units.len() * 3));
    for (at, character) in char::decode_utf16(units.iter().map(|&u| unit(u))).enumerate() {
        text.push(character.map_err(|_| ill(2 * at as u64, "not UTF-16"))?);
    }
    match odd {
        [] => Ok(text),
        _ => Err(ill(bytes.len() as u64, "not UTF-16")),
    }
}

/// `Char` of XML 1.0, 2.2.
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The declaration may say what is already known, and nothing else.
pub(super) fn check_declaration(declaration: &BytesDecl<'_>) -> Result<()> {
    match declaration.version() {
        Ok(version) if version == "1.0" => {}
        _ => return Err(ill(0, "not XML 1.0")),
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if ["utf-8", "us-ascii", "utf-16"].contains(&&*name.to_lowercase()) => {
            Ok(())
        }
        Some(_) => Err(ill(0, "an encoding other than UTF-8 and UTF-16")),
    }
}
