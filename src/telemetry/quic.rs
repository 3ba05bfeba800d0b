//! What is QUIC's alone.
use prometheus::{IntCounter, Registry};

#[derive(Debug)]
pub struct Quic {
    /// Clients asked to prove their address first.
    pub retries: IntCounter,
    /// Requests that came in early data.
    pub early_requests: IntCounter,
    /// Datagrams given to the worker whose connection they belong to.
    pub handed_over: IntCounter,
    /// Those that it had no room for.
    pub handover_dropped: IntCounter,
}

impl Quic {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        Ok(Self {
            retries: counter(
                "edgepack_quic_retries_total",
                "Clients asked to prove their address before their handshake.",
            )?,
            early_requests: counter(
                "edgepack_quic_early_requests_total",
                "Requests that came in early data (0-RTT).",
            )?,
            handed_over: counter(
                "edgepack_quic_datagrams_handed_over_total",
                "Datagrams given to the worker whose connection they belong to.",
            )?,
            handover_dropped: counter(
                "edgepack_quic_datagrams_dropped_total",
                "Datagrams for another worker's connection that it had no room for.",
            )?,
        })
    }
}
