//! Every listening socket of the node, bound before anything is promised.
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use serde_json::{Value, json};
use socket2::{Domain, Protocol, Socket, Type};

use super::Error;
use crate::config::Listen;
use crate::delivery::h3::{Seat, seats};

/// Connections that may wait to be accepted, per socket; the kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4096;
/// Asked of the kernel for each UDP socket, which grants at most `net.core.rmem_max` and `wmem_max`.
const UDP_BUFFER: usize = 4 << 20;
/// Tries to find a port that is free for TCP and UDP alike, where the configuration leaves it open.
const FREE_PORT_TRIES: usize = 16;

/// One worker's.
#[derive(Debug, Default)]
pub(super) struct WorkerSockets {
    pub(super) http: Vec<TcpListener>,
    pub(super) https: Vec<TcpListener>,
    pub(super) quic: Vec<QuicSocket>,
}

/// One of those that share an address, and its place among them.
#[derive(Debug)]
pub(super) struct QuicSocket {
    pub(super) socket: UdpSocket,
    pub(super) seat: Seat,
}

#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) workers: Vec<WorkerSockets>,
    pub(super) admin: TcpListener,
    addresses: Addresses,
}

#[derive(Debug, Default)]
struct Addresses {
    http: Vec<SocketAddr>,
    https: Vec<SocketAddr>,
    http3: Vec<SocketAddr>,
    admin: Option<SocketAddr>,
}

impl Sockets {
    /// # Errors
    /// [`Error::Bind`] with address and remedy.
    pub(super) fn bind(listen: &Listen, admin: SocketAddr, workers: usize) -> Result<Self, Error> {
        let mut sockets = Self {
            workers: (0..workers.max(1))
                .map(|_| WorkerSockets::default())
                .collect(),
            admin: admin_listener(admin).map_err(failed("admin.listen", admin))?,
            addresses: Addresses::default(),
        };
        sockets.addresses.admin = sockets.admin.local_addr().ok();
        for &address in &listen.http {
            if skipped(address, listen.http.len()) {
                continue;
            }
            sockets
                .plain(address)
                .map_err(failed("listen.http", address))?;
        }
        for &address in &listen.https {
            if skipped(address, listen.https.len()) {
                continue;
            }
            sockets
                .secure(address, listen.http3)
                .map_err(failed("listen.https", address))?;
        }
        if sockets.addresses.http.is_empty() && sockets.addresses.https.is_empty() {
            return Err(Error::NoListener);
        }
        Ok(sockets)
    }

    /// The line that says where the node is to be found.
    pub(super) fn announcement(&self) -> Value {
        let list = |addresses: &[SocketAddr]| {
            addresses
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        json!({
            "event": "listening",
            "http": list(&self.addresses.http),
            "https": list(&self.addresses.https),
            "http3": list(&self.addresses.http3),
            "admin": self.addresses.admin.map(|address| address.to_string()),
        })
    }

    fn plain(&mut self, address: SocketAddr) -> io::Result<()> {
        let address = free_tcp(address)?;
        for worker in &mut self.workers {
            worker.http.push(shared_tcp(address)?);
        }
        self.addresses.http.push(address);
        Ok(())
    }

    fn secure(&mut self, wanted: SocketAddr, http3: bool) -> io::Result<()> {
        let address = if http3 {
            free_tcp_and_udp(wanted)?
        } else {
            free_tcp(wanted)?
        };
        for worker in &mut self.workers {
            worker.https.push(shared_tcp(address)?);
        }
        self.addresses.https.push(address);
        if http3 {
            let seats = seats(self.workers.len())?;
            for (worker, seat) in self.workers.iter_mut().zip(seats) {
                let socket = shared_udp(address)?;
                worker.quic.push(QuicSocket { socket, seat });
            }
            self.addresses.http3.push(address);
        }
        Ok(())
    }
}

/// `SO_REUSEPORT` lets any process of the same user join in: a second node would take half of the viewers
/// and nobody be told. So the address is first taken for ourselves alone, which fails where anybody has it.
fn free_tcp(address: SocketAddr) -> io::Result<SocketAddr> {
    let socket = tcp_socket(address)?;
    socket.bind(&address.into())?;
    local(&socket, address)
}

fn free_tcp_and_udp(wanted: SocketAddr) -> io::Result<SocketAddr> {
    let mut tries = if wanted.port() == 0 {
        FREE_PORT_TRIES
    } else {
        1
    };
    loop {
        tries -= 1;
        let address = free_tcp(wanted)?;
        match udp_socket(address).and_then(|socket| socket.bind(&address.into())) {
            Ok(()) => return Ok(address),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => {}
        }
    }
}

fn shared_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = tcp_socket(address)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn shared_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = udp_socket(address)?;
    socket.set_reuse_port(true)?;
    socket.set_recv_buffer_size(UDP_BUFFER)?;
    socket.set_send_buffer_size(UDP_BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn admin_listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = tcp_socket(address)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Connections of a former process in TIME_WAIT do not stand in the way.
fn tcp_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    one_family(&socket, address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn udp_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    one_family(&socket, address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// An address means what it says: `[::]` is IPv6, and stands beside `0.0.0.0`.
fn one_family(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv6() {
        socket.set_only_v6(true)
    } else {
        Ok(())
    }
}

fn local(socket: &Socket, fallback: SocketAddr) -> io::Result<SocketAddr> {
    Ok(socket.local_addr()?.as_socket().unwrap_or(fallback))
}

/// On a machine without IPv6 the wildcard `[::]` and the loopback `[::1]` are left out, said in the log, when another
/// address remains.
fn skipped(address: SocketAddr, of: usize) -> bool {
    let everywhere = address.ip().is_unspecified() || address.ip().is_loopback();
    if !address.is_ipv6() || !everywhere || of < 2 {
        return false;
    }
    let error = match Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))
        .and_then(|socket| socket.bind(&SocketAddr::new(address.ip(), 0).into()))
    {
        Ok(()) => return false,
        Err(error) => error,
    };
    tracing::warn!(%address, %error, "this machine has no IPv6: the address is left out");
    true
}

fn failed(section: &'static str, address: SocketAddr) -> impl FnOnce(io::Error) -> Error {
    move |source| {
        let remedy = match source.kind() {
            io::ErrorKind::AddrInUse => "stop what listens there, or name another port",
            io::ErrorKind::AddrNotAvailable => {
                "name an address that an interface of this machine has"
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need root or CAP_NET_BIND_SERVICE (AmbientCapabilities in systemd)"
            }
            _ => "name an address this machine can listen on",
        };
        Error::Bind {
            section,
            address,
            source,
            remedy,
        }
    }
}

#[cfg(test)]
mod tests;
