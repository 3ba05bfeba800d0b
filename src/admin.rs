//! The operator's port: health, readiness, metrics, key ids. Not for viewers.
mod assets;
mod channels;
mod harvest;
mod interstitials;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use self::assets::{AssetState, Assets, NoAsset};
pub use self::channels::{ChannelState, Channels, Health, TrackState};
pub use self::harvest::{Film, FilmTrack, NoFilm, Order};
pub use self::interstitials::{Asset, Interstitial, Interstitials, Refused};
use crate::keys::{DEFAULT_LIMIT, KeyStore, MAX_LIMIT};
use crate::telemetry::{METRICS_CONTENT_TYPE, Telemetry};

/// Monitoring systems and a few operators.
const MAX_CONNECTIONS: usize = 64;
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// When the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the port tells of.
#[derive(Debug, Clone)]
pub struct Views {
    pub telemetry: Arc<Telemetry>,
    /// Whether the node takes requests.
    pub ready: watch::Receiver<bool>,
    pub reports: Reports,
}

/// What of the origin the port tells of.
#[derive(Debug, Clone, Default)]
pub struct Reports {
    /// `None`: a node without keys.
    pub keys: Option<Arc<KeyStore>>,
    /// `None`: a node without channels.
    pub channels: Option<Arc<dyn Channels>>,
    /// `None`: a node without assets.
    pub assets: Option<Arc<dyn Assets>>,
}

/// Serves until `shutdown`; connections end with it.
pub async fn serve(listener: TcpListener, views: Views, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let place = places.clone().acquire_owned().await;
        let accepted = tokio::select! {
            () = &mut shutdown => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let views = views.clone();
        connections.spawn(async move {
            let _place = place;
            let views = &views;
            let service = service_fn(move |request| async move {
                Ok::<_, Infallible>(respond(request, views).await)
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "admin connection");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

async fn respond(request: Request<Incoming>, views: &Views) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let channels = views.reports.channels.as_ref();
    if let Some(target) = interstitials::Target::of(parts.uri.path()) {
        let reports = &views.reports;
        return interstitials::answer(&target, &parts.method, &parts.headers, body, reports).await;
    }
    if let Some(channel) = harvest::channel(parts.uri.path()) {
        let query = parts.uri.query().unwrap_or_default();
        return harvest::answer(channel, &parts.method, &parts.headers, query, channels).await;
    }
    answer(&parts.method, &parts.uri, views)
}

fn answer(method: &Method, uri: &Uri, views: &Views) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        return response(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD\n");
    }
    match uri.path() {
        "/" => response(StatusCode::OK, "text/html; charset=utf-8", INDEX),
        "/healthz" => response(StatusCode::OK, TEXT, "ok\n"),
        "/readyz" => readiness(views),
        "/keys" => keys(uri.query().unwrap_or_default(), views),
        "/metrics" => match views.telemetry.render() {
            Ok(metrics) => response(StatusCode::OK, METRICS_CONTENT_TYPE, metrics),
            Err(error) => {
                tracing::error!(%error, "metrics cannot be written");
                response(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    TEXT,
                    "metrics cannot be written; see the log\n",
                )
            }
        },
        "/channels" => match &views.reports.channels {
            Some(channels) => json(&channels.states()),
            None => response(StatusCode::NOT_FOUND, TEXT, "this node has no channels\n"),
        },
        "/assets" => match &views.reports.assets {
            Some(assets) => json(&assets.with_interstitials()),
            None => response(StatusCode::NOT_FOUND, TEXT, "this node has no assets\n"),
        },
        path => match (path.strip_prefix("/readyz"), &views.reports.channels) {
            (Some(channel), Some(channels)) => {
                let (status, text) = channels::readiness(&**channels, channel);
                response(status, TEXT, text)
            }
            _ => response(
                StatusCode::NOT_FOUND,
                TEXT,
                "nothing here; / lists what there is\n",
            ),
        },
    }
}

fn json(value: &impl serde::Serialize) -> Response<Full<Bytes>> {
    json_of(StatusCode::OK, value)
}

fn json_of(status: StatusCode, value: &impl serde::Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(value) {
        Ok(json) => response(status, "application/json", json),
        Err(error) => {
            tracing::error!(%error, "a report cannot be written");
            response(
                StatusCode::INTERNAL_SERVER_ERROR,
                TEXT,
                "the report cannot be written; see the log\n",
            )
        }
    }
}

fn readiness(views: &Views) -> Response<Full<Bytes>> {
    if !*views.ready.borrow() {
        return response(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "not ready: starting or draining\n",
        );
    }
    let unwell = views
        .reports
        .keys
        .as_ref()
        .map_or_else(Vec::new, |keys| keys.unwell());
    if unwell.is_empty() {
        return response(StatusCode::OK, TEXT, "ready\n");
    }
    let reasons: String = unwell
        .into_iter()
        .map(|unwell| {
            format!(
                "not ready: mount {}: the {} key provider has failed for {} s: {}\n",
                unwell.mount,
                unwell.provider,
                unwell.failing.as_secs(),
                unwell.error
            )
        })
        .collect();
    response(StatusCode::SERVICE_UNAVAILABLE, TEXT, reasons)
}

/// `?limit=` bounds the keys shown.
fn keys(query: &str, views: &Views) -> Response<Full<Bytes>> {
    let Some(keys) = &views.reports.keys else {
        return response(StatusCode::NOT_FOUND, TEXT, "this node has no keys\n");
    };
    let limit = match query {
        "" => Some(DEFAULT_LIMIT),
        query => query
            .strip_prefix("limit=")
            .and_then(|limit| limit.parse().ok())
            .filter(|limit| *limit <= MAX_LIMIT),
    };
    match limit {
        None => response(
            StatusCode::BAD_REQUEST,
            TEXT,
            format!("the query is limit=N, N up to {MAX_LIMIT}\n"),
        ),
        Some(limit) => response(
            StatusCode::OK,
            "application/json",
            keys.report(limit).to_string(),
        ),
    }
}

const INDEX: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>edgepack admin</title>\
<style>body{font:16px/1.6 system-ui;margin:3rem auto;max-width:36rem;padding:0 1rem;color-scheme:light dark}</style>\
<h1>edgepack</h1><ul><li><a href=/healthz>/healthz</a> the process is up<li><a href=/readyz>/readyz</a> \
all listeners are up, the node is not draining, and no key provider has failed for too long<li><a href=/keys>/keys</a> \
key ids, where they come from and how old they are<li><a href=/channels>/channels</a> how live channels are; \
/readyz/{mount}/{channel} for one of them, /channels/{mount}/{channel}/interstitials for its interstitials<li><a href=/assets>/assets</a> \
which assets have interstitials; /assets/{mount}/{asset}/interstitials for those of one<li><a href=/metrics>/metrics</a> for Prometheus</ul>";

fn response(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
