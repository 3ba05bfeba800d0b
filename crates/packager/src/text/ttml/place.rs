//! WebVTT cue settings and regions as TTML regions.
use super::dom::{Element, Ns};
use super::layout::percent;
use crate::text::Region;
use crate::text::webvtt::{Align, CueSettings, Line, LineAlign, Writing};

/// Height of a line of text, percent of the picture (W3C WebVTT, 7.4: text of 5 % in lines of 6 %).
const LINE: f64 = 6.0;
/// The size of text in percent of TTML's cell, a fifteenth of the picture.
const FONT_SIZE: &str = "75%";
/// Kept free at the edges where a cue leaves its place to the player.
const MARGIN: f64 = 5.0;

/// Along one axis, percent of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Extent {
    start: f64,
    len: f64,
}

/// The region, without identifier, in which a cue with these settings is shown.
pub(super) fn region(settings: &CueSettings, regions: &[Region]) -> Element {
    let known = settings.region.as_ref();
    let known = known.and_then(|id| regions.iter().find(|region| region.id == *id));
    let (inline, block, display_align) = match known {
        Some(region) => of_region(region),
        None => {
            let (block, display_align) = block(settings);
            (inline(settings), block, display_align)
        }
    };
    let (horizontal, vertical, writing_mode) = match settings.writing {
        Writing::Horizontal => (inline, block, None),
        Writing::GrowingLeft if known.is_none() => (block, inline, Some("tbrl")),
        Writing::GrowingRight if known.is_none() => (block, inline, Some("tblr")),
        _ => (inline, block, None),
    };
    let pair = |x, y| format!("{} {}", percent(x), percent(y));
    let region = Element::new("region")
        .with(Ns::Tts, "origin", pair(horizontal.start, vertical.start))
        .with(Ns::Tts, "extent", pair(horizontal.len, vertical.len))
        .with(Ns::Tts, "displayAlign", display_align)
        .with(Ns::Tts, "textAlign", text_align(settings.align))
        .with(Ns::Tts, "fontFamily", "proportionalSansSerif")
        .with(Ns::Tts, "fontSize", FONT_SIZE)
        .with(Ns::Tts, "color", "#ffffff")
        .with(Ns::Tts, "overflow", "visible");
    match writing_mode {
        Some(mode) => region.with(Ns::Tts, "writingMode", mode),
        None => region,
    }
}

fn text_align(align: Align) -> &'static str {
    match align {
        Align::Start => "start",
        Align::Center => "center",
        Align::End => "end",
        Align::Left => "left",
        Align::Right => "right",
    }
}

/// Along the lines (W3C WebVTT, 7.2: computed position and maximum size).
fn inline(settings: &CueSettings) -> Extent {
    let position = settings.position.unwrap_or(match settings.align {
        Align::Left => 0.0,
        Align::Right => 100.0,
        Align::Start | Align::Center | Align::End => 50.0,
    });
    let is_free = settings.position.is_none() && settings.size >= 100.0;
    if is_free && settings.align == Align::Center {
        return Extent {
            start: MARGIN,
            len: 100.0 - 2.0 * MARGIN,
        };
    }
    let align = settings.position_align.unwrap_or(match settings.align {
        Align::Start | Align::Left => LineAlign::Start,
        Align::Center => LineAlign::Center,
        Align::End | Align::Right => LineAlign::End,
    });
    let room = match align {
        LineAlign::Start => 100.0 - position,
        LineAlign::Center => 2.0 * position.min(100.0 - position),
        LineAlign::End => position,
    };
    // A region without any width would hide the text.
    let len = settings.size.min(room).max(1.0);
    let start = match align {
        LineAlign::Start => position,
        LineAlign::Center => position - len / 2.0,
        LineAlign::End => position - len,
    };
    Extent {
        start: start.clamp(0.0, 100.0 - len),
        len,
    }
}

/// Across the lines, and where the text stands in there.
fn block(settings: &CueSettings) -> (Extent, &'static str) {
    let from = |start: f64| {
        let start = start.clamp(0.0, 100.0 - LINE);
        let len = 100.0 - start;
        (Extent { start, len }, "before")
    };
    let up_to = |end: f64| {
        let len = end.clamp(LINE, 100.0);
        (Extent { start: 0.0, len }, "after")
    };
    let (extent, align) = match (settings.line, settings.line_align) {
        (Line::Auto, _) => up_to(100.0 - MARGIN),
        (Line::Number(line), _) if line >= 0 => from(f64::from(line) * LINE),
        (Line::Number(line), _) => up_to(100.0 + (f64::from(line) + 1.0) * LINE),
        (Line::Percent(line), LineAlign::Start) => from(line),
        (Line::Percent(line), LineAlign::End) => up_to(line),
        (Line::Percent(line), LineAlign::Center) => {
            let len = (2.0 * line.min(100.0 - line)).max(LINE);
            let start = (line - len / 2.0).clamp(0.0, 100.0 - len);
            (Extent { start, len }, "center")
        }
    };
    if settings.writing != Writing::GrowingLeft {
        return (extent, align);
    }
    // The first line stands at the right edge.
    let start = 100.0 - extent.start - extent.len;
    (Extent { start, ..extent }, align)
}

/// W3C WebVTT, 7.2, "process a region".
fn of_region(region: &Region) -> (Extent, Extent, &'static str) {
    let along = |len: f64, region_anchor: f64, viewport_anchor: f64| {
        let len = len.clamp(1.0, 100.0);
        let start = viewport_anchor - len * region_anchor / 100.0;
        Extent {
            start: start.clamp(0.0, 100.0 - len),
            len,
        }
    };
    (
        along(
            region.width,
            region.region_anchor.0,
            region.viewport_anchor.0,
        ),
        along(
            f64::from(region.lines) * LINE,
            region.region_anchor.1,
            region.viewport_anchor.1,
        ),
        "after",
    )
}
