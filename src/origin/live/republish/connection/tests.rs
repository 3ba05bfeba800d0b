#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::config::{Republish, Secret};

const CONNECT: Duration = Duration::from_secs(5);

/// A destination that does as told, and the way there.
async fn destination() -> (TcpListener, PublishingPoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/ingest", listener.local_addr().unwrap());
    let config = Republish::new("there".into(), Secret::new(url));
    (listener, PublishingPoint::new(&config).unwrap())
}

async fn open(point: &PublishingPoint, send_timeout: Duration) -> Result<Connection, PushError> {
    Connection::open(point, "v.cmfv", "video/mp4", CONNECT, send_timeout).await
}

/// Sends so much that no buffer holds it.
async fn flood(connection: &mut Connection) -> PushError {
    loop {
        if let Err(error) = connection.send(vec![0; 1 << 20].into()).await {
            return error;
        }
    }
}

#[tokio::test]
async fn pieces_go_out_as_they_come_and_the_answer_ends_it() {
    let (listener, point) = destination().await;
    let there = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"first\r\n") {
            stream.read_buf(&mut read).await.unwrap();
        }
        stream
    });
    let mut connection = open(&point, CONNECT).await.unwrap();
    connection.send("first".into()).await.unwrap();
    let mut stream = there.await.unwrap();
    let answer = tokio::spawn(async move {
        let mut read = Vec::new();
        while !read.ends_with(b"0\r\n\r\n") {
            stream.read_buf(&mut read).await.unwrap();
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .await
            .unwrap();
        String::from_utf8(read).unwrap()
    });
    connection.send("second".into()).await.unwrap();
    connection.finish().await.unwrap();
    assert!(answer.await.unwrap().contains("second"));
}

#[tokio::test]
async fn who_takes_nothing_is_given_up() {
    let (listener, point) = destination().await;
    let mut connection = open(&point, Duration::from_millis(200)).await.unwrap();
    let (_held, _) = listener.accept().await.unwrap();
    let error = flood(&mut connection).await;
    assert!(matches!(error, PushError::Stalled(_)), "{error}");
}

#[tokio::test]
async fn an_answer_before_the_end_ends_it() {
    let (listener, point) = destination().await;
    let mut connection = open(&point, CONNECT).await.unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        // Reads on, so that the answer is not lost in a reset.
        let mut read = Vec::new();
        while stream
            .read_buf(&mut read)
            .await
            .is_ok_and(|count| count > 0)
        {
            read.clear();
        }
    });
    connection.send("piece".into()).await.unwrap();
    let error = connection.closed().await;
    assert!(
        matches!(error, PushError::Answered(StatusCode::FORBIDDEN)),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_there_is_told() {
    let (listener, point) = destination().await;
    drop(listener);
    let error = open(&point, CONNECT).await.err().unwrap();
    assert!(matches!(error, PushError::Connect(_)), "{error}");
}

#[tokio::test]
async fn an_ended_request_without_an_answer_is_given_up() {
    let (listener, point) = destination().await;
    let mut connection = open(&point, Duration::from_millis(200)).await.unwrap();
    let (_held, _) = listener.accept().await.unwrap();
    connection.send("piece".into()).await.unwrap();
    let error = connection.finish().await.unwrap_err();
    assert!(matches!(error, PushError::NoAnswer(_)), "{error}");
}
