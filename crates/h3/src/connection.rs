//! What is known of the peer across its streams.
use std::collections::VecDeque;

use bytes::Bytes;

use crate::frame::FrameType;
use crate::{Error, Limits, PeerSettings, varint};

/// Updates that may wait to be taken. One chunk of a control stream can hold hundreds; of more than these,
/// the oldest are forgotten: a priority is a wish.
const MAX_PRIORITY_UPDATES: usize = 256;

/// A client's PRIORITY_UPDATE for one request (RFC 9218, 7.2). The stream may not have been opened yet, or
/// be over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorityUpdate {
    /// The request's stream.
    pub stream: u64,
    /// The Priority Field Value, as the client wrote it.
    pub value: Bytes,
}

/// The client's side of one connection. One per QUIC connection, shared by its unidirectional streams.
#[derive(Debug)]
pub struct Connection {
    limits: Limits,
    control: bool,
    encoder: bool,
    decoder: bool,
    settings: Option<PeerSettings>,
    max_push_id: Option<u64>,
    goaway: Option<u64>,
    priority_updates: VecDeque<PriorityUpdate>,
}

impl Connection {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            control: false,
            encoder: false,
            decoder: false,
            settings: None,
            max_push_id: None,
            goaway: None,
            priority_updates: VecDeque::new(),
        }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The client's SETTINGS; their defaults until they arrive (RFC 9114, 7.2.4.2).
    pub fn peer_settings(&self) -> PeerSettings {
        self.settings.unwrap_or_default()
    }

    /// The client's SETTINGS have arrived.
    pub fn has_peer_settings(&self) -> bool {
        self.settings.is_some()
    }

    /// The client said GOAWAY: it accepts no pushes from this push ID on. Of no consequence to a server
    /// that pushes nothing, save that the client is leaving.
    pub fn peer_goaway(&self) -> Option<u64> {
        self.goaway
    }

    /// The oldest PRIORITY_UPDATE not yet taken.
    pub fn next_priority_update(&mut self) -> Option<PriorityUpdate> {
        let update = self.priority_updates.pop_front();
        if self.priority_updates.is_empty() {
            // Most connections say one at their beginning, if any.
            self.priority_updates = VecDeque::new();
        }
        update
    }

    pub(crate) fn open_control(&mut self) -> Result<(), Error> {
        open_once(&mut self.control, "a second control stream")
    }

    pub(crate) fn open_encoder(&mut self) -> Result<(), Error> {
        open_once(&mut self.encoder, "a second QPACK encoder stream")
    }

    pub(crate) fn open_decoder(&mut self) -> Result<(), Error> {
        open_once(&mut self.decoder, "a second QPACK decoder stream")
    }

    /// Whether a frame of this type may come next on the control stream.
    pub(crate) fn allow_control_frame(&self, kind: FrameType) -> Result<(), Error> {
        // The first frame must be SETTINGS, and only the first (6.2.1, 7.2.4).
        match (kind, self.settings) {
            (FrameType::SETTINGS, None) => Ok(()),
            (_, None) => Err(Error::MissingSettings),
            (
                FrameType::SETTINGS
                | FrameType::DATA
                | FrameType::HEADERS
                | FrameType::PUSH_PROMISE,
                _,
            ) => Err(Error::FrameUnexpected { frame: kind.0 }),
            _ if kind.is_reserved_for_http2() => Err(Error::FrameUnexpected { frame: kind.0 }),
            _ => Ok(()),
        }
    }

    /// A whole frame of the control stream.
    pub(crate) fn control_frame(&mut self, kind: FrameType, payload: &[u8]) -> Result<(), Error> {
        match kind {
            FrameType::SETTINGS => self.settings = Some(PeerSettings::decode(payload)?),
            FrameType::GOAWAY => {
                let id = sole_integer(payload)?;
                if self.goaway.is_some_and(|before| id > before) {
                    return Err(Error::Id("GOAWAY raises its push ID"));
                }
                self.goaway = Some(id);
            }
            FrameType::MAX_PUSH_ID => {
                let id = sole_integer(payload)?;
                if self.max_push_id.is_some_and(|before| id < before) {
                    return Err(Error::Id("MAX_PUSH_ID lowers the limit"));
                }
                self.max_push_id = Some(id);
            }
            FrameType::PRIORITY_UPDATE => self.priority_update(payload)?,
            FrameType::PRIORITY_UPDATE_PUSH => {
                leading_integer(payload)?;
                return Err(Error::Id(
                    "PRIORITY_UPDATE for a push that was not promised",
                ));
            }
            FrameType::CANCEL_PUSH => {
                sole_integer(payload)?;
                // Nothing is ever promised here, so there is nothing to cancel (7.2.3).
                return Err(Error::Id("CANCEL_PUSH for a push that was not promised"));
            }
            _ => {}
        }
        Ok(())
    }

    fn priority_update(&mut self, payload: &[u8]) -> Result<(), Error> {
        let (stream, value) = leading_integer(payload)?;
        // Requests come on streams that the client opens in both directions (RFC 9000, 2.1).
        if stream & 0b11 != 0 {
            return Err(Error::Id("PRIORITY_UPDATE for no request stream"));
        }
        if self.priority_updates.len() == MAX_PRIORITY_UPDATES {
            self.priority_updates.pop_front();
        }
        self.priority_updates.push_back(PriorityUpdate {
            stream,
            value: Bytes::copy_from_slice(value),
        });
        Ok(())
    }
}

fn open_once(seen: &mut bool, what: &'static str) -> Result<(), Error> {
    if std::mem::replace(seen, true) {
        return Err(Error::StreamCreation(what));
    }
    Ok(())
}

fn leading_integer(payload: &[u8]) -> Result<(u64, &[u8]), Error> {
    let (value, length) =
        varint::decode(payload).ok_or(Error::Frame("the payload ends inside its identifier"))?;
    Ok((value, &payload[length..]))
}

fn sole_integer(payload: &[u8]) -> Result<u64, Error> {
    match varint::decode(payload) {
        Some((value, length)) if length == payload.len() => Ok(value),
        _ => Err(Error::Frame("the payload is not one integer")),
    }
}
