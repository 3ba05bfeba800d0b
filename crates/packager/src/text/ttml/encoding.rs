//! UTF-8 and UTF-16, told apart by the byte order mark or the first character (XML 1.0, Annex F).
use std::borrow::Cow;

use crate::text::{Error, Result};

pub(super) fn decode(file: &[u8]) -> Result<Cow<'_, str>> {
    match file {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0, b'<', ..] => utf16(file, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(file, u16::from_le_bytes),
        _ => {
            let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
            let text = std::str::from_utf8(file).map_err(|error| Error::Xml {
                offset: error.valid_up_to() as u64,
                reason: "neither UTF-8 nor UTF-16".to_owned(),
            })?;
            Ok(Cow::Borrowed(text))
        }
    }
}

fn utf16<'a>(file: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'a, str>> {
    let units = file.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: std::result::Result<String, _> = char::decode_utf16(units).collect();
    let text = text.map_err(|_| Error::Xml {
        offset: 0,
        reason: "half a surrogate pair in UTF-16".to_owned(),
    })?;
    Ok(Cow::Owned(text))
}
