#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Answers every connection with what `answer` makes of its number.
async fn server(answer: impl Fn(u64) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = AtomicU64::new(0);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let _ = stream.read(&mut head).await;
            let text = answer(asked.fetch_add(1, Ordering::SeqCst));
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    format!("http://{address}")
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_watch_counts_between_its_polls() {
    let url = server(|n| ok(&format!("edgepack_cpu_seconds_total {}\n", n * 2))).await;
    let begin = Instant::now();
    let watch = Watch::start(url.parse().unwrap()).await.unwrap();
    assert!(watch.identity().shares_machine);
    tokio::time::timeout(Duration::from_secs(20), async {
        while lock(&watch.kept).readings.len() < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    let figures = watch.figures(begin, Instant::now());
    assert!(figures.cpu_s.unwrap() >= 4.0, "{figures:?}");
    assert!(figures.seconds >= 1.5);
    assert_eq!(figures.failed_polls, 0);
}

#[tokio::test]
async fn what_is_no_admin_port_is_told_at_the_start() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let start = async |url: String| Watch::start(url.parse().unwrap()).await.unwrap_err();
    assert!(matches!(start(gone).await, PollError::Connect { .. }));
    let url = server(|_| "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    assert!(matches!(start(url).await, PollError::Status { .. }));
    let url = server(|_| ok("<html>")).await;
    assert!(matches!(start(url).await, PollError::Parse { .. }));
    let url = server(|_| "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort".to_owned()).await;
    assert!(matches!(
        start(url).await,
        PollError::Body { .. } | PollError::Http { .. }
    ));
}

#[test]
fn an_admin_address_is_plain_http() {
    for wrong in ["127.0.0.1:9090", "https://127.0.0.1:9090", "ftp://x"] {
        assert!(
            matches!(wrong.parse::<AdminUrl>(), Err(PollError::Address { .. })),
            "{wrong}"
        );
    }
    let url: AdminUrl = "http://[::1]:9090".parse().unwrap();
    assert_eq!(url.url.as_str(), "http://[::1]:9090/metrics");
    assert!(url.is_loopback());
    let url: AdminUrl = "http://node7.example:9100/custom".parse().unwrap();
    assert_eq!(url.url.path(), "/custom");
    assert!(!url.is_loopback());
}
