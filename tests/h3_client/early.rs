//! Requests in early data (0-RTT).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use edgepack::delivery::h3::Options;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::support::*;

struct Returning {
    endpoint: quinn::Endpoint,
    config: quinn::ClientConfig,
}

impl Returning {
    /// A client that was there before.
    async fn new(server: &Server) -> Self {
        let mut tls = rustls::ClientConfig::clone(&server.tls);
        tls.enable_early_data = true;
        let client = Self {
            endpoint: client_endpoint(),
            config: client_config(&Arc::new(tls)),
        };
        let quic = client.connecting(server.address).await.unwrap();
        assert!(raw_request(&quic, &raw_get("/early"), true).await.is_ok());
        quic.close(0u32.into(), b"");
        client
    }

    fn connecting(&self, address: SocketAddr) -> quinn::Connecting {
        self.endpoint
            .connect_with(self.config.clone(), address, "localhost")
            .unwrap()
    }
}

fn is_early(answer: &[u8]) -> bool {
    answer.ends_with(&[0, 1, b'1'])
}

/// Stands between client and server and keeps what the client says before the server has spoken.
async fn wiretap(server: SocketAddr) -> (SocketAddr, Rc<RefCell<Vec<Vec<u8>>>>) {
    let inside = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let outside = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    outside.connect(server).await.unwrap();
    let address = inside.local_addr().unwrap();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let record = Rc::clone(&heard);
    tokio::task::spawn_local(async move {
        let (mut up, mut down) = (vec![0; 2048], vec![0; 2048]);
        let (mut client, mut answered) = (None, false);
        loop {
            tokio::select! {
                received = inside.recv_from(&mut up) => {
                    let (length, from) = received.unwrap();
                    client = Some(from);
                    if !answered {
                        record.borrow_mut().push(up[..length].to_vec());
                    }
                    outside.send(&up[..length]).await.unwrap();
                }
                received = outside.recv(&mut down) => {
                    answered = true;
                    let length = received.unwrap();
                    inside.send_to(&down[..length], client.unwrap()).await.unwrap();
                }
            }
        }
    });
    (address, heard)
}

#[test]
fn a_returning_client_asks_with_its_first_packet_and_the_core_knows() {
    with_workers(2, Options::default(), async |server| {
        let client = Returning::new(&server).await;
        let (quic, accepted) = client.connecting(server.address).into_0rtt().unwrap();
        let answer = raw_request(&quic, &raw_get("/early"), true).await.unwrap();
        assert!(is_early(&answer));
        assert!(accepted.await);
        // What comes after the handshake is not early.
        let answer = raw_request(&quic, &raw_get("/early"), true).await.unwrap();
        assert!(!is_early(&answer));
        assert_eq!(server.metric("edgepack_quic_early_requests_total"), 1.0);
    });
}

#[test]
fn a_recorded_first_flight_is_of_no_use_a_second_time() {
    with_server(Options::default(), async |server| {
        let client = Returning::new(&server).await;
        let (tap, heard) = wiretap(server.address).await;
        let (quic, accepted) = client.connecting(tap).into_0rtt().unwrap();
        let answer = raw_request(&quic, &raw_get("/early"), true).await.unwrap();
        assert!(is_early(&answer) && accepted.await);
        quic.close(0u32.into(), b"");

        // Once the connection is forgotten, the flight begins one of its own.
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(server.address).await.unwrap();
        let mut answer = vec![0; 2048];
        let flight = heard.borrow().clone();
        loop {
            for datagram in &flight {
                socket.send(datagram).await.unwrap();
            }
            let wait = timeout(Duration::from_millis(100), socket.recv(&mut answer));
            // An Initial packet of the server's (RFC 9000, 17.2.2).
            if wait.await.is_ok() && answer[0] & 0xf0 == 0xc0 {
                break;
            }
        }
        assert_lives(&server).await;
        assert_eq!(server.metric("edgepack_quic_early_requests_total"), 1.0);
    });
}

#[test]
fn early_data_can_be_turned_off() {
    let options = Options {
        early_data: false,
        ..Options::default()
    };
    with_server(options, async |server| {
        let client = Returning::new(&server).await;
        assert!(client.connecting(server.address).into_0rtt().is_err());
        assert_lives(&server).await;
    });
}
