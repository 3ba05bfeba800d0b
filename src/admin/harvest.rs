//! `POST /channels/{mount}/{channel}/harvest`: a film out of a channel's recording.
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, ORIGIN, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::Channels;
use crate::delivery::Query;
use crate::moment::unix_ms;

const MAX_NAME: usize = 128;
const EXTENSION: &str = ".mp4";
/// Until another film may be done.
const BUSY_S: u32 = 10;

/// What a film is to be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Unix milliseconds.
    pub start_ms: i64,
    pub end_ms: i64,
    /// Of the file, in the folder that is configured.
    pub name: String,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Film {
    /// Where it is.
    pub file: String,
    pub bytes: u64,
    /// Unix time of its first sample, milliseconds.
    pub start_ms: i64,
    pub duration_ms: u64,
    pub tracks: Vec<FilmTrack>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilmTrack {
    pub name: String,
    pub samples: u64,
}

/// Why there is no film.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoFilm {
    #[error("no channel {0}")]
    NoChannel(String),
    #[error("the channel is not recorded, or mount.live.recording.harvest_directory is not set")]
    NotConfigured,
    #[error("another film is being made; try again later")]
    Busy,
    /// Nothing is recorded of that time.
    #[error("{0}")]
    Nothing(String),
    /// Holes, breaks, damage.
    #[error("{0}")]
    Unfit(String),
    #[error("the film cannot be written; see the log")]
    Failed,
}

impl NoFilm {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoChannel(_) => (StatusCode::NOT_FOUND, "no-such-channel"),
            Self::NotConfigured => (StatusCode::NOT_FOUND, "not-configured"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Nothing(_) => (StatusCode::NOT_FOUND, "nothing-recorded"),
            Self::Unfit(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unfit"),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        }
    }
}

/// The channel (`/{mount}/{channel}`) whose recording a path names.
pub(super) fn channel(path: &str) -> Option<&str> {
    let channel = path.strip_prefix("/channels")?.strip_suffix("/harvest")?;
    (!channel.is_empty()).then_some(channel)
}

/// # Errors
/// None: whatever is wrong is an answer, as JSON.
pub(super) async fn answer(
    channel: &str,
    method: &Method,
    headers: &HeaderMap,
    query: &str,
    channels: Option<&Arc<dyn Channels>>,
) -> Response<Full<Bytes>> {
    if method != Method::POST {
        let mut response = fault(StatusCode::METHOD_NOT_ALLOWED, "method", "POST");
        let allowed = HeaderValue::from_static("POST");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    // A browser sends it with what a page of others makes it ask for (Fetch, 3.1).
    if headers.contains_key(ORIGIN) {
        return fault(StatusCode::FORBIDDEN, "from-a-page", "not from a web page");
    }
    let order = match order(query) {
        Ok(order) => order,
        Err(reason) => return fault(StatusCode::BAD_REQUEST, "bad-order", &reason),
    };
    let Some(channels) = channels.map(Arc::clone) else {
        return refuse(&NoFilm::NoChannel(channel.to_owned()));
    };
    let of = channel.to_owned();
    let made = spawn_blocking(move || channels.harvest(&of, &order)).await;
    match made {
        Ok(Ok(film)) => {
            tracing::info!(channel, file = film.file, bytes = film.bytes, "film made");
            super::json_of(StatusCode::CREATED, &film)
        }
        Ok(Err(refused)) => refuse(&refused),
        Err(error) => {
            tracing::error!(channel, %error, "a film was not made");
            refuse(&NoFilm::Failed)
        }
    }
}

fn order(query: &str) -> Result<Order, String> {
    let (mut start, mut end, mut to) = (None, None, None);
    let query = Query::parse(Some(query), None).map_err(|_| "the query is too long".to_owned())?;
    for (name, value) in query.pairs() {
        match name {
            "start" => start = Some(unix_ms(name, value)?),
            "end" => end = Some(unix_ms(name, value)?),
            "to" => to = Some(file_name(value)?),
            name => return Err(format!("{name} is not known: start, end, to")),
        }
    }
    let missing = |name: &str| format!("{name} is missing");
    let order = Order {
        start_ms: start.ok_or_else(|| missing("start"))?,
        end_ms: end.ok_or_else(|| missing("end"))?,
        name: to.ok_or_else(|| missing("to"))?,
    };
    match order.end_ms <= order.start_ms {
        true => Err("the end is not behind the start".to_owned()),
        false => Ok(order),
    }
}

/// One that stays in its folder, and is no hidden file.
fn file_name(value: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = value.strip_suffix(EXTENSION).unwrap_or(value);
    if name.is_empty()
        || name.starts_with('.')
        || name.len() > MAX_NAME
        || !name.chars().all(is_plain)
    {
        return Err(format!(
            "to is a file name: letters, digits, '-', '_', '.', at most {MAX_NAME}, not beginning with '.'"
        ));
    }
    Ok(format!("{name}{EXTENSION}"))
}

fn refuse(refused: &NoFilm) -> Response<Full<Bytes>> {
    let (status, code) = refused.status_and_code();
    let mut response = fault(status, code, &refused.to_string());
    if *refused == NoFilm::Busy {
        response.headers_mut().insert(RETRY_AFTER, BUSY_S.into());
    }
    response
}

fn fault(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    super::json_of(status, &json!({ "error": code, "message": message }))
}

#[cfg(test)]
mod tests;
