//! A document as a tree: namespaces resolved, entities expanded, everything counted against [`Limits`].
//!
//! DOCTYPE and processing instructions are refused: CPIX needs neither, and what they could declare or expand is a
//! danger. Comments are left out, as canonicalisation leaves them out too. Text is kept in pieces of exact size, so
//! that no growing buffer leaves a copy of a key behind, and is wiped with the tree.
use super::{Error, Limits, Result};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;
use zeroize::Zeroizing;

pub(super) mod c14n;
mod source;
#[cfg(test)]
mod tests;

pub(super) const XML_NS: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NS: &str = "http://www.w3.org/2000/xmlns/";

/// An element's place in its [`Tree`].
pub(super) type Id = usize;

pub(super) struct Tree {
    /// In document order; the first is the root.
    elements: Vec<Element>,
}

pub(super) struct Element {
    pub(super) parent: Option<Id>,
    pub(super) prefix: Box<str>,
    pub(super) local: Box<str>,
    pub(super) ns: Rc<str>,
    pub(super) attributes: Vec<Attribute>,
    /// Prefix (empty for the default) and URI (empty to undeclare the default), as written here.
    pub(super) declared: Vec<(Box<str>, Rc<str>)>,
    pub(super) children: Vec<Child>,
}

pub(super) struct Attribute {
    pub(super) prefix: Box<str>,
    pub(super) local: Box<str>,
    /// Empty for an attribute without prefix.
    pub(super) ns: Rc<str>,
    pub(super) value: Zeroizing<Box<str>>,
}

pub(super) enum Child {
    Element(Id),
    Text(Zeroizing<Box<str>>),
}

impl Element {
    pub(super) fn is(&self, ns: &str, local: &str) -> bool {
        &*self.local == local && &*self.ns == ns
    }

    /// The value of an attribute without prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.ns.is_empty() && &*attribute.local == name)
            .map(|attribute| &**attribute.value)
    }

    /// Names that identify an element within its document: `id` in CPIX, `Id` in XML signatures, `xml:id`.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.attributes
            .iter()
            .filter(|attribute| {
                let own = attribute.ns.is_empty() && attribute.local.eq_ignore_ascii_case("id");
                own || &*attribute.ns == XML_NS && &*attribute.local == "id"
            })
            .map(|attribute| &**attribute.value)
    }
}

impl Tree {
    /// # Errors
    /// [`Error::Limit`], [`Error::Xml`], and [`Error::Duplicate`] for an id that two elements have.
    pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        if bytes.len() > limits.bytes {
            return Err(limit("bytes", limits.bytes));
        }
        let text = source::decode(bytes)?;
        Builder::new(limits).run(&text)
    }

    pub(super) const ROOT: Id = 0;

    pub(super) fn get(&self, id: Id) -> &Element {
        &self.elements[id]
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = (Id, &Element)> {
        self.elements.iter().enumerate()
    }

    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> {
        self.elements[id].children.iter().filter_map(|c| match c {
            Child::Element(id) => Some(*id),
            Child::Text(_) => None,
        })
    }

    /// The text of an element, in pieces. None if there are elements in it.
    pub(super) fn text(&self, id: Id) -> Option<Vec<&str>> {
        self.elements[id]
            .children
            .iter()
            .map(|child| match child {
                Child::Text(text) => Some(&***text),
                Child::Element(_) => None,
            })
            .collect()
    }

    /// The element and those around it, innermost first.
    pub(super) fn ancestors(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(Some(id), |&id| self.elements[id].parent)
    }
}

struct Builder<'a> {
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
    fn new(limits: &'a Limits) -> Self {
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

    fn run(mut self, text: &str) -> Result<Tree> {
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

/// White space as XML sees it.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_ncname(name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{b7}');
    let first = |c: char| c.is_alphabetic() || c == '_';
    name.starts_with(first) && name.chars().all(inside)
}

fn limit(what: &'static str, limit: usize) -> Error {
    Error::Limit { what, limit }
}

fn ill(offset: u64, reason: &'static str) -> Error {
    Error::Xml { offset, reason }
}

/// Writes text so that it reads back as it is, in an element or in an attribute's double quotes.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    const SPECIAL: [char; 7] = ['&', '<', '>', '"', '\t', '\n', '\r'];
    if !text.contains(SPECIAL) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}
