//! One connection: what it speaks, its protocol's limits, and its end.
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, Timeouts};
use super::exchange::{Peer, Service};
use super::flush::Flush;
use super::http1::Http1;
use super::http2;
use super::kernel::{self, KernelStream};
use super::records::Records;
use super::sealing::sealing;
use super::sendfile::{Lending, PlainStream};
use super::transport::{Readable, Transport};
use super::turns::Turns;
use super::{ConnectionCount, Options};
use crate::delivery::drain::Drain;
use crate::delivery::{Handler, Protocol};
use crate::telemetry::{Closed, OpenConnection, Telemetry};

/// RFC 9113, 3.4.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long a client told to go may take to hear of it.
const LINGER: Duration = Duration::from_secs(1);

/// A connection whose protocol is known, to its end.
type Speaking = Pin<Box<dyn Future<Output = Closed>>>;

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
    ///
    /// Memory of a handshake is needed for a moment only, and no connection needs both protocols': each stage
    /// has its own, and the future that is here to stay is small.
    pub(super) fn serve(self, stream: TcpStream, address: SocketAddr) -> impl Future<Output = ()> {
        let telemetry = Arc::clone(&self.telemetry);
        let mut drain = self.drain.clone();
        let greeting = Box::pin(self.greet(stream, address));
        async move {
            let conversing = async {
                match greeting.await {
                    Ok(speaking) => speaking.await,
                    Err(closed) => closed,
                }
            };
            let closed = tokio::select! {
                biased;
                () = drain.over() => Closed::Drain,
                closed = conversing => closed,
            };
            telemetry.connections.closed(closed);
        }
    }

    /// Finds out what the client speaks.
    async fn greet(self, mut stream: TcpStream, address: SocketAddr) -> Result<Speaking, Closed> {
        let mut peer = Peer {
            address,
            certificate: None,
        };
        let Some(acceptor) = self.tls.clone() else {
            let sniffed = timeout(self.options.header_timeout, sniff(&mut stream)).await;
            return match sniffed {
                Ok(Ok((Protocol::Http1, prefix))) => {
                    let lending = Rc::new(Lending::default());
                    let telemetry = Arc::clone(&self.telemetry);
                    let stream = PlainStream::new(stream, Rc::clone(&lending), telemetry);
                    let (flush, protocol) = (Flush::none(), Protocol::Http1);
                    Ok(self.speak(stream, flush, prefix, protocol, peer, Some(lending)))
                }
                Ok(Ok((protocol, prefix))) => {
                    Ok(self.speak(stream, Flush::none(), prefix, protocol, peer, None))
                }
                Ok(Err(_)) => Err(Closed::Client),
                Err(_) => Err(Closed::SlowHead),
            };
        };
        let kernel = self.options.kernel_tls;
        let stream = if kernel.is_some() {
            Records::one_by_one(stream)
        } else {
            Records::freely(stream)
        };
        let accepting = async {
            let _turn = self.connections.handshake().await;
            acceptor
                .accept_with(stream, |tls| tls.set_buffer_limit(None))
                .await
        };
        let mut stream = match timeout(self.options.handshake_timeout, accepting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(peer = %address, %error, "TLS handshake failed");
                return Err(Closed::Handshake);
            }
            Err(_) => return Err(Closed::SlowHandshake),
        };
        let clients = self.options.clients.as_ref();
        peer.certificate = clients.and_then(|clients| clients.identify(stream.get_ref().1));
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        if kernel.is_some_and(|kernel| kernel.fits(&stream)) {
            match kernel::attach(stream.get_ref().0.stream()) {
                Ok(()) => {
                    let (stream, flush) = KernelStream::take(stream).map_err(|error| {
                        tracing::warn!(peer = %address, %error, "the kernel takes TLS, and not these keys");
                        Closed::Handshake
                    })?;
                    self.telemetry.connections.given_to_kernel();
                    return Ok(self.speak(stream, flush, Bytes::new(), protocol, peer, None));
                }
                Err(error) => {
                    tracing::debug!(peer = %address, %error, "the kernel does not take the connection");
                    self.telemetry.connections.refused_by_kernel();
                }
            }
        }
        stream.get_mut().0.read_freely();
        let (stream, flush) = sealing(stream);
        Ok(self.speak(stream, flush, Bytes::new(), protocol, peer, None))
    }

    fn speak<S>(
        self,
        stream: S,
        flush: Flush,
        prefix: Bytes,
        protocol: Protocol,
        peer: Peer,
        lending: Option<Rc<Lending>>,
    ) -> Speaking
    where
        S: AsyncRead + AsyncWrite + Readable + Unpin + 'static,
    {
        let open = self.telemetry.connection(protocol);
        let activity = Rc::new(Activity::new(Timeouts {
            head: (protocol == Protocol::Http1).then_some(self.options.header_timeout),
            idle: self.options.idle_timeout,
            send: self.options.send_timeout,
            rate: self.options.min_send_rate,
        }));
        let transport = Transport::new(stream, prefix, Rc::clone(&activity));
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
        let (drain, options) = (self.drain, self.options);
        match protocol {
            Protocol::Http2 | Protocol::Http3 => {
                let connection =
                    http2::builder(&options).serve_connection(TokioIo::new(transport), service);
                Box::pin(watch(
                    Box::pin(connection),
                    activity,
                    turns,
                    flush,
                    drain,
                    open,
                ))
            }
            Protocol::Http1 => {
                let connection = Http1::new(options, transport, service);
                Box::pin(watch(
                    Box::pin(connection),
                    activity,
                    None,
                    flush,
                    drain,
                    open,
                ))
            }
        }
    }
}

/// One protocol's side of a connection. The future is its end.
pub(super) trait Conversation: Future<Output = hyper::Result<()>> {
    /// Answers what was begun, and ends.
    fn finish(self: Pin<&mut Self>);

    /// Whether it holds what it does not need while there is no request.
    fn can_rest(&self) -> bool {
        false
    }

    /// Gives that back. Called while nothing is being asked or answered.
    fn rest(self: Pin<&mut Self>) {}
}

/// Drives the connection until it ends, is told to, or has to go. Told to end, it finishes what was begun;
/// a connection that was idle for too long is told, too, so that a request just under way is not lost.
async fn watch<C>(
    mut connection: Pin<Box<C>>,
    activity: Rc<Activity>,
    turns: Option<Rc<Turns>>,
    mut flush: Flush,
    mut drain: Drain,
    _open: OpenConnection,
) -> Closed
where
    C: Conversation,
{
    let mut begun = pin!(drain.begun());
    let mut alarm = pin!(Alarm::default());
    let mut told: Option<Closed> = None;
    let mut lingers_until = None;
    poll_fn(|cx| {
        loop {
            let polled = connection.as_mut().poll(cx);
            let sent = flush.poll(cx);
            if let Poll::Ready(outcome) = polled {
                return Poll::Ready(match outcome {
                    Ok(()) => told.unwrap_or(Closed::Client),
                    Err(error) => ended_by(&error),
                });
            }
            if let Poll::Ready(Err(_)) = sent {
                return Poll::Ready(told.unwrap_or(Closed::Client));
            }
            let flushed = sent.is_ready();
            if let (Some(turns), true, false) = (&turns, flushed, activity.is_blocked()) {
                turns.idle(cx);
            }
            if told.is_none() && begun.as_mut().poll(cx).is_ready() {
                told = Some(Closed::Drain);
                connection.as_mut().finish();
                continue;
            }
            let deadline = activity
                .deadline()
                .map(|deadline| lingers_until.map_or(deadline, |until| deadline.max(until)));
            let may_rest = told.is_none() && flushed && connection.can_rest();
            let rests_at = may_rest.then(|| activity.rests_at()).flatten();
            let deadline = deadline.into_iter().chain(rests_at).min();
            if alarm.as_mut().poll_at(deadline, cx).is_pending() {
                return Poll::Pending;
            }
            if rests_at.is_some_and(|at| at <= Instant::now()) {
                connection.as_mut().rest();
            }
            match activity.verdict() {
                None => {}
                Some(Closed::Idle) if told.is_none() => {
                    told = Some(Closed::Idle);
                    lingers_until = Some(Instant::now() + LINGER);
                    connection.as_mut().finish();
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
