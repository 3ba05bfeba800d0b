//! A document's elements and attributes as far as TTML knows them: foreign ones are pruned (TTML1, 5.2).
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::text::{Error, Result};

/// Nested deeper than any document; everything that walks the tree may recurse.
const MAX_DEPTH: usize = 64;
const MAX_ELEMENTS: usize = 400_000;
const MAX_ATTRIBUTES: usize = 64;

/// Namespaces by their role: drafts of TTML had other names for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ns {
    /// Attributes without prefix.
    None,
    Xml,
    Tts,
    Ttp,
    Itts,
    Ittp,
    Ebutts,
}

impl Ns {
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Xml => "xml:",
            Self::Tts => "tts:",
            Self::Ttp => "ttp:",
            Self::Itts => "itts:",
            Self::Ittp => "ittp:",
            Self::Ebutts => "ebutts:",
        }
    }

    /// Of an attribute; none for one that is pruned.
    fn of(uri: &str) -> Option<Self> {
        const EARLIER: [&str; 3] = [
            "http://www.w3.org/2006/10/ttaf1",
            "http://www.w3.org/2006/04/ttaf1",
            "http://www.w3.org/ns/ttml",
        ];
        match uri {
            "http://www.w3.org/XML/1998/namespace" => return Some(Self::Xml),
            "http://www.w3.org/ns/ttml/profile/imsc1#styling" => return Some(Self::Itts),
            "http://www.w3.org/ns/ttml/profile/imsc1#parameter" => return Some(Self::Ittp),
            "urn:ebu:tt:style" => return Some(Self::Ebutts),
            _ => {}
        }
        let role = EARLIER.iter().find_map(|base| uri.strip_prefix(base))?;
        match role {
            // The earlier drafts had names for style attributes with and without `-extension`.
            "#styling" | "#style" | "#styling-attribs" => Some(Self::Tts),
            "#parameter" => Some(Self::Ttp),
            _ => None,
        }
    }

    fn is_tt(uri: &str) -> bool {
        matches!(
            uri,
            "http://www.w3.org/ns/ttml"
                | "http://www.w3.org/2006/10/ttaf1"
                | "http://www.w3.org/2006/04/ttaf1"
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) ns: Ns,
    pub(super) name: String,
    pub(super) value: String,
}

/// An element of the `tt` namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn with(mut self, ns: Ns, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push(Attribute {
            ns,
            name: name.to_owned(),
            value: value.into(),
        });
        self
    }

    pub(super) fn attribute(&self, ns: Ns, name: &str) -> Option<&str> {
        find(&self.attributes, ns, name)
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.name == name)
    }
}

pub(super) fn find<'a>(attributes: &'a [Attribute], ns: Ns, name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|attribute| attribute.ns == ns && attribute.name == name)
        .map(|attribute| attribute.value.as_str())
}

/// The root element.
pub(super) fn parse(text: &str) -> Result<Element> {
    let mut reader = NsReader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let offset = reader.buffer_position();
        let event = reader.read_event().map_err(|error| Error::Xml {
            offset: reader.error_position(),
            reason: error.to_string(),
        })?;
        let ill = |reason: String| Error::Xml { offset, reason };
        match event {
            Event::Start(start) => {
                let element = element(&reader, &start).map_err(ill)?;
                tree.open(element, &start)?;
            }
            Event::Empty(start) => {
                let element = element(&reader, &start).map_err(ill)?;
                tree.open(element, &start)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.text(&text.xml10_content()),
            Event::CData(text) => tree.text(&text.xml10_content()),
            // Declared entities are not looked at: what is not among XML's own five is an error, and none expands.
            Event::GeneralRef(reference) => {
                let character = reference
                    .resolve_char_ref()
                    .map_err(|e| ill(e.to_string()))?;
                match character {
                    Some(c) => tree.text(c.encode_utf8(&mut [0; 4])),
                    None => {
                        let name = reference.xml10_content();
                        let text = quick_xml::escape::resolve_xml_entity(&name)
                            .ok_or_else(|| ill(format!("entity {name} is not declared")))?;
                        tree.text(text);
                    }
                }
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let end = text.len() as u64;
    match tree.root {
        Some(root) if tree.open.is_empty() && tree.pruned == 0 => Ok(root),
        _ => Err(Error::Xml {
            offset: end,
            reason: "the document ends inside of an element".to_owned(),
        }),
    }
}

/// None for an element that is pruned.
fn element(
    reader: &NsReader<&[u8]>,
    start: &BytesStart<'_>,
) -> std::result::Result<Option<Element>, String> {
    let (namespace, name) = reader.resolver().resolve_element(start.name());
    match namespace {
        ResolveResult::Bound(Namespace(uri)) if Ns::is_tt(uri) => {}
        ResolveResult::Unknown(prefix) => return Err(format!("prefix {prefix:?} is not declared")),
        _ => return Ok(None),
    }
    let mut element = Element::new(name.into_inner());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        let ns = match namespace {
            ResolveResult::Unbound if name.into_inner() == "xmlns" => continue,
            ResolveResult::Unbound => Some(Ns::None),
            ResolveResult::Bound(Namespace(uri)) => Ns::of(uri),
            ResolveResult::Unknown(_) => None,
        };
        let Some(ns) = ns else { continue };
        if element.attributes.len() == MAX_ATTRIBUTES {
            return Err(format!("more than {MAX_ATTRIBUTES} attributes"));
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0);
        let value = value.map_err(|error| error.to_string())?.into_owned();
        element = element.with(ns, name.into_inner(), value);
    }
    Ok(Some(element))
}

#[derive(Debug, Default)]
struct Tree {
    root: Option<Element>,
    open: Vec<Element>,
    /// Open elements that are pruned.
    pruned: usize,
    elements: usize,
}

impl Tree {
    fn open(&mut self, element: Option<Element>, start: &BytesStart<'_>) -> Result<()> {
        self.elements += 1;
        if self.open.len() + self.pruned >= MAX_DEPTH {
            return Err(Error::limit("elements inside of each other", MAX_DEPTH));
        }
        if self.elements > MAX_ELEMENTS {
            return Err(Error::limit("elements", MAX_ELEMENTS));
        }
        let is_root = self.open.is_empty() && self.pruned == 0;
        if is_root && (self.root.is_some() || element.as_ref().is_none_or(|e| e.name != "tt")) {
            let root = start.name().into_inner().chars().take(64).collect();
            return Err(Error::NotTtml { root });
        }
        match element {
            // Descriptions of the document, not of what is shown.
            Some(element) if self.pruned == 0 && element.name != "metadata" => {
                self.open.push(element);
            }
            _ => self.pruned += 1,
        }
        Ok(())
    }

    fn close(&mut self) {
        if self.pruned > 0 {
            self.pruned -= 1;
            return;
        }
        let Some(element) = self.open.pop() else {
            return;
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) {
        if self.pruned > 0 {
            return;
        }
        let Some(parent) = self.open.last_mut() else {
            return;
        };
        match parent.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => parent.children.push(Node::Text(text.to_owned())),
        }
    }
}
