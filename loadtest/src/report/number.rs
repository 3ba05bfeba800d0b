//! Numbers as people read them: three digits that count, thousands apart, units of the field.
//!
//! Rates and traffic are decimal (Gb/s, GB), memory is binary (GiB).
use std::time::{Duration, SystemTime};

/// Between number and unit, and between thousands: narrow, and no place to break a line.
const SPACE: char = '\u{202f}';

/// `12 345`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(SPACE);
        }
        text.push(digit);
    }
    text
}

/// Places behind the point that leave three digits of `largest`.
pub(crate) fn places(largest: f64) -> usize {
    match largest.abs() {
        largest if largest == 0.0 || !largest.is_finite() => 0,
        // What rounds up to the next power of ten has a place less.
        largest if largest >= 99.95 => 0,
        largest if largest >= 9.995 => 1,
        largest if largest >= 0.9995 => 2,
        // Leading zeros behind the point do not count, up to a millionth.
        largest => (2 - largest.log10().floor() as i32).clamp(3, 8) as usize,
    }
}

/// With a fixed number of places, thousands apart.
pub(crate) fn fixed(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) = match text.split_once('.') {
        Some((whole, rest)) => (whole, Some(rest)),
        None => (text.as_str(), None),
    };
    let whole = whole
        .parse::<u64>()
        .map_or_else(|_| whole.to_owned(), count);
    let sign = if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        "−"
    } else {
        ""
    };
    match rest {
        Some(rest) => format!("{sign}{whole}.{rest}"),
        None => format!("{sign}{whole}"),
    }
}

/// Three digits that count.
pub(crate) fn short(value: f64) -> String {
    fixed(value, places(value))
}

/// Without zeros at the end: for ticks and what people wrote.
pub(crate) fn plain(value: f64) -> String {
    let text = fixed(value, places(value).max(3));
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

pub(crate) fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "" => short(value),
        unit => format!("{}{SPACE}{unit}", short(value)),
    }
}

/// Below a second in ms.
pub(crate) fn time(seconds: f64) -> String {
    if seconds < 1.0 {
        with_unit(seconds * 1e3, "ms")
    } else {
        with_unit(seconds, "s")
    }
}

/// Of a share from 0 to 1.
pub(crate) fn percent(share: f64) -> String {
    format!("{}{SPACE}%", plain_percent(share))
}

fn plain_percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 {
        "0".to_owned()
    } else if percent < 0.001 {
        "< 0.001".to_owned()
    } else if percent < 10.0 {
        let text = fixed(percent, 3);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        fixed(percent, 1)
    }
}

pub(crate) fn bit_rate(bits_per_s: f64) -> String {
    scaled(
        bits_per_s,
        1e3,
        &["b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s", "Pb/s"],
    )
}

/// What was transferred.
pub(crate) fn traffic(bytes: f64) -> String {
    scaled(bytes, 1e3, &["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

/// What is held.
pub(crate) fn memory(bytes: f64) -> String {
    scaled(bytes, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    let mut at = 0;
    // What rounds up to the next unit belongs there.
    while value.abs() >= step * 0.9995 && at + 1 < units.len() {
        value /= step;
        at += 1;
    }
    with_unit(value, units[at])
}

/// `2026-11-23 02:40:00 UTC`.
pub(crate) fn moment(unix_s: f64) -> String {
    Duration::try_from_secs_f64(unix_s)
        .ok()
        .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
        // humantime writes years of four digits.
        .filter(|_| unix_s < 253_402_300_800.0)
        .map_or_else(
            || "at an unknown time".to_owned(),
            |time| {
                humantime::format_rfc3339_seconds(time)
                    .to_string()
                    .replace('T', " ")
                    .replace('Z', " UTC")
            },
        )
}

/// `1m 30s`.
pub(crate) fn span(seconds: f64) -> String {
    let seconds = seconds.round().clamp(0.0, 1e9) as u64;
    humantime::format_duration(Duration::from_secs(seconds)).to_string()
}

#[cfg(test)]
mod tests;
