//! Dates and times of day (ISO 8601, as 8216bis, 4.4.4.6 and 4.4.5.1 have them).
use crate::text::push_number;

const MS_PER_DAY: i64 = 86_400_000;
/// 9999-12-31T23:59:59.999Z: behind it the format has no form.
const LAST: i64 = 253_402_300_799_999;

/// `2026-11-23T05:47:46.123Z` of Unix time in milliseconds, from 1970 to 9999.
pub(super) fn push(out: &mut String, unix_ms: i64) {
    let unix_ms = unix_ms.clamp(0, LAST);
    let (year, month, day) = civil(unix_ms / MS_PER_DAY);
    let of_day = unix_ms % MS_PER_DAY;
    let (seconds, ms) = (of_day / 1000, of_day % 1000);
    for (value, places, after) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (seconds / 3600, 2, ':'),
        (seconds / 60 % 60, 2, ':'),
        (seconds % 60, 2, '.'),
        (ms, 3, 'Z'),
    ] {
        push_padded(out, value.unsigned_abs(), places);
        out.push(after);
    }
}

fn push_padded(out: &mut String, value: u64, places: u32) {
    let mut unit = 10_u64.pow(places - 1);
    while unit > 1 && value < unit {
        out.push('0');
        unit /= 10;
    }
    push_number(out, value);
}

/// Year, month and day of days since 1970-01-01. Years are counted from 1 March, so that a leap day ends one; 400 of
/// them have 146 097 days.
fn civil(days: i64) -> (i64, i64, i64) {
    // From 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March have 31, 30, 31, 30, 31 days, over and over: 153 in five.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + i64::from(month >= 10);
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year, month, day)
}
