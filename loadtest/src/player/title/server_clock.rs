//! The server's clock, as an MPD says it is to be read (ISO/IEC 23009-1, 5.8.5.7).
use std::time::UNIX_EPOCH;

use http::header::DATE;
use tokio::time::Instant;

use super::super::session::{Session, Wanted};
use super::unix_now;
use crate::hls::date::unix_seconds;
use crate::measure::Class;
use crate::outcome::ErrorClass;
use crate::presentation::Clock;

/// A date is shorter.
const MAX_BYTES: usize = 1024;

/// What has to be added to our clock to get the server's; 0 where no clock can be read.
pub(super) async fn offset(session: &Session<'_>, clocks: &[Clock]) -> f64 {
    for clock in clocks {
        if let Some(offset) = read(session, clock).await {
            return offset;
        }
    }
    0.0
}

async fn read(session: &Session<'_>, clock: &Clock) -> Option<f64> {
    let (url, in_body) = match clock {
        Clock::Direct(time) => return Some(time - unix_now()),
        Clock::Head(url) => (url, false),
        Clock::Body(url) => (url, true),
    };
    let before = unix_now();
    let wanted = Wanted {
        keep: MAX_BYTES,
        head_only: !in_body,
        ..Wanted::new(Class::Manifest, Instant::now())
    };
    let answer = session.get(url, wanted).await.ok()?;
    let middle = before + (unix_now() - before) / 2.0;
    let time = match in_body {
        true => answer
            .body
            .as_deref()
            .and_then(|body| std::str::from_utf8(body).ok())
            .and_then(unix_seconds),
        false => answer
            .headers
            .get(DATE)
            .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok())
            .and_then(|date| date.duration_since(UNIX_EPOCH).ok())
            .map(|since| since.as_secs_f64()),
    };
    let Some(time) = time else {
        session.complain(ErrorClass::Unreadable, url, "no date of a clock");
        return None;
    };
    let offset = time - middle;
    if in_body {
        return Some(offset);
    }
    // A header's date has no fractions: the server's clock is up to a second ahead of it. Who takes the earliest never
    // asks for what is not there yet.
    Some(if offset <= 0.0 && offset > -1.0 {
        0.0
    } else {
        offset
    })
}
