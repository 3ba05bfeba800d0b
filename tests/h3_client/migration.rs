//! Clients whose address changes (RFC 9000, 9).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack::delivery::h3::Options;

use super::support::*;

/// Changes of address in one download. With two workers, half of them reach the wrong socket.
const CHANGES: usize = 24;

#[test]
fn a_download_goes_on_whichever_worker_its_packets_reach() {
    with_workers(2, Options::default(), async |server| {
        let endpoint = client_endpoint();
        let mut bounds = quinn::TransportConfig::default();
        bounds.receive_window((128u32 << 10).into());
        let quic = server.connect(&endpoint, bounds).await.unwrap();
        let (mut send, mut recv) = quic.open_bi().await.unwrap();
        send.write_all(&raw_get("/media")).await.unwrap();
        send.finish().unwrap();
        let mut received = Vec::new();
        let media = media();
        for change in 1..=CHANGES {
            while received.len() < change * media.len() / (CHANGES + 1) {
                let chunk = recv.read_chunk(64 << 10, true).await.unwrap().unwrap();
                received.extend_from_slice(&chunk.bytes);
            }
            let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            endpoint.rebind(socket).unwrap();
        }
        received.extend(recv.read_to_end(8 << 20).await.unwrap());
        assert!(received.ends_with(&media));
        let count = |name: &str| server.metric(name);
        assert_eq!(
            count("edgepack_connections_total{protocol=\"h3\"}"),
            1.0,
            "one connection all along"
        );
        assert!(count("edgepack_quic_datagrams_handed_over_total") > 0.0);
        assert_eq!(count("edgepack_quic_datagrams_dropped_total"), 0.0);
    });
}
