//! Lines of access logs: edgepack's JSON, and the combined format of nginx and Apache.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    Request(Entry),
    /// Empty, or not a GET.
    Other,
    Unreadable,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it came, seconds of the Unix epoch.
    pub time: f64,
    /// Tells clients apart.
    pub client: String,
    /// With its query.
    pub path: String,
}

#[derive(Deserialize)]
struct Json {
    time: String,
    peer: String,
    method: String,
    path: String,
}

/// Reads one line of either format.
pub fn parse(line: &str) -> Line {
    let line = line.trim();
    if line.is_empty() {
        return Line::Other;
    }
    let read = if line.starts_with('{') {
        json(line)
    } else {
        combined(line)
    };
    match read {
        None => Line::Unreadable,
        Some((method, _)) if method != "GET" => Line::Other,
        Some((_, entry)) if !entry.path.starts_with('/') => Line::Unreadable,
        Some((_, entry)) => Line::Request(entry),
    }
}

fn json(line: &str) -> Option<(String, Entry)> {
    let json: Json = serde_json::from_str(line).ok()?;
    let time = humantime::parse_rfc3339_weak(&json.time).ok()?;
    let entry = Entry {
        time: seconds(time)?,
        client: json.peer,
        path: json.path,
    };
    Some((json.method, entry))
}

/// `address - user [10/Oct/2000:13:55:36 -0700] "GET /path HTTP/1.1" 200 2326 "…" "…"`.
fn combined(line: &str) -> Option<(String, Entry)> {
    let (client, rest) = line.split_once(' ')?;
    let (_, rest) = rest.split_once('[')?;
    let (time, rest) = rest.split_once(']')?;
    let (_, rest) = rest.split_once('"')?;
    let (request, _) = rest.split_once('"')?;
    let mut words = request.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let entry = Entry {
        time: log_time(time)?,
        client: client.to_owned(),
        path: path.to_owned(),
    };
    Some((method.to_owned(), entry))
}

fn log_time(text: &str) -> Option<f64> {
    let (date, zone) = text.split_once(' ')?;
    let (day, clock) = date.split_once(':')?;
    let mut day = day.split('/');
    let (d, name, year) = (day.next()?, day.next()?, day.next()?);
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = MONTHS
        .find(name)
        .filter(|at| name.len() == 3 && at % 3 == 0)?
        / 3
        + 1;
    let iso = format!("{year}-{month:02}-{d}T{clock}Z");
    let local = seconds(humantime::parse_rfc3339(&iso).ok()?)?;
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1.0, digits),
        ("-", digits) => (-1.0, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let offset = hours.parse::<u32>().ok()? * 3600 + minutes.parse::<u32>().ok()? * 60;
    Some(local - sign * f64::from(offset))
}

fn seconds(time: SystemTime) -> Option<f64> {
    let since: Duration = time.duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_secs_f64())
}

#[cfg(test)]
mod tests;
