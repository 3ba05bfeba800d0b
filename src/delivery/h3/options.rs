//! What a client may take of a worker.
use std::sync::Arc;
use std::time::Duration;

use edgepack_h3::Limits;

use crate::telemetry::{Closed, Telemetry};

/// How fast a connection may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Congestion {
    /// RFC 9438.
    #[default]
    Cubic,
    /// Version 1: by measured bandwidth and round-trip time, not by loss.
    Bbr,
    /// RFC 9002, 7.
    NewReno,
}

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
    /// With this many handshakes under way, too.
    pub retry_above_handshakes: usize,
    /// Handshakes under way; further ones are refused.
    pub max_handshakes: usize,
    /// Whether requests are taken before the handshake is complete (0-RTT).
    pub early_data: bool,
    pub congestion: Congestion,
    /// Bytes sent before the first acknowledgement.
    pub initial_window: u64,
    /// Largest UDP payload that path MTU discovery tries.
    pub max_udp_payload: u16,
    /// Bytes of one request body.
    pub max_request_body: usize,
    /// Response bytes a connection may have in flight or waiting in quinn, at most: more than bandwidth ×
    /// round-trip time of a fast viewer. A slow one has less.
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
            retry_above_handshakes: 256,
            max_handshakes: 1024,
            early_data: true,
            congestion: Congestion::Cubic,
            initial_window: 40 << 10,
            max_udp_payload: 1452,
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
