//! A document as a tree: namespaces resolved, entities expanded, everything counted against [`Limits`].
//!
//! DOCTYPE and processing instructions are refused: CPIX needs neither, and what they could declare or expand is a
//! danger. Comments are left out, as canonicalisation leaves them out too. Text is kept in pieces of exact size, so
//! that no growing buffer leaves a copy of a key behind, and is wiped with the tree.
use super::{Error, Limits, Result};
use std::borrow::Cow;
use std::rc::Rc;
use zeroize::Zeroizing;

mod builder;
pub(super) mod c14n;
mod source;
#[cfg(test)]
mod tests;

pub(super) const XML_NS: &str = "http://www.w3.org/XML/1998/namespace";

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
        builder::Builder::new(limits).run(&text)
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

/// White space as XML sees it.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
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
