//! A TOML document read key by key: each reading notes the key as known, each mistake is noted with its line and
//! reading goes on with the default, so that one run finds all of them.
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigFault;
use super::values::{Bounded, FromToml, Wrong, nearest};

/// Where the values come from, and what has been found wrong with them.
pub(crate) struct Source {
    file: PathBuf,
    /// Offset of each line's first byte.
    line_starts: Vec<usize>,
    faults: RefCell<Vec<ConfigFault>>,
    unreadable: Cell<bool>,
    /// Line of each key and section met, by its dotted name.
    lines: RefCell<HashMap<String, usize>>,
    /// Every key asked for: section name without indices, key.
    asked: RefCell<BTreeSet<(String, &'static str)>>,
}

impl Source {
    pub(crate) fn new(text: &str, file: &Path) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            file: file.to_owned(),
            line_starts,
            faults: RefCell::default(),
            unreadable: Cell::default(),
            lines: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// Relative paths of the configuration start here.
    pub(crate) fn folder(&self) -> &Path {
        match self.file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Notes a fault of `key`, at its line or that of the nearest section around it.
    pub(crate) fn fault(&self, key: &str, message: impl Display, remedy: impl Display) {
        let line = {
            let lines = self.lines.borrow();
            std::iter::successors(Some(key), |key| {
                key.rfind(['.', '[']).map(|end| &key[..end])
            })
            .find_map(|key| lines.get(key).copied())
        };
        self.note(line, key, message, remedy);
    }

    pub(crate) fn fault_at(
        &self,
        span: Range<usize>,
        key: &str,
        message: impl Display,
        remedy: impl Display,
    ) {
        self.note(Some(self.line(span.start)), key, message, remedy);
    }

    fn note(&self, line: Option<usize>, key: &str, message: impl Display, remedy: impl Display) {
        self.faults.borrow_mut().push(ConfigFault {
            file: self.file.clone(),
            line,
            key: key.to_owned(),
            message: message.to_string(),
            remedy: remedy.to_string(),
        });
    }

    fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// How many faults have been noted so far.
    pub(crate) fn fault_count(&self) -> usize {
        self.faults.borrow().len()
    }

    /// Whether it was not TOML at all: then what is missing was perhaps only not understood.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.unreadable.get()
    }

    pub(crate) fn syntax_fault(&self, span: Range<usize>, message: impl Display) {
        self.unreadable.set(true);
        self.fault_at(
            span,
            "",
            format_args!("not TOML: {message}"),
            "correct the syntax; nothing else was checked",
        );
    }

    /// Whether the key's own value was not understood: then nothing can be concluded from it.
    pub(crate) fn is_faulty(&self, key: &str) -> bool {
        self.faults.borrow().iter().any(|fault| fault.key == key)
    }

    /// Whether the key or section stands in the document, rightly or wrongly filled.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.lines.borrow().contains_key(key)
    }

    /// All faults, by line.
    pub(crate) fn into_faults(self) -> Vec<ConfigFault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.line);
        faults
    }

    #[cfg(test)]
    pub(crate) fn asked(&self) -> BTreeSet<(String, &'static str)> {
        self.asked.borrow().clone()
    }
}

/// One table of the document, or the absence of it: then every key has its default.
pub(crate) struct Section<'s, 't> {
    source: &'s Source,
    table: Option<&'t DeTable<'t>>,
    /// Dotted, with indices; empty for the document itself.
    path: String,
    /// The same without indices.
    kind: String,
    asked: Vec<&'static str>,
}

impl<'s, 't> Section<'s, 't> {
    pub(crate) fn document(source: &'s Source, table: &'t DeTable<'t>) -> Self {
        Self {
            source,
            table: Some(table),
            path: String::new(),
            kind: String::new(),
            asked: Vec::new(),
        }
    }

    pub(crate) fn source(&self) -> &'s Source {
        self.source
    }

    /// The dotted name of one of its keys.
    pub(crate) fn name(&self, key: &str) -> String {
        dotted(&self.path, key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Takes note of a key without reading it; whether it is there.
    pub(crate) fn pass(&mut self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    pub(crate) fn get<T: FromToml>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    pub(crate) fn optional<T: FromToml>(&mut self, key: &'static str) -> Option<T> {
        let value = self.value(key)?;
        match T::from_toml(value) {
            Ok(value) => Some(value),
            Err(Wrong {
                span,
                message,
                remedy,
            }) => {
                self.source.fault_at(span, &self.name(key), message, remedy);
                None
            }
        }
    }

    /// Absent, it is a fault with this remedy.
    pub(crate) fn required<T: FromToml>(
        &mut self,
        key: &'static str,
        remedy: impl Display,
    ) -> Option<T> {
        if !self.has(key) {
            self.ask(key);
            self.source
                .fault(&self.name(key), format!("`{key}` is missing"), remedy);
            return None;
        }
        self.optional(key)
    }

    pub(crate) fn bounded<T: FromToml + Bounded>(
        &mut self,
        key: &'static str,
        default: T,
        range: RangeInclusive<T>,
    ) -> T {
        match self.optional::<T>(key) {
            Some(value) if range.contains(&value) => value,
            Some(value) => {
                self.source.fault(
                    &self.name(key),
                    format_args!("{} is out of bounds", value.shown()),
                    format_args!(
                        "choose from {} to {}",
                        range.start().shown(),
                        range.end().shown()
                    ),
                );
                default
            }
            None => default,
        }
    }

    /// A table of its own; `None` when it is absent or no table (which is noted).
    pub(crate) fn section(&mut self, key: &'static str) -> Option<Section<'s, 't>> {
        let value = self.value(key)?;
        self.enter(value, key, self.name(key))
    }

    /// As [`Section::section`], with defaults for all when absent.
    pub(crate) fn section_or_default(&mut self, key: &'static str) -> Section<'s, 't> {
        let path = self.name(key);
        self.section(key).unwrap_or(Section {
            source: self.source,
            table: None,
            kind: dotted(&self.kind, key),
            path,
            asked: Vec::new(),
        })
    }

    /// An array of tables, `[[key]]`; empty when absent.
    pub(crate) fn sections(&mut self, key: &'static str) -> Vec<Section<'s, 't>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let name = self.name(key);
        let DeValue::Array(items) = value.get_ref() else {
            self.source.fault_at(
                value.span(),
                &name,
                format_args!("a list is wanted, not {}", kind_of(value)),
                format_args!("write `[[{}]]`", dotted(&self.kind, key)),
            );
            return Vec::new();
        };
        items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.enter(item, key, format!("{name}[{index}]")))
            .collect()
    }

    /// Notes what stands in the table and nobody asked for.
    pub(crate) fn finish(self) {
        for (key, _) in self.table.into_iter().flatten() {
            let text = key.get_ref().as_ref();
            if self.asked.contains(&text) {
                continue;
            }
            let place = if self.kind.is_empty() {
                "at the top level".to_owned()
            } else {
                format!("in [{}]", self.kind)
            };
            let remedy = nearest(text, &self.asked).map_or_else(
                || format!("known {place}: {}", self.asked.join(", ")),
                |known| format!("did you mean `{known}`?"),
            );
            self.source.fault_at(
                key.span(),
                &self.name(text),
                format_args!("there is no key `{text}` {place}"),
                remedy,
            );
        }
    }

    fn enter(
        &self,
        value: &'t Spanned<DeValue<'t>>,
        key: &'static str,
        path: String,
    ) -> Option<Section<'s, 't>> {
        let kind = dotted(&self.kind, key);
        let DeValue::Table(table) = value.get_ref() else {
            self.source.fault_at(
                value.span(),
                &path,
                format_args!("a section is wanted, not {}", kind_of(value)),
                format_args!("write `[{kind}]` and its keys below it"),
            );
            return None;
        };
        self.source
            .lines
            .borrow_mut()
            .insert(path.clone(), self.source.line(value.span().start));
        Some(Section {
            source: self.source,
            table: Some(table),
            path,
            kind,
            asked: Vec::new(),
        })
    }

    fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.ask(key);
        let (spanned_key, value) = self.table?.get_key_value(key)?;
        self.source
            .lines
            .borrow_mut()
            .insert(self.name(key), self.source.line(spanned_key.span().start));
        Some(value)
    }

    fn ask(&mut self, key: &'static str) {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.source
            .asked
            .borrow_mut()
            .insert((self.kind.clone(), key));
    }
}

fn dotted(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

pub(crate) fn kind_of(value: &Spanned<DeValue<'_>>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "list",
        DeValue::Table(_) => "section",
    }
}
