//! From a [`Response`] to a request stream.
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use edgepack_h3::response::write_data_header;
use edgepack_h3::{Code, EncodeError, Scope};
use futures_util::Stream;
use http::header::SERVER;
use http::{HeaderMap, Method, StatusCode};
use quinn::{SendStream, StoppedError, VarInt, WriteError, Written};
use tokio::time::{Instant, timeout};
use tracing::debug;

use super::budget::Pace;
use super::connection::Context;
use super::incoming::Failure;
use super::schedule::Turn;
use super::{code, head};
use crate::delivery::tcp::SERVER_NAME;
use crate::delivery::{Blame, Fault, Handler, Outgoing, Priority, Request, Response};

/// Body bytes handed to quinn in one call, at least, while more is ready.
const BATCH: usize = 256 << 10;
/// Pieces of them, at most.
const BATCH_PIECES: usize = 8;

/// The sending half. Dropped before [`finish`](Self::finish), it is reset: quinn alone would end the
/// stream as if the response were whole.
pub(super) struct ResponseStream {
    send: SendStream,
    turn: Turn,
    pace: Pace,
    asked: Option<Priority>,
    open: bool,
}

/// Why a response was not sent whole.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error("the client wants no more of it, or is gone")]
    Stopped,
    #[error("the client takes nothing")]
    Stalled,
    #[error("the body failed: {0}")]
    Body(#[from] io::Error),
    #[error(transparent)]
    Head(#[from] EncodeError),
}

impl ResponseStream {
    /// `stall`: how long its client may take next to nothing.
    pub(super) fn new(send: SendStream, turn: Turn, stall: Duration) -> Self {
        Self {
            send,
            pace: Pace::new(stall, &turn),
            turn,
            asked: None,
            open: true,
        }
    }

    async fn write<H>(
        &mut self,
        mut chunks: &mut [Bytes],
        context: &Context<H>,
    ) -> Result<(), Unsent> {
        while !chunks.is_empty() {
            let written_by_all = self.turn.written_by_all();
            context.budget.follow(&context.connection, written_by_all);
            let (began, left) = (Instant::now(), self.pace.left());
            let taken = match timeout(left, self.write_some(chunks)).await {
                Ok(Ok(written)) => {
                    chunks = &mut chunks[written.chunks..];
                    written.bytes as u64
                }
                Ok(Err(_)) => return Err(Unsent::Stopped),
                Err(_) => 0,
            };
            if !self.pace.keeps_up(began.elapsed(), taken, &self.turn) {
                return Err(Unsent::Stalled);
            }
        }
        Ok(())
    }

    /// When it is this answer's turn, as much as quinn takes.
    async fn write_some(&mut self, chunks: &mut [Bytes]) -> Result<Written, WriteError> {
        let mut yielded = false;
        poll_fn(|cx| {
            self.tell_priority();
            ready!(self.turn.first_try(&mut yielded, cx));
            let tried = pin!(self.send.write_chunks(chunks)).poll(cx);
            match &tried {
                Poll::Ready(Ok(written)) => self.turn.tried(Some(written.bytes)),
                Poll::Ready(Err(_)) => {}
                Poll::Pending => {
                    self.turn.tried(None);
                    self.turn.listen(cx);
                }
            }
            tried
        })
        .await
    }

    /// What the client asks for, by the request's field.
    pub(super) fn ask(&mut self, headers: &HeaderMap) {
        self.asked = Priority::asked(headers);
    }

    /// A frame's word outweighs the field's (RFC 9218, 7).
    fn asked(&self) -> Option<Priority> {
        self.turn.wish().or(self.asked)
    }

    fn tell_priority(&self) {
        if let Some(priority) = self.turn.changed() {
            // A stream that is gone tells so when it is written to.
            let _ = self.send.set_priority(priority);
        }
    }

    fn finish(&mut self) -> Result<(), Unsent> {
        self.send.finish().map_err(|_| Unsent::Stopped)?;
        self.open = false;
        Ok(())
    }

    fn reset(&mut self, why: Code) {
        self.open = false;
        let _ = self.send.reset(code(why));
    }
}

impl Drop for ResponseStream {
    fn drop(&mut self) {
        if self.open {
            self.reset(Code::INTERNAL_ERROR);
        }
    }
}

/// Has the request handled and sends the answer; gives up when the client does.
pub(super) async fn answer<H: Handler>(
    context: &Rc<Context<H>>,
    request: Request,
    mut stream: ResponseStream,
) {
    let head_only = request.method == Method::HEAD;
    stream.ask(&request.headers);
    let mut stopped = pin!(stream.send.stopped());
    let response = tokio::select! {
        biased;
        response = context.handler.handle(request) => response,
        _ = &mut stopped => {
            abandoned(context);
            return stream.reset(Code::REQUEST_CANCELLED);
        }
    };
    respond(context, response, head_only, stream, stopped).await;
}

/// Answers a request that never became one.
pub(super) async fn refuse<H>(
    context: &Rc<Context<H>>,
    failure: Failure,
    mut stream: ResponseStream,
) {
    let (status, reason, message) = match failure {
        Failure::Lost => return stream.reset(Code::REQUEST_CANCELLED),
        Failure::Reset => {
            abandoned(context);
            return stream.reset(Code::REQUEST_REJECTED);
        }
        Failure::Violation(error) if error.scope() == Scope::Connection => {
            context.violated(&error);
            return stream.reset(error.code());
        }
        Failure::Violation(error) => match error.status() {
            Some(status) => (status, "request-refused", error.to_string()),
            None => {
                debug!(%error, "malformed request");
                return stream.reset(error.code());
            }
        },
        Failure::Slow => (
            StatusCode::REQUEST_TIMEOUT,
            "request-timeout",
            "the request did not arrive in time".to_owned(),
        ),
    };
    let fault = Fault::new(status, Blame::Viewer, reason, message);
    let stopped = pin!(stream.send.stopped());
    respond(context, fault.into(), false, stream, stopped).await;
}

type Stopped<'a, F> = Pin<&'a mut F>;

async fn respond<H, F>(
    context: &Rc<Context<H>>,
    response: Response,
    head_only: bool,
    mut stream: ResponseStream,
    mut stopped: Stopped<'_, F>,
) where
    F: Future<Output = Result<Option<VarInt>, StoppedError>>,
{
    let sent = send(context, response, head_only, &mut stream, stopped.as_mut()).await;
    match sent {
        Ok(()) => until_acknowledged(context, &mut stream, stopped).await,
        Err(unsent) => {
            debug!(%unsent, "response cut short");
            stream.reset(match unsent {
                Unsent::Stopped => {
                    abandoned(context);
                    Code::REQUEST_CANCELLED
                }
                Unsent::Stalled => Code::REQUEST_CANCELLED,
                Unsent::Body(_) | Unsent::Head(_) => Code::INTERNAL_ERROR,
            });
        }
    }
}

async fn send<H, F>(
    context: &Rc<Context<H>>,
    response: Response,
    head_only: bool,
    stream: &mut ResponseStream,
    mut stopped: Stopped<'_, F>,
) -> Result<(), Unsent>
where
    F: Future<Output = Result<Option<VarInt>, StoppedError>>,
{
    let priority = Priority::decide(stream.asked(), &response);
    stream.turn.set(priority);
    let (status, mut headers, mut body) = response.into_parts();
    headers.insert(SERVER, SERVER_NAME);
    head::add_date(&mut headers);
    let peer_limit = context.peer.borrow().peer_settings().max_field_section_size;
    let ends = head_only || body.is_end();
    // One frame for a body of known length, one per piece otherwise.
    let length = body.remaining().filter(|_| !ends);
    let framed = length.is_some();
    let head = head::encode(status, &headers, peer_limit, length)?;
    if ends {
        stream.write(&mut [head], context).await?;
        return stream.finish();
    }
    let mut batch = Batch::default();
    batch.push(head);
    loop {
        let last = tokio::select! {
            biased;
            last = gather(&mut body, &mut batch, framed) => last?,
            _ = stopped.as_mut() => return Err(Unsent::Stopped),
        };
        stream.write(batch.pieces(), context).await?;
        batch.clear();
        if last {
            return stream.finish();
        }
    }
}

/// What is handed to quinn in one call.
#[derive(Default)]
struct Batch {
    pieces: [Bytes; BATCH_PIECES],
    count: usize,
}

impl Batch {
    /// Takes `piece` where there is room.
    fn push(&mut self, piece: Bytes) {
        if let Some(free) = self.pieces.get_mut(self.count) {
            *free = piece;
            self.count += 1;
        }
    }

    fn has_room_for(&self, pieces: usize) -> bool {
        self.count + pieces <= BATCH_PIECES
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn pieces(&mut self) -> &mut [Bytes] {
        &mut self.pieces[..self.count]
    }

    /// What quinn took, it left empty.
    fn clear(&mut self) {
        self.count = 0;
    }
}

/// Adds what is ready of `body` to `batch`, at least one piece of it or what `batch` held before. `true`:
/// that was the last.
async fn gather(body: &mut Outgoing, batch: &mut Batch, framed: bool) -> io::Result<bool> {
    let mut gathered = 0;
    poll_fn(|cx| {
        // A piece and its frame's header.
        while gathered < BATCH && batch.has_room_for(2) {
            match Pin::new(&mut *body).poll_next(cx) {
                Poll::Ready(Some(Ok(piece))) => {
                    gathered += piece.len();
                    if !framed {
                        let mut header = BytesMut::with_capacity(16);
                        write_data_header(piece.len() as u64, &mut header);
                        batch.push(header.freeze());
                    }
                    batch.push(piece);
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(None) => return Poll::Ready(Ok(true)),
                Poll::Pending if batch.is_empty() => return Poll::Pending,
                Poll::Pending => return Poll::Ready(Ok(false)),
            }
        }
        Poll::Ready(Ok(false))
    })
    .await
}

/// Waits until the client has all of it, so that a drain closes no connection over data in flight. Gives
/// up on a connection that sends nothing more of any stream.
async fn until_acknowledged<H, F>(
    context: &Rc<Context<H>>,
    stream: &mut ResponseStream,
    mut stopped: Stopped<'_, F>,
) where
    F: Future<Output = Result<Option<VarInt>, StoppedError>>,
{
    let mut progress = None;
    loop {
        let ended = poll_fn(|cx| {
            stream.tell_priority();
            stream.turn.listen(cx);
            stopped.as_mut().poll(cx)
        });
        if let Ok(stopped) = timeout(context.options.stall_timeout, ended).await {
            if matches!(stopped, Ok(Some(_))) {
                abandoned(context);
            }
            return;
        }
        let sent = Some(context.connection.stats().frame_tx.stream);
        if progress == sent {
            return stream.reset(Code::REQUEST_CANCELLED);
        }
        progress = sent;
    }
}

fn abandoned<H>(context: &Context<H>) {
    context.abandoned.set(context.abandoned.get() + 1);
}
