//! Canonical XML 1.0 and 1.1 and Exclusive XML Canonicalization 1.0, comments left out, of one element and all in it.
use super::{Attribute, Child, Id, Tree, XML_NS};
use zeroize::Zeroizing;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cpix) enum Method {
    Inclusive10,
    Inclusive11,
    /// With the prefixes of `InclusiveNamespaces`, the empty one for `#default`.
    Exclusive(Vec<String>),
}

/// `without` is an element to leave out (the enveloped signature).
pub(in crate::cpix) fn canonicalize(
    tree: &Tree,
    apex: Id,
    method: &Method,
    without: Option<Id>,
) -> Zeroizing<Vec<u8>> {
    let mut measure = Measure(0);
    walk(tree, apex, method, without, &mut measure);
    // Measured first: a buffer that grows leaves copies of keys behind.
    let mut out = Zeroizing::new(Vec::with_capacity(measure.0));
    walk(tree, apex, method, without, &mut *out);
    out
}

trait Sink {
    fn put(&mut self, text: &str);
}

struct Measure(usize);

impl Sink for Measure {
    fn put(&mut self, text: &str) {
        self.0 += text.len();
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

fn walk(tree: &Tree, apex: Id, method: &Method, without: Option<Id>, out: &mut impl Sink) {
    // Declarations in force at the apex, the innermost of each prefix.
    let mut scope = Vec::new();
    let outer: Vec<Id> = tree.ancestors(apex).skip(1).collect();
    for &id in outer.iter().rev() {
        declare(tree, id, &mut scope);
    }
    let inherited = match method {
        Method::Exclusive(_) => Vec::new(),
        _ => inherited(tree, apex, &outer, method),
    };
    let mut writer = Writer {
        tree,
        method,
        without,
        scope,
        rendered: Vec::new(),
        out,
    };
    writer.element(apex, true, &inherited);
}

/// `xml:` attributes of the elements around the apex (Canonical XML 1.0, 2.4; in 1.1 those that inherit).
fn inherited<'t>(tree: &'t Tree, apex: Id, outer: &[Id], method: &Method) -> Vec<&'t Attribute> {
    let mut found: Vec<&Attribute> = Vec::new();
    let own = &tree.get(apex).attributes;
    for attribute in outer.iter().flat_map(|&id| &tree.get(id).attributes) {
        let inherits = match method {
            Method::Inclusive11 => matches!(&*attribute.local, "lang" | "space"),
            _ => true,
        };
        let same = |other: &Attribute| other.ns == attribute.ns && other.local == attribute.local;
        let hidden = own.iter().any(same) || found.iter().any(|other| same(other));
        if &*attribute.ns == XML_NS && inherits && !hidden {
            found.push(attribute);
        }
    }
    found
}

fn declare<'t>(tree: &'t Tree, id: Id, scope: &mut Vec<(&'t str, &'t str)>) {
    for (prefix, uri) in &tree.get(id).declared {
        scope.push((prefix, uri));
    }
}

struct Writer<'t, 'o, S> {
    tree: &'t Tree,
    method: &'o Method,
    without: Option<Id>,
    /// Prefix and URI, the innermost last.
    scope: Vec<(&'t str, &'t str)>,
    /// Likewise, of what is written.
    rendered: Vec<(&'t str, &'t str)>,
    out: &'o mut S,
}

impl<'t, S: Sink> Writer<'t, '_, S> {
    /// Recursion ends at the depth that the tree was bounded to.
    fn element(&mut self, id: Id, apex: bool, inherited: &[&'t Attribute]) {
        let tree = self.tree;
        let element = tree.get(id);
        let (scoped, rendered) = (self.scope.len(), self.rendered.len());
        declare(tree, id, &mut self.scope);

        self.out.put("<");
        self.name(&element.prefix, &element.local);
        for (prefix, uri) in self.namespaces(id, if apex { 0 } else { scoped }) {
            self.out.put(" xmlns");
            if !prefix.is_empty() {
                self.out.put(":");
                self.out.put(prefix);
            }
            self.out.put("=\"");
            self.escaped(uri, true);
            self.out.put("\"");
            self.rendered.push((prefix, uri));
        }
        let mut attributes: Vec<&Attribute> = element.attributes.iter().collect();
        attributes.extend(inherited);
        attributes.sort_by(|a, b| (&a.ns, &a.local).cmp(&(&b.ns, &b.local)));
        for attribute in attributes {
            self.out.put(" ");
            self.name(&attribute.prefix, &attribute.local);
            self.out.put("=\"");
            self.escaped(&attribute.value, true);
            self.out.put("\"");
        }
        self.out.put(">");
        for child in &element.children {
            match child {
                Child::Element(child) if Some(*child) == self.without => {}
                Child::Element(child) => self.element(*child, false, &[]),
                Child::Text(text) => self.escaped(text, false),
            }
        }
        self.out.put("</");
        self.name(&element.prefix, &element.local);
        self.out.put(">");
        self.scope.truncate(scoped);
        self.rendered.truncate(rendered);
    }

    /// Declarations to write, sorted by prefix. Below the apex, what is around an element is written already.
    fn namespaces(&self, id: Id, inside: usize) -> Vec<(&'t str, &'t str)> {
        let element = self.tree.get(id);
        let own = self.scope[inside..].iter().map(|(prefix, _)| *prefix);
        let mut prefixes: Vec<&'t str> = match self.method {
            Method::Exclusive(listed) => {
                let utilized = element
                    .attributes
                    .iter()
                    .map(|attribute| &*attribute.prefix)
                    .filter(|prefix| !prefix.is_empty());
                let listed = own.filter(|prefix| listed.iter().any(|l| l == prefix));
                utilized.chain([&*element.prefix]).chain(listed).collect()
            }
            _ => own.collect(),
        };
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
            .into_iter()
            .filter(|prefix| *prefix != "xml")
            .map(|prefix| (prefix, bound(&self.scope, prefix)))
            .filter(|&(prefix, uri)| bound(&self.rendered, prefix) != uri)
            .collect()
    }

    fn name(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.out.put(prefix);
            self.out.put(":");
        }
        self.out.put(local);
    }

    fn escaped(&mut self, text: &str, attribute: bool) {
        let special: &[char] = match attribute {
            true => &['&', '<', '"', '\t', '\n', '\r'],
            false => &['&', '<', '>', '\r'],
        };
        let mut rest = text;
        while let Some(at) = rest.find(special) {
            let (before, found) = rest.split_at(at);
            self.out.put(before);
            self.out.put(match found.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'\t' => "&#x9;",
                b'\n' => "&#xA;",
                _ => "&#xD;",
            });
            rest = &found[1..];
        }
        self.out.put(rest);
    }
}

/// What a prefix stands for; the empty text for nothing.
fn bound<'t>(scope: &[(&'t str, &'t str)], prefix: &str) -> &'t str {
    let found = scope.iter().rev().find(|(p, _)| *p == prefix);
    found.map_or("", |(_, uri)| uri)
}
