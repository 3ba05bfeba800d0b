//! The frame: a page that asks nobody for anything.
use super::markup::{Element, el};

/// Nothing is loaded and nothing runs; styles are inline.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub(super) fn document(title: &str, main: Vec<Element>) -> String {
    let head = el("head")
        .child(el("meta").attr("charset", "utf-8"))
        .child(
            el("meta")
                .attr("http-equiv", "Content-Security-Policy")
                .attr("content", POLICY),
        )
        .child(
            el("meta")
                .attr("name", "viewport")
                .attr("content", "width=device-width, initial-scale=1"),
        )
        .child(
            el("meta")
                .attr("name", "color-scheme")
                .attr("content", "light dark"),
        )
        .child(el("title").text(title))
        .child(el("style").style_sheet(include_str!("style.css")));
    let mut html = String::with_capacity(256 * 1024);
    html.push_str("<!DOCTYPE html>\n");
    el("html")
        .attr("lang", "en")
        .child(head)
        .child(el("body").child(el("main").children(main)))
        .render(&mut html);
    html
}

/// One figure in large print.
pub(super) fn tile(name: &str, value: impl Into<String>, below: impl Into<String>) -> Element {
    el("div").class("tile").child(el("dt").text(name)).child(
        el("dd")
            .child(el("b").text(value))
            .child(el("span").text(below)),
    )
}

pub(super) fn tiles(tiles: Vec<Element>) -> Element {
    el("dl").class("tiles").children(tiles)
}

pub(super) enum Tone {
    Good,
    Bad,
    Caution,
}

/// A sentence that must not be missed. The tone is in its words too.
pub(super) fn banner(tone: &Tone, headline: impl Into<String>, rest: Option<String>) -> Element {
    let banner = el("p")
        .class(match tone {
            Tone::Good => "banner good",
            Tone::Bad => "banner bad",
            Tone::Caution => "banner caution",
        })
        .child(el("b").text(headline));
    match rest {
        Some(rest) => banner.text(" ").text(rest),
        None => banner,
    }
}

pub(super) fn section(title: &str, content: Vec<Element>) -> Element {
    el("section").child(el("h2").text(title)).children(content)
}

pub(super) fn figures(figures: impl IntoIterator<Item = Option<Element>>) -> Element {
    el("div")
        .class("figures")
        .children(figures.into_iter().flatten())
}
