//! HTTP/1.1 and HTTP/2 over TCP, plain or TLS, on hyper.
//!
//! Everything here belongs to one worker: listener, connections and handler share its thread, and no body
//! byte ever leaves it. Which protocol a TLS connection speaks is agreed by ALPN; in the clear HTTP/2 takes
//! prior knowledge.
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio_rustls::TlsAcceptor;

use super::Handler;
use super::drain::Drain;
use super::tls::ClientAuthorities;
use crate::telemetry::{Closed, Telemetry};

mod activity;
mod connection;
mod exchange;
mod flush;
mod http1;
mod http2;
mod kernel;
mod records;
mod sealing;
mod sendfile;
mod transport;
mod turns;

pub use exchange::SERVER_NAME;
pub use kernel::KernelTls;
pub use sendfile::SendFile;

use connection::Server;

/// How long to wait when the process is out of file descriptors or memory.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, Clone)]
pub struct Options {
    /// First byte of a request's head to its end.
    pub header_timeout: Duration,
    /// An open connection without a request.
    pub idle_timeout: Duration,
    pub handshake_timeout: Duration,
    /// A response of which the client takes too little.
    pub send_timeout: Duration,
    /// Bytes a second that are not too little, on average over `send_timeout`.
    pub min_send_rate: u64,
    /// Bytes of a request's head.
    pub max_header_bytes: usize,
    /// Requests at a time on one HTTP/2 connection.
    pub max_concurrent_streams: u32,
    /// How often an HTTP/2 client is asked whether it is there, and how long it may take to say so.
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    /// Offers HTTP/3 on every answer.
    pub alt_svc: Option<HeaderValue>,
    /// Moves entries to where plain HTTP/1.1 is sent from without a copy.
    pub sendfile: Option<SendFile>,
    /// Gives TLS connections to the kernel. Their configuration has to let keys out: `tls::for_kernel`.
    pub kernel_tls: Option<KernelTls>,
    /// Those that the TLS configuration asks for clients' certificates with.
    pub clients: Option<ClientAuthorities>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(30),
            min_send_rate: 1024,
            max_header_bytes: 32 * 1024,
            max_concurrent_streams: 128,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            alt_svc: None,
            sendfile: None,
            kernel_tls: None,
            clients: None,
        }
    }
}

/// Offers HTTP/3 on UDP port `port` (RFC 7838, 3). `None` when `max_age` is zero.
pub fn alt_svc(port: u16, max_age: Duration) -> Option<HeaderValue> {
    let seconds = max_age.as_secs();
    (seconds > 0)
        .then(|| HeaderValue::try_from(format!("h3=\":{port}\"; ma={seconds}")).ok())
        .flatten()
}

/// The connections of one worker, over all its listeners and protocols.
#[derive(Debug, Clone)]
pub struct ConnectionCount(Rc<Count>);

#[derive(Debug)]
struct Count {
    open: Cell<usize>,
    max: usize,
    none: Notify,
    /// Places for TLS handshakes.
    handshakes: Semaphore,
}

/// One connection's place; given back when dropped.
#[derive(Debug)]
pub struct Place(Rc<Count>);

impl ConnectionCount {
    /// So many connections, so many of them in their TLS handshake.
    pub fn new(max: usize, max_handshakes: usize) -> Self {
        Self(Rc::new(Count {
            open: Cell::new(0),
            max,
            none: Notify::new(),
            handshakes: Semaphore::new(max_handshakes.min(Semaphore::MAX_PERMITS)),
        }))
    }

    /// Waits for its turn, which is over when the permit is dropped.
    async fn handshake(&self) -> Option<SemaphorePermit<'_>> {
        // `None` if it were closed, which nobody does.
        self.0.handshakes.acquire().await.ok()
    }

    /// `None`: the worker has as many as it may.
    pub fn take(&self) -> Option<Place> {
        let open = self.0.open.get();
        (open < self.0.max).then(|| {
            self.0.open.set(open + 1);
            Place(Rc::clone(&self.0))
        })
    }

    pub fn open(&self) -> usize {
        self.0.open.get()
    }

    /// Resolves when there is no connection.
    pub async fn none(&self) {
        while self.0.open.get() > 0 {
            self.0.none.notified().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let left = self.0.open.get().saturating_sub(1);
        self.0.open.set(left);
        if left == 0 {
            self.0.none.notify_waiters();
        }
    }
}

/// Accepts on `listener` until the drain begins, then closes it; connections go on as tasks of their own,
/// which end themselves when they have answered what was asked. To be run inside a `LocalSet`.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    handler: Rc<H>,
    options: Rc<Options>,
    telemetry: Arc<Telemetry>,
    connections: ConnectionCount,
    drain: Drain,
) {
    let mut ending = drain.clone();
    let server = Server {
        handler,
        options,
        telemetry,
        tls: tls.map(TlsAcceptor::from),
        connections: connections.clone(),
        drain,
    };
    loop {
        let accepted = tokio::select! {
            biased;
            () = ending.begun() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = connections.take() else {
                    // Closed at once, so that the client tries elsewhere rather than waits.
                    server.telemetry.connections.closed(Closed::Limit);
                    continue;
                };
                // Answers are written whole; Nagle would only hold back their ends.
                let _ = stream.set_nodelay(true);
                let serving = server.clone().serve(stream, peer);
                tokio::task::spawn_local(async move {
                    serving.await;
                    drop(place);
                });
            }
            Err(error) if is_the_connections(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted for the moment");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
}

/// Errors that concern the one connection that would have been accepted (accept(2)).
fn is_the_connections(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, PermissionDenied,
    };
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | PermissionDenied
    )
}

#[cfg(test)]
mod tests;
