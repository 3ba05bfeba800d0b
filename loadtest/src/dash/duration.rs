//! The type xs:duration (XML Schema 2, 3.2.6).

/// Months and years are of 30 and 365 days, as there is no date they count from. Not negative.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim().strip_prefix('P')?;
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    const DAY: f64 = 86_400.0;
    let date = sum(
        date,
        &[
            ('Y', 365.0 * DAY),
            ('M', 30.0 * DAY),
            ('W', 7.0 * DAY),
            ('D', DAY),
        ],
    )?;
    let time = match time {
        Some(time) => sum(time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)])?,
        None => 0.0,
    };
    Some(date + time)
}

fn sum(mut text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut sum = 0.0;
    let mut units = units.iter();
    while !text.is_empty() {
        let at = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, rest) = text.split_at(at);
        let unit = rest.chars().next()?;
        let (_, seconds) = units.find(|(name, _)| *name == unit)?;
        sum += number.parse::<f64>().ok()? * seconds;
        text = rest.get(unit.len_utf8()..)?;
    }
    Some(sum)
}
