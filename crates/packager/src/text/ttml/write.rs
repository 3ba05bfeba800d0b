//! IMSC1 text profile documents for an interval of a [`Document`] (TTML-IMSC1, 6 and 7).
use std::fmt::{self, Write};
use std::sync::Arc;

use super::document::{Document, Paragraph};
use super::dom::{Attribute, Element, Node, Ns};
use crate::text::{Error, MAX_SEGMENT_BYTES, Result};

const PROFILE: &str = "http://www.w3.org/ns/ttml/profile/imsc1/text";
const NAMESPACES: [(Ns, &str); 5] = [
    (Ns::Tts, "http://www.w3.org/ns/ttml#styling"),
    (Ns::Ttp, "http://www.w3.org/ns/ttml#parameter"),
    (Ns::Itts, "http://www.w3.org/ns/ttml/profile/imsc1#styling"),
    (
        Ns::Ittp,
        "http://www.w3.org/ns/ttml/profile/imsc1#parameter",
    ),
    (Ns::Ebutts, "urn:ebu:tt:style"),
];

/// Where text goes that a document without regions leaves to the player: TTML's own default is the upper left corner.
const DEFAULT_REGION: &str = "edgepack-bottom";

/// What `document` shows in `[from, to)` (microseconds): its head, and its paragraphs cut to the interval. `language`
/// counts where the document does not say its own.
///
/// # Errors
/// [`Error::Limit`] for a document that takes more than [`MAX_SEGMENT_BYTES`].
pub(in super::super) fn write(
    document: &Document,
    from: u64,
    to: u64,
    language: &str,
) -> Result<Vec<u8>> {
    let has_layout = document.head.iter().any(|part| part.name == "layout");
    let mut body = Xml::default();
    if !document.head.is_empty() || !has_layout {
        body.open("head", &[]);
        for part in &document.head {
            body.element(part);
        }
        if !has_layout {
            body.element(&default_layout());
        }
        body.close("head");
    }
    let shown = document.paragraphs.iter();
    let shown = shown.filter(|p| p.begin < to && p.end > from && from < to);
    write_body(&mut body, shown, (from, to), has_layout)?;
    let mut root = Xml::default();
    root.out
        .push_str(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    root.out
        .push_str("\n<tt xmlns=\"http://www.w3.org/ns/ttml\"");
    body.uses(Ns::Ttp);
    document
        .root
        .iter()
        .for_each(|attribute| body.uses(attribute.ns));
    for (ns, uri) in NAMESPACES {
        if body.used & 1 << ns as u32 != 0 {
            let prefix = ns.prefix().trim_end_matches(':');
            _ = write!(root.out, " xmlns:{prefix}=\"{uri}\"");
        }
    }
    _ = write!(root.out, " ttp:profile=\"{PROFILE}\"");
    let own = super::dom::find(&document.root, Ns::Xml, "lang").filter(|own| !own.is_empty());
    root.attribute("xml:", "lang", own.unwrap_or(language));
    for attribute in &document.root {
        if (attribute.ns, attribute.name.as_str()) != (Ns::Xml, "lang") {
            root.attribute(attribute.ns.prefix(), &attribute.name, &attribute.value);
        }
    }
    root.out.push('>');
    root.out.push_str(&body.out);
    root.out.push_str("</tt>\n");
    root.check()?;
    Ok(root.out.into_bytes())
}

/// A document that shows nothing.
pub(in super::super) fn empty(language: &str) -> Vec<u8> {
    let mut root = Xml::default();
    root.out
        .push_str(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    root.out
        .push_str("\n<tt xmlns=\"http://www.w3.org/ns/ttml\"");
    _ = write!(root.out, " xmlns:ttp=\"{}\"", NAMESPACES[1].1);
    _ = write!(root.out, " ttp:profile=\"{PROFILE}\"");
    root.attribute("xml:", "lang", language);
    root.out.push_str("><body/></tt>\n");
    root.out.into_bytes()
}

fn default_layout() -> Element {
    let region = Element::new("region")
        .with(Ns::Xml, "id", DEFAULT_REGION)
        .with(Ns::Tts, "origin", "5% 5%")
        .with(Ns::Tts, "extent", "90% 90%")
        .with(Ns::Tts, "displayAlign", "after")
        .with(Ns::Tts, "textAlign", "center");
    let mut layout = Element::new("layout");
    layout.children.push(Node::Element(region));
    layout
}

/// What stands on `body` in the source stands on a `div`: documents of several samples, whose bodies differ, may have
/// become one.
fn write_body<'a>(
    out: &mut Xml,
    paragraphs: impl Iterator<Item = &'a Paragraph>,
    (from, to): (u64, u64),
    has_layout: bool,
) -> Result<()> {
    let region = Element::new("body").with(Ns::None, "region", DEFAULT_REGION);
    out.open("body", if has_layout { &[] } else { &region.attributes });
    let mut group: Option<&Paragraph> = None;
    let mut depth = 0;
    for paragraph in paragraphs {
        if group.is_none_or(|group| !Arc::ptr_eq(&group.parent, &paragraph.parent)) {
            (0..depth).for_each(|_| out.close("div"));
            let path = paragraph.parent.path();
            depth = 0;
            for container in path.iter().filter(|c| !c.attributes.is_empty()) {
                out.open("div", &container.attributes);
                depth += 1;
            }
            if depth == 0 {
                out.open("div", &[]);
                depth = 1;
            }
            group = Some(paragraph);
        }
        let begin = Time(paragraph.begin.max(from)).to_string();
        let end = Time(paragraph.end.min(to)).to_string();
        out.start("p", &paragraph.element.attributes);
        out.attribute("", "begin", &begin);
        out.attribute("", "end", &end);
        out.out.push('>');
        out.children(&paragraph.element);
        out.close("p");
        out.check()?;
    }
    (0..depth).for_each(|_| out.close("div"));
    out.close("body");
    Ok(())
}

/// Microseconds as clock time; six digits of a second only where three do not say it.
#[derive(Debug)]
struct Time(u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}.")?;
        if micros % 1000 == 0 {
            write!(f, "{:03}", micros / 1000)
        } else {
            write!(f, "{micros:06}")
        }
    }
}

#[derive(Debug, Default)]
struct Xml {
    out: String,
    /// A bit for each namespace in use.
    used: u32,
}

impl Xml {
    fn uses(&mut self, ns: Ns) {
        self.used |= 1 << ns as u32;
    }

    fn check(&self) -> Result<()> {
        if self.out.len() > MAX_SEGMENT_BYTES {
            return Err(Error::limit(
                "bytes of text in one segment",
                MAX_SEGMENT_BYTES,
            ));
        }
        Ok(())
    }

    fn element(&mut self, element: &Element) {
        if element.children.is_empty() {
            self.start(&element.name, &element.attributes);
            self.out.push_str("/>");
            return;
        }
        self.open(&element.name, &element.attributes);
        self.children(element);
        self.close(&element.name);
    }

    fn children(&mut self, element: &Element) {
        for child in &element.children {
            match child {
                Node::Element(element) => self.element(element),
                Node::Text(text) => self.escaped(text, false),
            }
        }
    }

    fn open(&mut self, name: &str, attributes: &[Attribute]) {
        self.start(name, attributes);
        self.out.push('>');
    }

    fn start(&mut self, name: &str, attributes: &[Attribute]) {
        self.out.push('<');
        self.out.push_str(name);
        for attribute in attributes {
            self.uses(attribute.ns);
            self.attribute(attribute.ns.prefix(), &attribute.name, &attribute.value);
        }
    }

    fn close(&mut self, name: &str) {
        _ = write!(self.out, "</{name}>");
    }

    fn attribute(&mut self, prefix: &str, name: &str, value: &str) {
        _ = write!(self.out, " {prefix}{name}=\"");
        self.escaped(value, true);
        self.out.push('"');
    }

    fn escaped(&mut self, text: &str, is_attribute: bool) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' if is_attribute => self.out.push_str("&quot;"),
                '\n' | '\t' if is_attribute => _ = write!(self.out, "&#{};", c as u32),
                '\r' => self.out.push_str("&#13;"),
                // XML 1.0, 2.2: what may not stand in a document in any form.
                '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                    self.out.push('\u{fffd}');
                }
                c => self.out.push(c),
            }
        }
    }
}
