//! What a player tells servers of itself (CTA-5004).
use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::presentation::Kind;
use crate::scenario::Cmcd;

/// `ot`: what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    Manifest,
    Header,
    Key,
    Media(Kind),
}

/// Of one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Report {
    pub(super) object: Option<Object>,
    /// bit/s.
    pub(super) bandwidth: Option<u64>,
    /// Seconds.
    pub(super) duration: Option<f64>,
    pub(super) buffered: Option<f64>,
    /// bit/s.
    pub(super) throughput: Option<f64>,
    pub(super) starting: bool,
    pub(super) starved: bool,
    pub(super) live: Option<bool>,
}

/// Of a session.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) session: String,
    pub(super) content: String,
    /// DASH; else HLS.
    pub(super) dash: Option<bool>,
}

impl Report {
    /// On the request, as the scenario says.
    pub(super) fn put(
        &self,
        how: Cmcd,
        identity: &Identity,
        url: &mut Url,
        headers: &mut HeaderMap,
    ) {
        match how {
            Cmcd::Off => {}
            Cmcd::Query => {
                let mut all: Vec<_> = self.request();
                all.extend(self.object());
                all.extend(self.status());
                all.extend(self.session(identity));
                all.sort();
                url.query_pairs_mut().append_pair("CMCD", &all.join(","));
            }
            Cmcd::Header => {
                let mut put = |name: &'static str, mut keys: Vec<String>| {
                    keys.sort();
                    if !keys.is_empty()
                        && let Ok(value) = HeaderValue::try_from(keys.join(","))
                    {
                        headers.insert(HeaderName::from_static(name), value);
                    }
                };
                put("cmcd-request", self.request());
                put("cmcd-object", self.object());
                put("cmcd-status", self.status());
                put("cmcd-session", self.session(identity));
            }
        }
    }

    fn request(&self) -> Vec<String> {
        let mut keys = Vec::new();
        if let Some(seconds) = self.buffered {
            keys.push(format!("bl={}", hundreds(seconds * 1e3)));
        }
        if let Some(rate) = self.throughput {
            keys.push(format!("mtp={}", hundreds(rate / 1e3)));
        }
        if self.starting {
            keys.push("su".into());
        }
        keys
    }

    fn object(&self) -> Vec<String> {
        let mut keys = Vec::new();
        if let Some(rate) = self.bandwidth {
            keys.push(format!("br={}", rate.div_ceil(1000)));
        }
        if let Some(seconds) = self.duration {
            keys.push(format!("d={}", (seconds * 1e3).round()));
        }
        let object = self.object.map(|object| match object {
            Object::Manifest => "m",
            Object::Header => "i",
            Object::Key => "k",
            Object::Media(Kind::Video) => "v",
            Object::Media(Kind::Audio) => "a",
            Object::Media(Kind::Text) => "c",
        });
        keys.extend(object.map(|object| format!("ot={object}")));
        keys
    }

    fn status(&self) -> Vec<String> {
        match self.starved {
            true => vec!["bs".into()],
            false => Vec::new(),
        }
    }

    fn session(&self, identity: &Identity) -> Vec<String> {
        let mut keys = vec![
            format!("cid={}", quoted(&identity.content)),
            format!("sid={}", quoted(&identity.session)),
        ];
        if let Some(dash) = identity.dash {
            keys.push(format!("sf={}", if dash { "d" } else { "h" }));
        }
        if let Some(live) = self.live {
            keys.push(format!("st={}", if live { "l" } else { "v" }));
        }
        keys
    }
}

/// Rounded to the nearest hundred, as `bl` and `mtp` are.
fn hundreds(value: f64) -> u64 {
    (value.max(0.0) / 100.0).round() as u64 * 100
}

/// At most 64 characters.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars().filter(char::is_ascii).take(64) {
        match character {
            '"' | '\\' => {
                let _ = write!(out, "\\{character}");
            }
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
