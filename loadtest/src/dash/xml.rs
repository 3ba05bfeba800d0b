//! An MPD as a tree of elements, by their local names.
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::presentation::ReadError;

/// Nested deeper than any MPD.
const MAX_DEPTH: usize = 32;
/// Time lines have an element for each change of duration.
const MAX_ELEMENTS: usize = 400_000;
/// Of one element: each is compared with all before it.
const MAX_ATTRIBUTES: usize = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Element {
    /// Without its prefix.
    pub(super) name: String,
    /// Names as they are written.
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
    pub(super) line: usize,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn malformed(&self, what: impl Into<String>) -> ReadError {
        ReadError::Malformed {
            line: self.line,
            what: what.into(),
        }
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<u64>, ReadError> {
        let parse = |value: &str| {
            let parsed = value.trim().parse();
            parsed.map_err(|_| self.malformed(format!("{}@{name} is no integer", self.name)))
        };
        self.attribute(name).map(parse).transpose()
    }

    /// Of the type xs:duration, seconds.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<f64>, ReadError> {
        let parse = |value: &str| {
            let parsed = super::duration::seconds(value);
            parsed.ok_or_else(|| self.malformed(format!("{}@{name} is no duration", self.name)))
        };
        self.attribute(name).map(parse).transpose()
    }

    /// Of the type xs:dateTime, seconds of the Unix epoch.
    pub(super) fn date(&self, name: &str) -> Result<Option<f64>, ReadError> {
        let parse = |value: &str| {
            let parsed = crate::hls::date::unix_seconds(value);
            parsed.ok_or_else(|| self.malformed(format!("{}@{name} is no date", self.name)))
        };
        self.attribute(name).map(parse).transpose()
    }
}

/// The root element.
pub(super) fn parse(text: &str) -> Result<Element, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    let mut elements = 0;
    let mut lines = Lines {
        text,
        at: 0,
        line: 1,
    };
    loop {
        let line = lines.at(reader.buffer_position());
        let malformed = |what: String| ReadError::Malformed { line, what };
        let event = reader.read_event();
        let event = event.map_err(|error| malformed(error.to_string()))?;
        let (start, empty) = match event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    close(done, &mut open, &mut root);
                }
                continue;
            }
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.xml10_content());
                }
                continue;
            }
            Event::CData(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.xml10_content());
                }
                continue;
            }
            // Declared entities are not looked at: what is not among XML's own five is an error, and none expands.
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref();
                let character = character.map_err(|error| malformed(error.to_string()))?;
                let name = reference.xml10_content();
                let mut buffer = [0; 4];
                let text = match character {
                    Some(character) => &*character.encode_utf8(&mut buffer),
                    None => quick_xml::escape::resolve_xml_entity(&name)
                        .ok_or_else(|| malformed(format!("the entity {name} is not declared")))?,
                };
                if let Some(element) = open.last_mut() {
                    element.text.push_str(text);
                }
                continue;
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
        };
        elements += 1;
        let limits = [
            ("elements", elements, MAX_ELEMENTS),
            ("elements inside of each other", open.len(), MAX_DEPTH),
        ];
        for (what, count, limit) in limits {
            if count > limit {
                return Err(ReadError::Limit { line, what, limit });
            }
        }
        let element = element(&start, line)?;
        if empty {
            close(element, &mut open, &mut root);
        } else {
            open.push(element);
        }
    }
    if !open.is_empty() {
        let what = "it ends inside of an element".to_owned();
        return Err(ReadError::NotAnMpd { what });
    }
    root.ok_or_else(|| ReadError::NotAnMpd {
        what: "no element".to_owned(),
    })
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => {
            root.get_or_insert(done);
        }
    }
}

fn element(start: &BytesStart<'_>, line: usize) -> Result<Element, ReadError> {
    let malformed = |what: String| ReadError::Malformed { line, what };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
        if attributes.len() >= MAX_ATTRIBUTES {
            return Err(ReadError::Limit {
                line,
                what: "attributes",
                limit: MAX_ATTRIBUTES,
            });
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0);
        let value = value.map_err(|error| malformed(error.to_string()))?;
        attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
    }
    Ok(Element {
        name: start.local_name().into_inner().to_owned(),
        attributes,
        children: Vec::new(),
        text: String::new(),
        line,
    })
}

/// Counts lines up to growing offsets.
#[derive(Debug)]
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, offset: u64) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let passed = self.text.as_bytes().get(self.at..offset);
        let passed = passed.unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at += passed.len();
        self.line
    }
}
