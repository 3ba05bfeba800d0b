//! Over sockets without TLS: what is held back and what is sent is the same there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::Read;
use std::net::{Shutdown, TcpListener, TcpStream as StdStream};
use std::task::Waker;

use tokio::io::AsyncWriteExt;

use super::*;
use crate::delivery::testing::pattern;

/// A frame of HTTP/2: nine bytes and as much content as a record holds.
const FRAME: usize = RECORD + 9;

fn pair() -> (KernelStream, Flush, StdStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = StdStream::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    let shared = Rc::new(RefCell::new(State {
        socket: Socket(TcpStream::from_std(stream).unwrap()),
        rest: Vec::new(),
        records: 0,
        said_goodbye: false,
    }));
    let stream = KernelStream(Rc::clone(&shared));
    (stream, Flush::of(shared), client)
}

fn on_a_runtime<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

async fn flush(flush: &mut Flush) {
    std::future::poll_fn(|cx| flush.poll(cx)).await.unwrap();
}

/// Reads everything, and counts, on a thread of its own.
fn reading(mut client: StdStream) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        client.read_to_end(&mut all).unwrap();
        all
    })
}

#[test]
fn the_end_of_a_frame_begins_the_next_record() {
    on_a_runtime(async {
        let (mut stream, mut turn, client) = pair();
        let frames = pattern(FRAME * 3);
        for frame in frames.chunks(FRAME) {
            let (head, content) = frame.split_at(9);
            let bufs = [IoSlice::new(head), IoSlice::new(content)];
            assert_eq!(stream.write_vectored(&bufs).await.unwrap(), FRAME);
        }
        // Whole records are out, the rest waits for the turn to end.
        let state = Rc::clone(&stream.0);
        assert_eq!((state.borrow().records, state.borrow().rest.len()), (3, 27));
        flush(&mut turn).await;
        assert_eq!((state.borrow().records, state.borrow().rest.len()), (4, 0));
        assert_eq!(
            state.borrow().rest.capacity(),
            0,
            "an idle connection keeps memory"
        );
        drop((stream, turn, state));
        assert!(reading(client).join().unwrap() == frames);
    });
}

#[test]
fn a_slow_reader_gets_all_bytes_in_order_and_then_the_goodbye() {
    on_a_runtime(async {
        let (mut stream, mut turn, client) = pair();
        let content = pattern(8 << 20);
        let mut sent = content.clone();
        let mut blocked = false;
        let mut reader = Some(client);
        let mut thread = None;
        while !sent.is_empty() {
            // Slices of every length, so that rests are of every length.
            let (a, b) = (sent.len().min(7_777), sent.len().min(21_001));
            let bufs = [IoSlice::new(&sent[..a]), IoSlice::new(&sent[a..b])];
            let polled = std::future::poll_fn(|cx| {
                let polled = Pin::new(&mut stream).poll_write_vectored(cx, &bufs);
                Poll::Ready(polled)
            });
            match polled.await {
                Poll::Ready(written) => sent = sent.slice(written.unwrap()..),
                Poll::Pending => {
                    blocked = true;
                    // Only when nothing more fits is anything read.
                    thread = thread.or_else(|| reader.take().map(reading));
                    tokio::task::yield_now().await;
                }
            }
        }
        assert!(blocked, "8 MiB fitted into the socket");
        stream.shutdown().await.unwrap();
        flush(&mut turn).await;
        let read = thread.unwrap().join().unwrap();
        let (body, goodbye) = read.split_at(read.len() - CLOSE_NOTIFY.len());
        assert!(body == content, "{} bytes", body.len());
        assert_eq!(goodbye, CLOSE_NOTIFY);
    });
}

#[test]
fn no_goodbye_while_the_socket_has_no_room_for_what_came_before() {
    on_a_runtime(async {
        let (mut stream, _turn, client) = pair();
        let content = pattern(1 << 20);
        let mut cx = Context::from_waker(Waker::noop());
        while Pin::new(&mut stream)
            .poll_write(&mut cx, &content)
            .is_ready()
        {
            tokio::task::yield_now().await;
        }
        assert!(Pin::new(&mut stream).poll_shutdown(&mut cx).is_pending());
        assert!(!stream.0.borrow().said_goodbye);
        let reader = reading(client);
        stream.shutdown().await.unwrap();
        assert!(reader.join().unwrap().ends_with(&CLOSE_NOTIFY));
    });
}

#[test]
fn used_up_keys_end_the_connection() {
    on_a_runtime(async {
        let (mut stream, _turn, client) = pair();
        stream.0.borrow_mut().records = RECORDS_MAX - 1;
        stream.write_all(&pattern(RECORD)).await.unwrap();
        assert!(stream.write_all(&pattern(RECORD)).await.is_err());
        client.shutdown(Shutdown::Both).unwrap();
    });
}

#[test]
fn the_control_message_is_laid_out_as_the_kernel_reads_it() {
    let control = Control::of_record(ALERT);
    let mut expected = Vec::new();
    expected.extend((size_of::<libc::cmsghdr>() + 1).to_ne_bytes());
    // <linux/tls.h>: SOL_TLS, TLS_SET_RECORD_TYPE.
    expected.extend(282_i32.to_ne_bytes());
    expected.extend(1_i32.to_ne_bytes());
    expected.push(21);
    expected.resize(nix::cmsg_space!(u8).len(), 0);
    assert_eq!(control.0[..], expected);
}
