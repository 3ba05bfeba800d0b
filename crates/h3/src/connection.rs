//! What is known of the peer across its streams.
use crate::frame::FrameType;
use crate::{Error, Limits, PeerSettings, varint};

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
            FrameType::CANCEL_PUSH => {
                sole_integer(payload)?;
                // Nothing is ever promised here, so there is nothing to cancel (7.2.3).
                return Err(Error::Id("CANCEL_PUSH for a push that was not promised"));
            }
            _ => {}
        }
        Ok(())
    }
}

fn open_once(seen: &mut bool, what: &'static str) -> Result<(), Error> {
    if std::mem::replace(seen, true) {
        return Err(Error::StreamCreation(what));
    }
    Ok(())
}

fn sole_integer(payload: &[u8]) -> Result<u64, Error> {
    match varint::decode(payload) {
        Some((value, length)) if length == payload.len() => Ok(value),
        _ => Err(Error::Frame("the payload is not one integer")),
    }
}
