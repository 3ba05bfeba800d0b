//! `xs:dateTime` in UTC.
use crate::text::{push_fixed, push_number};

const DAY_MS: i64 = 86_400_000;

/// `2026-03-01T12:00:00.250Z`; moments before 1970 are 1970.
pub(super) fn push_date_time(out: &mut String, unix_ms: i64) {
    let unix_ms = unix_ms.max(0);
    let (year, month, day) = civil(unix_ms / DAY_MS);
    let ms = (unix_ms % DAY_MS).unsigned_abs();
    push_number(out, year);
    for (mark, value) in [
        ('-', month),
        ('-', day),
        ('T', ms / 3_600_000),
        (':', ms / 60_000 % 60),
    ] {
        out.push(mark);
        push_padded(out, value);
    }
    out.push(':');
    let of_minute = ms % 60_000;
    if of_minute < 10_000 {
        out.push('0');
    }
    push_fixed(out, of_minute, 3);
    out.push('Z');
}

fn push_padded(out: &mut String, value: u64) {
    if value < 10 {
        out.push('0');
    }
    push_number(out, value);
}

/// Year, month and day of a day since 1970-01-01, counted in eras of 400 years that begin in March.
fn civil(day: i64) -> (u64, u64, u64) {
    let day = day.unsigned_abs() + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::push_date_time;

    #[test]
    fn moments_are_written_in_utc_with_milliseconds() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_767_225_600_250, "2026-01-01T00:00:00.250Z"),
            (1_772_323_199_007, "2026-02-28T23:59:59.007Z"),
        ] {
            let mut out = String::new();
            push_date_time(&mut out, ms);
            assert_eq!(out, expected);
        }
    }
}
