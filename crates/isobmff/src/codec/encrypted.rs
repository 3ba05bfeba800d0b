//! Sample entries of encrypted tracks (ISO/IEC 14496-12, 8.12): which codec lies below.
use super::CodecConfig;
use crate::boxes::Node;
use crate::{FourCc, Result};

/// Fields of a SampleEntry of no particular kind.
pub(super) const PLAIN_FIELDS: usize = 8;

/// `fields`: bytes before the child boxes.
pub(super) fn parse(entry: &Node<'_>, fields: usize) -> Result<CodecConfig> {
    for child in entry.children(fields) {
        let child = child?;
        if child.kind().0 != *b"sinf" {
            continue;
        }
        for scheme in child.children(0) {
            let scheme = scheme?;
            if scheme.kind().0 == *b"frma" {
                return original(&scheme).map(CodecConfig::Unsupported);
            }
        }
    }
    Ok(CodecConfig::Unsupported(entry.kind()))
}

fn original(frma: &Node<'_>) -> Result<FourCc> {
    frma.fields().fourcc()
}
