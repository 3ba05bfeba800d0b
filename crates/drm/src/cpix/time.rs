//! `xs:dateTime`.
use super::{Error, Result};
use std::fmt;

#[cfg(test)]
mod tests;

/// A point in time as XML Schema writes it, such as `2026-01-31T12:00:00Z`; kept as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTime(String);

impl DateTime {
    /// Longest text that is kept: a year of four digits, nanoseconds and a zone are 35.
    const MAX: usize = 40;

    /// # Errors
    /// [`Error::Element`] where the text is not a date and time.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = || Error::Element {
            element: "ContentKeyPeriod",
            reason: "not a date and time",
        };
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let shaped = text.is_ascii()
            && text.len() <= Self::MAX
            && digits >= 14
            && text
                .bytes()
                .zip(b"0000-00-00T00:00:00")
                .all(|(is, want)| match want {
                    b'0' => is.is_ascii_digit(),
                    _ => is == *want,
                });
        let rest = text.get(19..).filter(|_| shaped).ok_or_else(fault)?;
        let zone = match rest.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => rest,
        };
        let zone_fits = matches!(zone, "" | "Z")
            || zone.len() == 6
                && zone.starts_with(['+', '-'])
                && zone.as_bytes()[3] == b':'
                && zone.bytes().filter(u8::is_ascii_digit).count() == 4;
        match zone_fits {
            true => Ok(Self(text.to_owned())),
            false => Err(fault()),
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn from_unix(seconds: u64) -> Self {
        // Days to a date of the proleptic Gregorian calendar, years beginning in March.
        let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
        let (era, day) = (days / 146_097, days % 146_097);
        let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march = (5 * day + 2) / 153;
        let day = day - (153 * march + 2) / 5 + 1;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = (era * 400 + year_of_era + u64::from(month <= 2)).min(9999);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        Self(format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
