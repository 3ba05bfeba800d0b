#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::net::SocketAddr;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;

use super::*;
use crate::delivery::{CachePolicy, Content, Etag, Outgoing, Protocol};

/// Echoes what it was asked for.
struct Echo;

impl Origin for Echo {
    async fn get(
        &self,
        _: &Routed<'_>,
        route: &AssetRoute<'_>,
        _: &Request,
    ) -> Result<Representation, Fault> {
        if route.asset == "slow" {
            std::future::pending::<()>().await;
        }
        let mut text = format!("{} {} {}", route.asset, route.protection, route.leaf);
        for (name, value) in route.query.pairs() {
            text += &format!(" {name}:{value}");
        }
        Ok(representation(text))
    }

    async fn post(
        &self,
        _: &AssetRoute<'_>,
        _: &Request,
        mut body: RequestBody,
    ) -> Result<Response, Fault> {
        let body = body.read(usize::MAX, Duration::from_secs(1)).await?;
        Ok(Response::bytes(StatusCode::OK, "application/json", body))
    }

    async fn ingest(
        &self,
        route: &IngestRoute<'_>,
        _: &Request,
        mut body: RequestBody,
    ) -> Result<Response, Fault> {
        let body = body.read(usize::MAX, Duration::from_secs(1)).await?;
        let text = format!("{} {} {}", route.channel, route.stream, body.len());
        Ok(Response::bytes(StatusCode::OK, "text/plain", text))
    }

    async fn player(&self, file: &PlayerFile<'_>, _: &Request) -> Result<Representation, Fault> {
        Ok(representation(format!("{file:?}")))
    }
}

fn representation(text: String) -> Representation {
    Representation {
        etag: Etag::from_digest(b"1"),
        last_modified: None,
        content_type: "text/plain",
        encoding: None,
        cache: CachePolicy::Immutable,
        content: Content::Bytes(text.into()),
    }
}

/// Wants the token `good`.
struct Password;

impl Gate for Password {
    fn admit(&self, _: MountId, routed: &Routed<'_>, _: &Request) -> Result<Audience, Fault> {
        match routed.token {
            Some("good") => Ok(Audience::TokenBearer),
            _ => Err(Fault::new(
                StatusCode::UNAUTHORIZED,
                Blame::Viewer,
                "token-missing",
                "No token.",
            )),
        }
    }

    fn token_parameter(&self, _: MountId) -> Option<&str> {
        Some("token")
    }
}

fn core(telemetry: &Arc<Telemetry>) -> Core<Echo, Password> {
    let settings = Settings {
        router: Router::new(["vod"]),
        mount_names: vec!["vod".into()],
        cors: Cors::default(),
        request_timeout: Duration::from_millis(50),
        max_request_body: 10,
    };
    Core::new(Arc::new(settings), Arc::clone(telemetry), Echo, Password)
}

fn request(method: Method, path: &str) -> Request {
    Request {
        method,
        uri: path.parse().unwrap(),
        headers: HeaderMap::new(),
        body: RequestBody(None),
        peer: SocketAddr::from(([127, 0, 0, 1], 1)),
        protocol: Protocol::Http2,
        secure: true,
        client_certificate: None,
        now: SystemTime::now(),
    }
}

fn with_body(path: &str, body: &'static str) -> Request {
    let chunks = body
        .as_bytes()
        .chunks(4)
        .map(|chunk| Ok(Bytes::from_static(chunk)));
    let stream = futures_util::stream::iter(chunks);
    Request {
        body: RequestBody(Some(Box::pin(stream))),
        ..request(Method::POST, path)
    }
}

async fn drain(mut outgoing: Outgoing) -> String {
    let mut body = Vec::new();
    while let Some(chunk) = outgoing.next().await {
        body.extend_from_slice(&chunk.unwrap());
    }
    String::from_utf8(body).unwrap()
}

fn answer(request: Request) -> (StatusCode, HeaderMap, String) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (status, headers, outgoing) = core(&Telemetry::new(None).unwrap())
            .handle(request)
            .await
            .into_parts();
        (status, headers, drain(outgoing).await)
    })
}

#[test]
fn a_manifests_query_reaches_the_origin_without_the_token_and_no_other_does() {
    let get = |path: &str| answer(request(Method::GET, path));
    let (_, _, body) = get("/t/good/vod/bear/cenc/index.m3u8?lang=d%65&token=secret&lang=en");
    assert_eq!(body, "bear cenc index.m3u8 lang:de lang:en");
    let (_, _, body) = get("/t/good/vod/bear/cenc/v1/index.m3u8?a");
    assert_eq!(body, "bear cenc v1/index.m3u8 a:");
    let (_, _, body) = get("/t/good/vod/bear/cenc/v1/3.m4s?lang=de");
    assert_eq!(body, "bear cenc v1/3.m4s");
    let long = format!("/t/good/vod/bear/cenc/index.m3u8?{}", "a&".repeat(100));
    let (status, headers, _) = get(&long);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(headers["edgepack-reason"], "query-too-long");
}

#[test]
fn an_asset_goes_through_the_gate() {
    let (status, headers, body) = answer(request(Method::GET, "/t/good/vod/bear/cenc/v1/3.m4s"));
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::OK, "bear cenc v1/3.m4s")
    );
    assert_eq!(
        headers[CACHE_CONTROL],
        "private, max-age=31536000, immutable"
    );
    assert_eq!(headers["access-control-allow-origin"], "*");

    let (status, headers, body) = answer(request(Method::GET, "/vod/bear/cenc/v1/3.m4s"));
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::UNAUTHORIZED, "token-missing: No token.\n")
    );
    assert_eq!(headers["edgepack-reason"], "token-missing");
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    assert_eq!(headers["access-control-allow-origin"], "*");
}

#[test]
fn the_page_needs_no_token() {
    assert_eq!(answer(request(Method::GET, "/player/")).2, "Index");
    assert_eq!(
        answer(request(Method::GET, "/player/a/b.js")).2,
        "Bundled(\"a/b.js\")"
    );
    let (status, headers, _) = answer(request(Method::GET, "/"));
    assert_eq!(
        (status, headers[LOCATION].to_str().unwrap()),
        (StatusCode::FOUND, "/player/")
    );
}

#[test]
fn head_says_what_get_would() {
    for path in [
        "/t/good/vod/bear/cenc/v1/3.m4s",
        "/vod/bear/cenc/v1/3.m4s",
        "/nothing",
        "/",
    ] {
        let (get_status, get_headers, _) = answer(request(Method::GET, path));
        let (status, headers, body) = answer(request(Method::HEAD, path));
        assert_eq!((status, body.as_str()), (get_status, ""), "{path}");
        assert_eq!(headers, get_headers, "{path}");
    }
}

#[test]
fn a_preflight_needs_no_token() {
    let (status, headers, body) = answer(request(Method::OPTIONS, "/vod/bear/cenc/v1/3.m4s"));
    assert_eq!((status, body.as_str()), (StatusCode::NO_CONTENT, ""));
    assert!(headers.contains_key("access-control-allow-methods"));
    assert_eq!(headers["access-control-allow-origin"], "*");
}

#[test]
fn methods_are_held_to_the_route() {
    for (method, path, allow) in [
        (
            Method::POST,
            "/t/good/vod/bear/cenc/v1/3.m4s",
            "GET, HEAD, OPTIONS",
        ),
        (Method::DELETE, "/player/", "GET, HEAD, OPTIONS"),
        (Method::PUT, "/", "GET, HEAD, OPTIONS"),
        (
            Method::GET,
            "/t/good/vod/bear/cenc/clearkey",
            "POST, OPTIONS",
        ),
    ] {
        let (status, headers, _) = answer(request(method, path));
        assert_eq!(
            (status, headers[ALLOW].to_str().unwrap()),
            (StatusCode::METHOD_NOT_ALLOWED, allow),
            "{path}"
        );
    }
}

#[test]
fn a_posted_body_is_bounded() {
    let path = "/t/good/vod/bear/cenc/clearkey";
    let (status, _, body) = answer(with_body(path, "0123456789"));
    assert_eq!((status, body.as_str()), (StatusCode::OK, "0123456789"));
    assert_eq!(
        answer(with_body(path, "0123456789a")).0,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let mut announced = with_body(path, "0");
    announced
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(11));
    assert_eq!(answer(announced).0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn no_answer_in_time_is_a_503() {
    let (status, headers, _) = answer(request(Method::GET, "/t/good/vod/slow/clear/manifest.mpd"));
    assert_eq!(
        (status, headers["edgepack-reason"].to_str().unwrap()),
        (StatusCode::SERVICE_UNAVAILABLE, "timed-out")
    );
    assert_eq!(headers["retry-after"], "1");
}

#[test]
fn an_answer_is_over_when_its_body_is() {
    let telemetry = Telemetry::new(None).unwrap();
    let count = |series: &str| {
        let text = String::from_utf8(telemetry.render().unwrap()).unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with(series))
            .unwrap()
            .to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    const REQUESTS: &str =
        "edgepack_requests_total{kind=\"segment\",protocol=\"h2\",status=\"2xx\"}";
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let core = core(&telemetry);
        let outgoing = core
            .handle(request(Method::GET, "/t/good/vod/bear/clear/v1/3.m4s"))
            .await
            .into_parts()
            .2;
        assert_eq!(count(REQUESTS), 0);
        drain(outgoing).await;
        assert_eq!(
            (count(REQUESTS), count("edgepack_responses_aborted_total")),
            (1, 0)
        );
        // A client that leaves before the body is out.
        drop(
            core.handle(request(Method::GET, "/t/good/vod/bear/clear/v1/3.m4s"))
                .await
                .into_parts(),
        );
        assert_eq!(
            (count(REQUESTS), count("edgepack_responses_aborted_total")),
            (2, 1)
        );
    });
    core_refusal_counts(&telemetry, &runtime);
}

fn core_refusal_counts(telemetry: &Arc<Telemetry>, runtime: &tokio::runtime::Runtime) {
    runtime.block_on(core(telemetry).handle(request(Method::GET, "/vod/bear/clear/v1/3.m4s")));
    let text = String::from_utf8(telemetry.render().unwrap()).unwrap();
    assert!(
        text.contains("edgepack_token_refusals_total{reason=\"token-missing\"} 1"),
        "{text}"
    );
}
