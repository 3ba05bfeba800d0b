//! Regions as WebVTT cue settings.
use std::fmt::Write;

use super::cue::Alignment;
use super::dom::Ns;
use super::style::{Property, Specified, Styles};

/// Text whose lower edge lies below is left to the player, which stacks cues at the bottom and keeps them clear of its
/// controls.
const BOTTOM: f64 = 80.0;

/// In percent of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// The settings of a cue whose paragraph has this region and alignment. A document without regions leaves the place
/// to the player.
pub(super) fn settings(
    styles: &Styles<'_>,
    region: Option<&Specified<'_>>,
    alignment: Alignment<'_>,
) -> String {
    let mut out = vec![];
    let right_to_left = alignment.direction == Some("rtl");
    let Some(region) = region else {
        // Without a region, what the document does not say is not what TTML starts from.
        let align = alignment.align.map_or("center", vtt_align);
        let area = Area {
            x: 0.0,
            y: 0.0,
            width: 100.0,
            height: 100.0,
        };
        out.extend(position(align, right_to_left, &area));
        out.extend((align != "center").then(|| format!("align:{align}")));
        return out.join(" ");
    };
    let area = area(styles, region);
    let align = vtt_align(alignment.align.unwrap_or("start"));
    match region.get(Property::WritingMode) {
        Some("tbrl" | "tb") => out.push("vertical:rl".to_owned()),
        Some("tblr") => out.push("vertical:lr".to_owned()),
        _ => {
            out.extend(line(region, &area));
            out.extend(position(align, right_to_left, &area));
            if percent(area.width) != "100%" {
                out.push(format!("size:{}", percent(area.width)));
            }
        }
    }
    if align != "center" {
        out.push(format!("align:{align}"));
    }
    out.join(" ")
}

/// Where the text is anchored, unless players take that for granted (W3C WebVTT, 3.3, "computed position").
fn position(align: &str, right_to_left: bool, area: &Area) -> Option<String> {
    let (position, usual) = match (align, right_to_left) {
        ("center", _) => (area.x + area.width / 2.0, "50%"),
        ("left", _) => (area.x, "0%"),
        ("right", _) => (area.x + area.width, "100%"),
        ("start", false) | ("end", true) => (area.x, "50%"),
        _ => (area.x + area.width, "50%"),
    };
    let position = percent(position);
    (position != usual).then(|| format!("position:{position}"))
}

fn vtt_align(align: &str) -> &'static str {
    match align {
        "center" => "center",
        "end" => "end",
        "left" => "left",
        "right" => "right",
        _ => "start",
    }
}

fn line(region: &Specified<'_>, area: &Area) -> Option<String> {
    let bottom = area.y + area.height;
    match region.get(Property::DisplayAlign) {
        Some("after") if bottom >= BOTTOM => None,
        Some("after") => Some(format!("line:{},end", percent(bottom))),
        Some("center") => Some(format!(
            "line:{},center",
            percent(area.y + area.height / 2.0)
        )),
        _ => Some(format!("line:{}", percent(area.y))),
    }
}

/// With two decimals at most.
pub(super) fn percent(value: f64) -> String {
    let mut out = String::new();
    let rounded = (value.clamp(0.0, 100.0) * 100.0).round() / 100.0;
    _ = write!(out, "{rounded}%");
    out
}

fn area(styles: &Styles<'_>, region: &Specified<'_>) -> Area {
    let pair = |property| {
        let (x, y) = region.get(property)?.split_once(char::is_whitespace)?;
        let [horizontal, vertical] = [
            length(x.trim(), styles, Axis::Horizontal),
            length(y.trim(), styles, Axis::Vertical),
        ];
        Some((horizontal?, vertical?))
    };
    let (x, y) = pair(Property::Origin).unwrap_or((0.0, 0.0));
    let (width, height) = pair(Property::Extent).unwrap_or((100.0 - x, 100.0 - y));
    Area {
        x,
        y,
        width,
        height,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Horizontal,
    Vertical,
}

/// A length (TTML1, 8.3.9) in percent of the picture.
fn length(value: &str, styles: &Styles<'_>, axis: Axis) -> Option<f64> {
    let of_pair = |pair: &str, unit: &str| {
        let mut numbers = pair.split_whitespace().map(|number| {
            let number = number.strip_suffix(unit)?.parse::<f64>().ok()?;
            (number.is_finite() && number > 0.0).then_some(number)
        });
        let (columns, rows) = (numbers.next()??, numbers.next()??);
        Some(match axis {
            Axis::Horizontal => columns,
            Axis::Vertical => rows,
        })
    };
    let number = |unit| value.strip_suffix(unit)?.trim().parse::<f64>().ok();
    let percent = if let Some(percent) = number("%") {
        percent
    } else if let Some(pixels) = number("px") {
        pixels * 100.0 / of_pair(styles.root(Ns::Tts, "extent")?, "px")?
    } else {
        let cells = styles.root(Ns::Ttp, "cellResolution").unwrap_or("32 15");
        number("c")? * 100.0 / of_pair(cells, "")?
    };
    percent.is_finite().then_some(percent)
}
