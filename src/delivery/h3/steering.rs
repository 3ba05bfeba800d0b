//! A connection stays with its worker, whatever address its client comes from.
//!
//! The kernel spreads datagrams over the workers' sockets by the client's address. When that changes
//! (RFC 9000, 9), another worker may get them: it sees by the connection ID whose they are, and hands them
//! over. Answers go out by the owner's own socket, which has the same address.
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use quinn::udp::{EcnCodepoint, RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use tokio::sync::mpsc;

use super::cid::{CID_BYTES, CidKey, Generator};
use crate::telemetry::Telemetry;

/// Datagrams, and bytes of them, that may wait for one worker.
const QUEUE_DATAGRAMS: usize = 1024;
const QUEUE_BYTES: usize = 2 << 20;
/// A header of the long form (RFC 9000, 17.2).
const LONG_HEADER: u8 = 0x80;
/// Where a connection ID begins: behind the first byte, or behind that, the version and its length.
const SHORT_CID: usize = 1;
const LONG_CID: usize = 6;

/// One worker's place among those that share an address.
#[derive(Debug)]
pub struct Seat {
    worker: u16,
    key: Arc<CidKey>,
    inbox: mpsc::Receiver<Datagrams>,
    doors: Arc<[Door]>,
}

/// Places for `workers` that share an address.
///
/// # Errors
/// When the system has no randomness to make a key from.
pub fn seats(workers: usize) -> io::Result<Vec<Seat>> {
    let no_key = |_| io::Error::other("the system has no randomness");
    let key = Arc::new(CidKey::random().map_err(no_key)?);
    let (doors, inboxes): (Vec<_>, Vec<_>) = (0..workers.min(usize::from(u16::MAX)))
        .map(|_| {
            let (sender, inbox) = mpsc::channel(QUEUE_DATAGRAMS);
            let queued = AtomicUsize::new(0);
            (Door { sender, queued }, inbox)
        })
        .unzip();
    let doors: Arc<[Door]> = doors.into();
    Ok((0..)
        .zip(inboxes)
        .map(|(worker, inbox)| Seat {
            worker,
            key: Arc::clone(&key),
            inbox,
            doors: Arc::clone(&doors),
        })
        .collect())
}

impl Seat {
    pub(super) fn generator(&self) -> impl Fn() -> Generator + Send + Sync + 'static {
        let (key, worker) = (Arc::clone(&self.key), self.worker);
        move || Generator::new(Arc::clone(&key), worker)
    }

    /// `socket` for this place: it yields what is the worker's, from wherever it came.
    pub(super) fn steer(
        self,
        socket: Arc<dyn AsyncUdpSocket>,
        telemetry: Option<Arc<Telemetry>>,
    ) -> Arc<dyn AsyncUdpSocket> {
        if self.doors.len() < 2 {
            return socket;
        }
        Arc::new(Steered {
            socket,
            worker: self.worker,
            key: self.key,
            inbox: Mutex::new(self.inbox),
            doors: self.doors,
            telemetry,
        })
    }
}

/// Where one worker's datagrams are left.
#[derive(Debug)]
struct Door {
    sender: mpsc::Sender<Datagrams>,
    /// Bytes that wait.
    queued: AtomicUsize,
}

impl Door {
    /// `false`: there is no room, or nobody behind it any more.
    fn leave(&self, datagrams: Datagrams) -> bool {
        let length = datagrams.bytes.len();
        let before = self.queued.fetch_add(length, Ordering::Relaxed);
        let left = before + length <= QUEUE_BYTES && self.sender.try_send(datagrams).is_ok();
        if !left {
            self.queued.fetch_sub(length, Ordering::Relaxed);
        }
        left
    }
}

/// What the kernel gave at once: datagrams of one sender, all but the last of `stride` bytes.
#[derive(Debug)]
struct Datagrams {
    bytes: Box<[u8]>,
    stride: usize,
    address: SocketAddr,
    ecn: Option<EcnCodepoint>,
    destination: Option<IpAddr>,
}

#[derive(Debug)]
struct Steered {
    socket: Arc<dyn AsyncUdpSocket>,
    worker: u16,
    key: Arc<CidKey>,
    inbox: Mutex<mpsc::Receiver<Datagrams>>,
    doors: Arc<[Door]>,
    telemetry: Option<Arc<Telemetry>>,
}

impl AsyncUdpSocket for Steered {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Arc::clone(&self.socket).create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.socket.try_send(transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let taken = self.take_in(cx, buffers, metas);
        let (buffers, metas) = (&mut buffers[taken..], &mut metas[taken..]);
        if buffers.is_empty() {
            return Poll::Ready(Ok(taken));
        }
        match self.socket.poll_recv(cx, buffers, metas) {
            Poll::Ready(Ok(received)) => {
                for (buffer, meta) in buffers.iter_mut().zip(metas).take(received) {
                    self.keep_own(buffer, meta);
                }
                Poll::Ready(Ok(taken + received))
            }
            // An error shows again, as long as it lasts.
            _ if taken > 0 => Poll::Ready(Ok(taken)),
            other => other,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.socket.max_transmit_segments()
    }

    fn max_receive_segments(&self) -> usize {
        self.socket.max_receive_segments()
    }

    fn may_fragment(&self) -> bool {
        self.socket.may_fragment()
    }
}

impl Steered {
    /// Fills up to half of the buffers with what others left here, so that the own socket is read as well.
    fn take_in(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> usize {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let room = buffers.len().min(metas.len()).div_ceil(2);
        let mut taken = 0;
        while taken < room {
            let Poll::Ready(Some(left)) = inbox.poll_recv(cx) else {
                break;
            };
            let length = left.bytes.len();
            if let Some(door) = self.doors.get(usize::from(self.worker)) {
                door.queued.fetch_sub(length, Ordering::Relaxed);
            }
            // All workers have buffers of one size.
            if let Some(buffer) = buffers[taken].get_mut(..length) {
                buffer.copy_from_slice(&left.bytes);
                metas[taken] = RecvMeta {
                    addr: left.address,
                    len: length,
                    stride: left.stride,
                    ecn: left.ecn,
                    dst_ip: left.destination,
                };
                taken += 1;
            }
        }
        taken
    }

    /// Hands over what is others', and closes the gaps it leaves.
    fn keep_own(&self, buffer: &mut [u8], meta: &mut RecvMeta) {
        let stride = meta.stride.max(1);
        let mut kept = 0;
        let mut start = 0;
        while start < meta.len {
            // Datagrams of one sender are mostly of one connection.
            let owner = self.owner(&buffer[start..meta.len.min(start + stride)]);
            let mut end = meta.len.min(start + stride);
            while end < meta.len && self.owner(&buffer[end..meta.len.min(end + stride)]) == owner {
                end = meta.len.min(end + stride);
            }
            match owner {
                Some(door) => self.hand_over(door, &buffer[start..end], meta),
                None => {
                    if kept < start {
                        buffer.copy_within(start..end, kept);
                    }
                    kept += end - start;
                }
            }
            start = end;
        }
        meta.len = kept;
    }

    /// `None`: this worker, or nobody that is known.
    fn owner(&self, datagram: &[u8]) -> Option<&Door> {
        let first = *datagram.first()?;
        let at = if first & LONG_HEADER == 0 {
            SHORT_CID
        } else if datagram.get(LONG_CID - 1).copied().map(usize::from) == Some(CID_BYTES) {
            LONG_CID
        } else {
            return None;
        };
        let worker = self.key.worker(datagram.get(at..at + CID_BYTES)?)?;
        let others = worker != self.worker;
        others.then(|| self.doors.get(usize::from(worker)))?
    }

    fn hand_over(&self, door: &Door, bytes: &[u8], meta: &RecvMeta) {
        let left = door.leave(Datagrams {
            bytes: bytes.into(),
            stride: meta.stride,
            address: meta.addr,
            ecn: meta.ecn,
            destination: meta.dst_ip,
        });
        if let Some(telemetry) = &self.telemetry {
            let quic = &telemetry.quic;
            let counter = if left {
                &quic.handed_over
            } else {
                &quic.handover_dropped
            };
            counter.inc_by(bytes.len().div_ceil(meta.stride.max(1)) as u64);
        }
    }
}

impl PartialEq for Door {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

#[cfg(test)]
mod tests;
