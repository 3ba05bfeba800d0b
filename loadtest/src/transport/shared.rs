//! What the viewers of one thread share: settings, addresses, UDP sockets, counters.
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::net::sockopt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use url::{Host, Url};

use super::tls::{self, TlsError};
use super::{Budget, Failure};
use crate::measure::Recorder;
use crate::outcome::ErrorClass;
use crate::scenario::{Limits, Protocol, Timeouts, Tls};

/// How connections are made; one for a run.
#[derive(Clone, Debug)]
pub struct Settings {
    pub protocol: Protocol,
    /// Lets connections leave this machine.
    pub any_address: bool,
    pub timeouts: Timeouts,
    pub connections_per_viewer: usize,
    /// Of each thread.
    pub udp_sockets: usize,
    pub budget: Budget,
    pub tls: tls::Config,
    pub counters: Arc<Counters>,
}

/// Of all threads.
#[derive(Debug)]
pub struct Counters {
    places: Arc<Semaphore>,
    opened: AtomicU64,
    failed: AtomicU64,
    open: AtomicU64,
    peak: AtomicU64,
}

impl Counters {
    pub fn new(connections: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            opened: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            open: AtomicU64::new(0),
            peak: AtomicU64::new(0),
        }
    }

    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

/// As long as a connection lives.
#[derive(Debug)]
pub(super) struct Place {
    counters: Arc<Counters>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// The connection stands.
    pub(super) fn opened(&self) {
        self.counters.opened.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Settings {
    /// # Errors
    /// Certificates that cannot be read.
    pub fn new(
        protocol: Protocol,
        any_address: bool,
        tls: &Tls,
        timeouts: &Timeouts,
        limits: &Limits,
        threads: usize,
    ) -> Result<Self, TlsError> {
        Ok(Self {
            protocol,
            any_address,
            timeouts: timeouts.clone(),
            connections_per_viewer: limits.connections_per_viewer,
            udp_sockets: limits.udp_sockets.div_ceil(threads.max(1)),
            budget: Budget::new(limits.verify_bytes),
            tls: tls::Config::new(tls, protocol)?,
            counters: Arc::new(Counters::new(limits.connections)),
        })
    }
}

/// By host and port.
type Addresses = HashMap<(String, u16), Rc<[SocketAddr]>>;

/// Makes connections for the viewers of one thread.
#[derive(Debug)]
pub struct Dialer {
    pub(super) settings: Settings,
    pub(super) recorder: Recorder,
    addresses: RefCell<Addresses>,
    endpoints: RefCell<Vec<quinn::Endpoint>>,
    turn: Cell<usize>,
}

impl Dialer {
    pub fn new(settings: Settings, recorder: Recorder) -> Self {
        Self {
            settings,
            recorder,
            addresses: RefCell::default(),
            endpoints: RefCell::default(),
            turn: Cell::new(0),
        }
    }

    pub(super) fn tls_of_viewer(&self) -> Arc<rustls::ClientConfig> {
        self.settings.tls.of_viewer()
    }

    /// A place among the connections of the run.
    pub(super) async fn place(&self) -> Result<Place, Failure> {
        let counters = &self.settings.counters;
        let wait = self.settings.timeouts.connect;
        let permit = timeout(wait, Arc::clone(&counters.places).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Failure::new(
                ErrorClass::Connect,
                "limits.connections is reached: no connection of this run became free in time",
            ));
        };
        let open = counters.open.fetch_add(1, Ordering::Relaxed) + 1;
        counters.peak.fetch_max(open, Ordering::Relaxed);
        Ok(Place {
            counters: Arc::clone(counters),
            _permit: permit,
        })
    }

    pub(super) fn count_failed(&self) {
        self.settings
            .counters
            .failed
            .fetch_add(1, Ordering::Relaxed);
    }

    /// Looked up once.
    pub(super) async fn addresses(&self, url: &Url) -> Result<Rc<[SocketAddr]>, Failure> {
        let refuse = |what: String| Failure::new(ErrorClass::Connect, what);
        let port = url.port_or_known_default().unwrap_or(80);
        let name = url.host_str().unwrap_or_default().to_owned();
        let known = self.addresses.borrow().get(&(name.clone(), port)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let found: Rc<[SocketAddr]> = lookup(url, port).await.map_err(refuse)?.into();
        if !self.settings.any_address
            && let Some(other) = found.iter().find(|address| !address.ip().is_loopback())
        {
            return Err(refuse(format!(
                "{} is not this machine: --i-own-this-target lets connections leave it",
                other.ip()
            )));
        }
        self.addresses
            .borrow_mut()
            .insert((name, port), Rc::clone(&found));
        Ok(found)
    }

    /// One of the thread's UDP sockets, in turn.
    pub(super) fn endpoint(&self, remote: IpAddr) -> Result<quinn::Endpoint, Failure> {
        let local: SocketAddr = match remote {
            IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let mut endpoints = self.endpoints.borrow_mut();
        let fits = |endpoint: &&quinn::Endpoint| {
            endpoint
                .local_addr()
                .is_ok_and(|address| address.is_ipv4() == local.is_ipv4())
        };
        if endpoints.iter().filter(fits).count() < self.settings.udp_sockets.max(1) {
            let endpoint = udp(local).map_err(|error| {
                Failure::new(ErrorClass::Connect, format!("no UDP socket: {error}"))
            })?;
            endpoints.push(endpoint.clone());
            return Ok(endpoint);
        }
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        let fitting: Vec<_> = endpoints.iter().filter(fits).collect();
        Ok(fitting[turn % fitting.len()].clone())
    }
}

/// What a thread's viewers are sent while it is busy with others of them: segments of hundreds, at line rate.
const UDP_RECEIVE_BUFFER: usize = 8 << 20;

fn udp(local: SocketAddr) -> std::io::Result<quinn::Endpoint> {
    let socket = std::net::UdpSocket::bind(local)?;
    // Beyond net.core.rmem_max only who administers the network may go; others get as much as that.
    if sockopt::set_socket_recv_buffer_size_force(&socket, UDP_RECEIVE_BUFFER).is_err()
        && let Err(error) = sockopt::set_socket_recv_buffer_size(&socket, UDP_RECEIVE_BUFFER)
    {
        tracing::warn!(%error, "the receive buffer of a UDP socket stays as it is");
    }
    let runtime = Arc::new(quinn::TokioRuntime);
    quinn::Endpoint::new(quinn::EndpointConfig::default(), None, socket, runtime)
}

/// The addresses of a URL's host.
pub(crate) async fn lookup(url: &Url, port: u16) -> Result<Vec<SocketAddr>, String> {
    let found: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
        Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
        Some(Host::Domain(name)) => tokio::net::lookup_host((name, port))
            .await
            .map_err(|error| format!("{name}: {error}"))?
            .collect(),
        None => Vec::new(),
    };
    match found.is_empty() {
        true => Err(format!("{url}: no address")),
        false => Ok(found),
    }
}
