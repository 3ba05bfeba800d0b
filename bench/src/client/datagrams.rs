//! The floor's datagrams, received as QUIC's are: many at once (UDP_GRO), for else the sender's kernel parts them.
use std::io::{self, IoSliceMut};
use std::time::Duration;

use quinn_udp::{RecvMeta, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::Result;
use crate::floor::{PACKETS, PAYLOAD, SEALED};

/// How long a batch may take until it is asked for again.
const TIMEOUT: Duration = Duration::from_millis(100);
const ATTEMPTS: usize = 50;

pub(crate) struct Batches {
    socket: UdpSocket,
    state: UdpSocketState,
    buffer: Vec<u8>,
}

impl Batches {
    pub(super) fn new(socket: UdpSocket) -> Result<Self> {
        Ok(Self {
            state: UdpSocketState::new((&socket).into())?,
            socket,
            buffer: vec![0; 1 << 16],
        })
    }

    /// A segment batch by batch; the last one is not full. Bytes of media.
    pub(super) async fn segment(&mut self, path: &str) -> Result<u64> {
        let mut offset = 0_u64;
        loop {
            let request = [&offset.to_be_bytes(), path.as_bytes()].concat();
            let mut received = None;
            for _ in 0..ATTEMPTS {
                self.socket.send(&request).await?;
                if let Ok(batch) = tokio::time::timeout(TIMEOUT, self.batch()).await {
                    received = Some(batch?);
                    break;
                }
            }
            let received = received.ok_or_else(|| format!("{path}: the floor sends nothing"))?;
            offset += received;
            if received < (PACKETS * PAYLOAD) as u64 {
                return Ok(offset);
            }
        }
    }

    async fn batch(&mut self) -> io::Result<u64> {
        let (mut packets, mut bytes) = (0, 0);
        while packets < PACKETS {
            let meta = self.receive().await?;
            let count = meta.len.div_ceil(meta.stride.max(1));
            packets += count;
            bytes += meta.len.saturating_sub(count * (SEALED - PAYLOAD));
            // A packet that is not full is the segment's last.
            if !meta.len.is_multiple_of(SEALED) {
                break;
            }
        }
        Ok(bytes as u64)
    }

    async fn receive(&mut self) -> io::Result<RecvMeta> {
        let Self {
            socket,
            state,
            buffer,
        } = self;
        let mut meta = [RecvMeta::default()];
        socket
            .async_io(Interest::READABLE, || {
                let mut slices = [IoSliceMut::new(buffer)];
                state.recv((&*socket).into(), &mut slices, &mut meta)
            })
            .await?;
        Ok(meta[0])
    }
}
