//! Style attributes of elements, with the styles that they refer to (TTML1, 8.1 and 8.4).
use std::collections::HashMap;

use super::dom::{Attribute, Element, Ns, find};

/// The attributes that matter to WebVTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    Color,
    FontStyle,
    FontWeight,
    TextDecoration,
    TextAlign,
    Direction,
    Display,
    Visibility,
    Ruby,
    Origin,
    Extent,
    DisplayAlign,
    WritingMode,
}

const PROPERTIES: [(Property, &str); 13] = [
    (Property::Color, "color"),
    (Property::FontStyle, "fontStyle"),
    (Property::FontWeight, "fontWeight"),
    (Property::TextDecoration, "textDecoration"),
    (Property::TextAlign, "textAlign"),
    (Property::Direction, "direction"),
    (Property::Display, "display"),
    (Property::Visibility, "visibility"),
    (Property::Ruby, "ruby"),
    (Property::Origin, "origin"),
    (Property::Extent, "extent"),
    (Property::DisplayAlign, "displayAlign"),
    (Property::WritingMode, "writingMode"),
];

/// Styles refer to each other no deeper.
const MAX_REFERENCES: usize = 32;

/// What is specified for an element: by its own attributes, else by styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Specified<'a>([Option<&'a str>; PROPERTIES.len()]);

impl<'a> Specified<'a> {
    pub(super) fn get(&self, property: Property) -> Option<&'a str> {
        self.0[property as usize]
    }

    fn overlay(&mut self, later: &Self) {
        for (slot, later) in self.0.iter_mut().zip(later.0) {
            *slot = later.or(*slot);
        }
    }

    fn own(attributes: &'a [Attribute]) -> Self {
        let mut own = Self::default();
        for (property, name) in PROPERTIES {
            own.0[property as usize] = find(attributes, Ns::Tts, name).map(str::trim);
        }
        own
    }
}

/// A document's styles and regions by identifier.
#[derive(Debug, Default)]
pub(super) struct Styles<'a> {
    root: &'a [Attribute],
    styles: HashMap<&'a str, Specified<'a>>,
    regions: HashMap<&'a str, Specified<'a>>,
}

impl<'a> Styles<'a> {
    pub(super) fn new(root: &'a [Attribute], head: &'a [Element]) -> Self {
        let mut styles = Self {
            root,
            ..Self::default()
        };
        let children = |name: &'static str| {
            let part = head.iter().filter(move |part| part.name == name);
            part.flat_map(Element::elements)
        };
        let elements: HashMap<&str, &Element> = children("styling")
            .filter(|element| element.name == "style")
            .filter_map(|style| Some((style.attribute(Ns::Xml, "id")?, style)))
            .collect();
        for id in elements.keys() {
            styles.style(id, &elements, 0);
        }
        for region in children("layout").filter(|element| element.name == "region") {
            let Some(id) = region.attribute(Ns::Xml, "id") else {
                continue;
            };
            let mut specified = styles.referenced(&region.attributes);
            for style in region.elements().filter(|inner| inner.name == "style") {
                specified.overlay(&styles.specified(&style.attributes));
            }
            specified.overlay(&Specified::own(&region.attributes));
            styles.regions.insert(id, specified);
        }
        styles
    }

    pub(super) fn root(&self, ns: Ns, name: &str) -> Option<&'a str> {
        find(self.root, ns, name)
    }

    pub(super) fn region(&self, id: &str) -> Option<&Specified<'a>> {
        self.regions.get(id)
    }

    /// Of an element with these attributes.
    pub(super) fn specified<'b>(&self, attributes: &'b [Attribute]) -> Specified<'b>
    where
        'a: 'b,
    {
        let mut specified = self.referenced(attributes);
        specified.overlay(&Specified::own(attributes));
        specified
    }

    fn referenced<'b>(&self, attributes: &'b [Attribute]) -> Specified<'b>
    where
        'a: 'b,
    {
        let mut specified = Specified::default();
        for id in references(attributes) {
            if let Some(style) = self.styles.get(id) {
                specified.overlay(style);
            }
        }
        specified
    }

    fn style(&mut self, id: &'a str, elements: &HashMap<&'a str, &'a Element>, depth: usize) {
        if self.styles.contains_key(id) || depth > MAX_REFERENCES {
            return;
        }
        let Some(element) = elements.get(id) else {
            return;
        };
        // A circle ends here.
        self.styles.insert(id, Specified::default());
        for inner in references(&element.attributes) {
            self.style(inner, elements, depth + 1);
        }
        let specified = self.specified(&element.attributes);
        self.styles.insert(id, specified);
    }
}

fn references(attributes: &[Attribute]) -> impl Iterator<Item = &str> {
    let style = find(attributes, Ns::None, "style").unwrap_or_default();
    style.split_ascii_whitespace()
}
