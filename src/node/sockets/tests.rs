#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn listen(http: &[&str], https: &[&str]) -> Listen {
    let parse = |list: &[&str]| {
        list.iter()
            .map(|address| address.parse().unwrap())
            .collect()
    };
    Listen {
        http: parse(http),
        https: parse(https),
        ..Listen::default()
    }
}

fn bind(listen: &Listen) -> Result<Sockets, Error> {
    Sockets::bind(listen, "127.0.0.1:0".parse().unwrap(), 3)
}

#[test]
fn every_worker_has_a_socket_on_the_same_port() {
    let sockets = bind(&listen(&["127.0.0.1:0"], &["127.0.0.1:0", "[::1]:0"])).unwrap();
    let announcement = sockets.announcement();
    assert_eq!(announcement["https"], announcement["http3"]);
    for worker in &sockets.workers {
        assert_eq!(
            worker.http[0].local_addr().unwrap().to_string(),
            announcement["http"][0]
        );
        assert_eq!((worker.https.len(), worker.quic.len()), (2, 2));
        for (tcp, udp) in worker.https.iter().zip(&worker.quic) {
            assert_eq!(tcp.local_addr().unwrap(), udp.socket.local_addr().unwrap());
        }
    }
}

#[test]
fn both_families_fit_on_one_port() {
    let first = bind(&listen(&["0.0.0.0:0"], &[])).unwrap();
    let port = first.addresses.http[0].port();
    drop(first);
    let both = bind(&listen(
        &[&format!("0.0.0.0:{port}"), &format!("[::]:{port}")],
        &[],
    ))
    .unwrap();
    assert_eq!(both.workers[0].http.len(), 2);
}

#[test]
fn a_port_that_another_node_has_is_named() {
    let first = bind(&listen(&["127.0.0.1:0"], &["127.0.0.1:0"])).unwrap();
    let (http, https) = (first.addresses.http[0], first.addresses.https[0]);
    for (listen, section, address) in [
        (listen(&[&http.to_string()], &[]), "listen.http", http),
        (listen(&[], &[&https.to_string()]), "listen.https", https),
    ] {
        let text = bind(&listen).unwrap_err().to_string();
        assert!(
            text.starts_with(&format!("{section}: {address}"))
                && text.contains("stop what listens"),
            "{text}"
        );
    }
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = udp.local_addr().unwrap();
    assert!(bind(&listen(&[], &[&taken.to_string()])).is_err());
}

#[test]
fn an_address_of_no_interface_is_named() {
    let text = bind(&listen(&["192.0.2.1:0"], &[]))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("192.0.2.1:0") && text.contains("interface"),
        "{text}"
    );
    assert!(matches!(bind(&listen(&[], &[])), Err(Error::NoListener)));
}
