//! QUIC under HTTP/3: socket, TLS, and quinn's settings.
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use quinn::congestion::{BbrConfig, ControllerFactory, CubicConfig, NewRenoConfig};
use quinn::crypto::rustls::{NoInitialCipherSuite, QuicServerConfig};
use quinn::{
    AckFrequencyConfig, EndpointConfig, IdleTimeout, MtuDiscoveryConfig, Runtime, ServerConfig,
    TokioRuntime, TransportConfig, VarInt,
};
use socket2::{Domain, Protocol, Socket, Type};

use super::budget::BUDGET_MIN;
use super::{Congestion, Options, Seat, sessions};
use crate::telemetry::Telemetry;

/// ALPN of HTTP/3 (RFC 9114, 3.1).
const ALPN: &[u8] = b"h3";

/// Asked of the kernel for each socket, which grants at most `net.core.rmem_max` and `wmem_max`. A worker
/// reads its socket between other work: what arrives meanwhile must fit.
const RECEIVE_BUFFER: usize = 4 << 20;
const SEND_BUFFER: usize = 4 << 20;

/// Control, QPACK encoder and decoder, and a few that mean nothing (RFC 9114, 6.2).
const MAX_UNI_STREAMS: u32 = 16;
/// Request bodies are small: licence requests.
const STREAM_RECEIVE_WINDOW: u32 = 256 << 10;
const RECEIVE_WINDOW: u32 = 1 << 20;

/// Packets that a client who can be told may receive without acknowledging at once: reading
/// acknowledgements is a good part of the work of sending.
const ACK_ELICITING_THRESHOLD: u32 = 4;

/// Handshakes begun and not yet taken by the worker, and bytes of packets that wait with them.
const MAX_INCOMING: usize = 1024;
const INCOMING_BUFFER: u64 = 64 << 10;
const INCOMING_BUFFER_TOTAL: u64 = 16 << 20;

/// How long the last packets get to leave before the endpoint goes.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    #[error("the TLS configuration cannot serve QUIC, which needs TLS 1.3 with AES-128-GCM: {0}")]
    Tls(#[from] NoInitialCipherSuite),
    #[error("the UDP socket: {0}")]
    Socket(#[from] io::Error),
}

/// A UDP socket that shares its port with those of the other workers. IPv6 wildcard sockets take IPv4, too.
///
/// # Errors
/// What `socket(2)` and `bind(2)` say; buffers smaller than asked for are no error.
pub fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_port(true)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// What the endpoints of all workers have in common: certificates, sessions, the keys of tokens. A client
/// that comes back to another worker is known there, too.
#[derive(Debug, Clone)]
pub struct Transport {
    server: ServerConfig,
    telemetry: Option<Arc<Telemetry>>,
}

impl Transport {
    /// HTTP/3 with the certificates of `tls`; ALPN is set to `h3`.
    ///
    /// # Errors
    /// [`EndpointError::Tls`].
    pub fn new(tls: &Arc<rustls::ServerConfig>, options: &Options) -> Result<Self, EndpointError> {
        let mut tls = rustls::ServerConfig::clone(tls);
        tls.alpn_protocols = vec![ALPN.to_vec()];
        if options.early_data {
            sessions::allow_early_data(&mut tls);
        } else {
            tls.max_early_data_size = 0;
        }
        let crypto = QuicServerConfig::try_from(tls)?;
        let mut server = ServerConfig::with_crypto(Arc::new(crypto));
        server
            .transport_config(Arc::new(transport_config(options)))
            .max_incoming(MAX_INCOMING)
            .incoming_buffer_size(INCOMING_BUFFER)
            .incoming_buffer_size_total(INCOMING_BUFFER_TOTAL);
        Ok(Self {
            server,
            telemetry: options.telemetry.clone(),
        })
    }

    /// An endpoint on `socket`, which shares its address with those of the other seats. Must be called
    /// inside the worker's runtime.
    ///
    /// # Errors
    /// [`EndpointError::Socket`].
    pub fn endpoint(
        &self,
        socket: UdpSocket,
        seat: Seat,
    ) -> Result<quinn::Endpoint, EndpointError> {
        socket.set_nonblocking(true)?;
        let runtime = Arc::new(TokioRuntime);
        let generator = seat.generator();
        let socket = seat.steer(runtime.wrap_udp_socket(socket)?, self.telemetry.clone());
        let mut config = EndpointConfig::default();
        config.cid_generator(move || Box::new(generator()));
        Ok(quinn::Endpoint::new_with_abstract_socket(
            config,
            Some(self.server.clone()),
            socket,
            runtime,
        )?)
    }
}

/// quinn's settings for a server that sends large bodies and receives small ones.
pub fn transport_config(options: &Options) -> TransportConfig {
    let mut transport = TransportConfig::default();
    // Beyond 2^62 ms is never.
    let idle = IdleTimeout::try_from(options.idle_timeout).ok();
    let mut discovery = MtuDiscoveryConfig::default();
    discovery.upper_bound(options.max_udp_payload);
    let mut acknowledgements = AckFrequencyConfig::default();
    acknowledgements.ack_eliciting_threshold(ACK_ELICITING_THRESHOLD.into());
    transport
        .max_concurrent_bidi_streams(options.max_concurrent_streams.into())
        .max_concurrent_uni_streams(MAX_UNI_STREAMS.into())
        .max_idle_timeout(idle)
        .stream_receive_window(VarInt::from_u32(STREAM_RECEIVE_WINDOW))
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW))
        .send_window(options.send_window.min(BUDGET_MIN))
        .send_fairness(true)
        .congestion_controller_factory(congestion(options))
        .mtu_discovery_config(Some(discovery))
        .ack_frequency_config(Some(acknowledgements))
        .datagram_receive_buffer_size(None)
        .enable_segmentation_offload(true);
    transport
}

fn congestion(options: &Options) -> Arc<dyn ControllerFactory + Send + Sync> {
    let window = options.initial_window;
    match options.congestion {
        Congestion::Cubic => {
            let mut config = CubicConfig::default();
            config.initial_window(window);
            Arc::new(config)
        }
        Congestion::Bbr => {
            let mut config = BbrConfig::default();
            config.initial_window(window);
            Arc::new(config)
        }
        Congestion::NewReno => {
            let mut config = NewRenoConfig::default();
            config.initial_window(window);
            Arc::new(config)
        }
    }
}
