//! Several answers on one HTTP/2 connection: what goes first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::worker;
use crate::delivery::testing::Worker;

// Larger than what sockets hold, many times over.
const LONG: usize = 60_000_000;
const SHORT: usize = 20_000_000;

#[derive(Clone, Copy)]
struct Local;

impl<F: Future + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

async fn connect(worker: &Worker, stream_window: u32) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(worker.http).await.unwrap();
    let (sender, connection) = http2::Builder::new(Local)
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(256 << 20)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::task::spawn_local(connection);
    sender
}

async fn get(sender: &SendRequest<Empty<Bytes>>, length: usize, priority: &str) -> Incoming {
    let mut sender = sender.clone();
    sender.ready().await.unwrap();
    let uri = format!("http://localhost/vod/{length}/clear/kept/1.m4s");
    let request = hyper::Request::get(uri)
        .header("priority", priority)
        .body(Empty::new())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

async fn read(mut body: Incoming, count: Rc<Cell<usize>>) {
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        count.set(count.get() + data.len());
    }
}

/// Bytes of the long answer that came while the short one did.
async fn meanwhile(worker: &Worker, long: &str, short: &str) -> usize {
    let sender = connect(worker, 64 << 20).await;
    let (of_long, of_short) = (Rc::default(), Rc::<Cell<usize>>::default());
    let body = get(&sender, LONG, long).await;
    let reading = tokio::task::spawn_local(read(body, Rc::clone(&of_long)));
    while of_long.get() == 0 {
        tokio::task::yield_now().await;
    }
    let body = get(&sender, SHORT, short).await;
    let before = of_long.get();
    read(body, Rc::clone(&of_short)).await;
    let during = of_long.get() - before;
    assert_eq!(of_short.get(), SHORT);
    reading.await.unwrap();
    assert_eq!(of_long.get(), LONG);
    during
}

fn run(test: impl AsyncFnOnce(&Worker)) {
    let worker = worker();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let limit = Duration::from_secs(60);
        tokio::time::timeout(limit, test(&worker)).await.unwrap();
    });
}

#[test]
fn the_more_urgent_overtakes_what_is_under_way() {
    run(async |worker| {
        let during = meanwhile(worker, "u=5", "u=1").await;
        assert!(during < SHORT / 2, "{during} of the less urgent");
    });
}

#[test]
fn the_less_urgent_waits_for_what_is_under_way() {
    run(async |worker| {
        let during = meanwhile(worker, "u=1", "u=5").await;
        // What was left of it when the other was asked for.
        assert!(during > SHORT, "{during} of the more urgent");
    });
}

#[test]
fn an_answer_that_nobody_reads_holds_no_other_back() {
    run(async |worker| {
        let sender = connect(worker, 256 * 1024).await;
        let _unread = get(&sender, LONG, "u=0").await;
        let read_after = Rc::<Cell<usize>>::default();
        let body = get(&sender, SHORT, "u=7").await;
        read(body, Rc::clone(&read_after)).await;
        assert_eq!(read_after.get(), SHORT);
    });
}
