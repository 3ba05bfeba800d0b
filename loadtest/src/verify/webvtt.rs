//! WebVTT segments (HLS 3.1.4).
use super::{Findings, Violation, rules};

/// Judges a segment: signature, and the times of its cues. Cues may lie outside of the segment.
pub fn webvtt(bytes: &[u8]) -> Vec<Violation> {
    let mut found = Findings::default();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let what = format!("no UTF-8 at {}", error.valid_up_to());
            found.add(rules::WEBVTT, what);
            return found.0;
        }
    };
    let behind = text.strip_prefix("WEBVTT");
    if !behind
        .is_some_and(|behind| behind.is_empty() || behind.starts_with(['\n', '\r', ' ', '\t']))
    {
        found.add(rules::WEBVTT, "no signature");
        return found.0;
    }
    for (at, line) in text.lines().enumerate() {
        if let Some((from, to)) = line.split_once("-->") {
            let to = to.split_whitespace().next().unwrap_or_default();
            match (time(from.trim()), time(to)) {
                (Some(from), Some(to)) if from < to => {}
                (Some(_), Some(_)) => {
                    let what = format!("line {}: a cue that ends before it begins", at + 1);
                    found.add(rules::WEBVTT, what);
                }
                _ => {
                    let what = format!("line {}: no times of a cue", at + 1);
                    found.add(rules::WEBVTT, what);
                }
            }
        } else if let Some(map) = line.strip_prefix("X-TIMESTAMP-MAP=") {
            let mut parts = map.split(',');
            let fits = |part: &str| match part.trim().split_once(':') {
                Some(("LOCAL", local)) => time(local).is_some(),
                Some(("MPEGTS", ticks)) => ticks.parse::<u64>().is_ok(),
                _ => false,
            };
            if !parts.all(fits) {
                let what = format!("line {}: a malformed X-TIMESTAMP-MAP", at + 1);
                found.add(rules::WEBVTT, what);
            }
        }
    }
    found.0
}

/// Milliseconds of `[h…h:]mm:ss.mmm`.
fn time(text: &str) -> Option<u64> {
    let (rest, millis) = text.split_once('.')?;
    let mut parts = rest.rsplit(':');
    let two = |part: &str| {
        (part.len() == 2)
            .then(|| part.parse::<u64>().ok())
            .flatten()
    };
    let seconds = two(parts.next()?)?;
    let minutes = two(parts.next()?)?;
    let hours = match parts.next() {
        Some(hours) => hours.parse::<u64>().ok()?,
        None => 0,
    };
    let millis = (millis.len() == 3).then(|| millis.parse::<u64>().ok())??;
    if parts.next().is_some() || minutes > 59 || seconds > 59 {
        return None;
    }
    hours
        .checked_mul(3_600_000)?
        .checked_add(minutes * 60_000 + seconds * 1000 + millis)
}
