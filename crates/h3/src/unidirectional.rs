//! The client's unidirectional streams (RFC 9114, 6.2).
use bytes::{Buf, Bytes};

use crate::frame::{FrameType, HeaderReader, take};
use crate::qpack::{DecoderStream, EncoderStream};
use crate::{Code, Connection, Error, control, varint};

const PUSH_STREAM: u64 = 0x01;
const ENCODER_STREAM: u64 = 0x02;
const DECODER_STREAM: u64 = 0x03;

/// The largest frame of the control stream that is kept until it is whole. SETTINGS take a few dozen bytes.
const MAX_CONTROL_PAYLOAD: u64 = 4096;

/// What to do with a stream after a chunk of it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Read on.
    On,
    /// Say STOP_SENDING with this code and forget the stream: nobody here knows its type (6.2.3, 9).
    Stop(Code),
}

/// One unidirectional stream of the client, from its first byte on.
#[derive(Debug, Default)]
pub struct UniStream {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The type's integer as far as it has come.
    Unknown {
        partial: [u8; 8],
        filled: usize,
    },
    Control(ControlStream),
    Encoder(EncoderStream),
    Decoder(DecoderStream),
    Ignored,
}

impl Default for Kind {
    fn default() -> Self {
        Self::Unknown {
            partial: [0; 8],
            filled: 0,
        }
    }
}

impl UniStream {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the stream, wherever they were cut.
    ///
    /// # Errors
    /// Connection errors only.
    pub fn receive(
        &mut self,
        connection: &mut Connection,
        mut chunk: Bytes,
    ) -> Result<Reading, Error> {
        while !chunk.is_empty() {
            match &mut self.kind {
                Kind::Unknown { partial, filled } => {
                    partial[*filled] = chunk.get_u8();
                    *filled += 1;
                    if let Some((stream_type, _)) = varint::decode(&partial[..*filled]) {
                        self.kind = Kind::open(stream_type, connection)?;
                    }
                }
                Kind::Control(stream) => stream.receive(connection, &mut chunk)?,
                Kind::Encoder(stream) => stream.receive(&chunk.split_to(chunk.len()))?,
                Kind::Decoder(stream) => stream.receive(&chunk.split_to(chunk.len()))?,
                Kind::Ignored => break,
            }
        }
        Ok(match self.kind {
            Kind::Ignored => Reading::Stop(Code::STREAM_CREATION_ERROR),
            _ => Reading::On,
        })
    }

    /// The stream has ended, by FIN or by reset.
    ///
    /// # Errors
    /// `ClosedCriticalStream` for those that must stay open (6.2.1; RFC 9204, 4.2).
    pub fn ended(&self) -> Result<(), Error> {
        match self.kind {
            Kind::Control(_) => Err(Error::ClosedCriticalStream("control")),
            Kind::Encoder(_) => Err(Error::ClosedCriticalStream("QPACK encoder")),
            Kind::Decoder(_) => Err(Error::ClosedCriticalStream("QPACK decoder")),
            // Even in the middle of its type (6.2).
            Kind::Unknown { .. } | Kind::Ignored => Ok(()),
        }
    }
}

impl Kind {
    fn open(stream_type: u64, connection: &mut Connection) -> Result<Self, Error> {
        Ok(match stream_type {
            control::CONTROL_STREAM => {
                connection.open_control()?;
                Self::Control(ControlStream::default())
            }
            ENCODER_STREAM => {
                connection.open_encoder()?;
                Self::Encoder(EncoderStream)
            }
            DECODER_STREAM => {
                connection.open_decoder()?;
                Self::Decoder(DecoderStream::default())
            }
            PUSH_STREAM => return Err(Error::StreamCreation("only servers push")),
            _ => Self::Ignored,
        })
    }
}

/// The client's control stream after its type.
#[derive(Debug, Default)]
struct ControlStream {
    header: HeaderReader,
    frame: Option<ControlFrame>,
}

#[derive(Debug)]
struct ControlFrame {
    kind: FrameType,
    left: u64,
    /// Of frames we know; others pass by.
    payload: Option<Vec<u8>>,
}

impl ControlStream {
    fn receive(&mut self, connection: &mut Connection, chunk: &mut Bytes) -> Result<(), Error> {
        let frame = match &mut self.frame {
            Some(frame) => frame,
            None => match self.header.read(chunk) {
                Some(header) => {
                    connection.allow_control_frame(header.kind)?;
                    let frame = ControlFrame::begin(header.kind, header.length, connection)?;
                    self.frame.insert(frame)
                }
                None => return Ok(()),
            },
        };
        let slice = take(chunk, frame.left);
        frame.left -= slice.len() as u64;
        if let Some(payload) = &mut frame.payload {
            payload.extend_from_slice(&slice);
        }
        if frame.left == 0 {
            let (kind, payload) = (frame.kind, frame.payload.take());
            self.frame = None;
            if let Some(payload) = payload {
                connection.control_frame(kind, &payload)?;
            }
        }
        Ok(())
    }
}

impl ControlFrame {
    fn begin(kind: FrameType, length: u64, connection: &Connection) -> Result<Self, Error> {
        let known = matches!(
            kind,
            FrameType::SETTINGS
                | FrameType::GOAWAY
                | FrameType::MAX_PUSH_ID
                | FrameType::CANCEL_PUSH
                | FrameType::PRIORITY_UPDATE
                | FrameType::PRIORITY_UPDATE_PUSH
        );
        let limit = match known {
            true => MAX_CONTROL_PAYLOAD,
            false => connection.limits().max_ignored_bytes,
        };
        if length > limit {
            return Err(Error::ExcessiveLoad(
                "a frame too large on the control stream",
            ));
        }
        Ok(Self {
            kind,
            left: length,
            payload: known.then(Vec::new),
        })
    }
}

#[cfg(test)]
mod tests;
