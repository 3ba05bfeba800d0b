//! What an encryptor asks of a key server (SPEKE v2).
use super::document::{Delivery, Document, DrmSystem, Key, Period, UsageRule};
use super::{Error, Label, Result};
use crate::{KeyId, Scheme, System};
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use zeroize::Zeroizing;

/// Versions of CPIX, and of SPEKE with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// SPEKE 2.0.
    #[default]
    V2_3,
    /// SPEKE 2.1.
    V2_4,
}

impl Version {
    /// `CPIX@version`.
    pub fn cpix(self) -> &'static str {
        match self {
            Self::V2_3 => "2.3",
            Self::V2_4 => "2.4",
        }
    }

    /// `X-Speke-Version`.
    pub fn speke(self) -> &'static str {
        match self {
            Self::V2_3 => "2.0",
            Self::V2_4 => "2.1",
        }
    }
}

/// One request: keys of one asset, under one scheme. The requester makes the key ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `CPIX@contentId`, not empty.
    pub content_id: String,
    pub version: Version,
    /// `commonEncryptionScheme` of every key: a document has one.
    pub scheme: Scheme,
    /// At least one.
    pub keys: Vec<Asked>,
    /// DRM systems, the same for every key; none where only keys are wanted.
    pub systems: Vec<AskedSystem>,
    /// Crypto periods that [`Asked::period`] names by index; empty without rotation.
    pub periods: Vec<Period>,
    /// The requester's certificate, DER, where keys are to be encrypted for it.
    pub certificate: Option<Bytes>,
}

/// One key: a label in a crypto period. Labels may share a key: the same [`KeyId`] and IV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub label: Label,
    /// `ContentKeyPeriod@index`.
    pub period: Option<u32>,
    pub kid: KeyId,
    pub explicit_iv: Option<[u8; 16]>,
}

/// A DRM system, and which of its signals are wanted: each of them must then be in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedSystem {
    pub system: System,
    pub pssh: bool,
    pub content_protection: bool,
    /// `HLSSignalingData` for both playlists: SPEKE v2 knows them as a pair only.
    pub hls: bool,
    pub smooth: bool,
}

impl AskedSystem {
    /// What a system has: FairPlay HLS signals alone; PlayReady and Widevine `pssh`, DASH and HLS signals; others
    /// `pssh` and DASH signals.
    pub fn usual(system: System) -> Self {
        let fair_play = system == System::FairPlay;
        Self {
            system,
            pssh: !fair_play,
            content_protection: !fair_play,
            hls: matches!(
                system,
                System::FairPlay | System::PlayReady | System::Widevine
            ),
            smooth: false,
        }
    }
}

impl Request {
    /// `HLSSignalingData@playlist` of CPIX 2.3 for what 2.4 calls `multiVariant`.
    pub const MASTER: &'static str = "master";

    /// The body of the request.
    ///
    /// # Errors
    /// [`Error::Request`] where the request breaks a rule of SPEKE v2 or cannot be said in XML.
    pub fn to_xml(&self) -> Result<Zeroizing<String>> {
        Ok(self.document()?.to_xml())
    }

    /// The request as a document: elements that are wanted are there and empty.
    ///
    /// # Errors
    /// As [`Self::to_xml`].
    pub fn document(&self) -> Result<Document> {
        self.check()?;
        let mut keys: Vec<Key> = Vec::new();
        let mut systems = Vec::new();
        let mut seen = HashSet::new();
        for asked in self.keys.iter().filter(|asked| seen.insert(asked.kid)) {
            keys.push(Key {
                explicit_iv: asked.explicit_iv,
                scheme: Some(self.scheme_name().to_owned()),
                ..Key::new(asked.kid)
            });
            systems.extend(self.systems.iter().map(|system| system.empty(asked.kid)));
        }
        let deliveries = self.certificate.iter().map(|certificate| Delivery {
            certificates: vec![certificate.clone()],
            ..Delivery::default()
        });
        Ok(Document {
            content_id: Some(self.content_id.clone()),
            version: Some(self.version.cpix().to_owned()),
            deliveries: deliveries.collect(),
            keys,
            systems,
            periods: self.periods.iter().map(named).collect(),
            rules: self.keys.iter().map(|asked| self.rule(asked)).collect(),
            signatures: 0,
        })
    }

    /// `commonEncryptionScheme`.
    pub(super) fn scheme_name(&self) -> &'static str {
        match self.scheme {
            Scheme::Cenc => "cenc",
            Scheme::Cbcs => "cbcs",
        }
    }

    fn rule(&self, asked: &Asked) -> UsageRule {
        let period = self
            .periods
            .iter()
            .find(|period| asked.period.is_some() && period.index == asked.period);
        UsageRule {
            track_type: Some(asked.label.name.clone()),
            periods: period
                .map(named)
                .map(|period| period.id)
                .into_iter()
                .collect(),
            video: asked.label.video.clone(),
            audio: asked.label.audio.clone(),
            bitrate: asked.label.bitrate.clone(),
            ..UsageRule::new(asked.kid)
        }
    }

    fn check(&self) -> Result<()> {
        let refuse = |reason| Err(Error::Request(reason));
        if self.content_id.is_empty() || !sayable(&self.content_id) {
            return refuse("the content id is empty or has characters that XML does not allow");
        }
        if self.keys.is_empty() {
            return refuse("no key is asked for");
        }
        let mut systems = HashSet::new();
        for asked in &self.systems {
            if !systems.insert(asked.system) {
                return refuse("a DRM system is named twice");
            }
            if asked.system == System::FairPlay && self.scheme == Scheme::Cenc {
                return refuse("FairPlay knows cbcs alone");
            }
        }
        let mut ids = HashSet::new();
        let mut indices = HashSet::new();
        for period in self.periods.iter().map(named) {
            if !is_id(&period.id) || !ids.insert(period.id) {
                return refuse("a crypto period's id is not an XML name of its own");
            }
            if period.index.is_none_or(|index| !indices.insert(index)) {
                return refuse("a crypto period has no index of its own");
            }
        }
        let mut ivs = HashMap::new();
        let mut types = HashSet::new();
        for asked in &self.keys {
            asked.label.check()?;
            if *ivs.entry(asked.kid).or_insert(asked.explicit_iv) != asked.explicit_iv {
                return refuse("a key has two IVs");
            }
            if !types.insert((&asked.label.name, asked.period)) {
                return refuse("a label has two keys in one crypto period");
            }
            let found = asked.period.is_none_or(|index| indices.contains(&index));
            if !found || asked.period.is_none() != self.periods.is_empty() {
                return refuse("a key's crypto period is not among those of the request");
            }
        }
        Ok(())
    }
}

impl AskedSystem {
    fn empty(&self, kid: KeyId) -> DrmSystem {
        let text = |wanted: bool| wanted.then(String::new);
        DrmSystem {
            pssh: self.pssh.then(Bytes::new),
            content_protection: text(self.content_protection),
            hls_media: text(self.hls),
            hls_multivariant: text(self.hls),
            smooth: text(self.smooth),
            ..DrmSystem::new(self.system.id(), kid)
        }
    }
}

impl Label {
    /// SPEKE v2, "Encryption contract": as many filters as names; `ALL` has one of each kind, without bounds.
    fn check(&self) -> Result<()> {
        let refuse = |reason| Err(Error::Request(reason));
        let names: Vec<&str> = self.name.split('+').collect();
        if names.iter().any(|name| name.is_empty()) || !sayable(&self.name) {
            return refuse("a label's name is empty or has characters that XML does not allow");
        }
        if self.name == "ALL" {
            return match *self == Self::all() {
                true => Ok(()),
                false => refuse("label ALL has filters of its own"),
            };
        }
        match self.video.len() + self.audio.len() == names.len() {
            true => Ok(()),
            false => refuse("a label has other than one audio or video filter for each name in it"),
        }
    }
}

fn named(period: &Period) -> Period {
    let mut period = period.clone();
    if let (true, Some(index)) = (period.id.is_empty(), period.index) {
        period.id = format!("period-{index}");
    }
    period
}

/// Without characters that XML cannot say, or that white space handling of attributes would change.
fn sayable(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// `xs:ID`, of ASCII alone.
fn is_id(id: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && id.chars().all(inside)
}
