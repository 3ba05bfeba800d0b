//! One request stream, as a server reads it (RFC 9114, 4.1).
mod head;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request};

use crate::frame::{FrameHeader, FrameType, HeaderReader, take};
use crate::qpack::{DecodeError, FieldSection};
use crate::{Error, Limits, Malformed};
use head::{Head, HeadBuilder, TrailersBuilder};

/// What a request stream has come to say.
#[derive(Debug)]
pub enum RequestEvent {
    /// The head, once, first. Every rule of RFC 9114, 4.2 and 4.3 holds for it.
    Head(Request<()>),
    /// Body bytes: a slice of the chunk that came in, not a copy.
    Data(Bytes),
    /// The trailers, at most once, last.
    Trailers(HeaderMap),
}

/// Reads one request stream. Feed it with [`receive`](Self::receive) until that yields `None`, then with
/// the next chunk; say [`ended`](Self::ended) at the stream's FIN.
#[derive(Debug)]
pub struct RequestStream {
    limits: Limits,
    phase: Phase,
    header: HeaderReader,
    frame: Option<Frame>,
    content_length: Option<u64>,
    received: u64,
    ignored_frames: u32,
    ignored_bytes: u64,
    failed: Option<Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Head,
    Body,
    Trailed,
}

#[derive(Debug)]
enum Frame {
    Data { left: u64 },
    Headers { left: u64, section: BytesMut },
    Ignored { left: u64 },
}

impl RequestStream {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            phase: Phase::Head,
            header: HeaderReader::default(),
            frame: None,
            content_length: None,
            received: 0,
            ignored_frames: 0,
            ignored_bytes: 0,
            failed: None,
        }
    }

    /// The body's length as the head declares it.
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Takes bytes off the front of `chunk` up to the next event. `None`: `chunk` is used up.
    ///
    /// # Errors
    /// The client's violation. The stream stays failed: every later call gives the same error.
    pub fn receive(&mut self, chunk: &mut Bytes) -> Result<Option<RequestEvent>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.advance(chunk)
            .inspect_err(|error| self.failed = Some(*error))
    }

    /// The stream has ended with FIN.
    ///
    /// # Errors
    /// A frame or a head cut short, or a body shorter than its content-length.
    pub fn ended(&mut self) -> Result<(), Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.frame.is_some() || self.header.is_partial() {
            return Err(Error::Frame("the stream ends inside a frame"));
        }
        match self.phase {
            Phase::Head => Err(Error::RequestIncomplete),
            Phase::Body => self.check_body_length(),
            Phase::Trailed => Ok(()),
        }
    }

    fn advance(&mut self, chunk: &mut Bytes) -> Result<Option<RequestEvent>, Error> {
        loop {
            let Some(frame) = &mut self.frame else {
                match self.header.read(chunk) {
                    Some(header) => self.begin(header)?,
                    None => return Ok(None),
                }
                continue;
            };
            match frame {
                Frame::Data { left } => {
                    let slice = take(chunk, *left);
                    *left -= slice.len() as u64;
                    if *left == 0 {
                        self.frame = None;
                    }
                    if !slice.is_empty() {
                        return Ok(Some(RequestEvent::Data(slice)));
                    }
                    if chunk.is_empty() && self.frame.is_some() {
                        return Ok(None);
                    }
                }
                Frame::Headers { left, section } => {
                    let slice = take(chunk, *left);
                    *left -= slice.len() as u64;
                    if *left > 0 {
                        section.extend_from_slice(&slice);
                        return Ok(None);
                    }
                    let event = if section.is_empty() {
                        self.frame = None;
                        self.section(&slice)?
                    } else {
                        section.extend_from_slice(&slice);
                        let section = std::mem::take(section);
                        self.frame = None;
                        self.section(&section)?
                    };
                    return Ok(Some(event));
                }
                Frame::Ignored { left } => {
                    *left -= take(chunk, *left).len() as u64;
                    if *left > 0 {
                        return Ok(None);
                    }
                    self.frame = None;
                }
            }
        }
    }

    fn begin(&mut self, header: FrameHeader) -> Result<(), Error> {
        let FrameHeader { kind, length } = header;
        self.frame = Some(match (kind, self.phase) {
            (FrameType::HEADERS, Phase::Head | Phase::Body) => {
                // Each field counts 32 bytes more than its text, so an encoded section larger than the
                // limit is one beyond it when decoded, too.
                if length > self.limits.max_field_section_size {
                    return Err(self.section_error(DecodeError::SectionTooLarge));
                }
                Frame::Headers {
                    left: length,
                    section: BytesMut::new(),
                }
            }
            (FrameType::DATA, Phase::Body) => {
                self.received = self.received.saturating_add(length);
                if self
                    .content_length
                    .is_some_and(|declared| self.received > declared)
                {
                    return Err(Malformed::BodyLength.into());
                }
                if length == 0 {
                    self.ignore(0)?;
                }
                Frame::Data { left: length }
            }
            (
                FrameType::HEADERS
                | FrameType::DATA
                | FrameType::PRIORITY_UPDATE
                | FrameType::PRIORITY_UPDATE_PUSH
                | FrameType::CANCEL_PUSH
                | FrameType::SETTINGS
                | FrameType::PUSH_PROMISE
                | FrameType::GOAWAY
                | FrameType::MAX_PUSH_ID,
                _,
            ) => return Err(Error::FrameUnexpected { frame: kind.0 }),
            _ if kind.is_reserved_for_http2() => {
                return Err(Error::FrameUnexpected { frame: kind.0 });
            }
            _ => {
                self.ignore(length)?;
                Frame::Ignored { left: length }
            }
        });
        Ok(())
    }

    /// Counts a frame that carries nothing for us.
    fn ignore(&mut self, length: u64) -> Result<(), Error> {
        self.ignored_frames += 1;
        self.ignored_bytes = self.ignored_bytes.saturating_add(length);
        if self.ignored_frames > self.limits.max_ignored_frames
            || self.ignored_bytes > self.limits.max_ignored_bytes
        {
            return Err(Error::ExcessiveLoad(
                "too much in a request that is no request",
            ));
        }
        Ok(())
    }

    fn section(&mut self, payload: &[u8]) -> Result<RequestEvent, Error> {
        if self.phase == Phase::Head {
            let mut builder = HeadBuilder::default();
            self.lines(payload, |name, value, secret| {
                builder.line(name, value, secret)
            })?;
            let Head {
                request,
                content_length,
            } = builder.finish()?;
            self.content_length = content_length;
            self.phase = Phase::Body;
            Ok(RequestEvent::Head(request))
        } else {
            let mut builder = TrailersBuilder::default();
            self.lines(payload, |name, value, secret| {
                builder.line(name, value, secret)
            })?;
            self.check_body_length()?;
            self.phase = Phase::Trailed;
            Ok(RequestEvent::Trailers(builder.finish()))
        }
    }

    /// Reads the whole section even when a line is malformed: a section that cannot be decoded at all is
    /// the graver error (RFC 9204, 2.2.3).
    fn lines(
        &self,
        payload: &[u8],
        mut line: impl FnMut(&[u8], &[u8], bool) -> Result<(), Malformed>,
    ) -> Result<(), Error> {
        let mut section =
            FieldSection::new(payload, &self.limits).map_err(|error| self.section_error(error))?;
        let mut malformed = Ok(());
        while let Some(field) = section
            .next_line()
            .map_err(|error| self.section_error(error))?
        {
            if malformed.is_ok() {
                malformed = line(field.name, field.value, field.never_indexed);
            }
        }
        Ok(malformed?)
    }

    fn section_error(&self, error: DecodeError) -> Error {
        match error {
            DecodeError::SectionTooLarge => Error::FieldSectionTooLarge {
                limit: self.limits.max_field_section_size,
            },
            DecodeError::TooManyFields => Error::TooManyFields {
                limit: self.limits.max_fields,
            },
            other => Error::Decompression(other),
        }
    }

    fn check_body_length(&self) -> Result<(), Error> {
        match self.content_length {
            Some(declared) if declared != self.received => Err(Malformed::BodyLength.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
