//! `[quic]`: how HTTP/3 uses the network, and what clients may take of a worker before they are known.
use super::document::Section;
use super::read::size;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// `[quic]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quic {
    pub congestion: Congestion,
    /// Bytes sent before the first acknowledgement.
    pub initial_window: u64,
    /// Bytes of answers in flight or waiting to be sent on one connection, at most.
    pub send_window: u64,
    /// Largest UDP payload that path MTU discovery tries, bytes.
    pub max_udp_payload: u32,
    /// Whether returning clients may send requests along with their handshake.
    pub early_data: bool,
    /// Handshakes under way from which on clients of a worker have to prove their address first.
    pub retry_handshakes: usize,
    /// Handshakes of a worker under way; further ones are refused.
    pub max_handshakes: usize,
}

impl Default for Quic {
    fn default() -> Self {
        Self {
            congestion: Congestion::Cubic,
            initial_window: 40 * KIB,
            send_window: 8 * MIB,
            max_udp_payload: 1452,
            early_data: true,
            retry_handshakes: 256,
            max_handshakes: 1024,
        }
    }
}

/// Congestion control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Congestion {
    Cubic,
    Bbr,
    NewReno,
}

impl Quic {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let default = Self::default();
        let quic = Self {
            congestion: section.get("congestion", default.congestion),
            // RFC 9002, 7.2: two datagrams at least.
            initial_window: size(
                &mut section,
                "initial_window",
                default.initial_window,
                2400..=MIB,
            ),
            send_window: size(
                &mut section,
                "send_window",
                default.send_window,
                64 * KIB..=256 * MIB,
            ),
            // RFC 9000, 14 and 18.2.
            max_udp_payload: section.bounded(
                "max_udp_payload",
                default.max_udp_payload,
                1200..=65_527,
            ),
            early_data: section.get("early_data", default.early_data),
            retry_handshakes: section.bounded(
                "retry_handshakes",
                default.retry_handshakes,
                0..=1_000_000,
            ),
            max_handshakes: section.bounded(
                "max_handshakes",
                default.max_handshakes,
                1..=1_000_000,
            ),
        };
        section.finish();
        quic
    }
}
