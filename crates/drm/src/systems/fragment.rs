//! XML from outside that is to stand inside of ours: read strictly, written anew.
use super::template::is_uri;
use crate::{Error, Result};
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

#[cfg(test)]
mod tests;

/// Bytes of a fragment.
pub const MAX_FRAGMENT_BYTES: usize = 64 * 1024;
const MAX_DEPTH: usize = 16;
const MAX_ATTRIBUTES: usize = 32;
/// Declarations of prefixes in scope at one place.
const MAX_DECLARATIONS: usize = 64;

/// Prefixes that manifests declare at their root, so that a fragment need not.
pub const KNOWN_PREFIXES: &[&str] = &["cenc", "mspr", "dashif"];

/// Whether the text may stand as it is inside of an element: elements, white space and comments; no document type,
/// processing instruction or entity but XML's own five; prefixes declared, here or among [`KNOWN_PREFIXES`].
///
/// # Errors
/// [`Error::Fragment`] says what is wrong. Longer than [`MAX_FRAGMENT_BYTES`] is wrong too.
pub fn check_fragment(text: &str) -> Result<()> {
    canonical(text, Around::MPD).map(|_| ())
}

/// What is declared around a fragment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// None: prefixes are not looked at.
    prefixes: Option<&'a [&'a str]>,
    /// The default namespace, where it matters.
    namespace: Option<&'a str>,
}

impl Around<'static> {
    pub(super) const MPD: Self = Self {
        prefixes: Some(KNOWN_PREFIXES),
        namespace: None,
    };
    /// An element with `xmlns=""`.
    pub(super) const NO_NAMESPACE: Self = Self {
        prefixes: Some(&[]),
        namespace: Some(""),
    };
    /// For reading: whatever it is.
    pub(super) const ANYTHING: Self = Self {
        prefixes: None,
        namespace: None,
    };
}

/// The fragment as Canonical XML 1.1 without comments has it: explicit closing tags, declarations before the other
/// attributes, both in their order, no declaration of what is declared already, no CDATA sections.
///
/// # Errors
/// [`Error::Fragment`].
pub(super) fn canonical(text: &str, around: Around<'_>) -> Result<String> {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(text.len());
    walk(text, around, |node| {
        match &node {
            Node::Open(..) => depth += 1,
            Node::Close(_) => depth = depth.saturating_sub(1),
            Node::Text(text) if depth == 0 && !text.trim_ascii().is_empty() => {
                return Err("text outside of elements".to_owned());
            }
            Node::Text(_) => {}
        }
        node.write(&mut out);
        Ok(())
    })
    .map_err(Error::Fragment)?;
    Ok(out)
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) value: String,
}

/// What a walk comes across. An empty element is opened and closed.
#[derive(Debug)]
pub(super) enum Node<'a> {
    /// Attributes in canonical order.
    Open(&'a str, &'a [Attribute]),
    /// Unescaped; text may come in several pieces.
    Text(&'a str),
    Close(&'a str),
}

impl Node<'_> {
    pub(super) fn write(&self, out: &mut String) {
        match self {
            Node::Open(name, attributes) => {
                out.push('<');
                out.push_str(name);
                for attribute in *attributes {
                    out.push(' ');
                    out.push_str(&attribute.name);
                    out.push_str("=\"");
                    push_escaped(out, &attribute.value, true);
                    out.push('"');
                }
                out.push('>');
            }
            Node::Text(text) => push_escaped(out, text, false),
            Node::Close(name) => {
                out.push_str("</");
                out.push_str(name);
                out.push('>');
            }
        }
    }
}

/// Escapes as Canonical XML does.
pub(super) fn push_escaped(out: &mut String, text: &str, attribute: bool) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' if !attribute => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            '"' if attribute => out.push_str("&quot;"),
            '\t' if attribute => out.push_str("&#x9;"),
            '\n' if attribute => out.push_str("&#xA;"),
            other => out.push(other),
        }
    }
}

/// Goes through well-formed content.
pub(super) fn walk(
    text: &str,
    around: Around<'_>,
    mut visit: impl FnMut(Node<'_>) -> Parse<()>,
) -> Parse<()> {
    if text.len() > MAX_FRAGMENT_BYTES {
        return Err(format!("longer than {MAX_FRAGMENT_BYTES} bytes"));
    }
    if let Some(character) = text.chars().find(|&c| !is_char(c)) {
        return Err(format!("character {character:?}"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut scope = Scope::new(around);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => open(&start, &mut scope, &mut visit)?,
            Event::Empty(start) => {
                open(&start, &mut scope, &mut visit)?;
                scope.close();
                visit(Node::Close(start.name().into_inner()))?;
            }
            Event::End(end) => {
                scope.close();
                visit(Node::Close(end.name().into_inner()))?;
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                if text.contains("]]>") {
                    return Err("\"]]>\" in text".to_owned());
                }
                visit(Node::Text(&text))?;
            }
            Event::CData(text) => visit(Node::Text(&text.xml10_content()))?,
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|e| e.to_string())?;
                match character {
                    Some(c) if is_char(c) => visit(Node::Text(c.encode_utf8(&mut [0; 4])))?,
                    Some(c) => return Err(format!("character {c:?}")),
                    None => {
                        let name = reference.xml10_content();
                        let text = resolve_xml_entity(&name)
                            .ok_or_else(|| format!("entity {name} is not among XML's own"))?;
                        visit(Node::Text(text))?;
                    }
                }
            }
            Event::Comment(_) => {}
            Event::DocType(_) => return Err("a document type".to_owned()),
            Event::PI(_) | Event::Decl(_) => return Err("a processing instruction".to_owned()),
            Event::Eof if scope.depth == 0 => return Ok(()),
            Event::Eof => return Err("ends inside of an element".to_owned()),
        }
    }
}

pub(super) type Parse<T> = std::result::Result<T, String>;

fn open(
    start: &BytesStart<'_>,
    scope: &mut Scope<'_>,
    visit: &mut impl FnMut(Node<'_>) -> Parse<()>,
) -> Parse<()> {
    let name = start.name().into_inner();
    check_name(name)?;
    let attributes = scope.open(name, attributes(start)?)?;
    visit(Node::Open(name, &attributes))
}

fn attributes(start: &BytesStart<'_>) -> Parse<Vec<Attribute>> {
    check_spaces(start.attributes_raw())?;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(format!("more than {MAX_ATTRIBUTES} attributes"));
        }
        let name = attribute.key.into_inner();
        check_name(name)?;
        if attribute.value.contains('<') {
            return Err(format!("\"<\" in attribute {name}"));
        }
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(|error| error.to_string())?;
        if let Some(character) = value.chars().find(|&c| !is_char(c)) {
            return Err(format!("character {character:?}"));
        }
        attributes.push(Attribute {
            name: name.to_owned(),
            value: value.into_owned(),
        });
    }
    Ok(attributes)
}

/// White space stands between attributes (`STag`; XML 1.0, 3.1).
fn check_spaces(attributes: &str) -> Parse<()> {
    let mut rest = attributes;
    while let Some(at) = rest.find(['"', '\'']) {
        let (opening, value) = rest.split_at(at + 1);
        let quote = if opening.ends_with('"') { '"' } else { '\'' };
        let Some((_, after)) = value.split_once(quote) else {
            return Err("a quote that is not closed".to_owned());
        };
        if !after.is_empty() && !after.starts_with([' ', '\t', '\r', '\n']) {
            return Err("attributes without white space between them".to_owned());
        }
        rest = after;
    }
    Ok(())
}

/// The prefix that an attribute declares; the empty one for `xmlns` itself.
fn declared(name: &str) -> Option<&str> {
    match name.strip_prefix("xmlns")? {
        "" => Some(""),
        rest => rest.strip_prefix(':'),
    }
}

/// Open elements, and the namespaces that they declare.
#[derive(Debug)]
struct Scope<'a> {
    around: Around<'a>,
    depth: usize,
    declarations: Vec<Declaration>,
}

#[derive(Debug)]
struct Declaration {
    depth: usize,
    /// Empty: the default namespace.
    prefix: String,
    namespace: String,
}

impl<'a> Scope<'a> {
    fn new(around: Around<'a>) -> Self {
        Self {
            around,
            depth: 0,
            declarations: Vec::new(),
        }
    }

    /// The element's attributes in canonical order, without declarations that change nothing.
    fn open(&mut self, name: &str, attributes: Vec<Attribute>) -> Parse<Vec<Attribute>> {
        if self.depth == MAX_DEPTH {
            return Err(format!("elements more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        let (mut declarations, mut others): (Vec<_>, Vec<_>) = attributes
            .into_iter()
            .partition(|attribute| declared(&attribute.name).is_some());
        let before = self.declarations.len();
        declarations.retain(|attribute| {
            let prefix = declared(&attribute.name).unwrap_or_default();
            self.namespace(before, prefix) != Some(&attribute.value)
        });
        for attribute in &declarations {
            self.declare(attribute)?;
        }
        self.check(name)?;
        for attribute in &others {
            self.check(&attribute.name)?;
        }
        declarations.sort_by(|a, b| a.name.cmp(&b.name));
        others.sort_by(|a, b| self.order(&a.name).cmp(&self.order(&b.name)));
        declarations.append(&mut others);
        Ok(declarations)
    }

    fn declare(&mut self, attribute: &Attribute) -> Parse<()> {
        let prefix = declared(&attribute.name).unwrap_or_default();
        let undeclared = attribute.value.is_empty() && !prefix.is_empty();
        if undeclared || matches!(prefix, "xml" | "xmlns") {
            return Err(format!("prefix {prefix} cannot be declared so"));
        }
        if !attribute.value.chars().all(is_uri) {
            return Err(format!("namespace {:?} is no URI", attribute.value));
        }
        if self.declarations.len() == MAX_DECLARATIONS {
            return Err(format!("more than {MAX_DECLARATIONS} namespaces"));
        }
        self.declarations.push(Declaration {
            depth: self.depth,
            prefix: prefix.to_owned(),
            namespace: attribute.value.clone(),
        });
        Ok(())
    }

    /// What the prefix means, by the first so many declarations.
    fn namespace(&self, declarations: usize, prefix: &str) -> Option<&str> {
        let declared = self.declarations.iter().take(declarations).rev();
        let found = declared.filter(|declaration| declaration.prefix == prefix);
        let found = found
            .map(|declaration| declaration.namespace.as_str())
            .next();
        found.or(self.around.namespace.filter(|_| prefix.is_empty()))
    }

    fn check(&self, name: &str) -> Parse<()> {
        let (Some(around), Some((prefix, _))) = (self.around.prefixes, name.split_once(':')) else {
            return Ok(());
        };
        let known = prefix == "xml"
            || around.contains(&prefix)
            || self.namespace(self.declarations.len(), prefix).is_some();
        if known {
            Ok(())
        } else {
            Err(format!("prefix {prefix} is not declared"))
        }
    }

    /// By namespace, then by name; those without a namespace first (Canonical XML 1.1, 2.2).
    fn order<'n>(&'n self, name: &'n str) -> (&'n str, &'n str) {
        match name.split_once(':') {
            None => ("", name),
            Some(("xml", local)) => ("http://www.w3.org/XML/1998/namespace", local),
            Some((prefix, local)) => {
                let namespace = self.namespace(self.declarations.len(), prefix);
                (namespace.unwrap_or(prefix), local)
            }
        }
    }

    fn close(&mut self) {
        let depth = self.depth;
        while self
            .declarations
            .pop_if(|declaration| declaration.depth == depth)
            .is_some()
        {}
        self.depth = depth.saturating_sub(1);
    }
}

/// `QName` (Namespaces in XML 1.0), a little narrower: of what is not ASCII, letters and digits only.
fn check_name(name: &str) -> Parse<()> {
    let part = |part: &str| {
        let mut characters = part.chars();
        characters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
            && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let good = match name.split_once(':') {
        Some((prefix, local)) => part(prefix) && part(local),
        None => part(name),
    };
    if good {
        Ok(())
    } else {
        Err(format!("name {name:?}"))
    }
}

/// `Char` (XML 1.0, 2.2).
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
