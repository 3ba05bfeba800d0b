//! Writing into one `String` without intermediate ones, and the two quoting rules.

/// Units per second of the times that playlists print.
pub(crate) const MICROS: u64 = 1_000_000;

/// Decimal digits of `value`.
pub(crate) fn push_number(out: &mut String, mut value: u64) {
    // u64::MAX has 20 digits.
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}

/// `value` with exactly `decimals` digits after the point, given in units of 10^-decimals.
pub(crate) fn push_fixed(out: &mut String, value: u64, decimals: u32) {
    let unit = 10_u64.pow(decimals);
    push_number(out, value / unit);
    out.push('.');
    let mut rest = value % unit;
    let mut place = unit / 10;
    while place > 0 {
        out.push(char::from(b'0' + (rest / place) as u8));
        rest %= place;
        place /= 10;
    }
}

/// ISO 8601 duration of microseconds: `PT1H2M3.5S`, without needless zeros.
pub(crate) fn push_iso_duration(out: &mut String, microseconds: u64) {
    out.push_str("PT");
    let seconds = microseconds / MICROS;
    if seconds >= 3600 {
        push_number(out, seconds / 3600);
        out.push('H');
    }
    if seconds >= 60 {
        push_number(out, seconds / 60 % 60);
        out.push('M');
    }
    push_number(out, seconds % 60);
    let mut fraction = microseconds % MICROS;
    if fraction > 0 {
        out.push('.');
    }
    let mut place = MICROS / 10;
    while fraction > 0 {
        out.push(char::from(b'0' + (fraction / place) as u8));
        fraction %= place;
        place /= 10;
    }
    out.push('S');
}

/// `units` of `timescale` in units of `per_second`, rounded to nearest.
pub(crate) fn rescale(units: u64, timescale: u32, per_second: u64) -> u64 {
    let timescale = u128::from(timescale.max(1));
    let scaled = (u128::from(units) * u128::from(per_second) + timescale / 2) / timescale;
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// Lower-case hex digits.
pub(crate) fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// 8-4-4-4-12, lower case.
pub(crate) fn push_uuid(out: &mut String, bytes: &[u8; 16]) {
    for (index, part) in [
        &bytes[..4],
        &bytes[4..6],
        &bytes[6..8],
        &bytes[8..10],
        &bytes[10..],
    ]
    .into_iter()
    .enumerate()
    {
        if index > 0 {
            out.push('-');
        }
        push_hex(out, part);
    }
}

/// The inside of an HLS quoted-string (RFC 8216, 4.2). The format has no escape: what may not
/// stand there is replaced by its nearest harmless character.
pub(crate) fn push_quoted(out: &mut String, value: &str) {
    out.extend(value.chars().map(|c| match c {
        '"' => '\'',
        c if c.is_control() => ' ',
        c => c,
    }));
}

/// A URI inside an HLS quoted-string: what may not stand there is percent-encoded (RFC 3986, 2.1).
pub(crate) fn push_quoted_uri(out: &mut String, uri: &str) {
    let mut utf8 = [0_u8; 4];
    for c in uri.chars() {
        if c == '"' || c == ' ' || c.is_control() {
            for byte in c.encode_utf8(&mut utf8).bytes() {
                out.push('%');
                push_hex(out, &[byte]);
            }
        } else {
            out.push(c);
        }
    }
}

/// One element of a relative URL: all but unreserved characters percent-encoded (RFC 3986, 2.3).
pub(crate) fn push_path_element(out: &mut String, element: &str) {
    for byte in element.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            push_hex(out, &[byte]);
        }
    }
}

/// An XML attribute value or text (XML 1.0, 2.2 and 3.3.3). Characters that XML cannot carry at
/// all become U+FFFD.
pub(crate) fn push_xml(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// ` name="value"`.
pub(crate) fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_xml(out, value);
    out.push('"');
}

/// ` name="123"`.
pub(crate) fn push_attribute_number(out: &mut String, name: &str, value: u64) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_number(out, value);
    out.push('"');
}

/// ` name="16:9"` with the separator given.
pub(crate) fn push_attribute_pair(out: &mut String, name: &str, pair: (u64, u64), separator: char) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_number(out, pair.0);
    out.push(separator);
    push_number(out, pair.1);
    out.push('"');
}

/// A fraction in lowest terms; zeros stay as they are.
pub(crate) fn reduce(a: u64, b: u64) -> (u64, u64) {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    match (a.checked_div(x), b.checked_div(x)) {
        (Some(a), Some(b)) => (a, b),
        _ => (a, b),
    }
}

#[cfg(test)]
mod tests;
