//! One connection: what it speaks, its protocol's limits, and its end.
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, Timeouts};
use super::exchange::Service;
use super::sealing::{Flush, sealing};
use super::sendfile::{Lending, PlainStream};
use super::transport::Transport;
use super::turns::Turns;
use super::{ConnectionCount, Options};
use crate::delivery::drain::Drain;
use crate::delivery::{Handler, Protocol};
use crate::telemetry::{Closed, Telemetry};

/// RFC 9113, 3.4.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What a client may send before it hears from us; requests here are small.
const HTTP2_STREAM_WINDOW: u32 = 64 * 1024;
const HTTP2_CONNECTION_WINDOW: u32 = 256 * 1024;
/// Response bytes that may wait in one stream for the connection. What is more urgent cannot overtake them.
const HTTP2_STREAM_SEND_BUFFER: usize = 256 * 1024;
/// Resets that may wait to be handled (CVE-2023-44487).
const HTTP2_PENDING_RESETS: usize = 20;
/// Streams reset for the client's errors before the connection goes.
const HTTP2_LOCAL_RESETS: usize = 64;

/// How long a client told to go may take to hear of it.
const LINGER: Duration = Duration::from_secs(1);

/// What serves all connections of a listener.
pub(super) struct Server<H> {
    pub(super) handler: Rc<H>,
    pub(super) options: Rc<Options>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) connections: ConnectionCount,
    pub(super) drain: Drain,
}

impl<H> Clone for Server<H> {
    fn clone(&self) -> Self {
        Self {
            handler: Rc::clone(&self.handler),
            options: Rc::clone(&self.options),
            telemetry: Arc::clone(&self.telemetry),
            tls: self.tls.clone(),
            connections: self.connections.clone(),
            drain: self.drain.clone(),
        }
    }
}

impl<H: Handler> Server<H> {
    /// Serves the connection to its end, and counts why it ended.
    pub(super) async fn serve(self, stream: TcpStream, peer: SocketAddr) {
        let telemetry = Arc::clone(&self.telemetry);
        let mut drain = self.drain.clone();
        let closed = tokio::select! {
            biased;
            () = drain.over() => Closed::Drain,
            closed = self.converse(stream, peer) => closed,
        };
        telemetry.connections.closed(closed);
    }

    async fn converse(self, stream: TcpStream, peer: SocketAddr) -> Closed {
        match self.tls.clone() {
            Some(acceptor) => {
                let accepting = async {
                    let _turn = self.connections.handshake().await;
                    acceptor
                        .accept_with(stream, |tls| tls.set_buffer_limit(None))
                        .await
                };
                // Apart from what follows: the handshake's memory is needed for a moment only.
                let accepting = Box::pin(accepting);
                let stream = match timeout(self.options.handshake_timeout, accepting).await {
                    Ok(Ok(stream)) => stream,
                    Ok(Err(error)) => {
                        tracing::debug!(%peer, %error, "TLS handshake failed");
                        return Closed::Handshake;
                    }
                    Err(_) => return Closed::SlowHandshake,
                };
                let protocol = match stream.get_ref().1.alpn_protocol() {
                    Some(b"h2") => Protocol::Http2,
                    _ => Protocol::Http1,
                };
                let (stream, flush) = sealing(stream);
                self.speak(stream, flush, Bytes::new(), protocol, peer, None)
                    .await
            }
            None => {
                let mut stream = stream;
                match timeout(self.options.header_timeout, sniff(&mut stream)).await {
                    Ok(Ok((Protocol::Http1, prefix))) => {
                        let lending = Rc::new(Lending::default());
                        let telemetry = Arc::clone(&self.telemetry);
                        let stream = PlainStream::new(stream, Rc::clone(&lending), telemetry);
                        let (flush, protocol) = (Flush::none(), Protocol::Http1);
                        self.speak(stream, flush, prefix, protocol, peer, Some(lending))
                            .await
                    }
                    Ok(Ok((protocol, prefix))) => {
                        self.speak(stream, Flush::none(), prefix, protocol, peer, None)
                            .await
                    }
                    Ok(Err(_)) => Closed::Client,
                    Err(_) => Closed::SlowHead,
                }
            }
        }
    }

    async fn speak<S>(
        self,
        stream: S,
        flush: Flush,
        prefix: Bytes,
        protocol: Protocol,
        peer: SocketAddr,
        lending: Option<Rc<Lending>>,
    ) -> Closed
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let _open = self.telemetry.connection(protocol);
        let activity = Rc::new(Activity::new(Timeouts {
            head: (protocol == Protocol::Http1).then_some(self.options.header_timeout),
            idle: self.options.idle_timeout,
            send: self.options.send_timeout,
            rate: self.options.min_send_rate,
        }));
        let transport = TokioIo::new(Transport::new(stream, prefix, Rc::clone(&activity)));
        let turns = (protocol == Protocol::Http2).then(|| Rc::new(Turns::default()));
        let service = Rc::new(Service {
            handler: self.handler,
            activity: Rc::clone(&activity),
            peer,
            protocol,
            secure: self.tls.is_some(),
            alt_svc: self.options.alt_svc.clone(),
            lending,
            sendfile: self.options.sendfile.clone(),
            turns: turns.clone(),
        });
        let service = service_fn(move |request| {
            let service = Rc::clone(&service);
            async move { service.call(request).await }
        });
        match protocol {
            Protocol::Http2 | Protocol::Http3 => {
                let connection = http2_builder(&self.options).serve_connection(transport, service);
                watch(
                    connection,
                    &activity,
                    turns,
                    flush,
                    self.drain,
                    http2::Connection::graceful_shutdown,
                )
                .await
            }
            Protocol::Http1 => {
                let connection = http1_builder(&self.options).serve_connection(transport, service);
                watch(
                    connection,
                    &activity,
                    None,
                    flush,
                    self.drain,
                    http1::Connection::graceful_shutdown,
                )
                .await
            }
        }
    }
}

fn http1_builder(options: &Options) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // The watch over the connection bounds heads, with a time of its own for idle connections.
        .header_read_timeout(None)
        .max_header_size(options.max_header_bytes)
        .writev(true);
    builder
}

fn http2_builder(options: &Options) -> http2::Builder<LocalExec> {
    let mut builder = http2::Builder::new(LocalExec);
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .max_concurrent_streams(options.max_concurrent_streams)
        .max_header_list_size(u32::try_from(options.max_header_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(HTTP2_PENDING_RESETS)
        .max_local_error_reset_streams(HTTP2_LOCAL_RESETS)
        .max_send_buf_size(HTTP2_STREAM_SEND_BUFFER)
        .keep_alive_interval(options.ping_interval)
        .keep_alive_timeout(options.ping_timeout);
    builder
}

/// Drives the connection until it ends, is told to, or has to go. Told to end, it finishes what was begun;
/// a connection that was idle for too long is told, too, so that a request just under way is not lost.
async fn watch<C>(
    connection: C,
    activity: &Activity,
    turns: Option<Rc<Turns>>,
    mut flush: Flush,
    mut drain: Drain,
    mut finish: impl FnMut(Pin<&mut C>),
) -> Closed
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = pin!(connection);
    let mut begun = pin!(drain.begun());
    let mut alarm = pin!(Alarm::default());
    let mut told: Option<Closed> = None;
    let mut lingers_until = None;
    poll_fn(|cx| {
        loop {
            let polled = connection.as_mut().poll(cx);
            let flushed = flush.poll(cx);
            if let Poll::Ready(outcome) = polled {
                return Poll::Ready(match outcome {
                    Ok(()) => told.unwrap_or(Closed::Client),
                    Err(error) => ended_by(&error),
                });
            }
            if let Poll::Ready(Err(_)) = flushed {
                return Poll::Ready(told.unwrap_or(Closed::Client));
            }
            if let (Some(turns), Poll::Ready(_), false) = (&turns, flushed, activity.is_blocked()) {
                turns.idle(cx);
            }
            if told.is_none() && begun.as_mut().poll(cx).is_ready() {
                told = Some(Closed::Drain);
                finish(connection.as_mut());
                continue;
            }
            let deadline = activity
                .deadline()
                .map(|deadline| lingers_until.map_or(deadline, |until| deadline.max(until)));
            if alarm.as_mut().poll_at(deadline, cx).is_pending() {
                return Poll::Pending;
            }
            match activity.verdict() {
                None => {}
                Some(Closed::Idle) if told.is_none() => {
                    told = Some(Closed::Idle);
                    lingers_until = Some(Instant::now() + LINGER);
                    finish(connection.as_mut());
                }
                Some(reason) => return Poll::Ready(told.unwrap_or(reason)),
            }
        }
    })
    .await
}

fn ended_by(error: &hyper::Error) -> Closed {
    if error.is_parse() || error.is_parse_too_large() {
        Closed::Protocol
    } else {
        Closed::Client
    }
}

/// A timer that is set only when it has to ring earlier, or has rung.
#[derive(Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    fn poll_at(
        mut self: Pin<&mut Self>,
        deadline: Option<Instant>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        match &mut self.0 {
            None => self.0 = Some(Box::pin(sleep_until(deadline))),
            Some(sleep) if deadline < sleep.deadline() || sleep.is_elapsed() => {
                sleep.as_mut().reset(deadline);
            }
            Some(_) => {}
        }
        self.0
            .as_mut()
            .map_or(Poll::Pending, |sleep| sleep.as_mut().poll(cx))
    }
}

/// In the clear, HTTP/2 is spoken by those who know beforehand (RFC 9113, 3.3).
async fn sniff(stream: &mut TcpStream) -> std::io::Result<(Protocol, Bytes)> {
    let mut read = BytesMut::with_capacity(HTTP2_PREFACE.len());
    loop {
        let mut rest = (&mut *stream).take((HTTP2_PREFACE.len() - read.len()) as u64);
        if rest.read_buf(&mut read).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if !HTTP2_PREFACE.starts_with(&read) {
            return Ok((Protocol::Http1, read.freeze()));
        }
        if read.len() == HTTP2_PREFACE.len() {
            return Ok((Protocol::Http2, read.freeze()));
        }
    }
}

/// Spawns HTTP/2 streams on the worker's own thread.
#[derive(Debug, Clone, Copy)]
struct LocalExec;

impl<F> hyper::rt::Executor<F> for LocalExec
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}
