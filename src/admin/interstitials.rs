//! `/channels/{mount}/{channel}/interstitials` and `/assets/{mount}/{asset}/interstitials`: what operators put into
//! playlists of a channel or of an asset (RFC 8216bis, appendix D).
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, ORIGIN, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;
use serde_json::json;
use tokio::time::timeout;

mod document;
mod target;

use self::document::Clock;
pub(super) use self::target::{Of, Target};
use super::{NoAsset, Reports};
use crate::delivery::route::decode;

/// Of one interstitial as JSON, bytes.
const MAX_BODY: usize = 16 << 10;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const JSON: &str = "application/json";

/// Those of a channel or of an asset.
pub trait Interstitials: fmt::Debug + Send + Sync {
    /// In the order they came.
    fn list(&self) -> Vec<Interstitial>;

    /// Whether it was not there before.
    ///
    /// # Errors
    /// [`Refused`].
    fn insert(&self, interstitial: Interstitial) -> Result<bool, Refused>;

    /// Whether it was there.
    fn remove(&self, id: &str) -> bool;
}

/// One of them: EXT-X-DATERANGE of the class `com.apple.hls.interstitial`. All times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interstitial {
    /// Unreserved characters of a URI.
    pub id: String,
    /// Unix time; of an asset from its beginning.
    pub start_ms: i64,
    pub asset: Asset,
    pub duration_ms: Option<u64>,
    pub planned_duration_ms: Option<u64>,
    pub resume_offset_ms: Option<i64>,
    pub playout_limit_ms: Option<u64>,
    /// Further attributes, in the order they are written, each with its value: CUE, X-SNAP, X-RESTRICT and others.
    pub choices: Vec<(&'static str, String)>,
}

/// Absolute URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asset {
    /// X-ASSET-URI: of a multivariant playlist.
    Uri(String),
    /// X-ASSET-LIST: of JSON that names several.
    List(String),
}

/// Why an interstitial is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is another one with this id: players keep what they were told of it first")]
    Exists,
    #[error(
        "one with this id was removed just now, and players may not know yet; try again in {retry_after_s} s"
    )]
    JustRemoved { retry_after_s: u64 },
    #[error("there are {limit} already, as many as it takes")]
    TooMany { limit: usize },
    #[error("{limit} assets of the mount have interstitials already, as many as may")]
    TooManyAssets { limit: usize },
    #[error("start is before what viewers can still reach")]
    Past,
    #[error("start is more than {limit_s} s ahead")]
    TooFarAhead { limit_s: u64 },
}

impl Refused {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Exists => (StatusCode::CONFLICT, "exists"),
            Self::JustRemoved { .. } => (StatusCode::CONFLICT, "just-removed"),
            Self::TooMany { .. } => (StatusCode::CONFLICT, "too-many"),
            Self::TooManyAssets { .. } => (StatusCode::CONFLICT, "too-many-assets"),
            Self::Past => (StatusCode::UNPROCESSABLE_ENTITY, "past"),
            Self::TooFarAhead { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "too-far-ahead"),
        }
    }
}

/// # Errors
/// None: whatever is wrong is an answer, as JSON.
pub(super) async fn answer<B>(
    target: &Target<'_>,
    method: &Method,
    headers: &HeaderMap,
    body: B,
    reports: &Reports,
) -> Response<Full<Bytes>>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // A browser sends it with what a page of others makes it ask for (Fetch, 3.1).
    let is_change = !matches!(*method, Method::GET | Method::HEAD);
    if is_change && headers.contains_key(ORIGIN) {
        return fault(StatusCode::FORBIDDEN, "from-a-page", "not from a web page");
    }
    let interstitials = match find(target, reports).await {
        Ok(interstitials) => interstitials,
        Err(fault) => return fault,
    };
    let clock = target.clock();
    let shown = |of: &Interstitial| document::json(of, clock);
    match (target.id, method) {
        (None, &Method::GET | &Method::HEAD) => {
            let list: Vec<_> = interstitials.list().iter().map(shown).collect();
            respond(StatusCode::OK, &json!({ "interstitials": list }))
        }
        (None, &Method::POST) => match read(headers, body, clock).await {
            Ok(new) => insert(target, &*interstitials, new),
            Err(fault) => fault,
        },
        (Some(id), &Method::GET | &Method::HEAD) => {
            let list = interstitials.list();
            match list.iter().find(|known| known.id == id) {
                Some(known) => respond(StatusCode::OK, &shown(known)),
                None => no_such(id),
            }
        }
        (Some(id), &Method::DELETE) if interstitials.remove(id) => {
            tracing::info!(of = target.path, id, "interstitial removed");
            let mut response = super::response(StatusCode::NO_CONTENT, JSON, "");
            response.headers_mut().remove(CONTENT_TYPE);
            response
        }
        (Some(id), &Method::DELETE) => no_such(id),
        (id, _) => {
            let allowed = match id {
                None => "GET, HEAD, POST",
                Some(_) => "GET, HEAD, DELETE",
            };
            let mut response = fault(StatusCode::METHOD_NOT_ALLOWED, "method", allowed);
            let allowed = HeaderValue::from_static(allowed);
            response.headers_mut().insert(ALLOW, allowed);
            response
        }
    }
}

/// # Errors
/// What the sender is told where the channel or asset is not there.
async fn find(
    target: &Target<'_>,
    reports: &Reports,
) -> Result<Arc<dyn Interstitials>, Response<Full<Bytes>>> {
    let path = target.path;
    match target.of {
        Of::Channel => {
            let channels = reports.channels.as_ref();
            let found = channels.and_then(|channels| channels.interstitials(path));
            found.ok_or_else(|| {
                let message = format!("no channel {path}");
                fault(StatusCode::NOT_FOUND, "no-such-channel", &message)
            })
        }
        Of::Asset => {
            let decoded = decode(path)
                .map_err(|refused| fault(refused.status, refused.code, &refused.message))?;
            let found = match &reports.assets {
                Some(assets) => assets.interstitials(&decoded).await,
                None => Err(NoAsset::NotThere(decoded.into_owned())),
            };
            found.map_err(|missing| {
                let (status, code) = missing.status_and_code();
                let mut response = fault(status, code, &missing.to_string());
                if let NoAsset::Unknown { retry_after_s, .. } = missing {
                    let retry_after = HeaderValue::from(retry_after_s);
                    response.headers_mut().insert(RETRY_AFTER, retry_after);
                }
                response
            })
        }
    }
}

fn insert(
    target: &Target<'_>,
    interstitials: &dyn Interstitials,
    new: Interstitial,
) -> Response<Full<Bytes>> {
    let shown = document::json(&new, target.clock());
    let location = target.address(&new.id);
    match interstitials.insert(new) {
        Ok(is_new) => {
            if is_new {
                tracing::info!(of = target.path, interstitial = %shown, "interstitial added");
            }
            let status = if is_new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            let mut response = respond(status, &shown);
            if let Ok(location) = HeaderValue::try_from(location) {
                response.headers_mut().insert(LOCATION, location);
            }
            response
        }
        Err(refused) => {
            let (status, code) = refused.status_and_code();
            let mut response = fault(status, code, &refused.to_string());
            if let Refused::JustRemoved { retry_after_s } = refused {
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
            }
            response
        }
    }
}

/// # Errors
/// What the sender is told.
async fn read<B>(
    headers: &HeaderMap,
    body: B,
    clock: Clock,
) -> Result<Interstitial, Response<Full<Bytes>>>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // A page that the operator's browser shows cannot send this type to another host unasked.
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let declared = declared.and_then(|value| value.split(';').next());
    if !declared.is_some_and(|declared| declared.trim().eq_ignore_ascii_case(JSON)) {
        let message = "the body is JSON: Content-Type: application/json";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(fault(status, "not-json", message));
    }
    let collected = timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY).collect()).await;
    let bytes = match collected {
        Err(_) => {
            let message = "the body did not come in time";
            return Err(fault(StatusCode::REQUEST_TIMEOUT, "timeout", message));
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("{MAX_BODY} bytes at most");
            return Err(fault(StatusCode::PAYLOAD_TOO_LARGE, "too-large", &message));
        }
        Ok(Err(error)) => {
            let message = error.to_string();
            return Err(fault(StatusCode::BAD_REQUEST, "broken", &message));
        }
        Ok(Ok(collected)) => collected.to_bytes(),
    };
    document::parse(&bytes, clock).map_err(|invalid| {
        let status = StatusCode::BAD_REQUEST;
        fault(status, "bad-interstitial", &invalid.to_string())
    })
}

fn no_such(id: &str) -> Response<Full<Bytes>> {
    let message = format!("no interstitial {id}");
    fault(StatusCode::NOT_FOUND, "no-such-interstitial", &message)
}

fn fault(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    respond(status, &json!({ "error": code, "message": message }))
}

fn respond(status: StatusCode, value: &serde_json::Value) -> Response<Full<Bytes>> {
    super::response(status, JSON, value.to_string())
}

#[cfg(test)]
mod tests;
