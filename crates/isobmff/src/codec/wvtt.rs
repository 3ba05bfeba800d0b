//! WebVTT in samples: `vttC` (ISO/IEC 14496-30, 7.5).
use bytes::Bytes;

use crate::Result;
use crate::boxes::Node;

/// `vttC`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WvttConfig {
    /// All of the WebVTT file before the first cue: `WEBVTT`, STYLE and REGION blocks. Text of anyone's making.
    pub header: Bytes,
}

/// Fields of a PlainTextSampleEntry.
const FIELDS: usize = 8;

pub(super) fn parse(entry: &Node<'_>) -> Result<WvttConfig> {
    let mut config = None;
    for child in entry.children(FIELDS) {
        let child = child?;
        if child.kind().0 == *b"vttC" {
            child.once(&mut config)?;
        }
    }
    let config = entry.require(config, b"vttC")?;
    Ok(WvttConfig {
        header: config.fields().rest(),
    })
}

#[cfg(test)]
mod tests;
