//! HTTP/3 for one worker: quinn's streams, `edgepack-h3`'s framing, the core's [`Handler`].
//!
//! ```text
//! UDP ─ quinn ─┬─ unidirectional streams ─ control, QPACK        (connection.rs)
//!              └─ request streams ─ head, body ─▶ Request         (incoming.rs)
//!                                                   │ Handler
//!                 write_chunks ◀─ HEADERS, DATA ◀─ Response       (outgoing.rs)
//! ```
//!
//! Everything runs on the worker's own current-thread runtime inside a `LocalSet`; nothing is `Send`. A
//! body's `Bytes` go to quinn as they are: the one copy of them is the sealed packet.
mod budget;
mod cid;
mod connection;
mod head;
mod incoming;
mod options;
mod outgoing;
mod schedule;
mod sessions;
mod steering;
mod transport;

use std::rc::Rc;

use quinn::VarInt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::debug;

use super::Handler;
use crate::telemetry::Closed;
pub use options::{Congestion, Options};
pub use steering::{Seat, seats};
pub use transport::{EndpointError, Transport, bind, transport_config};

/// Serves HTTP/3 on `endpoint` until `shutdown` turns true (or its sender is gone) and all connections
/// have drained, [`Options::drain_deadline`] at most.
///
/// While it drains, clients are told by GOAWAY to go elsewhere, requests under way are finished, further
/// ones rejected as safe to repeat, and new connections refused.
///
/// Must run inside a [`tokio::task::LocalSet`].
pub async fn serve<H: Handler>(
    endpoint: quinn::Endpoint,
    handler: Rc<H>,
    options: Options,
    shutdown: watch::Receiver<bool>,
) {
    let options = Rc::new(options);
    let handshakes = Rc::new(());
    let mut stop = shutdown.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            incoming = endpoint.accept() => {
                let Some(incoming) = incoming else { break };
                let under_way = Rc::strong_count(&handshakes) - 1;
                let admission = admit(incoming, connections.len(), under_way, &options);
                if let Some(connecting) = admission {
                    connections.spawn_local(connection::run(
                        connecting,
                        Rc::clone(&handshakes),
                        Rc::clone(&handler),
                        Rc::clone(&options),
                        shutdown.clone(),
                    ));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }

    let drained = async {
        loop {
            tokio::select! {
                incoming = endpoint.accept() => match incoming {
                    Some(incoming) => incoming.refuse(),
                    None => break,
                },
                ended = connections.join_next() => if ended.is_none() {
                    break;
                },
            }
        }
    };
    // Each connection minds the deadline itself; the same again is the bound should one not.
    if timeout(options.drain_deadline * 2, drained).await.is_err() {
        debug!("connections left at the deadline");
    }
    endpoint.close(code(edgepack_h3::Code::NO_ERROR), b"");
    // Long enough for CONNECTION_CLOSE to reach those who still listen.
    let _ = timeout(transport::CLOSE_TIMEOUT, endpoint.wait_idle()).await;
}

/// Takes a connection on, or sends it away: refused above the limits, asked to prove its address (RFC
/// 9000, 8.1.2) when much is open already.
fn admit(
    incoming: quinn::Incoming,
    open: usize,
    handshakes: usize,
    options: &Options,
) -> Option<quinn::Connecting> {
    let busy = open >= options.retry_above || handshakes >= options.retry_above_handshakes;
    let full = open >= options.max_connections;
    // A forged address costs a packet and nothing else, and takes no place from those who are there.
    if busy && !full && incoming.may_retry() && !incoming.remote_address_validated() {
        if let Some(telemetry) = &options.telemetry {
            telemetry.quic.retries.inc();
        }
        // Fails only where `may_retry` is false.
        let _ = incoming.retry();
        return None;
    }
    if full || handshakes >= options.max_handshakes {
        options.closed(Closed::Limit);
        incoming.refuse();
        return None;
    }
    incoming
        .accept()
        .inspect_err(|error| {
            options.closed(Closed::Handshake);
            debug!(%error, "first packet refused");
        })
        .ok()
}

/// The application error code in quinn's words.
fn code(code: edgepack_h3::Code) -> VarInt {
    VarInt::from_u64(code.value()).unwrap_or(VarInt::MAX)
}
