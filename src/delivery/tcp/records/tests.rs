#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream as StdStream};
use std::sync::Arc;
use std::sync::mpsc;

use rustls::{ClientConfig, ClientConnection};
use tokio::io::AsyncReadExt;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::delivery::testing::{client_config, loaded};
use crate::delivery::tls::{self, SelfSigned};

/// RFC 8446, 5.1.
const APPLICATION_DATA: u8 = 23;

fn on_a_runtime<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

fn pair() -> (TcpStream, StdStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = StdStream::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    (TcpStream::from_std(stream).unwrap(), client)
}

fn record(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    [&[22, 3, 3][..], &length.to_be_bytes(), content].concat()
}

#[test]
fn no_poll_reads_past_the_end_of_a_record() {
    on_a_runtime(async {
        let (stream, mut client) = pair();
        let sent = [record(&[1; 300]), record(&[]), record(&[2; 7])].concat();
        client.write_all(&sent).unwrap();
        let mut records = Records::one_by_one(stream);
        let mut read = Vec::new();
        let mut ends = Vec::new();
        while read.len() < sent.len() {
            records.stream().readable().await.unwrap();
            std::future::poll_fn(|cx| {
                let mut buffer = [0; 4096];
                loop {
                    let mut buffer = ReadBuf::new(&mut buffer);
                    if Pin::new(&mut records)
                        .poll_read(cx, &mut buffer)
                        .is_pending()
                    {
                        return Poll::Ready(());
                    }
                    read.extend_from_slice(buffer.filled());
                }
            })
            .await;
            assert!(records.is_between());
            ends.push(read.len());
        }
        assert_eq!(ends, [305, 310, 322]);
        assert_eq!(read, sent);
    });
}

/// A handshake whose last flight comes in one write with the first request.
#[test]
fn what_comes_behind_the_handshake_stays_in_the_socket() {
    let (sender, receiver) = mpsc::channel();
    let made = SelfSigned::for_localhost().unwrap();
    let config = client_config(&made);
    let server = tls::tcp_config(loaded(made), None).unwrap();
    let (stream, client) = on_a_runtime(async {
        let (stream, client) = pair();
        let client = std::thread::spawn(move || shake_hands(client, config, sender));
        let stream = Records::one_by_one(stream);
        let stream = TlsAcceptor::from(server).accept(stream).await.unwrap();
        // Once the client has sent all of it.
        receiver.recv().unwrap();
        let (records, tls) = stream.into_inner();
        assert!(records.is_between());
        assert!(!tls.wants_write() && tls.wants_read());
        let mut head = [0; HEAD];
        let mut stream = records.into_stream();
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head[0], APPLICATION_DATA);
        // The request, the type of record, and the tag of AES-GCM (RFC 8446, 5.2).
        assert_eq!(
            usize::from(head[4]),
            REQUEST.len() + 1 + 16,
            "another record"
        );
        (stream, client)
    });
    drop(stream);
    client.join().unwrap();
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

fn shake_hands(mut socket: StdStream, config: Arc<ClientConfig>, sent: mpsc::Sender<()>) {
    let name = "localhost".try_into().unwrap();
    let mut tls = ClientConnection::new(config, name).unwrap();
    tls.writer().write_all(REQUEST).unwrap();
    let mut flight = Vec::new();
    tls.write_tls(&mut flight).unwrap();
    socket.write_all(&flight).unwrap();
    while tls.is_handshaking() {
        tls.read_tls(&mut socket).unwrap();
        tls.process_new_packets().unwrap();
    }
    let mut flight = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut flight).unwrap();
    }
    socket.write_all(&flight).unwrap();
    sent.send(()).unwrap();
    // Tickets, until the other side is gone.
    let _ = socket.read_to_end(&mut Vec::new());
}
