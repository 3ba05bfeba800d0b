//! How segments are protected: the state that `EXT-X-KEY` tags leave (4.4.4.4).
use std::collections::BTreeMap;

use super::text::{Attributes, Text};
use crate::presentation::{Key, Protection, ReadError};
use crate::verify::rules::HLS_KEY;

/// Key formats side by side.
const MAX_FORMATS: usize = 32;

/// The keys in force, by KEYFORMAT: a tag replaces those of its own format alone.
#[derive(Debug, Default)]
pub(super) struct Keys {
    by_format: BTreeMap<String, (Protection, Option<Key>)>,
}

impl Keys {
    /// As the segment before had it, where its tags are not at hand.
    pub(super) fn resume(protection: Protection, key: Option<Key>) -> Self {
        let mut by_format = BTreeMap::new();
        if protection != Protection::Clear {
            by_format.insert("identity".to_owned(), (protection, key));
        }
        Self { by_format }
    }

    pub(super) fn protection(&self) -> Protection {
        let mut all = self.by_format.values();
        all.next().map_or(Protection::Clear, |(first, _)| *first)
    }

    pub(super) fn identity(&self) -> Option<&Key> {
        self.by_format.get("identity")?.1.as_ref()
    }

    pub(super) fn tag(
        &mut self,
        text: &mut Text<'_>,
        attributes: &Attributes,
        line: usize,
    ) -> Result<(), ReadError> {
        let method = attributes.require("METHOD")?;
        let protection = match method {
            "NONE" => {
                if attributes.len() > 1 {
                    text.fault(HLS_KEY, line, "METHOD=NONE with other attributes");
                }
                self.by_format.clear();
                return Ok(());
            }
            "AES-128" | "AES-256" | "AES-256-GCM" => Protection::Whole,
            "SAMPLE-AES" | "SAMPLE-AES-CTR" | "SAMPLE-AES-CENC" | "ISO-23001-7" => {
                Protection::Samples
            }
            other => {
                let what = format!("the encryption method `{other}` is not known");
                return Err(ReadError::Malformed { line, what });
            }
        };
        for (attribute, version) in [("IV", 2), ("KEYFORMAT", 5), ("KEYFORMATVERSIONS", 5)] {
            if attributes.has(attribute) {
                text.needs(attribute, version, line);
            }
        }
        if method == "SAMPLE-AES-CTR" && attributes.has("IV") {
            text.fault(HLS_KEY, line, "SAMPLE-AES-CTR with an IV");
        }
        if attributes.get("IV").is_some_and(|iv| !is_iv(iv)) {
            text.fault(HLS_KEY, line, "the IV is no 128-bit hexadecimal integer");
        }
        let format = attributes.get("KEYFORMAT").unwrap_or("identity");
        let uri = attributes.get("URI");
        if uri.is_none() {
            text.fault(HLS_KEY, line, format!("METHOD={method} without a URI"));
        }
        // Other formats name licences of systems, not something to fetch.
        let url = match uri.filter(|_| format == "identity") {
            Some(uri) => Some(text.resolve(uri, line)?),
            None => None,
        };
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let bytes = match method {
            "AES-256" | "AES-256-GCM" => 32,
            _ => 16,
        };
        let key = url.map(|url| Key { url, bytes });
        if self.by_format.len() >= MAX_FORMATS && !self.by_format.contains_key(format) {
            return Err(ReadError::Limit {
                line,
                what: "key formats",
                limit: MAX_FORMATS,
            });
        }
        self.by_format.insert(format.to_owned(), (protection, key));
        Ok(())
    }
}

fn is_iv(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    digits.is_some_and(|digits| {
        (1..=32).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}
