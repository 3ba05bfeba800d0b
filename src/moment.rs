//! Moments as people and players write them.
use std::time::UNIX_EPOCH;

/// Unix time in milliseconds, of Unix time in seconds (`1770000000.5`) or RFC 3339 (`2026-01-31T20:15:00Z`). `name`: of
/// the parameter, for the message.
///
/// # Errors
/// What is neither.
pub(crate) fn unix_ms(name: &str, value: &str) -> Result<i64, String> {
    let seconds = || {
        let seconds: f64 = value
            .parse()
            .ok()
            .filter(|s: &f64| (0.0..1e11).contains(s))?;
        // Below 1e14, and so exact.
        Some((seconds * 1000.0).round() as i64)
    };
    let rfc3339 = || {
        let time = humantime::parse_rfc3339(value).ok()?;
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    };
    seconds().or_else(rfc3339).ok_or_else(|| {
        format!("{name} is neither Unix time in seconds nor like 2026-01-31T20:15:00Z")
    })
}

#[cfg(test)]
mod tests {
    use super::unix_ms;

    #[test]
    fn moments_are_seconds_or_rfc_3339_and_nothing_else() {
        assert_eq!(unix_ms("start", "1770000000.5"), Ok(1_770_000_000_500));
        assert_eq!(unix_ms("start", "1970-01-01T00:00:01.250Z"), Ok(1250));
        for wrong in ["", "yesterday", "-1", "1e12", "NaN", "1960-01-01T00:00:00Z"] {
            assert!(unix_ms("start", wrong).is_err(), "{wrong}");
        }
    }
}
