//! Shares of a whole as one bar.
use super::chart::COLOURS;
use super::markup::{Element, el};
use super::number;
use super::table::{Cell, Table};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 34.0;
/// Narrower parts have no room for their name.
const NAMED: f64 = 0.09;
/// Parts drawn; the rest is one.
const MAX_PARTS: usize = 12;

/// `parts`: names and seconds.
pub(super) fn rungs(id: &str, parts: &[(String, f64)]) -> Option<Element> {
    let total: f64 = parts.iter().map(|part| part.1).sum();
    if !(total > 0.0 && total.is_finite()) {
        return None;
    }
    let mut parts: Vec<(String, f64)> = parts.iter().filter(|part| part.1 > 0.0).cloned().collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rest: f64 = parts.iter().skip(MAX_PARTS).map(|part| part.1).sum();
    parts.truncate(MAX_PARTS);
    if rest > 0.0 {
        parts.push(("other".to_owned(), rest));
    }
    let mut left = 0.0;
    let mut bars = Vec::new();
    let mut table = Table::new("Rungs played", &["rung", "viewer seconds", "share (%)"]);
    for (index, (name, seconds)) in parts.iter().enumerate() {
        let share = seconds / total;
        let width = share * WIDTH;
        bars.push(
            el("rect")
                .attr("class", format!("part s{}", index % COLOURS))
                .at("x", left)
                .attr("y", "0")
                .at("width", (width - 1.0).max(0.5))
                .at("height", HEIGHT),
        );
        if share >= NAMED {
            bars.push(
                el("text")
                    .class("on")
                    .at("x", left + width / 2.0)
                    .at("y", HEIGHT / 2.0 + 4.0)
                    .attr("text-anchor", "middle")
                    .text(clipped(name, width)),
            );
        }
        left += width;
        table.row(vec![
            Cell::text(name),
            Cell::Number(*seconds),
            Cell::Number(share * 100.0),
        ]);
    }
    let words = parts
        .iter()
        .map(|(name, seconds)| format!("{name} {}", number::percent(seconds / total)))
        .collect::<Vec<_>>()
        .join(", ");
    let svg = el("svg")
        .attr("viewBox", format!("0 0 {WIDTH} {HEIGHT}"))
        .attr("role", "img")
        .attr("aria-labelledby", format!("{id}-t {id}-d"))
        .child(
            el("title")
                .attr("id", format!("{id}-t"))
                .text("Rungs played"),
        )
        .child(el("desc").attr("id", format!("{id}-d")).text(words))
        .children(bars);
    Some(
        el("figure")
            .class("wide")
            .child(el("figcaption").text("Rungs played, by time"))
            .child(svg)
            .child(table.element()),
    )
}

/// Names longer than their bar end early; a character is about seven wide.
fn clipped(name: &str, width: f64) -> String {
    let room = (width / 7.5) as usize;
    if name.chars().count() <= room {
        return name.to_owned();
    }
    let mut text: String = name.chars().take(room.saturating_sub(1)).collect();
    text.push('…');
    text
}
