//! Connections: how many, and why they ended.
use std::sync::Arc;

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::Telemetry;
use super::requests::{index, label};
use crate::delivery::Protocol;

/// Why the node let go of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// The client closed it, or it broke.
    Client,
    /// No request for the idle time.
    Idle,
    /// A request head that took too long to arrive.
    SlowHead,
    /// A response that the client did not read.
    SlowReader,
    /// Not TLS, or a handshake that failed.
    Handshake,
    /// A handshake that took too long.
    SlowHandshake,
    /// Not HTTP, or a violation of it.
    Protocol,
    /// More connections than the worker may hold.
    Limit,
    /// The node is draining.
    Drain,
}

impl Closed {
    const ALL: [Self; 9] = [
        Self::Client,
        Self::Idle,
        Self::SlowHead,
        Self::SlowReader,
        Self::Handshake,
        Self::SlowHandshake,
        Self::Protocol,
        Self::Limit,
        Self::Drain,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Idle => "idle",
            Self::SlowHead => "slow-head",
            Self::SlowReader => "slow-reader",
            Self::Handshake => "handshake",
            Self::SlowHandshake => "slow-handshake",
            Self::Protocol => "protocol",
            Self::Limit => "limit",
            Self::Drain => "drain",
        }
    }
}

#[derive(Debug)]
pub struct Connections {
    open: Vec<IntGauge>,
    total: Vec<IntCounter>,
    closed: Vec<IntCounter>,
    sent_from_file: IntCounter,
    given_to_kernel: IntCounter,
    refused_by_kernel: IntCounter,
}

impl Connections {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let open = IntGaugeVec::new(
            Opts::new(
                "edgepack_connections_open",
                "Connections past their handshake, by protocol.",
            ),
            &["protocol"],
        )?;
        let total = IntCounterVec::new(
            Opts::new(
                "edgepack_connections_total",
                "Connections that got past their handshake, by protocol.",
            ),
            &["protocol"],
        )?;
        let closed = IntCounterVec::new(
            Opts::new(
                "edgepack_connections_closed_total",
                "Connections ended, by why.",
            ),
            &["reason"],
        )?;
        registry.register(Box::new(open.clone()))?;
        registry.register(Box::new(total.clone()))?;
        registry.register(Box::new(closed.clone()))?;
        let sent_from_file = IntCounter::new(
            "edgepack_sendfile_bytes_total",
            "Body bytes that the kernel sent from memory files, without a copy.",
        )?;
        registry.register(Box::new(sent_from_file.clone()))?;
        let given_to_kernel = IntCounter::new(
            "edgepack_tls_kernel_connections_total",
            "TLS connections over TCP whose records the kernel seals.",
        )?;
        registry.register(Box::new(given_to_kernel.clone()))?;
        let refused_by_kernel = IntCounter::new(
            "edgepack_tls_kernel_refused_total",
            "TLS connections over TCP that the kernel did not take; the node seals their records.",
        )?;
        registry.register(Box::new(refused_by_kernel.clone()))?;
        let protocols = [Protocol::Http1, Protocol::Http2, Protocol::Http3].map(label);
        Ok(Self {
            open: protocols
                .iter()
                .map(|protocol| open.with_label_values(&[protocol]))
                .collect(),
            total: protocols
                .iter()
                .map(|protocol| total.with_label_values(&[protocol]))
                .collect(),
            closed: Closed::ALL
                .iter()
                .map(|reason| closed.with_label_values(&[reason.as_str()]))
                .collect(),
            sent_from_file,
            given_to_kernel,
            refused_by_kernel,
        })
    }

    /// A connection ended, whether or not it got past its handshake.
    pub fn closed(&self, reason: Closed) {
        if let Some(counter) = self.closed.get(reason as usize) {
            counter.inc();
        }
    }

    pub fn given_to_kernel(&self) {
        self.given_to_kernel.inc();
    }

    pub fn refused_by_kernel(&self) {
        self.refused_by_kernel.inc();
    }

    pub fn sent_from_file(&self, bytes: usize) {
        self.sent_from_file.inc_by(bytes as u64);
    }
}

impl Telemetry {
    /// Counts a connection as open until the guard is dropped.
    pub fn connection(self: &Arc<Self>, protocol: Protocol) -> OpenConnection {
        if let (Some(open), Some(total)) = (
            self.connections.open.get(index(protocol)),
            self.connections.total.get(index(protocol)),
        ) {
            open.inc();
            total.inc();
        }
        OpenConnection {
            telemetry: Arc::clone(self),
            protocol,
        }
    }
}

#[derive(Debug)]
pub struct OpenConnection {
    telemetry: Arc<Telemetry>,
    protocol: Protocol,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        if let Some(open) = self.telemetry.connections.open.get(index(self.protocol)) {
            open.dec();
        }
    }
}
