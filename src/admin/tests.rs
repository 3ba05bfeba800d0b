#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;

async fn ask(address: std::net::SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn readiness_follows_the_node_and_health_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ready, is_ready) = watch::channel(false);
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve(
        listener,
        Views {
            telemetry: Telemetry::new(None).unwrap(),
            ready: is_ready,
            reports: Reports::default(),
        },
        async {
            let _ = stopped.await;
        },
    ));
    assert!(
        ask(address, "GET /healthz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(
        ask(address, "GET /readyz")
            .await
            .starts_with("HTTP/1.1 503")
    );
    ready.send(true).unwrap();
    assert!(
        ask(address, "GET /readyz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(ask(address, "GET /metrics").await.contains("edgepack_"));
    assert!(
        ask(address, "POST /metrics")
            .await
            .starts_with("HTTP/1.1 405")
    );
    assert!(ask(address, "GET /other").await.starts_with("HTTP/1.1 404"));
    stop.send(()).unwrap();
    served.await.unwrap();
}

#[tokio::test]
async fn keys_are_shown_within_a_limit() {
    let telemetry = Telemetry::new(None).unwrap();
    let mounts = [crate::config::Mount::new("/vod", "/")];
    let keys = KeyStore::new(&mounts, &telemetry).unwrap();
    let (_ready, ready) = watch::channel(true);
    let views = Views {
        telemetry,
        ready,
        reports: Reports {
            keys: Some(Arc::new(keys)),
            channels: None,
            assets: None,
        },
    };
    let ask = |uri: &'static str| answer(&Method::GET, &Uri::from_static(uri), &views).status();
    assert_eq!(ask("/keys"), 200);
    assert_eq!(ask("/keys?limit=5"), 200);
    assert_eq!(ask("/keys?limit=100001"), 400);
    assert_eq!(ask("/keys?limit=x"), 400);
    assert_eq!(ask("/readyz"), 200);
    let without = Views {
        reports: Reports::default(),
        ..views.clone()
    };
    let answer = answer(&Method::GET, &Uri::from_static("/keys"), &without);
    assert_eq!(answer.status(), 404);
}
