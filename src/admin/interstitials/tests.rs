#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;

use super::*;
use crate::admin::{AssetState, Assets, ChannelState, Channels};

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

/// With one channel and one asset.
#[derive(Debug, Default, Clone)]
struct Node(Arc<Known>);

impl Channels for Node {
    fn states(&self) -> Vec<ChannelState> {
        Vec::new()
    }

    fn interstitials(&self, path: &str) -> Option<Arc<dyn Interstitials>> {
        (path == "/live/news").then(|| Arc::clone(&self.0) as Arc<dyn Interstitials>)
    }

    fn harvest(
        &self,
        _: &str,
        _: &crate::admin::Order,
    ) -> Result<crate::admin::Film, crate::admin::NoFilm> {
        Err(crate::admin::NoFilm::NotConfigured)
    }
}

impl Assets for Node {
    fn with_interstitials(&self) -> Vec<AssetState> {
        Vec::new()
    }

    fn interstitials<'a>(
        &'a self,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Interstitials>, NoAsset>> {
        let found = match path {
            "/vod/one two" => Ok(Arc::clone(&self.0) as Arc<dyn Interstitials>),
            "/vod/slow" => Err(NoAsset::Unknown {
                path: path.to_owned(),
                reason: "it takes long".to_owned(),
                retry_after_s: 3,
            }),
            _ => Err(NoAsset::NotThere(path.to_owned())),
        };
        Box::pin(async { found })
    }
}

impl Node {
    fn reports(&self) -> Reports {
        Reports {
            keys: None,
            channels: Some(Arc::new(self.clone())),
            assets: Some(Arc::new(self.clone())),
        }
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
    answer(&target, &method, &headers, body, &node.reports()).await
}

async fn text(response: Response<Full<Bytes>>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

const LIST: &str = "/channels/live/news/interstitials";
const ONE: &str = "/channels/live/news/interstitials/ad-1";
const AD: &str =
    r#"{"id":"ad-1","start":"2026-05-01T20:15:00Z","asset_uri":"https://a.example/1.m3u8"}"#;

const FILM: &str = "/assets/vod/one%20two/interstitials";

#[test]
fn paths_name_a_channel_or_an_asset_and_perhaps_one_of_its_interstitials() {
    let target = |of, path, id| Some(Target { of, path, id });
    assert_eq!(Target::of(LIST), target(Of::Channel, "/live/news", None));
    assert_eq!(
        Target::of(ONE),
        target(Of::Channel, "/live/news", Some("ad-1"))
    );
    assert_eq!(Target::of(FILM), target(Of::Asset, "/vod/one%20two", None));
    assert_eq!(
        Target::of("/assets/vod/films/one/interstitials/ad"),
        target(Of::Asset, "/vod/films/one", Some("ad"))
    );
    for other in [
        "/channels",
        "/channels/interstitials",
        "/channels/live/news",
        "/readyz/live/news/interstitials",
        "/channels/live/news/interstitials/a/b",
        "/assets",
        "/assets/interstitials",
        "/assets/vod/film",
        "/assetsvod/film/interstitials",
    ] {
        assert_eq!(Target::of(other), None, "{other}");
    }
}

#[tokio::test]
async fn an_asset_has_them_at_offsets_from_its_beginning() {
    let node = Node::default();
    let ad = r#"{"id":"ad-1","start":90.5,"asset_uri":"https://a.example/1.m3u8"}"#;
    let added = ask(&node, Method::POST, FILM, ad).await;
    assert_eq!(added.status(), 201);
    let one = format!("{FILM}/ad-1");
    assert_eq!(added.headers()[LOCATION], one);
    assert_eq!(node.0.list()[0].start_ms, 90_500);
    let shown = text(ask(&node, Method::GET, &one, "").await).await;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["start"], 90.5);
    assert_eq!(ask(&node, Method::DELETE, &one, "").await.status(), 204);
    // Dates are for channels.
    let refused = ask(&node, Method::POST, FILM, AD).await;
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn an_asset_that_is_not_there_has_none() {
    let node = Node::default();
    for (path, status, code) in [
        ("/assets/vod/film/interstitials", 404, "no-such-asset"),
        ("/assets/vod/a%2fb/interstitials", 400, "bad-path"),
        ("/assets/vod/slow/interstitials", 503, "unknown"),
    ] {
        let response = ask(&node, Method::GET, path, "").await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(
            response.headers().get(RETRY_AFTER).is_some(),
            status == 503,
            "{path}"
        );
        let fault: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(fault["error"], code);
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
        let response = answer(&target, &Method::POST, &headers, body, &node.reports()).await;
        assert_eq!(response.status(), 415);
    }
    assert_eq!(node.0.list(), []);
}

/// Whatever it is, a browser says where it comes from.
#[tokio::test]
async fn what_a_page_of_others_asks_for_changes_nothing() {
    let node = Node::default();
    ask(&node, Method::POST, LIST, AD).await;
    let origin = (
        ORIGIN,
        HeaderValue::from_static("https://elsewhere.example"),
    );
    let json = (CONTENT_TYPE, HeaderValue::from_static(JSON));
    let headers = HeaderMap::from_iter([origin, json]);
    for (method, path, status) in [
        (Method::POST, LIST, 403),
        (Method::POST, FILM, 403),
        (Method::DELETE, ONE, 403),
        (Method::GET, LIST, 200),
    ] {
        let target = Target::of(path).unwrap();
        let body = Full::new(Bytes::from_static(AD.as_bytes()));
        let response = answer(&target, &method, &headers, body, &node.reports()).await;
        assert_eq!(response.status(), status, "{method} {path}");
    }
    assert_eq!(node.0.list().len(), 1);
}
