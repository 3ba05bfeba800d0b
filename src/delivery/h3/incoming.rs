//! From a request stream to a [`Request`].
use std::pin::Pin;
use std::rc::Rc;
use std::time::SystemTime;

use bytes::Bytes;
use edgepack_h3::{Code, Error, RequestEvent, RequestStream, Scope};
use futures_util::{Stream, stream};
use quinn::{ReadError, RecvStream};
use tokio::time::timeout;

use super::code;
use super::connection::Context;
use crate::delivery::early::{EARLY_DATA, IS_EARLY};
use crate::delivery::{BodyError, Protocol, Request, RequestBody};

/// Bytes taken from quinn at once: slices of received packets, so this is no allocation.
const READ_MAX: usize = 64 << 10;

/// Why there is no request.
pub(super) enum Failure {
    /// The client broke a rule.
    Violation(Error),
    /// The client took the request back.
    Reset,
    /// The connection is gone.
    Lost,
    /// The request did not arrive in time.
    Slow,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Violation(error)
    }
}

/// Reads the head, and as much as it takes to know whether there is a body.
pub(super) async fn read_request<H: 'static>(
    context: &Rc<Context<H>>,
    recv: RecvStream,
) -> Result<Request, Failure> {
    let early = recv.is_0rtt();
    let mut reader = Reader {
        recv,
        stream: RequestStream::new(context.options.limits),
        chunk: Bytes::new(),
        ended: false,
    };
    let read = timeout(context.options.request_timeout, reader.opening()).await;
    let (head, body) = match read {
        Ok(Ok(opening)) => opening,
        Ok(Err(failure)) => {
            reader.stop_for(&failure);
            return Err(failure);
        }
        Err(_) => return Err(Failure::Slow),
    };
    let (mut head, ()) = head.into_parts();
    if early {
        head.headers.insert(EARLY_DATA, IS_EARLY);
        if let Some(telemetry) = &context.options.telemetry {
            telemetry.quic.early_requests.inc();
        }
    }
    let body = match body {
        Opening::Bodiless => None,
        Opening::Body(first) => {
            let body = Body {
                context: Rc::clone(context),
                reader,
                first,
                received: 0,
            };
            Some(body.into_stream())
        }
    };
    let mut peer = context.connection.remote_address();
    peer.set_ip(peer.ip().to_canonical());
    Ok(Request {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body: RequestBody(body),
        peer,
        protocol: Protocol::Http3,
        secure: true,
        client_certificate: None,
        now: SystemTime::now(),
    })
}

/// What follows the head.
enum Opening {
    Bodiless,
    /// With its first piece, where that had to be read to know.
    Body(Option<Bytes>),
}

struct Reader {
    recv: RecvStream,
    stream: RequestStream,
    /// Received and not yet read.
    chunk: Bytes,
    ended: bool,
}

impl Reader {
    async fn opening(&mut self) -> Result<(http::Request<()>, Opening), Failure> {
        // The first event is the head, or there is none.
        let Some(RequestEvent::Head(head)) = self.next().await? else {
            return Err(Error::RequestIncomplete.into());
        };
        let opening = match self.stream.content_length() {
            Some(1..) => Opening::Body(None),
            // Most requests end with their head; the FIN comes along with it.
            _ => match self.next().await? {
                Some(RequestEvent::Data(first)) => Opening::Body(Some(first)),
                _ => Opening::Bodiless,
            },
        };
        Ok((head, opening))
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Result<Option<RequestEvent>, Failure> {
        loop {
            if let Some(event) = self.stream.receive(&mut self.chunk)? {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            match self.recv.read_chunk(READ_MAX, true).await {
                Ok(Some(chunk)) => self.chunk = chunk.bytes,
                Ok(None) => {
                    self.ended = true;
                    self.stream.ended()?;
                }
                Err(ReadError::Reset(_)) => {
                    self.ended = true;
                    return Err(Failure::Reset);
                }
                Err(_) => {
                    self.ended = true;
                    return Err(Failure::Lost);
                }
            }
        }
    }

    /// Tells the client why no more is read, unless an answer will.
    fn stop_for(&mut self, failure: &Failure) {
        if let Failure::Violation(error) = failure
            && error.status().is_none()
            && !self.ended
        {
            self.ended = true;
            let _ = self.recv.stop(code(error.code()));
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if !self.ended {
            // What is left of the request does not matter for the answer (RFC 9114, 4.1).
            let _ = self.recv.stop(code(Code::NO_ERROR));
        }
    }
}

/// A request's body as it arrives.
struct Body<H> {
    context: Rc<Context<H>>,
    reader: Reader,
    first: Option<Bytes>,
    received: usize,
}

impl<H: 'static> Body<H> {
    /// Ends after an error.
    fn into_stream(self) -> Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>>>> {
        Box::pin(stream::unfold(Some(self), async |body| {
            let mut body = body?;
            match body.piece().await {
                Ok(Some(piece)) => Some((Ok(piece), Some(body))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, BodyError> {
        let limit = self.context.options.max_request_body;
        let declared = self.reader.stream.content_length().unwrap_or(0);
        if declared > limit as u64 {
            return Err(BodyError::TooLarge { limit });
        }
        let piece = match self.first.take() {
            Some(first) => first,
            None => match self.event().await? {
                Some(RequestEvent::Data(piece)) => piece,
                // Trailers say nothing that the core asks for; behind them is only the end.
                _ => return Ok(None),
            },
        };
        self.received = self.received.saturating_add(piece.len());
        if self.received > limit {
            return Err(BodyError::TooLarge { limit });
        }
        Ok(Some(piece))
    }

    async fn event(&mut self) -> Result<Option<RequestEvent>, BodyError> {
        let broken = |why: &str| BodyError::Broken(why.to_owned());
        let within = self.context.options.request_timeout;
        match timeout(within, self.reader.next()).await {
            Ok(Ok(event)) => Ok(event),
            Ok(Err(failure)) => {
                self.reader.stop_for(&failure);
                Err(match failure {
                    Failure::Violation(error) => {
                        if error.scope() == Scope::Connection {
                            self.context.violated(&error);
                        }
                        broken(&error.to_string())
                    }
                    Failure::Reset => broken("the client reset the stream"),
                    Failure::Lost => broken("the connection was lost"),
                    Failure::Slow => BodyError::TooSlow { time: within },
                })
            }
            Err(_) => Err(BodyError::TooSlow { time: within }),
        }
    }
}
