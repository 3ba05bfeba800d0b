//! An interstitial as JSON: seconds, RFC 3339 dates of channels, and what may stand where.
use std::time::{SystemTime, UNIX_EPOCH};

use http::Uri;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Asset, Interstitial};

const MAX_ID: usize = 128;
/// What ids of splices in the encoder's events begin with.
const RESERVED: [&str; 3] = ["splice-", "segmentation-", "command-"];
const MAX_URL: usize = 2048;
/// A day, seconds.
const MAX_SECONDS: f64 = 86_400.0;

/// Attributes that are words out of a list: key, attribute, words.
const LISTS: [(&str, &str, &[&str]); 3] = [
    ("cue", "CUE", &["pre", "post", "once"]),
    ("snap", "X-SNAP", &["in", "out"]),
    ("restrict", "X-RESTRICT", &["skip", "jump"]),
];
/// Those that are one word.
const WORDS: [(&str, &str, &[&str]); 3] = [
    ("content_may_vary", "X-CONTENT-MAY-VARY", &["yes", "no"]),
    (
        "timeline_occupies",
        "X-TIMELINE-OCCUPIES",
        &["point", "range"],
    ),
    (
        "timeline_style",
        "X-TIMELINE-STYLE",
        &["highlight", "primary"],
    ),
];

/// What `start` is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// Of a channel.
    Dates,
    /// Of an asset: seconds from its beginning.
    Offsets,
}

/// What is wrong with a document.
#[derive(Debug, thiserror::Error)]
pub(super) enum Invalid {
    #[error("not the JSON of an interstitial: {0}")]
    Json(#[from] serde_json::Error),
    #[error("id: letters, digits, '-', '.', '_' and '~', {MAX_ID} at most")]
    Id,
    #[error("id: those that begin with {prefix:?} are of the channel's splices")]
    ReservedId { prefix: &'static str },
    #[error("start: a date as 2026-05-01T20:15:00.500Z or 2026-05-01T22:15:00+02:00")]
    Start,
    #[error(
        "start: seconds from the beginning, from 0 to {MAX_SECONDS}; not needed with cue pre or post"
    )]
    Offset,
    #[error("asset_uri or asset_list: one of them")]
    Asset,
    #[error("{key}: an absolute http or https URL of {MAX_URL} bytes at most")]
    Url { key: &'static str },
    #[error("{key}: seconds, from {least} to {MAX_SECONDS}")]
    Seconds { key: &'static str, least: f64 },
    #[error("{key}: words out of {words:?}, each once")]
    Words {
        key: &'static str,
        words: &'static [&'static str],
    },
    #[error("cue: pre or post, not both")]
    Cue,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    id: String,
    start: Option<Value>,
    asset_uri: Option<String>,
    asset_list: Option<String>,
    duration: Option<f64>,
    planned_duration: Option<f64>,
    resume_offset: Option<f64>,
    playout_limit: Option<f64>,
    #[serde(default)]
    cue: Vec<String>,
    #[serde(default)]
    snap: Vec<String>,
    #[serde(default)]
    restrict: Vec<String>,
    content_may_vary: Option<String>,
    timeline_occupies: Option<String>,
    timeline_style: Option<String>,
}

/// # Errors
/// [`Invalid`].
pub(super) fn parse(json: &[u8], clock: Clock) -> Result<Interstitial, Invalid> {
    let document: Document = serde_json::from_slice(json)?;
    let length = |key, value| milliseconds(key, value, 0.0);
    Ok(Interstitial {
        start_ms: start(&document, clock)?,
        asset: match (&document.asset_uri, &document.asset_list) {
            (Some(uri), None) => Asset::Uri(url("asset_uri", uri)?),
            (None, Some(list)) => Asset::List(url("asset_list", list)?),
            _ => return Err(Invalid::Asset),
        },
        duration_ms: length("duration", document.duration)?.map(i64::unsigned_abs),
        planned_duration_ms: length("planned_duration", document.planned_duration)?
            .map(i64::unsigned_abs),
        resume_offset_ms: milliseconds("resume_offset", document.resume_offset, -MAX_SECONDS)?,
        playout_limit_ms: length("playout_limit", document.playout_limit)?.map(i64::unsigned_abs),
        choices: choices(&document)?,
        id: id(document.id, clock)?,
    })
}

/// As it was given, in one form.
pub(super) fn json(interstitial: &Interstitial, clock: Clock) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    put("id", interstitial.id.as_str().into());
    let start = match clock {
        Clock::Dates => date(interstitial.start_ms).into(),
        Clock::Offsets => (interstitial.start_ms as f64 / 1000.0).into(),
    };
    put("start", start);
    match &interstitial.asset {
        Asset::Uri(uri) => put("asset_uri", uri.as_str().into()),
        Asset::List(list) => put("asset_list", list.as_str().into()),
    };
    let length = |ms: Option<u64>| ms.map(|ms| ms as f64 / 1000.0);
    for (key, seconds) in [
        ("duration", length(interstitial.duration_ms)),
        ("planned_duration", length(interstitial.planned_duration_ms)),
        (
            "resume_offset",
            interstitial.resume_offset_ms.map(|ms| ms as f64 / 1000.0),
        ),
        ("playout_limit", length(interstitial.playout_limit_ms)),
    ] {
        if let Some(seconds) = seconds {
            put(key, seconds.into());
        }
    }
    for (attribute, value) in &interstitial.choices {
        let value = value.to_ascii_lowercase();
        if let Some((key, ..)) = LISTS.iter().find(|(_, of, _)| of == attribute) {
            put(key, value.split(',').collect::<Vec<_>>().into());
        }
        if let Some((key, ..)) = WORDS.iter().find(|(_, of, _)| of == attribute) {
            put(key, value.into());
        }
    }
    Value::Object(out)
}

fn start(document: &Document, clock: Clock) -> Result<i64, Invalid> {
    let start = document.start.as_ref();
    match clock {
        Clock::Dates => start
            .and_then(Value::as_str)
            .and_then(unix_ms)
            .ok_or(Invalid::Start),
        Clock::Offsets => {
            // Played before or behind everything, wherever it starts (8216bis, 4.4.5.1: CUE).
            let is_outside = |cue: &String| matches!(cue.as_str(), "pre" | "post");
            let seconds = match start {
                None if document.cue.iter().any(is_outside) => Some(0.0),
                start => start.and_then(Value::as_f64),
            };
            let offset = milliseconds("start", seconds, 0.0);
            offset.ok().flatten().ok_or(Invalid::Offset)
        }
    }
}

fn choices(document: &Document) -> Result<Vec<(&'static str, String)>, Invalid> {
    let lists = [&document.cue, &document.snap, &document.restrict];
    let words = [
        &document.content_may_vary,
        &document.timeline_occupies,
        &document.timeline_style,
    ];
    let has = |word: &str| document.cue.iter().any(|cue| cue == word);
    if has("pre") && has("post") {
        return Err(Invalid::Cue);
    }
    let lists = LISTS
        .iter()
        .zip(lists)
        .map(|(of, given)| (of, given.as_slice()));
    let words = WORDS
        .iter()
        .zip(words)
        .map(|(of, given)| (of, given.as_slice()));
    let mut choices = Vec::new();
    for ((key, attribute, words), given) in lists.chain(words) {
        let is_known = |word: &String| words.contains(&word.as_str());
        let mut rest = given.iter().enumerate();
        let is_good = rest.all(|(at, word)| is_known(word) && !given[..at].contains(word));
        if !is_good {
            return Err(Invalid::Words { key, words });
        }
        if !given.is_empty() {
            choices.push((*attribute, given.join(",").to_ascii_uppercase()));
        }
    }
    Ok(choices)
}

/// It stands in paths and playlists as it is.
fn id(id: String, clock: Clock) -> Result<String, Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(plain) {
        return Err(Invalid::Id);
    }
    let reserved = RESERVED.into_iter().find(|prefix| id.starts_with(prefix));
    match reserved.filter(|_| clock == Clock::Dates) {
        Some(prefix) => Err(Invalid::ReservedId { prefix }),
        None => Ok(id),
    }
}

/// RFC 3986: nothing that a quoted string of a playlist could not hold.
fn url(key: &'static str, given: &str) -> Result<String, Invalid> {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    let parsed: Option<Uri> = given.parse().ok();
    let is_absolute = parsed.is_some_and(|url| {
        let host = url.host().is_some_and(|host| !host.is_empty());
        host && matches!(url.scheme_str(), Some("http" | "https"))
    });
    if given.len() > MAX_URL || !given.bytes().all(plain) || !is_absolute {
        return Err(Invalid::Url { key });
    }
    Ok(given.to_owned())
}

fn milliseconds(
    key: &'static str,
    seconds: Option<f64>,
    least: f64,
) -> Result<Option<i64>, Invalid> {
    match seconds {
        None => Ok(None),
        // Within a day: exact in 64 bits.
        Some(seconds) if (least..=MAX_SECONDS).contains(&seconds) => {
            Ok(Some((seconds * 1000.0).round() as i64))
        }
        Some(_) => Err(Invalid::Seconds { key, least }),
    }
}

/// RFC 3339, with any offset; from 1970 on.
fn unix_ms(date: &str) -> Option<i64> {
    let (local, offset_ms) = match date.strip_suffix(['Z', 'z']) {
        Some(local) => (local, 0),
        None => {
            let (local, offset) = date.split_at_checked(date.len().checked_sub(6)?)?;
            let (sign, offset) = match offset.strip_prefix('-') {
                Some(offset) => (-1, offset),
                None => (1, offset.strip_prefix('+')?),
            };
            let (hours, minutes) = offset.split_once(':')?;
            let number = |digits: &str, below: i64| {
                let plain = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
                let number: i64 = plain.then(|| digits.parse().ok())??;
                (number < below).then_some(number)
            };
            let minutes = number(hours, 24)? * 60 + number(minutes, 60)?;
            (local, sign * minutes * 60_000)
        }
    };
    let at = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    let ms = i64::try_from(since.as_millis())
        .ok()?
        .checked_sub(offset_ms)?;
    (ms >= 0).then_some(ms)
}

fn date(unix_ms: i64) -> String {
    let since = std::time::Duration::from_millis(unix_ms.unsigned_abs());
    let at = UNIX_EPOCH
        .checked_add(since)
        .unwrap_or(SystemTime::UNIX_EPOCH);
    humantime::format_rfc3339_millis(at).to_string()
}

#[cfg(test)]
mod tests;
