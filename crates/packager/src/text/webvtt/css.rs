//! The part of CSS that subtitles are styled with: `::cue` rules with colours and font styles.
//!
//! Only for the change into another form; WebVTT out has the style sheets as they came.

/// Rules of all sheets together.
const MAX_RULES: usize = 256;

/// What rules say, as far as IMSC1 has the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct Declarations {
    pub(in super::super) color: Option<String>,
    pub(in super::super) background: Option<String>,
    pub(in super::super) italic: Option<bool>,
    pub(in super::super) bold: Option<bool>,
    pub(in super::super) underline: Option<bool>,
}

impl Declarations {
    /// What `later` says counts, where it says something.
    pub(in super::super) fn overlay(&mut self, later: &Self) {
        fn one<T: Clone>(slot: &mut Option<T>, later: &Option<T>) {
            if later.is_some() {
                slot.clone_from(later);
            }
        }
        one(&mut self.color, &later.color);
        one(&mut self.background, &later.background);
        one(&mut self.italic, &later.italic);
        one(&mut self.bold, &later.bold);
        one(&mut self.underline, &later.underline);
    }

    fn parse(block: &str) -> Self {
        let mut parsed = Self::default();
        for declaration in block.split(';') {
            let Some((property, value)) = declaration.split_once(':') else {
                continue;
            };
            let value = value.trim().to_ascii_lowercase();
            let value = value.strip_suffix("!important").unwrap_or(&value).trim();
            match property.trim().to_ascii_lowercase().as_str() {
                "color" => parsed.color = Some(value.to_owned()),
                "background" | "background-color" => parsed.background = Some(value.to_owned()),
                "font-style" => parsed.italic = Some(matches!(value, "italic" | "oblique")),
                "font-weight" => {
                    let heavy = value.parse::<u16>().is_ok_and(|weight| weight >= 600);
                    parsed.bold = Some(heavy || matches!(value, "bold" | "bolder"));
                }
                "text-decoration" | "text-decoration-line" => {
                    parsed.underline = Some(value.split_whitespace().any(|v| v == "underline"));
                }
                _ => {}
            }
        }
        parsed
    }
}

/// The `::cue` rules of a track's style sheets, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct StyleSheet {
    /// What stands in the parentheses of `::cue(…)`; empty for all cues.
    rules: Vec<(String, Declarations)>,
}

impl StyleSheet {
    pub(in super::super) fn parse<'a>(sheets: impl IntoIterator<Item = &'a String>) -> Self {
        let mut parsed = Self::default();
        for sheet in sheets {
            let sheet = without_comments(sheet);
            for rule in sheet.split('}') {
                let Some((selectors, block)) = rule.split_once('{') else {
                    continue;
                };
                let declarations = Declarations::parse(block);
                for selector in selectors.split(',') {
                    let Some(argument) = argument(selector.trim()) else {
                        continue;
                    };
                    if parsed.rules.len() < MAX_RULES {
                        parsed
                            .rules
                            .push((argument.to_owned(), declarations.clone()));
                    }
                }
            }
        }
        parsed
    }

    /// What the rules say whose selector is `matches`.
    pub(in super::super) fn declarations(&self, matches: impl Fn(&str) -> bool) -> Declarations {
        let mut found = Declarations::default();
        for (selector, declarations) in &self.rules {
            if matches(selector) {
                found.overlay(declarations);
            }
        }
        found
    }
}

fn argument(selector: &str) -> Option<&str> {
    let rest = selector.split_once("::cue")?.1;
    if rest.is_empty() {
        return Some("");
    }
    Some(rest.strip_prefix('(')?.strip_suffix(')')?.trim())
}

fn without_comments(sheet: &str) -> String {
    let mut out = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, behind)| behind);
    }
    out.push_str(rest);
    out
}
