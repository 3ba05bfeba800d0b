//! A resolved document: what styles and places text, and paragraphs with absolute times.
use std::sync::Arc;

use super::dom::{Attribute, Element, Node, Ns, find};
use super::time::Clock;
use super::timing;
use crate::text::Result;

/// What IMSC1 documents made of this one have in common, and its paragraphs in document order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Document {
    /// Microseconds: outside of them the document says nothing.
    pub(in super::super) from: u64,
    pub(in super::super) to: u64,
    /// Attributes of `tt` that matter for presentation.
    pub(super) root: Vec<Attribute>,
    /// `styling` and `layout`.
    pub(super) head: Vec<Element>,
    pub(super) paragraphs: Vec<Paragraph>,
}

/// A `p`, or one state of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paragraph {
    pub(super) begin: u64,
    pub(super) end: u64,
    /// Attributes of the element around it.
    pub(super) parent: Arc<Container>,
    /// Without timing.
    pub(super) element: Element,
}

/// `body` or a `div`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) parent: Option<Arc<Container>>,
    pub(super) attributes: Vec<Attribute>,
}

impl Container {
    /// From `body` inwards.
    pub(super) fn path(&self) -> Vec<&Self> {
        let mut path = vec![self];
        let mut at = self;
        while let Some(parent) = &at.parent {
            path.push(parent);
            at = parent;
        }
        path.reverse();
        path
    }
}

impl Document {
    /// The part of a document that is shown in `[from, to)`, and how many of its elements have malformed times.
    pub(super) fn new(root: &Element, clock: &Clock, from: u64, to: u64) -> Result<(Self, usize)> {
        let mut document = Self {
            from,
            to,
            root: root
                .attributes
                .iter()
                .filter(|a| is_kept_of_root(a))
                .cloned()
                .collect(),
            head: head(root),
            paragraphs: vec![],
        };
        let mut unreadable = 0;
        if let Some(body) = root.child("body") {
            let found = timing::paragraphs(body, clock, from, to)?;
            document.paragraphs = found.paragraphs;
            unreadable = found.unreadable;
        }
        Ok((document, unreadable))
    }

    /// The same document on another time line: `moved` never decreases, and what has no duration then is not shown. None
    /// if nothing is left.
    pub(in super::super) fn moved(&self, moved: impl Fn(u64) -> u64) -> Option<Self> {
        let (from, to) = (moved(self.from), moved(self.to));
        let paragraphs = self.paragraphs.iter().filter_map(|paragraph| {
            let (begin, end) = (moved(paragraph.begin), moved(paragraph.end));
            (begin < end).then(|| Paragraph {
                begin,
                end,
                parent: Arc::clone(&paragraph.parent),
                element: paragraph.element.clone(),
            })
        });
        (from < to).then(|| Self {
            from,
            to,
            paragraphs: paragraphs.collect(),
            root: self.root.clone(),
            head: self.head.clone(),
        })
    }
}

/// Documents that follow one another, those that look alike made one.
#[derive(Debug, Default)]
pub(in super::super) struct Documents {
    done: Vec<Document>,
    /// Paragraphs of the last document that last to its end.
    open: Vec<usize>,
}

/// Where more is shown at once, paragraphs are not looked for in what came before.
const MAX_OPEN: usize = 64;

impl Documents {
    pub(in super::super) fn push(&mut self, next: Document) {
        let open = std::mem::take(&mut self.open);
        let alike = |last: &Document| {
            last.to == next.from && last.root == next.root && last.head == next.head
        };
        match self.done.last_mut() {
            Some(last) if alike(last) => {
                let boundary = std::mem::replace(&mut last.to, next.to);
                for paragraph in next.paragraphs {
                    let goes_on = |at: &&usize| {
                        let before = &last.paragraphs[**at];
                        before.end == boundary
                            && paragraph.begin == boundary
                            && before.element == paragraph.element
                            && before.parent == paragraph.parent
                    };
                    let before = open.iter().take(MAX_OPEN).find(goes_on).copied();
                    let at = before.unwrap_or(last.paragraphs.len());
                    if paragraph.end == next.to {
                        self.open.push(at);
                    }
                    match last.paragraphs.get_mut(at) {
                        Some(before) => before.end = paragraph.end,
                        None => last.paragraphs.push(paragraph),
                    }
                }
            }
            _ => {
                let paragraphs = next.paragraphs.iter().enumerate();
                let open = paragraphs.filter(|(_, p)| p.end == next.to);
                self.open = open.map(|(at, _)| at).collect();
                self.done.push(next);
            }
        }
    }

    pub(in super::super) fn finish(self) -> Vec<Document> {
        self.done
    }
}

fn is_kept_of_root(attribute: &Attribute) -> bool {
    match attribute.ns {
        Ns::Ttp => matches!(
            attribute.name.as_str(),
            "cellResolution" | "pixelAspectRatio"
        ),
        // How far a document may be read before it is complete.
        Ns::Ittp => attribute.name != "progressivelyDecodable",
        Ns::None => false,
        Ns::Xml => attribute.name != "id",
        Ns::Tts | Ns::Itts | Ns::Ebutts => true,
    }
}

/// `styling` and `layout`. Regions that stand where they are used move to `layout`.
fn head(root: &Element) -> Vec<Element> {
    let mut styling = Element::new("styling");
    let mut layout = Element::new("layout");
    for part in root.child("head").into_iter().flat_map(Element::elements) {
        match part.name.as_str() {
            "styling" => styling = without_text(part),
            "layout" => layout = without_text(part),
            _ => {}
        }
    }
    for element in root.child("body").into_iter().flat_map(Element::elements) {
        for region in element.elements().filter(|inner| inner.name == "region") {
            layout.children.push(Node::Element(without_text(region)));
        }
    }
    let found = [styling, layout].into_iter();
    found.filter(|part| !part.children.is_empty()).collect()
}

/// Only white space stands between the elements of a head.
fn without_text(element: &Element) -> Element {
    Element {
        name: element.name.clone(),
        attributes: element.attributes.clone(),
        children: element
            .elements()
            .filter(|inner| inner.name != "set")
            .map(|inner| Node::Element(without_text(inner)))
            .collect(),
    }
}

/// The region that a paragraph names, or the nearest element around it.
pub(super) fn region_of(paragraph: &Paragraph) -> Option<&str> {
    let own = paragraph.element.attribute(Ns::None, "region");
    own.or_else(|| {
        let path = paragraph.parent.path();
        path.iter()
            .rev()
            .find_map(|container| find(&container.attributes, Ns::None, "region"))
    })
}
