//! Colours of TTML and of CSS.

/// TTML1, 8.3.2, without opacity.
pub(super) fn of_ttml(value: &str) -> Option<[u8; 3]> {
    if let Some(hex) = value.strip_prefix('#') {
        let byte = |at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        return matches!(hex.len(), 6 | 8).then(|| Some([byte(0)?, byte(2)?, byte(4)?]))?;
    }
    let function = value
        .strip_prefix("rgba(")
        .or_else(|| value.strip_prefix("rgb("));
    if let Some(arguments) = function {
        let arguments = arguments.strip_suffix(')')?;
        let mut arguments = arguments.split(',').map(|part| part.trim().parse().ok());
        return Some([arguments.next()??, arguments.next()??, arguments.next()??]);
    }
    Some(match value {
        "black" => [0; 3],
        "silver" => [0xc0; 3],
        "gray" => [0x80; 3],
        "white" => [0xff; 3],
        "maroon" => [0x80, 0, 0],
        "red" => [0xff, 0, 0],
        "purple" => [0x80, 0, 0x80],
        "fuchsia" | "magenta" => [0xff, 0, 0xff],
        "green" => [0, 0x80, 0],
        "lime" => [0, 0xff, 0],
        "olive" => [0x80, 0x80, 0],
        "yellow" => [0xff, 0xff, 0],
        "navy" => [0, 0, 0x80],
        "blue" => [0, 0, 0xff],
        "teal" => [0, 0x80, 0x80],
        "aqua" | "cyan" => [0, 0xff, 0xff],
        _ => return None,
    })
}

/// A CSS colour as TTML writes one; none for what TTML has no name for.
pub(super) fn of_css(value: &str) -> Option<String> {
    let (color, alpha) = match value.strip_prefix('#') {
        Some(hex) if matches!(hex.len(), 3 | 4) && hex.is_ascii() => {
            let doubled: String = hex.chars().flat_map(|digit| [digit, digit]).collect();
            return of_css(&format!("#{doubled}"));
        }
        Some(hex) if hex.len() == 8 => {
            let alpha = u8::from_str_radix(hex.get(6..)?, 16).ok()?;
            (of_ttml(value)?, alpha)
        }
        Some(_) => (of_ttml(value)?, u8::MAX),
        None if value == "transparent" => ([0; 3], 0),
        None => {
            let alpha = value.strip_prefix("rgba(").and_then(|arguments| {
                let alpha = arguments.strip_suffix(')')?.rsplit_once(',')?.1;
                let alpha: f64 = alpha.trim().parse().ok()?;
                // In CSS between 0 and 1, in TTML between 0 and 255.
                Some((alpha.clamp(0.0, 1.0) * 255.0).round() as u8)
            });
            (of_ttml(value)?, alpha.unwrap_or(u8::MAX))
        }
    };
    let [red, green, blue] = color;
    Some(match alpha {
        u8::MAX => format!("#{red:02x}{green:02x}{blue:02x}"),
        alpha => format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}"),
    })
}
