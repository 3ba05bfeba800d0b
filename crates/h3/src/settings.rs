//! SETTINGS payloads (RFC 9114, 7.2.4; RFC 9204, 5).
use bytes::BufMut;

use crate::{Error, Limits, varint};

const QPACK_MAX_TABLE_CAPACITY: u64 = 0x01;
const MAX_FIELD_SECTION_SIZE: u64 = 0x06;
const QPACK_BLOCKED_STREAMS: u64 = 0x07;
/// Of the form 0x1f × N + 0x21: means nothing, keeps peers from choking on the unknown (7.2.4.1).
const GREASE: u64 = 0x1f * 0x2a + 0x21;
/// Settings one frame may hold before it is a burden rather than a setting.
const MAX_SETTINGS: usize = 256;

/// What the client's SETTINGS say that matters to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerSettings {
    /// Largest field section the client reads, as RFC 9114, 4.2.2 counts it. Unlimited unless said.
    pub max_field_section_size: u64,
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self {
            max_field_section_size: u64::MAX,
        }
    }
}

impl PeerSettings {
    pub(crate) fn decode(mut payload: &[u8]) -> Result<Self, Error> {
        let mut settings = Self::default();
        let mut seen = Vec::new();
        while !payload.is_empty() {
            let (identifier, rest) = take_integer(payload)?;
            let (value, rest) = take_integer(rest)?;
            payload = rest;
            if seen.contains(&identifier) {
                return Err(Error::Settings("a setting is given twice"));
            }
            if seen.len() == MAX_SETTINGS {
                return Err(Error::ExcessiveLoad("too many settings"));
            }
            seen.push(identifier);
            match identifier {
                MAX_FIELD_SECTION_SIZE => settings.max_field_section_size = value,
                // Those of HTTP/2 that have no counterpart (RFC 9114, 7.2.4.1 and 11.2.2).
                0x00 | 0x02..=0x05 => return Err(Error::Settings("a setting of HTTP/2")),
                _ => {}
            }
        }
        Ok(settings)
    }
}

/// The payload of our own SETTINGS frame.
pub(crate) fn encode(limits: &Limits, out: &mut impl BufMut) {
    for (identifier, value) in [
        (QPACK_MAX_TABLE_CAPACITY, 0),
        (MAX_FIELD_SECTION_SIZE, limits.max_field_section_size),
        (QPACK_BLOCKED_STREAMS, 0),
        (GREASE, 0),
    ] {
        varint::encode(identifier, out);
        varint::encode(value, out);
    }
}

fn take_integer(payload: &[u8]) -> Result<(u64, &[u8]), Error> {
    let (value, length) =
        varint::decode(payload).ok_or(Error::Frame("SETTINGS ends inside a setting"))?;
    Ok((value, &payload[length..]))
}
