//! What a client may take of a worker.
use std::sync::Arc;
use std::time::Duration;

use edgepack_h3::Limits;

use crate::telemetry::{Closed, Telemetry};

/// Bounds and timeouts of HTTP/3 on one worker.
#[derive(Debug, Clone)]
pub struct Options {
    /// From the first packet to a finished handshake.
    pub handshake_timeout: Duration,
    /// A connection without a request under way is closed after this; so is one that is silent this long.
    pub idle_timeout: Duration,
    /// From the opening of a request stream to a whole head, and between two pieces of a request body.
    pub request_timeout: Duration,
    /// How long a client may take nothing of a response before its stream is reset.
    pub stall_timeout: Duration,
    /// From the shutdown signal to the end of the last connection.
    pub drain_deadline: Duration,
    /// Request streams a client may have open at once (announced as QUIC's `initial_max_streams_bidi`).
    pub max_concurrent_streams: u32,
    /// Requests of one connection under way at once; further streams wait.
    pub max_concurrent_requests: usize,
    /// Connections of this worker; further ones are refused.
    pub max_connections: usize,
    /// With this many connections open, a client must prove its address with a Retry first.
    pub retry_above: usize,
    /// Bytes of one request body.
    pub max_request_body: usize,
    /// Response bytes a connection may hold in flight or queued in quinn. More than bandwidth × round-trip
    /// time of a fast viewer, less than what a thousand slow ones may pin.
    pub send_window: u64,
    /// Request heads: size, number of fields, frames to ignore.
    pub limits: Limits,
    /// Where connections are counted.
    pub telemetry: Option<Arc<Telemetry>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(30),
            drain_deadline: Duration::from_secs(30),
            max_concurrent_streams: 128,
            max_concurrent_requests: 128,
            max_connections: 10_000,
            retry_above: 2_000,
            max_request_body: 1 << 20,
            send_window: 8 << 20,
            limits: Limits::default(),
            telemetry: None,
        }
    }
}

impl Options {
    pub(super) fn closed(&self, reason: Closed) {
        if let Some(telemetry) = &self.telemetry {
            telemetry.connections.closed(reason);
        }
    }
}
