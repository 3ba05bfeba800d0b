#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::{Arc, Mutex};

use super::*;
use crate::admin::ChannelState;

#[derive(Debug, Default)]
struct Known(Mutex<Vec<Interstitial>>);

impl Interstitials for Known {
    fn list(&self) -> Vec<Interstitial> {
        self.0.lock().unwrap().clone()
    }

    fn insert(&self, new: Interstitial) -> Result<bool, Refused> {
        let mut known = self.0.lock().unwrap();
        match known.iter().find(|known| known.id == new.id) {
            Some(known) if *known == new => Ok(false),
            Some(_) => Err(Refused::JustRemoved { retry_after_s: 7 }),
            None => {
                known.push(new);
                Ok(true)
            }
        }
    }

    fn remove(&self, id: &str) -> bool {
        let mut known = self.0.lock().unwrap();
        let before = known.len();
        known.retain(|known| known.id != id);
        known.len() < before
    }
}

#[derive(Debug, Default)]
struct Node(Arc<Known>);

impl Channels for Node {
    fn states(&self) -> Vec<ChannelState> {
        Vec::new()
    }

    fn interstitials(&self, path: &str) -> Option<Arc<dyn Interstitials>> {
        (path == "/live/news").then(|| Arc::clone(&self.0) as Arc<dyn Interstitials>)
    }
}

async fn ask(node: &Node, method: Method, path: &str, body: &str) -> Response<Full<Bytes>> {
    let target = Target::of(path).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
    answer(&target, &method, &headers, body, Some(node)).await
}

async fn text(response: Response<Full<Bytes>>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

const LIST: &str = "/channels/live/news/interstitials";
const ONE: &str = "/channels/live/news/interstitials/ad-1";
const AD: &str =
    r#"{"id":"ad-1","start":"2026-05-01T20:15:00Z","asset_uri":"https://a.example/1.m3u8"}"#;

#[test]
fn paths_name_a_channel_and_perhaps_one_of_its_interstitials() {
    let target = |channel, id| Some(Target { channel, id });
    assert_eq!(Target::of(LIST), target("/live/news", None));
    assert_eq!(Target::of(ONE), target("/live/news", Some("ad-1")));
    for other in [
        "/channels",
        "/channels/interstitials",
        "/channels/live/news",
        "/readyz/live/news/interstitials",
        "/channels/live/news/interstitials/a/b",
    ] {
        assert_eq!(Target::of(other), None, "{other}");
    }
}

#[tokio::test]
async fn one_is_added_shown_and_removed() {
    let node = Node::default();
    let added = ask(&node, Method::POST, LIST, AD).await;
    assert_eq!(added.status(), 201);
    assert_eq!(added.headers()[LOCATION], ONE);
    // The same once more is no other.
    assert_eq!(ask(&node, Method::POST, LIST, AD).await.status(), 200);
    let list = text(ask(&node, Method::GET, LIST, "").await).await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["interstitials"].as_array().unwrap().len(), 1);
    assert_eq!(
        list["interstitials"][0]["asset_uri"],
        "https://a.example/1.m3u8"
    );
    assert_eq!(ask(&node, Method::GET, ONE, "").await.status(), 200);
    assert_eq!(ask(&node, Method::DELETE, ONE, "").await.status(), 204);
    for method in [Method::DELETE, Method::GET] {
        assert_eq!(ask(&node, method, ONE, "").await.status(), 404);
    }
}

#[tokio::test]
async fn what_is_wrong_is_answered_in_json() {
    let node = Node::default();
    ask(&node, Method::POST, LIST, AD).await;
    let other = AD.replace("1.m3u8", "2.m3u8");
    let long = format!("{AD}{}", " ".repeat(MAX_BODY));
    for (method, path, body, status, code) in [
        (Method::POST, LIST, "{", 400, "bad-interstitial"),
        (Method::POST, LIST, other.as_str(), 409, "just-removed"),
        (Method::POST, LIST, long.as_str(), 413, "too-large"),
        (Method::PUT, LIST, AD, 405, "method"),
        (Method::POST, ONE, AD, 405, "method"),
        (
            Method::GET,
            "/channels/live/sports/interstitials",
            "",
            404,
            "no-such-channel",
        ),
    ] {
        let response = ask(&node, method.clone(), path, body).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()[CONTENT_TYPE], JSON);
        if status == 409 {
            assert_eq!(response.headers()[RETRY_AFTER], "7");
        }
        let fault: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(fault["error"], code);
        assert!(fault["message"].as_str().is_some_and(|it| !it.is_empty()));
    }
}

/// Pages can send forms and plain text anywhere, but not JSON.
#[tokio::test]
async fn what_a_page_could_send_unasked_is_refused() {
    let node = Node::default();
    let target = Target::of(LIST).unwrap();
    let plain = (CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    for headers in [HeaderMap::new(), HeaderMap::from_iter([plain])] {
        let body = Full::new(Bytes::from_static(AD.as_bytes()));
        let response = answer(&target, &Method::POST, &headers, body, Some(&node)).await;
        assert_eq!(response.status(), 415);
    }
    assert_eq!(node.0.list(), []);
}
