//! A multivariant playlist, line by line (4.4.6).
use std::collections::BTreeMap;

use url::Url;

use super::text::{Attributes, Line, Text, lines};
use super::{Multivariant, groups};
use crate::presentation::{Kind, ReadError};
use crate::verify::rules;

/// Variants and renditions of one playlist.
const MAX_ENTRIES: usize = 4096;

/// `EXT-X-STREAM-INF`.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) url: Url,
    pub(super) bandwidth: u64,
    pub(super) codecs: String,
    pub(super) height: Option<u32>,
    pub(super) audio: Option<String>,
    pub(super) subtitles: Option<String>,
}

/// `EXT-X-MEDIA` of sound or subtitles.
#[derive(Clone, Debug)]
pub(super) struct Rendition {
    pub(super) kind: Kind,
    pub(super) group: String,
    pub(super) name: String,
    pub(super) language: Option<String>,
    pub(super) default: bool,
    /// `None`: in the variant itself.
    pub(super) url: Option<Url>,
    line: usize,
}

pub(super) fn read(url: &Url, text: &str) -> Result<Multivariant, ReadError> {
    let mut master = Master {
        text: Text::new(url),
        variants: Vec::new(),
        renditions: Vec::new(),
        pending: None,
        none: BTreeMap::new(),
    };
    for (at, line) in lines(text)? {
        match line {
            Line::Tag(name, value) => master.tag(name, value, at)?,
            Line::Uri(uri) => master.variant(uri, at)?,
        }
    }
    master.finish()
}

#[derive(Debug)]
struct Master<'a> {
    text: Text<'a>,
    variants: Vec<Variant>,
    renditions: Vec<Rendition>,
    pending: Option<(Attributes, usize)>,
    /// How many variants say `CLOSED-CAPTIONS=NONE`, and how many do not.
    none: BTreeMap<bool, usize>,
}

impl Master<'_> {
    fn tag(&mut self, name: &str, value: &str, line: usize) -> Result<(), ReadError> {
        match name {
            "EXT-X-STREAM-INF" => {
                if let Some((_, before)) = &self.pending {
                    let what = format!("EXT-X-STREAM-INF of line {before} has no URI behind it");
                    self.text.fault(rules::HLS_VARIANT, line, what);
                }
                let attributes = self.text.attributes(value, line)?;
                self.repeated(&attributes, line);
                self.pending = Some((attributes, line));
            }
            "EXT-X-MEDIA" => {
                let attributes = self.text.attributes(value, line)?;
                self.repeated(&attributes, line);
                self.rendition(&attributes, line)?;
            }
            "EXT-X-VERSION" => self.text.version(value, line),
            "EXT-X-DEFINE" => self.text.define(value, line, &BTreeMap::new())?,
            "EXT-X-I-FRAME-STREAM-INF" => {
                let attributes = self.text.attributes(value, line)?;
                for required in ["BANDWIDTH", "URI"] {
                    if !attributes.has(required) {
                        let what = format!("EXT-X-I-FRAME-STREAM-INF without {required}");
                        self.text.fault(rules::HLS_VARIANT, line, what);
                    }
                }
            }
            "EXTINF" | "EXT-X-TARGETDURATION" | "EXT-X-MEDIA-SEQUENCE" => {
                return Err(ReadError::OtherPlaylist);
            }
            _ => {}
        }
        Ok(())
    }

    fn repeated(&mut self, attributes: &Attributes, line: usize) {
        if let Some(name) = attributes.repeated() {
            let what = format!("the attribute {name} stands twice");
            self.text.fault(rules::HLS_SYNTAX, line, what);
        }
    }

    fn variant(&mut self, uri: &str, line: usize) -> Result<(), ReadError> {
        let Some((attributes, at)) = self.pending.take() else {
            let what = "a URI without EXT-X-STREAM-INF";
            self.text.fault(rules::HLS_VARIANT, line, what);
            return Ok(());
        };
        self.bound(line)?;
        if !attributes.has("BANDWIDTH") {
            let what = "EXT-X-STREAM-INF without BANDWIDTH";
            self.text.fault(rules::HLS_VARIANT, at, what);
        }
        let unquoted = ["CODECS", "AUDIO", "VIDEO", "SUBTITLES"];
        for name in unquoted
            .into_iter()
            .filter(|name| attributes.unquoted(name))
        {
            let what = format!("{name} is no quoted string");
            self.text.fault(rules::HLS_SYNTAX, at, what);
        }
        let none = attributes.get("CLOSED-CAPTIONS") == Some("NONE");
        *self.none.entry(none).or_default() += 1;
        let height = attributes.get("RESOLUTION").and_then(|resolution| {
            let (_, height) = resolution.split_once(['x', 'X'])?;
            height.parse().ok()
        });
        let uri = self.text.substitute(uri, line)?;
        let owned = |name: &str| attributes.get(name).map(str::to_owned);
        self.variants.push(Variant {
            url: self.text.resolve(&uri, line)?,
            bandwidth: attributes.integer("BANDWIDTH")?.unwrap_or_default(),
            codecs: owned("CODECS").unwrap_or_default(),
            height,
            audio: owned("AUDIO"),
            subtitles: owned("SUBTITLES"),
        });
        Ok(())
    }

    fn rendition(&mut self, attributes: &Attributes, line: usize) -> Result<(), ReadError> {
        self.bound(line)?;
        let name = attributes.get("NAME").unwrap_or_default();
        let group = attributes.get("GROUP-ID").unwrap_or_default();
        for required in ["TYPE", "GROUP-ID", "NAME"] {
            if !attributes.has(required) {
                let what = format!("EXT-X-MEDIA without {required}");
                self.text.fault(rules::HLS_RENDITION, line, what);
            }
        }
        if attributes.yes("DEFAULT") && attributes.get("AUTOSELECT") == Some("NO") {
            let what = "DEFAULT=YES with AUTOSELECT=NO";
            self.text.fault(rules::HLS_RENDITION, line, what);
        }
        let uri = attributes.get("URI");
        let kind = match attributes.get("TYPE") {
            Some("AUDIO") => Kind::Audio,
            Some("SUBTITLES") => {
                if uri.is_none() {
                    let what = "subtitles without a URI";
                    self.text.fault(rules::HLS_RENDITION, line, what);
                }
                Kind::Text
            }
            Some("CLOSED-CAPTIONS") => {
                if uri.is_some() || !attributes.has("INSTREAM-ID") {
                    let what = "closed captions have an INSTREAM-ID and no URI";
                    self.text.fault(rules::HLS_RENDITION, line, what);
                }
                let service = attributes.get("INSTREAM-ID").unwrap_or_default();
                if service.starts_with("SERVICE") {
                    self.text.needs("INSTREAM-ID", 7, line);
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        let url = uri.map(|uri| self.text.resolve(uri, line)).transpose()?;
        self.renditions.push(Rendition {
            kind,
            group: group.to_owned(),
            name: name.to_owned(),
            language: attributes.get("LANGUAGE").map(str::to_owned),
            default: attributes.yes("DEFAULT"),
            url,
            line,
        });
        Ok(())
    }

    fn bound(&self, line: usize) -> Result<(), ReadError> {
        if self.variants.len() + self.renditions.len() >= MAX_ENTRIES {
            return Err(ReadError::Limit {
                line,
                what: "variants and renditions",
                limit: MAX_ENTRIES,
            });
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Multivariant, ReadError> {
        self.judge_groups();
        let tracks = groups::tracks(&self.variants, &self.renditions);
        if tracks.is_empty() {
            return Err(ReadError::Empty {
                what: "a multivariant playlist without a variant",
            });
        }
        Ok(Multivariant {
            presentation: crate::presentation::Presentation {
                tracks,
                location: None,
                clocks: Vec::new(),
            },
            version: self.text.version.unwrap_or(1),
            needs: self.text.needs,
            faults: self.text.faults,
            variables: self.text.variables,
        })
    }

    /// Groups and those who name them (4.4.6.1.1, 4.4.6.2).
    fn judge_groups(&mut self) {
        if self.none.len() > 1 {
            let what = "CLOSED-CAPTIONS=NONE in some variants and not in others";
            self.text.fault(rules::HLS_VARIANT, 1, what);
        }
        let mut groups: BTreeMap<(Kind, &str), Vec<&Rendition>> = BTreeMap::new();
        for rendition in &self.renditions {
            let key = (rendition.kind, rendition.group.as_str());
            groups.entry(key).or_default().push(rendition);
        }
        let mut found = Vec::new();
        for variant in &self.variants {
            let named = [
                (Kind::Audio, &variant.audio),
                (Kind::Text, &variant.subtitles),
            ];
            for (kind, group) in named {
                let Some(group) = group else { continue };
                if !groups.contains_key(&(kind, group.as_str())) {
                    let what = format!("a variant names the group `{group}`, which has no member");
                    found.push((rules::HLS_GROUP, 1, what));
                }
            }
        }
        for ((_, group), members) in &groups {
            let mut names: Vec<&str> = members.iter().map(|member| &*member.name).collect();
            names.sort_unstable();
            let line = members.first().map_or(1, |member| member.line);
            if names.windows(2).any(|pair| pair.first() == pair.last()) {
                let what = format!("two renditions of `{group}` have one NAME");
                found.push((rules::HLS_GROUP, line, what));
            }
            if members.iter().filter(|member| member.default).count() > 1 {
                let what = format!("two renditions of `{group}` are the default");
                found.push((rules::HLS_GROUP, line, what));
            }
        }
        for (rule, line, what) in found {
            self.text.fault(rule, line, what);
        }
    }
}
