//! Timestamps: `mm:ss.ttt` with hours of any number of digits before.
use std::fmt;

/// Milliseconds, written with hours.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Timestamp(pub(in super::super) u64);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
    }
}

/// Hours beyond are nonsense, and would overflow.
const MAX_HOUR_DIGITS: usize = 6;

/// The timestamp that `text` begins with, in milliseconds, and the rest (W3C WebVTT, 6.3, "collect a WebVTT
/// timestamp").
pub(in super::super) fn parse_timestamp(text: &str) -> Option<(u64, &str)> {
    let (first, first_digits, rest) = digits(text)?;
    let rest = rest.strip_prefix(':')?;
    let (second, second_digits, rest) = digits(rest)?;
    if second_digits != 2 {
        return None;
    }
    let (hours, minutes, seconds, rest) = match rest.strip_prefix(':') {
        Some(rest) => {
            let (third, third_digits, rest) = digits(rest)?;
            if third_digits != 2 || first_digits > MAX_HOUR_DIGITS {
                return None;
            }
            (first, second, third, rest)
        }
        // Two digits below 60 are minutes; hours need both other parts behind them.
        None if first_digits == 2 => (0, first, second, rest),
        None => return None,
    };
    let (millis, millis_digits, rest) = digits(rest.strip_prefix('.')?)?;
    let valid = millis_digits == 3 && minutes <= 59 && seconds <= 59;
    valid.then_some((
        ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis,
        rest,
    ))
}

/// The digits that `text` begins with: value, number of digits, rest.
fn digits(text: &str) -> Option<(u64, usize, &str)> {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(len);
    Some((digits.parse().ok()?, len, rest))
}
