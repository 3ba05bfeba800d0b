//! Clients that break the rules: each gets what RFC 9114 says, and disturbs nobody.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::net::UdpSocket;

use edgepack::delivery::h3::Options;
use edgepack_h3::Code;
use http::StatusCode;

use super::support::*;

#[test]
fn an_oversized_head_is_answered_with_431() {
    with_server(Options::default(), async |server| {
        let quic = server.quic().await.unwrap();
        let large = "v".repeat(50_000);
        let bytes = raw_head(&[(":method", "GET"), ("x", &large)]);
        let answer = raw_request(&quic, &bytes, true).await.unwrap();
        assert!(
            String::from_utf8_lossy(&answer).contains("request-refused: field section larger"),
            "{answer:?}"
        );
        let mut many = get("/hello");
        for n in 0..200 {
            let name = http::HeaderName::try_from(format!("x-{n}")).unwrap();
            many.headers_mut().insert(name, n.into());
        }
        let client = server.client().await;
        let answer = client.fetch(many).await.unwrap();
        assert_eq!(
            answer.head.status(),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
        );
        assert_eq!(client.fetch(get("/hello")).await.unwrap().body, "hello");
    });
}

#[test]
fn a_malformed_request_costs_its_stream_only() {
    with_server(Options::default(), async |server| {
        let quic = server.quic().await.unwrap();
        let malformed = raw_head(&[(":method", "GET"), ("Upper", "case")]);
        let error = raw_request(&quic, &malformed, true).await.unwrap_err();
        assert_eq!(reset_code(&error), Code::MESSAGE_ERROR.value());
        let error = raw_request(&quic, b"", true).await.unwrap_err();
        assert_eq!(reset_code(&error), Code::REQUEST_INCOMPLETE.value());
        assert!(raw_request(&quic, &raw_get("/hello"), true).await.is_ok());
    });
}

#[test]
fn violations_close_their_connection_with_the_right_code_and_no_other() {
    with_server(Options::default(), async |server| {
        let neighbour = server.client().await;
        let data_first: &[u8] = b"\x00\x01x";
        let dynamic: &[u8] = b"\x01\x03\0\0\x80";
        let settings: &[u8] = b"\x04\0";
        let cut_short: &[u8] = b"\x01\x10\0";
        for (bytes, code) in [
            (data_first, Code::FRAME_UNEXPECTED),
            (settings, Code::FRAME_UNEXPECTED),
            (dynamic, Code::QPACK_DECOMPRESSION_FAILED),
            (cut_short, Code::FRAME_ERROR),
        ] {
            let quic = server.quic().await.unwrap();
            raw_request(&quic, bytes, true).await.unwrap_err();
            assert_eq!(close_code(&quic.closed().await), code.value(), "{code}");
        }
        let no_settings: &[u8] = b"\0\x07\x01\0";
        let push: &[u8] = b"\x01";
        let insert: &[u8] = b"\x02\x3f\xe1\x1f";
        let acknowledge: &[u8] = b"\x03\x80";
        let closed: &[u8] = b"\0\x04\0";
        for (bytes, code) in [
            (no_settings, Code::MISSING_SETTINGS),
            (push, Code::STREAM_CREATION_ERROR),
            (insert, Code::QPACK_ENCODER_STREAM_ERROR),
            (acknowledge, Code::QPACK_DECODER_STREAM_ERROR),
            (closed, Code::CLOSED_CRITICAL_STREAM),
        ] {
            let quic = server.quic().await.unwrap();
            let mut stream = quic.open_uni().await.unwrap();
            stream.write_all(bytes).await.unwrap();
            stream.finish().unwrap();
            assert_eq!(close_code(&quic.closed().await), code.value(), "{code}");
        }
        let quic = server.quic().await.unwrap();
        let mut control = quic.accept_uni().await.unwrap();
        control.stop(0u32.into()).unwrap();
        let code = close_code(&quic.closed().await);
        assert_eq!(code, Code::CLOSED_CRITICAL_STREAM.value());
        assert_eq!(neighbour.fetch(get("/hello")).await.unwrap().body, "hello");
    });
}

#[test]
fn a_violation_in_a_body_closes_the_connection() {
    with_server(Options::default(), async |server| {
        let quic = server.quic().await.unwrap();
        let mut post = raw_head(&[
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "localhost"),
            (":path", "/echo"),
        ]);
        post.extend(b"\x00\x01x\x04\0");
        raw_request(&quic, &post, true).await.unwrap_err();
        let code = close_code(&quic.closed().await);
        assert_eq!(code, Code::FRAME_UNEXPECTED.value());
    });
}

#[test]
fn garbage_on_the_port_disturbs_nobody() {
    with_server(Options::default(), async |server| {
        let client = server.client().await;
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let noise = media();
        for n in 0..300usize {
            let mut datagram = noise.slice(n * 1500..n * 1500 + n * 4 + 1).to_vec();
            // All kinds of first bytes, long headers with versions known and unknown among them.
            datagram[0] = n as u8;
            if n % 3 == 0 && datagram.len() > 5 {
                datagram[1..5].copy_from_slice(&[0, 0, 0, 1]);
            }
            socket.send_to(&datagram, server.address).unwrap();
        }
        assert_eq!(client.fetch(get("/hello")).await.unwrap().body, "hello");
        assert_lives(&server).await;
    });
}

#[test]
fn unknown_streams_are_stopped_and_too_many_end_the_connection() {
    with_server(Options::default(), async |server| {
        let quic = server.quic().await.unwrap();
        let mut stream = quic.open_uni().await.unwrap();
        stream.write_all(b"\x21grease").await.unwrap();
        let code = stream.stopped().await.unwrap().unwrap();
        assert_eq!(code.into_inner(), Code::STREAM_CREATION_ERROR.value());
        assert!(raw_request(&quic, &raw_get("/hello"), true).await.is_ok());
        let flood = async {
            loop {
                let Ok(mut stream) = quic.open_uni().await else {
                    return;
                };
                if stream.write_all(b"\x21").await.is_err() {
                    return;
                }
                drop(stream);
            }
        };
        flood.await;
        let code = close_code(&quic.closed().await);
        assert_eq!(code, Code::EXCESSIVE_LOAD.value());
    });
}

#[test]
fn opening_requests_only_to_drop_them_ends_the_connection() {
    with_server(Options::default(), async |server| {
        let quic = server.quic().await.unwrap();
        let drop_them = async {
            while let Ok((mut send, mut recv)) = quic.open_bi().await {
                if send.write_all(&raw_get("/slow")).await.is_err() {
                    return;
                }
                let _ = send.reset(268u32.into());
                let _ = recv.stop(268u32.into());
            }
        };
        drop_them.await;
        let code = close_code(&quic.closed().await);
        assert_eq!(code, Code::EXCESSIVE_LOAD.value());
        assert_lives(&server).await;
    });
}
