//! From the reader's events to a tree.
use super::{Attribute, Child, Element, Id, Tree, XML_NS, ill, is_space, limit, source};
use crate::cpix::{Error, Limits, Result};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::HashSet;
use std::rc::Rc;
use zeroize::Zeroizing;

const XMLNS_NS: &str = "http://www.w3.org/2000/xmlns/";

pub(super) struct Builder<'a> {
    limits: &'a Limits,
    elements: Vec<Element>,
    open: Vec<Id>,
    /// Declarations in force, the innermost last.
    scope: Vec<(Box<str>, Rc<str>)>,
    ids: HashSet<String>,
    nodes: usize,
    offset: u64,
}

impl<'a> Builder<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            elements: Vec::new(),
            open: Vec::new(),
            scope: vec![("xml".into(), XML_NS.into())],
            ids: HashSet::new(),
            nodes: 0,
            offset: 0,
        }
    }

    pub(super) fn run(mut self, text: &str) -> Result<Tree> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        loop {
            self.offset = reader.buffer_position();
            let event = reader
                .read_event()
                .map_err(|_| ill(reader.error_position(), "not well-formed"))?;
            match event {
                Event::Start(start) => self.open(&start)?,
                Event::Empty(start) => {
                    self.open(&start)?;
                    self.close();
                }
                Event::End(_) => self.close(),
                Event::Text(text) => {
                    if text.contains("]]>") {
                        return Err(self.ill("']]>' in text"));
                    }
                    self.text(&text)?;
                }
                Event::CData(text) => {
                    self.inside()?;
                    self.text(&text)?;
                }
                Event::GeneralRef(name) => {
                    self.inside()?;
                    let character = expand(&name).ok_or_else(|| self.ill(ENTITY))?;
                    self.text(character.encode_utf8(&mut [0; 4]))?;
                }
                Event::Comment(_) => self.count()?,
                Event::Decl(declaration) => {
                    if self.offset != 0 {
                        return Err(self.ill("XML declaration after the beginning"));
                    }
                    source::check_declaration(&declaration)?;
                }
                Event::DocType(_) => return Err(self.ill("DOCTYPE is not allowed")),
                Event::PI(_) => return Err(self.ill("processing instruction is not allowed")),
                Event::Eof => break,
            }
        }
        if self.elements.is_empty() || !self.open.is_empty() {
            return Err(self.ill("ends too early"));
        }
        Ok(Tree {
            elements: self.elements,
        })
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<()> {
        if self.open.is_empty() && !self.elements.is_empty() {
            return Err(self.ill("more than one root element"));
        }
        let depth = self.limits.depth.min(Limits::MAX_DEPTH);
        if self.open.len() >= depth {
            return Err(limit("elements inside of each other", depth));
        }
        self.count()?;
        let mut declared: Vec<(Box<str>, Rc<str>)> = Vec::new();
        let mut plain = Vec::new();
        for (number, attribute) in start.attributes().enumerate() {
            if number == self.limits.attributes {
                return Err(limit("attributes of an element", self.limits.attributes));
            }
            let attribute = attribute.map_err(|_| self.ill("attributes are not well-formed"))?;
            let value = self.value(&attribute.value)?;
            let (prefix, local) = self.name(attribute.key.into_inner())?;
            match (prefix, local) {
                ("", "xmlns") => declared.push(self.declaration("", &value)?),
                ("xmlns", prefix) => declared.push(self.declaration(prefix, &value)?),
                _ => plain.push((prefix.to_owned(), local.to_owned(), value)),
            }
        }
        self.scope.extend(declared.iter().cloned());
        if self.scope.len() > self.limits.namespaces {
            return Err(limit("namespaces in force", self.limits.namespaces));
        }
        let start_name = start.name();
        let (prefix, local) = self.name(start_name.into_inner())?;
        let ns = self.resolve(prefix)?;
        let mut attributes: Vec<Attribute> = Vec::with_capacity(plain.len());
        for (prefix, local, value) in plain {
            let ns = match &*prefix {
                "" => Rc::from(""),
                prefix => self.resolve(prefix)?,
            };
            let twice = |other: &Attribute| *other.local == *local && other.ns == ns;
            if attributes.iter().any(twice) {
                return Err(self.ill("an attribute is given twice"));
            }
            attributes.push(Attribute {
                prefix: prefix.into(),
                local: local.into(),
                ns,
                value,
            });
        }
        let element = Element {
            parent: self.open.last().copied(),
            prefix: prefix.into(),
            local: local.into(),
            ns,
            attributes,
            declared,
            children: Vec::new(),
        };
        for id in element.ids() {
            if !self.ids.insert(id.to_owned()) {
                return Err(Error::Duplicate {
                    element: "id",
                    kid: None,
                });
            }
        }
        let id = self.elements.len();
        if let Some(&parent) = self.open.last() {
            self.elements[parent].children.push(Child::Element(id));
        }
        self.elements.push(element);
        self.open.push(id);
        Ok(())
    }

    /// The reader has compared the names already.
    fn close(&mut self) {
        if let Some(id) = self.open.pop() {
            let left = self.scope.len() - self.elements[id].declared.len();
            self.scope.truncate(left);
        }
    }

    fn text(&mut self, text: &str) -> Result<()> {
        let Some(&parent) = self.open.last() else {
            return match text.trim_matches(is_space) {
                "" => Ok(()),
                _ => Err(self.ill("text outside of the root element")),
            };
        };
        if text.is_empty() {
            return Ok(());
        }
        self.count()?;
        let text = Zeroizing::new(Box::from(text));
        self.elements[parent].children.push(Child::Text(text));
        Ok(())
    }

    fn inside(&self) -> Result<()> {
        match self.open.is_empty() {
            true => Err(self.ill("text outside of the root element")),
            false => Ok(()),
        }
    }

    fn count(&mut self) -> Result<()> {
        self.nodes += 1;
        match self.nodes > self.limits.nodes {
            true => Err(limit("elements and pieces of text", self.limits.nodes)),
            false => Ok(()),
        }
    }

    /// An attribute's value, normalised (XML 1.0, 3.3.3).
    fn value(&self, raw: &str) -> Result<Zeroizing<Box<str>>> {
        // Never longer than what stands there, so that it never grows.
        let mut value = Zeroizing::new(String::with_capacity(raw.len()));
        let mut rest = raw;
        while let Some(at) = rest.find(['&', '<', '\t', '\n', '\r']) {
            let (before, found) = rest.split_at(at);
            value.push_str(before);
            if found.starts_with('<') {
                return Err(self.ill("'<' in an attribute"));
            }
            let Some(reference) = found.strip_prefix('&') else {
                value.push(' ');
                rest = &found[1..];
                continue;
            };
            let (name, after) = reference
                .split_once(';')
                .ok_or_else(|| self.ill("'&' in an attribute"))?;
            value.push(expand(name).ok_or_else(|| self.ill(ENTITY))?);
            rest = after;
        }
        value.push_str(rest);
        Ok(Zeroizing::new(Box::from(value.as_str())))
    }

    /// Prefix and local name.
    fn name<'n>(&self, qname: &'n str) -> Result<(&'n str, &'n str)> {
        let (prefix, local) = qname.split_once(':').unwrap_or(("", qname));
        let colon = local.len() != qname.len();
        if !is_ncname(local) || colon && !is_ncname(prefix) {
            return Err(self.ill("not a name"));
        }
        Ok((prefix, local))
    }

    fn declaration(&self, prefix: &str, uri: &str) -> Result<(Box<str>, Rc<str>)> {
        let reserved = matches!(prefix, "xml" | "xmlns") || matches!(uri, XML_NS | XMLNS_NS);
        if reserved || uri.is_empty() && !prefix.is_empty() {
            return Err(self.ill("a namespace declaration that is not allowed"));
        }
        Ok((prefix.into(), uri.into()))
    }

    fn resolve(&self, prefix: &str) -> Result<Rc<str>> {
        let bound = self.scope.iter().rev().find(|(p, _)| &**p == prefix);
        match bound {
            Some((_, uri)) => Ok(Rc::clone(uri)),
            None if prefix.is_empty() => Ok(Rc::from("")),
            None => Err(self.ill("a prefix that is not declared")),
        }
    }

    fn ill(&self, reason: &'static str) -> Error {
        ill(self.offset, reason)
    }
}

const ENTITY: &str = "an entity other than XML's own five";

/// XML's own entities and character references; no other exists without a DOCTYPE.
fn expand(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix('x') {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        // Leading zeros would make the reference longer without end.
        if digits.is_empty() || digits.len() > 8 || !digits.chars().all(|c| c.is_digit(radix)) {
            return None;
        }
        let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
        return source::is_char(character).then_some(character);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

fn is_ncname(name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{b7}');
    let first = |c: char| c.is_alphabetic() || c == '_';
    name.starts_with(first) && name.chars().all(inside)
}
