//! Extensible priorities (RFC 9218), where the client takes no more than a little at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::cell::RefCell;
use std::time::Duration;

use edgepack::delivery::h3::Options;
use edgepack_h3::{Code, varint};
use futures_util::future::join_all;
use quinn::RecvStream;

use super::support::*;

const MIB: usize = 1 << 20;

/// A connection that takes 128 KiB ahead of its reader.
async fn narrow(server: &Server) -> quinn::Connection {
    let mut bounds = quinn::TransportConfig::default();
    bounds.receive_window((128u32 << 10).into());
    server.connect(&client_endpoint(), bounds).await.unwrap()
}

async fn ask(quic: &quinn::Connection, path: &str, priority: Option<&str>) -> RecvStream {
    let mut fields = vec![
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "localhost"),
        (":path", path),
    ];
    fields.extend(priority.map(|value| ("priority", value)));
    let (mut send, recv) = quic.open_bi().await.unwrap();
    send.write_all(&raw_head(&fields)).await.unwrap();
    send.finish().unwrap();
    recv
}

/// The client's control stream: SETTINGS, and what follows.
async fn control(quic: &quinn::Connection) -> quinn::SendStream {
    let mut control = quic.open_uni().await.unwrap();
    control.write_all(&[0, 4, 0]).await.unwrap();
    control
}

fn priority_update(stream: u64, value: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    varint::encode(stream, &mut payload);
    payload.extend_from_slice(value.as_bytes());
    let mut frame = Vec::new();
    varint::encode(0xf0700, &mut frame);
    varint::encode(payload.len() as u64, &mut frame);
    frame.extend(payload);
    frame
}

/// Reads all streams at once. For each in the order they end: which it was, and what each had by then.
async fn race(streams: &mut [RecvStream]) -> Vec<(usize, Vec<usize>)> {
    let received = RefCell::new(vec![0; streams.len()]);
    let order = RefCell::new(Vec::new());
    join_all(streams.iter_mut().enumerate().map(|(at, stream)| {
        let (received, order) = (&received, &order);
        async move {
            while let Some(chunk) = stream.read_chunk(16 << 10, true).await.unwrap() {
                received.borrow_mut()[at] += chunk.bytes.len();
            }
            let snapshot = received.borrow().clone();
            order.borrow_mut().push((at, snapshot));
        }
    }))
    .await;
    order.into_inner()
}

async fn read_some(stream: &mut RecvStream) {
    let mut left = 100_000usize;
    while left > 0 {
        let chunk = stream.read_chunk(left, true).await.unwrap().unwrap();
        left -= chunk.bytes.len();
    }
}

#[test]
fn sound_asked_for_after_pictures_comes_before_them() {
    with_server(Options::default(), async |server| {
        let quic = narrow(&server).await;
        let mut video = ask(&quic, "/video", None).await;
        read_some(&mut video).await;
        let audio = ask(&quic, "/audio", None).await;
        let order = race(&mut [video, audio]).await;
        let (first, received) = &order[0];
        assert_eq!(*first, 1);
        assert!(received[0] < MIB, "{received:?}");
    });
}

#[test]
fn the_clients_word_outweighs_ours() {
    with_server(Options::default(), async |server| {
        let quic = narrow(&server).await;
        let mut audio = ask(&quic, "/audio", Some("u=5")).await;
        read_some(&mut audio).await;
        let video = ask(&quic, "/video", Some("u=1")).await;
        let order = race(&mut [audio, video]).await;
        let (first, received) = &order[0];
        assert_eq!(*first, 1);
        assert!(received[0] < MIB, "{received:?}");
    });
}

#[test]
fn answers_of_one_urgency_come_one_after_the_other() {
    with_server(Options::default(), async |server| {
        let quic = narrow(&server).await;
        let mut streams = Vec::new();
        for _ in 0..3 {
            streams.push(ask(&quic, "/video", None).await);
        }
        let order = race(&mut streams).await;
        for (at, (stream, received)) in order.iter().enumerate() {
            assert_eq!(*stream, at);
            let later = received[at + 1..].iter().sum::<usize>();
            assert!(later < MIB, "{received:?}");
        }
    });
}

#[test]
fn incremental_answers_share() {
    with_server(Options::default(), async |server| {
        let quic = narrow(&server).await;
        let mut streams = Vec::new();
        for _ in 0..3 {
            streams.push(ask(&quic, "/video", Some("u=3, i")).await);
        }
        let order = race(&mut streams).await;
        let (first, received) = &order[0];
        let others = received.iter().enumerate().filter(|(at, _)| at != first);
        let others: Vec<usize> = others.map(|(_, had)| *had).collect();
        // One after the other, the last would have next to nothing.
        assert!(others.iter().all(|had| *had > 5 * MIB / 3), "{received:?}");
        assert!(
            others.iter().sum::<usize>() > 2 * 5 * MIB * 2 / 3,
            "{received:?}"
        );
    });
}

#[test]
fn a_priority_update_overtakes_what_is_being_sent() {
    with_server(Options::default(), async |server| {
        let quic = narrow(&server).await;
        let mut control = control(&quic).await;
        let mut first = ask(&quic, "/video", None).await;
        let second = ask(&quic, "/video", None).await;
        read_some(&mut first).await;
        let update = priority_update(4, "u=0");
        control.write_all(&update).await.unwrap();
        let order = race(&mut [first, second]).await;
        let (ended, received) = &order[0];
        assert_eq!(*ended, 1);
        assert!(received[0] < 2 * MIB, "{received:?}");
    });
}

#[test]
fn a_priority_update_may_come_before_its_request() {
    with_server(Options::default(), async |server| {
        let quic = narrow(&server).await;
        let mut control = control(&quic).await;
        control.write_all(&priority_update(8, "u=0")).await.unwrap();
        // The server has read it once it answers what came behind it.
        let mut settled = ask(&quic, "/hello", None).await;
        settled.read_to_end(1000).await.unwrap();
        let mut first = ask(&quic, "/video", Some("u=2")).await;
        read_some(&mut first).await;
        let second = ask(&quic, "/video", Some("u=7")).await;
        let order = race(&mut [first, second]).await;
        let (ended, received) = &order[0];
        assert_eq!(*ended, 1);
        assert!(received[0] < MIB, "{received:?}");
    });
}

#[test]
fn an_answer_that_waits_for_more_urgent_ones_is_no_slow_readers() {
    let options = Options {
        stall_timeout: Duration::from_millis(150),
        ..Options::default()
    };
    with_server(options, async |server| {
        let quic = narrow(&server).await;
        let mut urgent = ask(&quic, "/video", Some("u=0")).await;
        let mut patient = ask(&quic, "/hello-after-a-while", Some("u=7")).await;
        let begun = std::time::Instant::now();
        while let Some(chunk) = urgent.read_chunk(64 << 10, true).await.unwrap() {
            let pause = chunk.bytes.len() as u64 / 8;
            tokio::time::sleep(Duration::from_micros(pause)).await;
        }
        assert!(begun.elapsed() > Duration::from_millis(450));
        let answer = patient.read_to_end(1000).await.unwrap();
        assert!(answer.ends_with(b"/hello-after-a-while"));
    });
}

#[test]
fn wishes_for_no_request_end_the_connection() {
    with_server(Options::default(), async |server| {
        for update in [
            priority_update(3, "u=0"),
            vec![0x80, 0x0f, 0x07, 0x01, 1, 0],
        ] {
            let quic = narrow(&server).await;
            let mut control = control(&quic).await;
            control.write_all(&update).await.unwrap();
            assert_eq!(close_code(&quic.closed().await), Code::ID_ERROR.value());
        }
        assert_lives(&server).await;
    });
}
