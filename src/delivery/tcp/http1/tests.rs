#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::super::activity::{Activity, Timeouts};
use super::super::exchange::{Peer, Service};
use super::*;
use crate::delivery::{Handler, Protocol, Request, Response};

const FIRST: &[u8] = b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n";
const SECOND: &[u8] = b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n";

/// Answers with the path.
struct Echo;

impl Handler for Echo {
    async fn handle(&self, request: Request) -> Response {
        let path = Bytes::from(request.uri.path().to_owned());
        Response::bytes(http::StatusCode::OK, "text/plain", path)
    }
}

/// A client, and the node's end of its connection.
async fn connected() -> (
    TcpStream,
    Http1<TcpStream, impl HttpService<Incoming, ResBody = SendingBody, Error = Infallible> + Unpin>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (stream, peer) = listener.accept().await.unwrap();
    let minute = Duration::from_secs(60);
    let activity = Rc::new(Activity::new(Timeouts {
        head: Some(minute),
        idle: minute,
        send: minute,
        rate: 0,
    }));
    let transport = Transport::new(stream, Bytes::new(), Rc::clone(&activity));
    let service = Rc::new(Service {
        handler: Rc::new(Echo),
        activity,
        peer: Peer {
            address: peer,
            certificate: None,
        },
        protocol: Protocol::Http1,
        secure: false,
        alt_svc: None,
        lending: None,
        sendfile: None,
        turns: None,
    });
    let service = service_fn(move |request| {
        let service = Rc::clone(&service);
        async move { service.call(request).await }
    });
    (client, Http1::new(Rc::default(), transport, service))
}

/// Drives the connection while `client` goes on; the connection is not to end meanwhile.
async fn meanwhile<T>(
    connection: &mut (impl Conversation + Unpin),
    client: impl Future<Output = T>,
) -> T {
    let mut client = pin!(client);
    let both = poll_fn(|cx| {
        let polled = Pin::new(&mut *connection).poll(cx);
        assert!(polled.is_pending(), "the connection ended: {polled:?}");
        client.as_mut().poll(cx)
    });
    timeout(Duration::from_secs(20), both).await.unwrap()
}

/// Reads until what came ends with `end`.
async fn read_until(client: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !all.ends_with(end.as_bytes()) {
        assert_ne!(client.read_buf(&mut all).await.unwrap(), 0, "closed");
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn at_rest_a_connection_answers_the_next_request() {
    let (mut client, mut connection) = connected().await;
    for _ in 0..3 {
        client.write_all(FIRST).await.unwrap();
        let answer = meanwhile(&mut connection, read_until(&mut client, "/first")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(connection.can_rest());
        Pin::new(&mut connection).rest();
        assert!(!connection.can_rest());
    }
}

#[tokio::test]
async fn it_rests_until_there_is_something_to_read() {
    let (mut client, mut connection) = connected().await;
    // Of a socket that was never read the runtime does not know that there is nothing.
    client.write_all(FIRST).await.unwrap();
    meanwhile(&mut connection, read_until(&mut client, "/first")).await;
    Pin::new(&mut connection).rest();
    meanwhile(&mut connection, tokio::task::yield_now()).await;
    assert!(!connection.can_rest());
    client.write_all(&SECOND[..5]).await.unwrap();
    let mut awake = pin!(poll_fn(|cx| {
        assert!(Pin::new(&mut connection).poll(cx).is_pending());
        if connection.can_rest() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }));
    timeout(Duration::from_secs(20), awake.as_mut())
        .await
        .unwrap();
}

#[tokio::test]
async fn the_beginning_of_a_head_outlives_the_rest() {
    let (mut client, mut connection) = connected().await;
    let (begin, end) = SECOND.split_at(20);
    client.write_all(&[FIRST, begin].concat()).await.unwrap();
    meanwhile(&mut connection, read_until(&mut client, "/first")).await;
    Pin::new(&mut connection).rest();
    client.write_all(end).await.unwrap();
    meanwhile(&mut connection, read_until(&mut client, "/second")).await;
}

#[tokio::test]
async fn told_to_finish_at_rest_it_closes_the_stream() {
    let (mut client, mut connection) = connected().await;
    Pin::new(&mut connection).rest();
    Pin::new(&mut connection).finish();
    timeout(Duration::from_secs(20), &mut connection)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_client_that_leaves_ends_a_connection_at_rest() {
    let (client, mut connection) = connected().await;
    Pin::new(&mut connection).rest();
    drop(client);
    timeout(Duration::from_secs(20), &mut connection)
        .await
        .unwrap()
        .unwrap();
}
