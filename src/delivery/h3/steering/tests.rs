#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::VecDeque;
use std::task::Waker;

use quinn_proto::ConnectionIdGenerator;

use super::*;

const SENDER: &str = "127.0.0.1:4433";
const STRIDE: usize = 32;

/// Yields what it was given; sends nothing.
#[derive(Debug, Default)]
struct Scripted(Mutex<VecDeque<Vec<u8>>>);

impl AsyncUdpSocket for Scripted {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        panic!("nothing is sent")
    }

    fn try_send(&self, _: &Transmit<'_>) -> io::Result<()> {
        Ok(())
    }

    fn poll_recv(
        &self,
        _: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let Some(bytes) = self.0.lock().unwrap().pop_front() else {
            return Poll::Pending;
        };
        buffers[0][..bytes.len()].copy_from_slice(&bytes);
        metas[0] = RecvMeta {
            addr: SENDER.parse().unwrap(),
            len: bytes.len(),
            stride: STRIDE,
            ecn: Some(EcnCodepoint::Ce),
            dst_ip: None,
        };
        Poll::Ready(Ok(1))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(SENDER.parse().unwrap())
    }
}

struct Worker {
    steered: Arc<dyn AsyncUdpSocket>,
    script: Arc<Scripted>,
    generator: Generator,
}

impl Worker {
    /// The datagrams of one look at the socket.
    fn receive(&self) -> Option<Vec<Vec<u8>>> {
        let mut memory = vec![[0; 2048]; 8];
        let mut buffers: Vec<_> = memory
            .iter_mut()
            .map(|bytes| IoSliceMut::new(bytes))
            .collect();
        let mut metas = [RecvMeta::default(); 8];
        let mut cx = Context::from_waker(Waker::noop());
        match self.steered.poll_recv(&mut cx, &mut buffers, &mut metas) {
            Poll::Ready(received) => {
                let received = received.unwrap();
                let own = metas.iter().zip(&buffers).take(received);
                Some(
                    own.flat_map(|(meta, buffer)| {
                        assert_eq!(meta.addr, SENDER.parse().unwrap());
                        assert_eq!(meta.ecn, Some(EcnCodepoint::Ce));
                        buffer[..meta.len].chunks(STRIDE).map(<[u8]>::to_vec)
                    })
                    .collect(),
                )
            }
            Poll::Pending => None,
        }
    }

    fn arrives(&self, datagrams: &[&[u8]]) {
        self.script.0.lock().unwrap().push_back(datagrams.concat());
    }

    fn short(&mut self, mark: u8) -> Vec<u8> {
        let mut datagram = vec![0x40];
        datagram.extend_from_slice(&self.generator.generate_cid());
        datagram.resize(STRIDE, mark);
        datagram
    }

    fn long(&mut self, mark: u8) -> Vec<u8> {
        let mut datagram = vec![0xc0, 0, 0, 0, 1, CID_BYTES as u8];
        datagram.extend_from_slice(&self.generator.generate_cid());
        datagram.resize(STRIDE, mark);
        datagram
    }
}

fn workers(count: usize) -> (Vec<Worker>, Arc<Telemetry>) {
    let telemetry = Telemetry::new(None).unwrap();
    let workers = seats(count)
        .unwrap()
        .into_iter()
        .map(|seat| {
            let script = Arc::new(Scripted::default());
            let generator = seat.generator()();
            let socket = Arc::clone(&script) as Arc<dyn AsyncUdpSocket>;
            Worker {
                steered: seat.steer(socket, Some(Arc::clone(&telemetry))),
                script,
                generator,
            }
        })
        .collect();
    (workers, telemetry)
}

#[test]
fn each_worker_gets_its_own_whoever_received_it() {
    let (mut workers, telemetry) = workers(3);
    for long in [false, true] {
        let datagrams: Vec<_> = (0..3u8)
            .map(|n| {
                let worker = &mut workers[usize::from(n)];
                if long {
                    worker.long(n)
                } else {
                    worker.short(n)
                }
            })
            .collect();
        let all: Vec<&[u8]> = datagrams.iter().map(Vec::as_slice).collect();
        workers[1].arrives(&all);
        assert_eq!(workers[1].receive().unwrap(), [datagrams[1].clone()]);
        for n in [0, 2] {
            assert_eq!(workers[n].receive().unwrap(), [datagrams[n].clone()]);
            assert_eq!(workers[n].receive(), None);
        }
    }
    assert_eq!(telemetry.quic.handed_over.get(), 4);
}

#[test]
fn what_is_mixed_is_taken_apart_in_its_order() {
    let (mut workers, _) = workers(2);
    let own: Vec<_> = (0..3).map(|mark| workers[0].short(mark)).collect();
    let mut other: Vec<_> = (10..13).map(|mark| workers[1].short(mark)).collect();
    other[2].truncate(20);
    workers[0].arrives(&[&own[0], &other[0], &other[1], &own[1], &own[2], &other[2]]);
    assert_eq!(workers[0].receive().unwrap(), own);
    assert_eq!(workers[1].receive().unwrap(), other);
}

#[test]
fn what_nobody_made_stays_where_it_came() {
    let (workers, telemetry) = workers(2);
    let initial = [&[0xc0, 0, 0, 0, 1, 8][..], &[7; 26]].concat();
    let other_length = [&[0xc0, 0, 0, 0, 1, 20][..], &[7; 26]].concat();
    let datagrams: [&[u8]; 3] = [&initial, &other_length, &[0x40, 1, 2]];
    for datagram in datagrams {
        workers[0].arrives(&[datagram]);
        assert_eq!(workers[0].receive().unwrap(), [datagram.to_vec()]);
    }
    assert_eq!(telemetry.quic.handed_over.get(), 0);
}

#[test]
fn a_worker_that_does_not_come_has_its_datagrams_dropped_and_counted() {
    let (mut workers, telemetry) = workers(2);
    let datagram = workers[1].short(1);
    for _ in 0..QUEUE_DATAGRAMS + 10 {
        workers[0].arrives(&[&datagram]);
        assert_eq!(workers[0].receive().unwrap().len(), 0);
    }
    assert_eq!(telemetry.quic.handed_over.get(), QUEUE_DATAGRAMS as u64);
    assert_eq!(telemetry.quic.handover_dropped.get(), 10);
    // What it takes makes room again.
    assert!(workers[1].receive().unwrap().len() > 1);
    workers[0].arrives(&[&datagram]);
    workers[0].receive();
    assert_eq!(telemetry.quic.handover_dropped.get(), 10);
    // Nobody is there any more.
    workers.truncate(1);
    workers[0].arrives(&[&datagram]);
    workers[0].receive();
    assert_eq!(telemetry.quic.handover_dropped.get(), 11);
}

#[test]
fn bytes_that_wait_are_bounded_too() {
    let (mut workers, telemetry) = workers(2);
    let datagram = workers[1].short(1);
    let many = vec![datagram.as_slice(); 63];
    let sendings = QUEUE_BYTES / (63 * STRIDE) + 10;
    for _ in 0..sendings.min(QUEUE_DATAGRAMS + 10) {
        workers[0].arrives(&many);
        workers[0].receive();
    }
    assert!(telemetry.quic.handover_dropped.get() > 0);
    let waiting = workers[0].receive();
    assert_eq!(waiting, None);
}
