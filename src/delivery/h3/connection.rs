//! One QUIC connection: handshake, control streams, requests, drain.
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use edgepack_h3::{Code, Error, Reading, Scope, UniStream, control};
use futures_util::future::OptionFuture;
use quinn::{ConnectionError, ReadError, RecvStream, SendStream, VarInt, ZeroRttAccepted};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::debug;

use super::budget::Budget;
use super::schedule::{self, Schedule, Turn};
use super::{Options, code, incoming, outgoing};
use crate::delivery::{Handler, Protocol};
use crate::telemetry::{Closed, OpenConnection};

/// Streams of types nobody here knows that a client may open before it is a nuisance.
const MAX_IGNORED_STREAMS: usize = 256;
/// Requests a client may drop before its share of dropped ones is looked at: a player that seeks drops a
/// few, a client that only opens and resets streams drops them all.
const MAX_ABANDONED: u64 = 200;
/// Between the first GOAWAY and the one that refuses, at most; one round trip is enough (RFC 9114, 5.2).
const MAX_WARNING: Duration = Duration::from_secs(1);
/// Bytes taken from a unidirectional stream at once.
const READ_MAX: usize = 4096;

/// What the tasks of one connection share.
pub(super) struct Context<H> {
    pub(super) handler: Rc<H>,
    pub(super) options: Rc<Options>,
    pub(super) connection: quinn::Connection,
    pub(super) peer: RefCell<edgepack_h3::Connection>,
    pub(super) schedule: Rc<Schedule>,
    pub(super) budget: Budget,
    /// Requests that the client gave up before they were answered.
    pub(super) abandoned: Cell<u64>,
    violated: Cell<bool>,
}

impl<H> Context<H> {
    /// Closes the connection for what its client did.
    pub(super) fn violated(&self, error: &Error) {
        debug!(%error, peer = %self.connection.remote_address(), "HTTP/3 violation");
        self.violated.set(true);
        self.connection
            .close(code(error.code()), error.to_string().as_bytes());
    }
}

/// Serves one client from its first packet on. `handshake` is held while the handshake lasts.
pub(super) async fn run<H: Handler>(
    connecting: quinn::Connecting,
    handshake: Rc<()>,
    handler: Rc<H>,
    options: Rc<Options>,
    shutdown: watch::Receiver<bool>,
) {
    let (connection, early) = match begin(connecting, &options).await {
        Ok(begun) => begun,
        Err(why) => return options.closed(why),
    };
    let context = Rc::new(Context {
        peer: RefCell::new(edgepack_h3::Connection::new(options.limits)),
        handler,
        connection: connection.clone(),
        schedule: Schedule::new(options.max_concurrent_streams as usize),
        budget: Budget::new(options.send_window),
        options: Rc::clone(&options),
        abandoned: Cell::new(0),
        violated: Cell::new(false),
    });
    let mut server = Server {
        context: Rc::clone(&context),
        handshake: Some(handshake),
        open: None,
        control: None,
        requests: JoinSet::new(),
        streams: JoinSet::new(),
        ignored_streams: 0,
        total: 0,
        next_id: 0,
    };
    let why = match server.serve(early, shutdown).await {
        Ok(why) => {
            let reason = if why == Closed::Protocol {
                Code::EXCESSIVE_LOAD
            } else {
                Code::NO_ERROR
            };
            connection.close(code(reason), b"");
            why
        }
        Err(_) if context.violated.get() => Closed::Protocol,
        Err(ConnectionError::LocallyClosed) => Closed::Drain,
        Err(_) if server.open.is_none() => Closed::Handshake,
        Err(ConnectionError::TimedOut) => Closed::Idle,
        Err(ConnectionError::TransportError(_) | ConnectionError::VersionMismatch) => {
            Closed::Protocol
        }
        Err(_) => Closed::Client,
    };
    options.closed(why);
    // Dropping the server drops what its handlers are doing: nobody is there to read it.
}

/// The connection, as soon as something can be said on it; with early data, that is before the handshake
/// is complete.
async fn begin(
    connecting: quinn::Connecting,
    options: &Options,
) -> Result<(quinn::Connection, Option<ZeroRttAccepted>), Closed> {
    let connecting = if options.early_data {
        match connecting.into_0rtt() {
            Ok((connection, established)) => return Ok((connection, Some(established))),
            Err(connecting) => connecting,
        }
    } else {
        connecting
    };
    match timeout(options.handshake_timeout, connecting).await {
        Ok(Ok(connection)) => Ok((connection, None)),
        Ok(Err(error)) => {
            debug!(%error, "handshake failed");
            Err(Closed::Handshake)
        }
        Err(_) => Err(Closed::SlowHandshake),
    }
}

struct Server<H> {
    context: Rc<Context<H>>,
    /// Until the handshake is complete; then the connection counts as open.
    handshake: Option<Rc<()>>,
    open: Option<Option<OpenConnection>>,
    /// Ours; kept until the connection is closed, since dropping it would end it.
    control: Option<SendStream>,
    requests: JoinSet<()>,
    streams: JoinSet<Kept>,
    ignored_streams: usize,
    total: u64,
    /// The first request stream not yet accepted.
    next_id: u64,
}

/// Whether a unidirectional stream was one that we know.
enum Kept {
    Known,
    Ignored,
}

/// How far the drain has come.
#[derive(Debug, Clone, Copy)]
enum Drain {
    No,
    /// The client knows; what it sends before it knew is still served until then.
    Warned(Instant),
    /// Later requests are refused.
    Refusing,
}

impl<H: Handler> Server<H> {
    /// Serves until there is a reason to close, or the connection is lost.
    async fn serve(
        &mut self,
        early: Option<ZeroRttAccepted>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<Closed, ConnectionError> {
        let context = Rc::clone(&self.context);
        let (connection, options) = (&context.connection, &context.options);
        if early.is_none() {
            self.established();
        }
        let mut established = pin!(OptionFuture::from(
            early.map(|early| timeout(options.handshake_timeout, early))
        ));
        if !self.open_control().await? {
            return Ok(Closed::SlowHandshake);
        }
        let mut control_stopped = pin!(self.control_stopped());
        let mut drain = Drain::No;
        let mut drain_deadline = None;
        let mut idle_since = Instant::now();
        loop {
            if matches!(drain, Drain::Refusing) && self.requests.is_empty() {
                return Ok(Closed::Drain);
            }
            let deadline = match (&drain, drain_deadline) {
                (Drain::Warned(until), _) => *until,
                (_, Some(deadline)) => deadline,
                _ => idle_since + options.idle_timeout,
            };
            let draining = !matches!(drain, Drain::No);
            let room = self.requests.len() < options.max_concurrent_requests
                || matches!(drain, Drain::Refusing);
            tokio::select! {
                in_time = &mut established, if self.open.is_none() => {
                    if in_time.is_some_and(|in_time| in_time.is_err()) {
                        return Ok(Closed::SlowHandshake);
                    }
                    // It resolves when the connection is lost, too.
                    if let Some(lost) = connection.close_reason() {
                        return Err(lost);
                    }
                    self.established();
                }
                accepted = connection.accept_bi(), if room => {
                    let (send, recv) = accepted?;
                    if matches!(drain, Drain::Refusing) {
                        reject(send, recv);
                    } else if !self.begin_request(send, recv) {
                        return Ok(Closed::Protocol);
                    }
                }
                accepted = connection.accept_uni() => {
                    let stream = accepted?;
                    self.streams.spawn_local(read_uni(Rc::clone(&context), stream));
                }
                Some(_) = self.requests.join_next(), if !self.requests.is_empty() => {
                    idle_since = Instant::now();
                }
                Some(ended) = self.streams.join_next(), if !self.streams.is_empty() => {
                    self.ignored_streams += usize::from(matches!(ended, Ok(Kept::Ignored)));
                    if self.ignored_streams > MAX_IGNORED_STREAMS {
                        return Ok(Closed::Protocol);
                    }
                }
                () = &mut control_stopped => {
                    context.violated(&Error::ClosedCriticalStream("server's control"));
                    return Err(connection.closed().await);
                }
                _ = shutdown.wait_for(|stop| *stop), if !draining => {
                    drain_deadline = Some(Instant::now() + options.drain_deadline);
                    self.say(control::goaway(control::GOAWAY_SOON)).await;
                    drain = Drain::Warned(Instant::now() + connection.rtt().min(MAX_WARNING));
                }
                () = sleep_until(deadline), if draining || self.requests.is_empty() => match drain {
                    Drain::No => return Ok(Closed::Idle),
                    Drain::Warned(_) => {
                        self.say(control::goaway(self.next_id)).await;
                        drain = Drain::Refusing;
                    }
                    Drain::Refusing => return Ok(Closed::Drain),
                },
            }
        }
    }

    fn established(&mut self) {
        self.handshake = None;
        let telemetry = self.context.options.telemetry.as_ref();
        self.open = Some(telemetry.map(|telemetry| telemetry.connection(Protocol::Http3)));
    }

    /// Never while there is nothing to stop.
    fn control_stopped(&self) -> impl Future<Output = ()> + use<H> {
        let stopped = self.control.as_ref().map(SendStream::stopped);
        async {
            match stopped {
                Some(stopped) => match stopped.await {
                    Ok(Some(_)) => {}
                    _ => pending().await,
                },
                None => pending().await,
            }
        }
    }

    /// Opens our control stream and says SETTINGS (RFC 9114, 6.2.1). `false`: the client does not let us.
    async fn open_control(&mut self) -> Result<bool, ConnectionError> {
        let context = &self.context;
        let Ok(opened) = timeout(
            context.options.handshake_timeout,
            context.connection.open_uni(),
        )
        .await
        else {
            return Ok(false);
        };
        let control = self.control.insert(opened?);
        // Before any response; a stream just opened cannot refuse it.
        let _ = control.set_priority(schedule::CONTROL);
        self.say(control::preamble(&self.context.options.limits))
            .await;
        Ok(true)
    }

    /// Sends a few bytes on the control stream. A failure means that the connection is gone or that the
    /// client stopped the stream, which `serve` finds out.
    async fn say(&mut self, frame: Bytes) {
        if let Some(control) = &mut self.control {
            let written = timeout(MAX_WARNING, control.write_chunk(frame)).await;
            if !matches!(written, Ok(Ok(()))) {
                debug!("control stream not writable");
            }
        }
    }

    /// `false`: the client opens requests only to drop them.
    fn begin_request(&mut self, send: SendStream, recv: RecvStream) -> bool {
        let stream = VarInt::from(send.id()).into_inner();
        let turn = self.context.schedule.enter(stream);
        self.next_id = stream + 4;
        self.total += 1;
        let abandoned = self.context.abandoned.get();
        if abandoned > MAX_ABANDONED && abandoned * 2 > self.total {
            return false;
        }
        self.requests
            .spawn_local(exchange(Rc::clone(&self.context), turn, send, recv));
        true
    }
}

/// One request and its response.
async fn exchange<H: Handler>(
    context: Rc<Context<H>>,
    turn: Turn,
    send: SendStream,
    recv: RecvStream,
) {
    let send = outgoing::ResponseStream::new(send, turn, context.options.stall_timeout);
    match incoming::read_request(&context, recv).await {
        Ok(request) => outgoing::answer(&context, request, send).await,
        Err(failure) => outgoing::refuse(&context, failure, send).await,
    }
}

/// Refuses a request that was not looked at: the client may repeat it elsewhere (RFC 9114, 4.1.1).
fn reject(mut send: SendStream, mut recv: RecvStream) {
    let _ = send.reset(code(Code::REQUEST_REJECTED));
    let _ = recv.stop(code(Code::REQUEST_REJECTED));
}

/// Reads one of the client's unidirectional streams to its end.
async fn read_uni<H>(context: Rc<Context<H>>, mut stream: RecvStream) -> Kept {
    let mut reader = UniStream::new();
    loop {
        let read = match stream.read_chunk(READ_MAX, true).await {
            Ok(Some(chunk)) => {
                let mut peer = context.peer.borrow_mut();
                let read = reader.receive(&mut peer, chunk.bytes).map(Some);
                while let Some(update) = peer.next_priority_update() {
                    context.schedule.update(&update);
                }
                read
            }
            Ok(None) | Err(ReadError::Reset(_)) => reader.ended().map(|()| None),
            Err(_) => return Kept::Known,
        };
        match read {
            Ok(Some(Reading::On)) => {}
            Ok(Some(Reading::Stop(why))) => {
                let _ = stream.stop(code(why));
                return Kept::Ignored;
            }
            Ok(None) => return Kept::Ignored,
            Err(error) => {
                debug_assert_eq!(error.scope(), Scope::Connection);
                context.violated(&error);
                return Kept::Known;
            }
        }
    }
}
