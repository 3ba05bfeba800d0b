//! The text of a playlist: lines, tags, attribute lists, variables (4.1 to 4.3).
use std::collections::BTreeMap;

use url::Url;

use crate::presentation::ReadError;
use crate::verify::Violation;

/// Faults kept of one playlist: a broken server repeats itself.
const MAX_FAULTS: usize = 32;
/// Attributes of one tag.
const MAX_ATTRIBUTES: usize = 64;
/// Variables of one playlist.
const MAX_VARIABLES: usize = 256;

/// What a playlist's lines have in common while it is read.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) url: &'a Url,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) faults: Vec<Violation>,
    pub(super) needs: BTreeMap<&'static str, (u32, usize)>,
    pub(super) version: Option<u32>,
    /// Tags that may stand once, with their line.
    once: BTreeMap<&'static str, usize>,
}

/// A line that says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// `#EXT…`: what stands before the first colon, and behind it.
    Tag(&'a str, &'a str),
    Uri(&'a str),
}

/// The lines behind `#EXTM3U`, with their numbers from 1; comments and blank lines are left out.
pub(super) fn lines(text: &str) -> Result<impl Iterator<Item = (usize, Line<'_>)>, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, first)) if first.trim_end() == "#EXTM3U" => {}
        _ => return Err(ReadError::NotAPlaylist),
    }
    Ok(lines.filter_map(|(at, line)| {
        let line = line.trim();
        if line.is_empty() {
            None
        } else if let Some(tag) = line.strip_prefix('#') {
            tag.starts_with("EXT").then(|| {
                let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
                (at + 1, Line::Tag(name, value))
            })
        } else {
            Some((at + 1, Line::Uri(line)))
        }
    }))
}

impl<'a> Text<'a> {
    pub(super) fn new(url: &'a Url) -> Self {
        Self {
            url,
            variables: BTreeMap::new(),
            faults: Vec::new(),
            needs: BTreeMap::new(),
            version: None,
            once: BTreeMap::new(),
        }
    }

    pub(super) fn fault(&mut self, rule: &'static str, line: usize, what: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            let detail = format!("line {line}: {}", what.into());
            self.faults.push(Violation { rule, detail });
        }
    }

    /// `tag` is understood from `version` on (8).
    pub(super) fn needs(&mut self, tag: &'static str, version: u32, line: usize) {
        self.needs.entry(tag).or_insert((version, line));
    }

    /// Tells a fault where `tag` was met before.
    pub(super) fn once(&mut self, tag: &'static str, line: usize) {
        if let Some(first) = self.once.insert(tag, line) {
            let what = format!("{tag} stands in line {first} already");
            self.fault(crate::verify::rules::HLS_ONCE, line, what);
        }
    }

    pub(super) fn version(&mut self, value: &str, line: usize) {
        self.once("EXT-X-VERSION", line);
        match value.trim().parse() {
            Ok(version) => self.version = Some(version),
            Err(_) => self.fault(
                crate::verify::rules::HLS_SYNTAX,
                line,
                "EXT-X-VERSION is no number",
            ),
        }
    }

    /// `EXT-X-DEFINE` (4.4.2.3). `imported` are those of the multivariant playlist.
    pub(super) fn define(
        &mut self,
        value: &str,
        line: usize,
        imported: &BTreeMap<String, String>,
    ) -> Result<(), ReadError> {
        self.needs("EXT-X-DEFINE", 8, line);
        let attributes = self.attributes(value, line)?;
        let malformed = |what: String| ReadError::Malformed { line, what };
        let (name, value) = if let Some(name) = attributes.get("NAME") {
            let value = attributes.get("VALUE").unwrap_or_default();
            (name.to_owned(), value.to_owned())
        } else if let Some(name) = attributes.get("IMPORT") {
            let value = imported.get(name);
            let value = value.ok_or_else(|| malformed(format!("`{name}` cannot be imported")))?;
            (name.to_owned(), value.clone())
        } else if let Some(name) = attributes.get("QUERYPARAM") {
            self.needs("EXT-X-DEFINE:QUERYPARAM", 11, line);
            let value = self.url.query_pairs().find(|(key, _)| key == name);
            let value = value.ok_or_else(|| malformed(format!("the URL has no `{name}`")))?;
            (name.to_owned(), value.1.into_owned())
        } else {
            return Err(malformed("EXT-X-DEFINE defines nothing".to_owned()));
        };
        if self.variables.len() >= MAX_VARIABLES {
            return Err(ReadError::Limit {
                line,
                what: "variables",
                limit: MAX_VARIABLES,
            });
        }
        self.variables.insert(name, value);
        Ok(())
    }

    /// Puts in values for `{$name}` (4.3). Values are not looked at again.
    pub(super) fn substitute(&self, value: &str, line: usize) -> Result<String, ReadError> {
        let mut result = String::with_capacity(value.len());
        let mut rest = value;
        while let Some((before, behind)) = rest.split_once("{$") {
            let Some((name, after)) = behind.split_once('}') else {
                break;
            };
            result.push_str(before);
            let known = self.variables.get(name);
            result.push_str(known.ok_or_else(|| ReadError::Malformed {
                line,
                what: format!("the variable `{name}` is not defined"),
            })?);
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    /// Resolves a URI line, or the value of a `URI` attribute, which has its variables put in already.
    pub(super) fn resolve(&self, uri: &str, line: usize) -> Result<Url, ReadError> {
        self.url.join(uri).map_err(|reason| ReadError::Url {
            line,
            uri: uri.chars().take(200).collect(),
            reason,
        })
    }

    /// Reads an attribute list (4.2), variables in quoted strings put in.
    pub(super) fn attributes(&self, value: &str, line: usize) -> Result<Attributes, ReadError> {
        let mut entries = Vec::new();
        let mut rest = value.trim_start();
        while !rest.is_empty() {
            let Some((name, behind)) = rest.split_once('=') else {
                return Err(ReadError::Malformed {
                    line,
                    what: "an attribute without a value".to_owned(),
                });
            };
            let (value, quoted, after) = match behind.strip_prefix('"') {
                Some(string) => {
                    let Some((value, after)) = string.split_once('"') else {
                        return Err(ReadError::Malformed {
                            line,
                            what: "a quoted string without an end".to_owned(),
                        });
                    };
                    let after = after.split_once(',').map_or("", |(_, after)| after);
                    (self.substitute(value, line)?, true, after)
                }
                None => {
                    let (value, after) = behind.split_once(',').unwrap_or((behind, ""));
                    (value.trim().to_owned(), false, after)
                }
            };
            if entries.len() >= MAX_ATTRIBUTES {
                return Err(ReadError::Limit {
                    line,
                    what: "attributes",
                    limit: MAX_ATTRIBUTES,
                });
            }
            entries.push(Attribute {
                name: name.trim().to_owned(),
                value,
                quoted,
            });
            rest = after.trim_start();
        }
        Ok(Attributes { entries, line })
    }
}

#[derive(Clone, Debug)]
struct Attribute {
    name: String,
    value: String,
    quoted: bool,
}

/// An attribute list.
#[derive(Clone, Debug)]
pub(super) struct Attributes {
    entries: Vec<Attribute>,
    line: usize,
}

impl Attributes {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.entries.iter().find(|entry| entry.name == name)?;
        Some(&found.value)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The name of one that stands twice (4.2).
    pub(super) fn repeated(&self) -> Option<&str> {
        let twice = |(at, entry): (usize, &Attribute)| {
            let before = self.entries.get(..at)?;
            before
                .iter()
                .any(|other| other.name == entry.name)
                .then_some(())
        };
        let mut entries = self.entries.iter().enumerate();
        entries
            .find(|(at, entry)| twice((*at, entry)).is_some())
            .map(|(_, entry)| entry.name.as_str())
    }

    /// Whether a value that must be quoted is not.
    pub(super) fn unquoted(&self, name: &str) -> bool {
        let found = self.entries.iter().find(|entry| entry.name == name);
        found.is_some_and(|entry| !entry.quoted)
    }

    pub(super) fn yes(&self, name: &str) -> bool {
        self.get(name) == Some("YES")
    }

    pub(super) fn require(&self, name: &str) -> Result<&str, ReadError> {
        self.get(name).ok_or_else(|| ReadError::Malformed {
            line: self.line,
            what: format!("the attribute {name} is missing"),
        })
    }

    /// `None` where there is none.
    pub(super) fn integer(&self, name: &str) -> Result<Option<u64>, ReadError> {
        let parse = |value: &str| integer(value, self.line, name);
        self.get(name).map(parse).transpose()
    }

    pub(super) fn seconds(&self, name: &str) -> Result<Option<f64>, ReadError> {
        let parse = |value: &str| seconds(value, self.line, name);
        self.get(name).map(parse).transpose()
    }
}

pub(super) fn integer(value: &str, line: usize, what: &str) -> Result<u64, ReadError> {
    value.trim().parse().map_err(|_| ReadError::Malformed {
        line,
        what: format!("{what} is no decimal integer"),
    })
}

/// Finite, and not below 0.
pub(super) fn seconds(value: &str, line: usize, what: &str) -> Result<f64, ReadError> {
    let parsed = value.trim().parse::<f64>().ok();
    let fits = |seconds: &f64| seconds.is_finite() && *seconds >= 0.0;
    parsed.filter(fits).ok_or_else(|| ReadError::Malformed {
        line,
        what: format!("{what} is no number of seconds"),
    })
}
