//! What a server says on its control stream (RFC 9114, 6.2.1 and 7.2).
use bytes::{Bytes, BytesMut};

use crate::frame::FrameType;
use crate::{Limits, settings, varint};

pub(crate) const CONTROL_STREAM: u64 = 0x00;
/// The longest preamble: stream type, frame type and length, and a few settings.
const PREAMBLE_CAPACITY: usize = 64;

/// GOAWAY's first warning: no request is refused yet, but none should follow (RFC 9114, 5.2).
pub const GOAWAY_SOON: u64 = varint::MAX - 3;

/// How a server's control stream begins: its type and SETTINGS.
pub fn preamble(limits: &Limits) -> Bytes {
    let mut payload = BytesMut::with_capacity(PREAMBLE_CAPACITY);
    settings::encode(limits, &mut payload);
    let mut out = BytesMut::with_capacity(PREAMBLE_CAPACITY);
    varint::encode(CONTROL_STREAM, &mut out);
    varint::encode(FrameType::SETTINGS.0, &mut out);
    varint::encode(payload.len() as u64, &mut out);
    out.extend_from_slice(&payload);
    out.freeze()
}

/// A GOAWAY frame: requests on streams from `first_refused` on were not and will not be processed.
/// A later GOAWAY may lower the number, never raise it.
pub fn goaway(first_refused: u64) -> Bytes {
    let mut payload = BytesMut::with_capacity(8);
    varint::encode(first_refused, &mut payload);
    let mut out = BytesMut::with_capacity(16);
    varint::encode(FrameType::GOAWAY.0, &mut out);
    varint::encode(payload.len() as u64, &mut out);
    out.extend_from_slice(&payload);
    out.freeze()
}
