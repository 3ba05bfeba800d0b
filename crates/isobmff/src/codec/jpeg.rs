//! Motion JPEG as a row of still pictures: thumbnails. `mp4v` with its objectTypeIndication, and QuickTime's entries.
use super::descriptors::parse_esds;
use super::visual::VisualEntry;
use super::{CodecConfig, VideoInfo};
use crate::boxes::Node;
use crate::{FourCc, Result};

/// ISO/IEC 10918-1 (mp4ra.org).
const JPEG: u8 = 0x6c;

/// Every sample is a JPEG file.
#[derive(Debug, Clone)]
pub struct JpegConfig {
    /// `mp4v`, `jpeg` or `mjpg`.
    pub format: FourCc,
    pub video: VideoInfo,
}

/// An `mp4v`, `jpeg` or `mjpg` sample entry.
pub(super) fn parse(entry: &Node<'_>) -> Result<CodecConfig> {
    let visual = VisualEntry::parse(entry, b"esds")?;
    if entry.kind().0 == *b"mp4v" {
        let esds = visual.config()?;
        let content = esds.fields().rest();
        if parse_esds(&esds, &content)?.object_type != JPEG {
            // MPEG-4 part 2, MPEG-2, PNG …
            return Ok(CodecConfig::Unsupported(entry.kind()));
        }
    }
    Ok(CodecConfig::Jpeg(JpegConfig {
        format: entry.kind(),
        video: visual.info(None),
    }))
}

#[cfg(test)]
mod tests;
