//! How connections and requests end: abandoned, timed out, drained, refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::Duration;

use edgepack::delivery::h3::Options;
use edgepack_h3::{Code, Limits, control};

use super::support::*;

#[test]
fn a_client_that_stops_reading_has_its_handler_dropped() {
    with_server(Options::default(), async |server| {
        let quic = server.quic().await.unwrap();
        let (mut send, mut recv) = quic.open_bi().await.unwrap();
        send.write_all(&raw_get("/slow")).await.unwrap();
        send.finish().unwrap();
        server.handler.begun.notified().await;
        recv.stop(268u32.into()).unwrap();
        server.handler.dropped_one.notified().await;
        assert_eq!(server.handler.dropped.get(), 1);
        assert!(raw_request(&quic, &raw_get("/hello"), true).await.is_ok());

        // The whole connection gone: the same.
        let (mut send, _recv) = quic.open_bi().await.unwrap();
        send.write_all(&raw_get("/slow")).await.unwrap();
        send.finish().unwrap();
        server.handler.begun.notified().await;
        quic.close(0u32.into(), b"");
        server.handler.dropped_one.notified().await;
    });
}

#[test]
fn a_drain_finishes_what_is_under_way_and_refuses_the_rest() {
    with_server(Options::default(), async |server| {
        let client = server.client().await;
        let mut slow = client
            .send
            .clone()
            .send_request(get("/slow"))
            .await
            .unwrap();
        slow.finish().await.unwrap();
        server.handler.begun.notified().await;
        let bare = server.quic().await.unwrap();
        let (mut send, mut bare_slow) = bare.open_bi().await.unwrap();
        send.write_all(&raw_get("/slow")).await.unwrap();
        send.finish().unwrap();
        server.handler.begun.notified().await;
        let idle = server.quic().await.unwrap();

        server.shutdown.send(true).unwrap();
        // A warning, then the first stream that is refused, on a control stream that stays open.
        let said = [
            control::preamble(&Limits::default()),
            control::goaway(control::GOAWAY_SOON),
            control::goaway(4),
        ]
        .concat();
        let mut heard = vec![0; said.len()];
        let mut control = bare.accept_uni().await.unwrap();
        control.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, said);
        assert_eq!(close_code(&idle.closed().await), Code::NO_ERROR.value());

        // A request that comes all the same may be repeated elsewhere.
        let error = raw_request(&bare, &raw_get("/hello"), true)
            .await
            .unwrap_err();
        assert_eq!(reset_code(&error), Code::REQUEST_REJECTED.value());
        assert!(server.quic().await.is_err(), "a new connection was taken");

        server.handler.go.notify_waiters();
        assert_eq!(answer(&mut slow).await.unwrap().body, "at last");
        let bytes = bare_slow.read_to_end(1000).await.unwrap();
        assert!(bytes.ends_with(b"at last"));
        for quic in [client.quic, bare] {
            assert_eq!(close_code(&quic.closed().await), Code::NO_ERROR.value());
        }
        server.serving.await.unwrap();
    });
}

#[test]
fn a_drain_drops_what_is_left_at_its_deadline() {
    let options = Options {
        drain_deadline: Duration::from_millis(200),
        ..Options::default()
    };
    with_server(options, async |server| {
        let quic = server.quic().await.unwrap();
        let (mut send, _recv) = quic.open_bi().await.unwrap();
        send.write_all(&raw_get("/slow")).await.unwrap();
        send.finish().unwrap();
        server.handler.begun.notified().await;
        server.shutdown.send(true).unwrap();
        assert_eq!(close_code(&quic.closed().await), Code::NO_ERROR.value());
        server.handler.dropped_one.notified().await;
        server.serving.await.unwrap();
    });
}

#[test]
fn a_slow_head_or_body_is_answered_with_408() {
    let options = Options {
        request_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    with_server(options, async |server| {
        let quic = server.quic().await.unwrap();
        let head = raw_get("/hello");
        let answer = raw_request(&quic, &head[..9], false).await.unwrap();
        assert!(String::from_utf8_lossy(&answer).contains("request-timeout"));
        let post = raw_head(&[
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "localhost"),
            (":path", "/echo"),
            ("content-length", "9"),
        ]);
        let answer = raw_request(&quic, &post, false).await.unwrap();
        assert!(String::from_utf8_lossy(&answer).contains("body-too-slow"));
    });
}

#[test]
fn a_client_that_takes_nothing_loses_its_stream() {
    let options = Options {
        stall_timeout: Duration::from_millis(100),
        send_window: 1 << 20,
        ..Options::default()
    };
    with_server(options, async |server| {
        let quic = server.quic().await.unwrap();
        let (mut send, mut recv) = quic.open_bi().await.unwrap();
        send.write_all(&raw_get("/media")).await.unwrap();
        send.finish().unwrap();
        let reset = recv.received_reset().await.unwrap();
        assert_eq!(reset.unwrap().into_inner(), Code::REQUEST_CANCELLED.value());
        assert!(raw_request(&quic, &raw_get("/hello"), true).await.is_ok());
    });
}

#[test]
fn a_client_that_reads_none_of_its_many_streams_loses_them_all() {
    let options = Options {
        stall_timeout: Duration::from_millis(100),
        ..Options::default()
    };
    with_server(options, async |server| {
        let quic = server.quic().await.unwrap();
        let mut answers = Vec::new();
        for _ in 0..64 {
            let (mut send, recv) = quic.open_bi().await.unwrap();
            send.write_all(&raw_get("/media")).await.unwrap();
            send.finish().unwrap();
            answers.push(recv);
        }
        for mut recv in answers {
            let reset = recv.received_reset().await.unwrap();
            assert_eq!(reset.unwrap().into_inner(), Code::REQUEST_CANCELLED.value());
        }
        assert!(raw_request(&quic, &raw_get("/hello"), true).await.is_ok());
    });
}

#[test]
fn an_idle_connection_is_closed_without_error() {
    let options = Options {
        idle_timeout: Duration::from_millis(200),
        ..Options::default()
    };
    with_server(options, async |server| {
        let quic = server.quic().await.unwrap();
        assert!(raw_request(&quic, &raw_get("/hello"), true).await.is_ok());
        match quic.closed().await {
            // Either end may notice first.
            quinn::ConnectionError::TimedOut => {}
            error => assert_eq!(close_code(&error), Code::NO_ERROR.value()),
        }
    });
}

#[test]
fn connections_beyond_the_limit_are_refused() {
    let options = Options {
        max_connections: 2,
        ..Options::default()
    };
    with_server(options, async |server| {
        let held = [server.quic().await.unwrap(), server.quic().await.unwrap()];
        assert!(server.quic().await.is_err());
        assert_eq!(
            server.metric("edgepack_connections_closed_total{reason=\"limit\"}"),
            1.0
        );
        assert_eq!(
            server.metric("edgepack_connections_open{protocol=\"h3\"}"),
            2.0
        );
        for quic in &held {
            assert!(raw_request(quic, &raw_get("/hello"), true).await.is_ok());
        }
    });
}

#[test]
fn a_busy_worker_has_addresses_proven_first() {
    let options = Options {
        retry_above: 0,
        ..Options::default()
    };
    with_server(options, async |server| assert_lives(&server).await);
}
