//! Paragraphs as WebVTT cues.
use super::document::{Document, Paragraph, region_of};
use super::dom::{Element, Node, Ns};
use super::layout;
use super::look::Look;
use super::style::{Property, Specified, Styles};
use crate::text::track::Builder;
use crate::text::{Cue, webvtt};

pub(super) fn cues(document: &Document, styles: &Styles<'_>, builder: &mut Builder) -> Vec<Cue> {
    let mut cues = vec![];
    for paragraph in &document.paragraphs {
        let region = region_of(paragraph).and_then(|id| styles.region(id));
        let mut context = Context {
            look: Look::default(),
            align: None,
            direction: None,
            preserves_space: styles.root(Ns::Xml, "space") == Some("preserve"),
        };
        if let Some(region) = region {
            if region.get(Property::Display) == Some("none") {
                continue;
            }
            context = context.inside(region, None);
        }
        let path = paragraph.parent.path();
        let mut is_displayed = true;
        for container in &path {
            let specified = styles.specified(&container.attributes);
            is_displayed &= specified.get(Property::Display) != Some("none");
            let space = super::dom::find(&container.attributes, Ns::Xml, "space");
            context = context.inside(&specified, space);
        }
        if !is_displayed {
            continue;
        }
        let mut runs = Runs::default();
        let alignment = runs.element(&paragraph.element, styles, context);
        let payload = runs.into_payload(builder);
        if payload.trim().is_empty() {
            continue;
        }
        cues.push(cue(
            paragraph,
            layout::settings(styles, region, alignment),
            payload,
        ));
    }
    cues
}

fn cue(paragraph: &Paragraph, settings: String, payload: String) -> Cue {
    Cue {
        start: paragraph.begin,
        end: paragraph.end,
        id: String::new(),
        settings,
        payload,
    }
}

/// How text is aligned: `tts:textAlign` and `tts:direction`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Alignment<'a> {
    pub(super) align: Option<&'a str>,
    pub(super) direction: Option<&'a str>,
}

/// What an element inherits.
#[derive(Debug, Clone, Copy)]
struct Context<'a> {
    look: Look,
    align: Option<&'a str>,
    direction: Option<&'a str>,
    preserves_space: bool,
}

impl<'a> Context<'a> {
    fn inside(self, specified: &Specified<'a>, space: Option<&str>) -> Self {
        Self {
            look: self.look.inside(specified),
            align: specified.get(Property::TextAlign).or(self.align),
            direction: specified.get(Property::Direction).or(self.direction),
            preserves_space: match space {
                Some("preserve") => true,
                Some(_) => false,
                None => self.preserves_space,
            },
        }
    }
}

/// Text of one look, or markup around some.
#[derive(Debug)]
enum Run {
    Text(Look, String),
    Markup(&'static str),
}

#[derive(Debug)]
struct Runs {
    runs: Vec<Run>,
    has_pending_space: bool,
    /// White space at the beginning of a line does not count.
    is_line_start: bool,
}

impl Default for Runs {
    fn default() -> Self {
        Self {
            runs: vec![],
            has_pending_space: false,
            is_line_start: true,
        }
    }
}

impl Runs {
    fn element<'b>(
        &mut self,
        element: &'b Element,
        styles: &Styles<'b>,
        context: Context<'b>,
    ) -> Alignment<'b> {
        let specified = styles.specified(&element.attributes);
        let context = context.inside(&specified, element.attribute(Ns::Xml, "space"));
        let alignment = Alignment {
            align: context.align,
            direction: context.direction,
        };
        if specified.get(Property::Display) == Some("none") {
            return alignment;
        }
        if element.name == "br" {
            self.line_break(context.look);
            return alignment;
        }
        let (before, behind) = match specified.get(Property::Ruby) {
            Some("container") => ("<ruby>", "</ruby>"),
            Some("text") => ("<rt>", "</rt>"),
            // For readers that cannot show ruby.
            Some("delimiter") => return alignment,
            _ => ("", ""),
        };
        self.markup(before);
        for child in &element.children {
            match child {
                Node::Text(text) if context.look.is_visible => self.text(text, &context),
                Node::Text(_) => {}
                Node::Element(child) => {
                    self.element(child, styles, context);
                }
            }
        }
        self.markup(behind);
        alignment
    }

    fn text(&mut self, text: &str, context: &Context<'_>) {
        let look = context.look;
        for c in text.chars() {
            let is_space = matches!(c, ' ' | '\t' | '\n' | '\r');
            if is_space && !context.preserves_space {
                self.has_pending_space = !self.is_line_start;
            } else if c == '\n' {
                self.line_break(look);
            } else if c != '\r' {
                if std::mem::take(&mut self.has_pending_space) {
                    self.push(look, ' ');
                }
                self.push(look, c);
                self.is_line_start = false;
            }
        }
    }

    fn line_break(&mut self, look: Look) {
        self.has_pending_space = false;
        self.is_line_start = true;
        match self.runs.last_mut() {
            Some(Run::Text(_, text)) => text.push('\n'),
            _ => self.push(look, '\n'),
        }
    }

    fn push(&mut self, look: Look, c: char) {
        match self.runs.last_mut() {
            Some(Run::Text(last, text)) if *last == look => text.push(c),
            _ => self.runs.push(Run::Text(look, c.to_string())),
        }
    }

    fn markup(&mut self, markup: &'static str) {
        if !markup.is_empty() {
            self.runs.push(Run::Markup(markup));
        }
    }

    fn into_payload(self, builder: &mut Builder) -> String {
        let mut payload = String::new();
        for run in self.runs {
            match run {
                Run::Markup(markup) => payload.push_str(markup),
                Run::Text(look, text) => write_text(&mut payload, look, &text, builder),
            }
        }
        payload.trim_matches('\n').to_owned()
    }
}

fn write_text(payload: &mut String, look: Look, text: &str, builder: &mut Builder) {
    let text = webvtt::escape(text);
    if text.trim().is_empty() {
        return payload.push_str(&text);
    }
    let class = look.color_class();
    if let Some(class) = &class {
        payload.push_str("<c.");
        payload.push_str(&class.name);
        payload.push('>');
        if let Some(css) = &class.css {
            builder.push_style(css);
        }
    }
    let tags = [(look.bold, "b"), (look.italic, "i"), (look.underline, "u")];
    for (_, tag) in tags.iter().filter(|(is_set, _)| *is_set) {
        payload.push('<');
        payload.push_str(tag);
        payload.push('>');
    }
    payload.push_str(&text);
    for (_, tag) in tags.iter().rev().filter(|(is_set, _)| *is_set) {
        payload.push_str("</");
        payload.push_str(tag);
        payload.push('>');
    }
    if class.is_some() {
        payload.push_str("</c>");
    }
}
