//! Handshakes that nobody means to finish.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::Duration;

use edgepack::delivery::h3::Options;
use tokio::net::UdpSocket;

use super::support::*;

/// The first datagram of a client that is never heard of again, from a socket of its own; and how the
/// server answers.
async fn begin_handshake(server: &Server) -> Vec<u8> {
    let trap = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let connecting = client_endpoint()
        .connect_with(
            client_config(&server.tls),
            trap.local_addr().unwrap(),
            "localhost",
        )
        .unwrap();
    let mut datagram = vec![0; 2048];
    let (length, _) = trap.recv_from(&mut datagram).await.unwrap();
    drop(connecting);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket
        .send_to(&datagram[..length], server.address)
        .await
        .unwrap();
    let (length, _) = socket.recv_from(&mut datagram).await.unwrap();
    datagram.truncate(length);
    datagram
}

#[test]
fn while_many_handshakes_are_under_way_addresses_have_to_be_proven() {
    let options = Options {
        retry_above_handshakes: 2,
        max_handshakes: 3,
        ..Options::default()
    };
    with_server(options, async |server| {
        for _ in 0..2 {
            begin_handshake(&server).await;
        }
        assert_eq!(server.metric("edgepack_quic_retries_total"), 0.0);
        // A Retry is a long header of type 3 (RFC 9000, 17.2.5), and leaves nothing behind.
        for _ in 0..5 {
            let answer = begin_handshake(&server).await;
            assert_eq!(answer[0] & 0xf0, 0xf0);
        }
        assert_eq!(server.metric("edgepack_quic_retries_total"), 5.0);
        assert_lives(&server).await;
        assert_eq!(server.metric("edgepack_quic_retries_total"), 6.0);
    });
}

#[test]
fn handshakes_are_bounded_in_number_and_time() {
    let options = Options {
        max_handshakes: 2,
        handshake_timeout: Duration::from_millis(300),
        ..Options::default()
    };
    with_server(options, async |server| {
        for _ in 0..3 {
            begin_handshake(&server).await;
        }
        let closed = |reason: &str| {
            server.metric(&format!(
                "edgepack_connections_closed_total{{reason=\"{reason}\"}}"
            ))
        };
        assert_eq!(closed("limit"), 1.0);
        while closed("slow-handshake") < 2.0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(
            server.metric("edgepack_connections_open{protocol=\"h3\"}"),
            0.0
        );
        assert_lives(&server).await;
    });
}
