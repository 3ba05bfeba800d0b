//! Sessions of returning clients, where they may send requests at once (0-RTT).
use std::sync::Arc;

use rustls::server::{ProducesTickets, ServerSessionMemoryCache};

/// Sessions kept, all workers together; the oldest go first. Each is good for one resumption.
const SESSIONS: usize = 32 * 1024;
/// QUIC bounds early data by its flow control instead (RFC 9001, 4.6.1).
const EARLY_DATA_UNBOUNDED: u32 = u32::MAX;

/// Keeps sessions in the node instead of in tickets: a session is taken out when it is used, so that a
/// recorded first flight is of no use a second time (RFC 8446, 8.1).
pub(super) fn allow_early_data(tls: &mut rustls::ServerConfig) {
    tls.max_early_data_size = EARLY_DATA_UNBOUNDED;
    tls.ticketer = Arc::new(NoTickets);
    tls.session_storage = ServerSessionMemoryCache::new(SESSIONS);
}

/// Turns self-contained tickets off.
#[derive(Debug)]
struct NoTickets;

impl ProducesTickets for NoTickets {
    fn enabled(&self) -> bool {
        false
    }

    fn lifetime(&self) -> u32 {
        0
    }

    fn encrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn decrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
