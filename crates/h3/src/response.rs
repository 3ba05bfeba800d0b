//! What a server says on a request stream (RFC 9114, 4.1): HEADERS, DATA frame headers, trailers.
//!
//! A body goes out as [`write_data_header`] and then the body's own buffers, which nobody copies.
use bytes::BytesMut;
use http::{HeaderMap, StatusCode};

use crate::frame::FrameType;
use crate::{qpack, varint};

/// What RFC 9114, 4.2.2 adds to each field's name and value.
const FIELD_OVERHEAD: u64 = 32;

/// A message that cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The client said in its SETTINGS that it reads no more than `limit` (4.2.2).
    #[error("a field section of {size} bytes where the client reads at most {limit}")]
    TooLarge { size: u64, limit: u64 },
}

/// Writes the HEADERS frame of a response. `max_field_section_size` is the client's, from
/// [`crate::PeerSettings`].
///
/// Fields that speak of an HTTP/1.1 connection have no meaning here and are left out (4.2).
///
/// # Errors
/// [`EncodeError::TooLarge`]; nothing is written then.
pub fn write_head(
    status: StatusCode,
    headers: &HeaderMap,
    max_field_section_size: u64,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let status_size = ":status200".len() as u64 + FIELD_OVERHEAD;
    check_size(status_size, headers, max_field_section_size)?;
    write_section(out, |out| {
        qpack::write_field(":status", status.as_str().as_bytes(), false, out);
        write_fields(headers, out);
    });
    Ok(())
}

/// Writes the HEADERS frame of trailers.
///
/// # Errors
/// As [`write_head`].
pub fn write_trailers(
    trailers: &HeaderMap,
    max_field_section_size: u64,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    check_size(0, trailers, max_field_section_size)?;
    write_section(out, |out| write_fields(trailers, out));
    Ok(())
}

/// Writes the header of a DATA frame; `length` bytes of body must follow.
pub fn write_data_header(length: u64, out: &mut BytesMut) {
    varint::encode(FrameType::DATA.0, out);
    varint::encode(length, out);
}

fn write_section(out: &mut BytesMut, fields: impl FnOnce(&mut BytesMut)) {
    varint::encode(FrameType::HEADERS.0, out);
    // The length is known only afterwards; four bytes hold any that a header map can reach.
    let length_at = out.len();
    out.extend_from_slice(&[0; 4]);
    let payload_at = out.len();
    qpack::write_prefix(out);
    fields(out);
    let length = (out.len() - payload_at) as u32;
    out[length_at..payload_at].copy_from_slice(&(0x8000_0000 | length).to_be_bytes());
}

fn write_fields(headers: &HeaderMap, out: &mut BytesMut) {
    for (name, value) in headers {
        if !is_connection_specific(name.as_str()) {
            qpack::write_field(name.as_str(), value.as_bytes(), value.is_sensitive(), out);
        }
    }
}

fn check_size(already: u64, headers: &HeaderMap, limit: u64) -> Result<(), EncodeError> {
    let size = headers
        .iter()
        .map(|(name, value)| (name.as_str().len() + value.len()) as u64 + FIELD_OVERHEAD)
        .sum::<u64>()
        .saturating_add(already);
    if size > limit {
        return Err(EncodeError::TooLarge { size, limit });
    }
    Ok(())
}

/// Fields that RFC 9114, 4.2 forbids in either direction (`te` is for requests to judge).
pub(crate) fn is_connection_specific(name: &str) -> bool {
    matches!(
        name,
        "connection" | "keep-alive" | "proxy-connection" | "transfer-encoding" | "upgrade"
    )
}

#[cfg(test)]
mod tests;
