//! WebVTT cues as a document: a region for each place, spans for tags.
use std::sync::Arc;

use super::color;
use super::document::{Container, Document, Paragraph};
use super::dom::{Element, Node, Ns};
use super::place;
use crate::text::webvtt::{self, CueSettings, Declarations, StyleSheet, Token};
use crate::text::{Cue, Track};

/// Tags inside of each other; what is deeper loses its style.
const MAX_DEPTH: usize = 32;
/// Behind the text (W3C WebVTT, 7.4).
const BACKGROUND: &str = "#000000cc";

/// What the track shows in `[from, to)`, microseconds.
pub(in super::super) fn document_of_cues(track: &Track, from: u64, to: u64) -> Document {
    let sheet = StyleSheet::parse(track.styles());
    let parent = Arc::new(Container {
        parent: None,
        attributes: vec![],
    });
    let mut regions: Vec<Element> = vec![];
    let mut paragraphs = vec![];
    for (_, cue) in track.overlapping(from, to) {
        let region = place::region(&CueSettings::parse(&cue.settings), track.regions());
        let known = regions.iter().position(|known| *known == region);
        let number = known.unwrap_or_else(|| {
            regions.push(region);
            regions.len() - 1
        });
        let mut element = Element::new("p").with(Ns::None, "region", region_id(number));
        element.children.push(Node::Element(spans(cue, &sheet)));
        paragraphs.push(Paragraph {
            begin: cue.start,
            end: cue.end,
            parent: Arc::clone(&parent),
            element,
        });
    }
    let mut layout = Element::new("layout");
    for (number, region) in regions.into_iter().enumerate() {
        let region = region.with(Ns::Xml, "id", region_id(number));
        layout.children.push(Node::Element(region));
    }
    Document {
        from,
        to,
        root: vec![],
        head: vec![layout],
        paragraphs,
    }
}

fn region_id(number: usize) -> String {
    format!("r{number}")
}

/// A span with a background and the cue's text in it.
fn spans(cue: &Cue, sheet: &StyleSheet) -> Element {
    let of_cue = sheet.declarations(|selector| {
        selector.is_empty() || selector.strip_prefix('#').is_some_and(|id| id == cue.id)
    });
    let mut outer = styled(&of_cue);
    if outer.attribute(Ns::Tts, "backgroundColor").is_none() {
        outer = outer.with(Ns::Tts, "backgroundColor", BACKGROUND);
    }
    let mut open = vec![("", outer)];
    for token in webvtt::tokens(&cue.payload) {
        match token {
            Token::Text(text) => {
                if let Some((_, parent)) = open.last_mut() {
                    push_text(parent, &text);
                }
            }
            Token::Start {
                name,
                classes,
                annotation,
            } => {
                if open.len() < MAX_DEPTH
                    && let Some(element) = tag(name, classes, annotation, sheet)
                {
                    open.push((name, element));
                }
            }
            Token::End(name) => {
                if open.len() > 1 && open.last().is_some_and(|(open, _)| *open == name) {
                    close(&mut open);
                }
            }
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, outer)| outer).unwrap_or_default()
}

fn close(open: &mut Vec<(&str, Element)>) {
    let Some((name, mut element)) = open.pop() else {
        return;
    };
    if name == "rt" {
        element.children.push(Node::Text(")".to_owned()));
    }
    if let Some((_, parent)) = open.last_mut() {
        if element.attributes.is_empty() {
            parent.children.append(&mut element.children);
        } else if !element.children.is_empty() {
            parent.children.push(Node::Element(element));
        }
    }
}

fn push_text(parent: &mut Element, text: &str) {
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            parent.children.push(Node::Element(Element::new("br")));
        }
        if !line.is_empty() {
            parent.children.push(Node::Text(line.to_owned()));
        }
    }
}

/// A tag's span; none for one that WebVTT does not know.
fn tag(name: &str, classes: &str, annotation: &str, sheet: &StyleSheet) -> Option<Element> {
    let mut declarations = Declarations::default();
    match name {
        "b" => declarations.bold = Some(true),
        "i" => declarations.italic = Some(true),
        "u" => declarations.underline = Some(true),
        "c" | "v" | "lang" | "ruby" | "rt" => {}
        _ => return None,
    }
    let classes = || classes.split('.').filter(|class| !class.is_empty());
    for class in classes() {
        let (slot, color) = match class.strip_prefix("bg_") {
            Some(color) => (&mut declarations.background, color),
            None => (&mut declarations.color, class),
        };
        if is_default_color(color) {
            *slot = Some(color.to_owned());
        }
    }
    declarations.overlay(
        &sheet.declarations(|selector| match selector.split_once('.') {
            Some((tag, class)) => {
                (tag.is_empty() || tag == name) && classes().any(|known| known == class)
            }
            None => selector == name || is_voice(selector, name, annotation),
        }),
    );
    let mut element = styled(&declarations);
    if name == "lang" && !annotation.is_empty() {
        element = element.with(Ns::Xml, "lang", annotation);
    }
    // The text profile of IMSC1 has no ruby: the reading stands in parentheses behind the word.
    if name == "rt" {
        element.children.push(Node::Text("(".to_owned()));
    }
    Some(element)
}

/// `v[voice="Esme"]` and `[voice="Esme"]`.
fn is_voice(selector: &str, name: &str, annotation: &str) -> bool {
    let selector = selector.strip_prefix('v').unwrap_or(selector);
    let voice = selector
        .strip_prefix("[voice=")
        .and_then(|rest| rest.strip_suffix(']'));
    name == "v" && voice.is_some_and(|voice| voice.trim_matches(['"', '\'']) == annotation)
}

/// W3C WebVTT, 5.1 and 5.2.
fn is_default_color(name: &str) -> bool {
    matches!(
        name,
        "white" | "lime" | "cyan" | "red" | "yellow" | "magenta" | "blue" | "black"
    )
}

fn styled(declarations: &Declarations) -> Element {
    let mut span = Element::new("span");
    let colors = [
        ("color", &declarations.color),
        ("backgroundColor", &declarations.background),
    ];
    for (name, value) in colors {
        if let Some(value) = value.as_deref().and_then(color::of_css) {
            span = span.with(Ns::Tts, name, value);
        }
    }
    let switches = [
        ("fontStyle", declarations.italic, ["normal", "italic"]),
        ("fontWeight", declarations.bold, ["normal", "bold"]),
        (
            "textDecoration",
            declarations.underline,
            ["none", "underline"],
        ),
    ];
    for (name, value, values) in switches {
        if let Some(value) = value {
            span = span.with(Ns::Tts, name, values[usize::from(value)]);
        }
    }
    span
}
