//! An answer against its request: every key that was asked for, and nothing else, on the terms that were asked.
use super::document::{Document, DrmSystem, Key, Secret, UsageRule};
use super::payload::{self, Playlist};
use super::recipient::{Keyring, Recipient};
use super::request::{Asked, AskedSystem, Request};
use super::{Error, Result};
use crate::{ContentKey, KeyId, KeyRecord, Said};
use std::collections::HashMap;

/// A key that was asked for.
#[derive(Debug, Clone)]
pub struct Granted {
    /// Name of [`Asked::label`](super::Asked::label).
    pub label: String,
    pub period: Option<u32>,
    pub record: KeyRecord,
}

impl Document {
    /// The keys of `request`, in its order. `recipient` opens encrypted keys; a request that named its certificate
    /// takes no key in the clear.
    ///
    /// # Errors
    /// - [`Error::OtherRequest`]: content id or version are not those asked for.
    /// - [`Error::Unasked`]: a key that was not asked for, a wrong key id among them.
    /// - [`Error::Missing`]: a key, its scheme, a usage rule, a DRM system or a signal that was asked for.
    /// - [`Error::Key`]: another scheme, changed usage rules, signals that cannot be written into manifests.
    /// - [`Error::Delivery`]: keys that are not for us, wrong or missing MACs, keys in the clear.
    pub fn into_records(
        &self,
        request: &Request,
        recipient: Option<&Recipient>,
    ) -> Result<Vec<Granted>> {
        let asked = request.document()?;
        self.check_identity(&asked)?;
        self.check_keys(&asked)?;
        let keys: HashMap<KeyId, &Key> = self.keys.iter().map(|key| (key.kid, key)).collect();
        let mut systems: HashMap<KeyId, Vec<&DrmSystem>> = HashMap::new();
        for system in &self.systems {
            systems.entry(system.kid).or_default().push(system);
        }
        let mut rules: HashMap<KeyId, Vec<&UsageRule>> = HashMap::new();
        for rule in &self.rules {
            rules.entry(rule.kid).or_default().push(rule);
        }
        let encrypted = |key: &Key| matches!(key.secret, Some(Secret::Encrypted(_)));
        let keyring = match (self.keys.iter().any(encrypted), recipient) {
            (true, Some(recipient)) => Some(recipient.open(self)?),
            _ => None,
        };

        let mut records: HashMap<KeyId, KeyRecord> = HashMap::new();
        let mut granted = Vec::with_capacity(request.keys.len());
        for asked in &request.keys {
            let kid = asked.kid;
            let key = keys.get(&kid).ok_or(missing(kid, "ContentKey"))?;
            let empty = Vec::new();
            self.check_rule(request, asked, rules.get(&kid).unwrap_or(&empty))?;
            if let std::collections::hash_map::Entry::Vacant(vacant) = records.entry(kid) {
                vacant.insert(KeyRecord {
                    key: key.open(request, keyring.as_ref())?,
                    explicit_iv: key.explicit_iv,
                    said: said(
                        &request.systems,
                        kid,
                        systems.get(&kid).unwrap_or(&Vec::new()),
                    )?,
                });
            }
            granted.extend(records.get(&kid).map(|record| Granted {
                label: asked.label.name.clone(),
                period: asked.period,
                record: record.clone(),
            }));
        }
        for (kid, rules) in &rules {
            let wanted = request.keys.iter().filter(|asked| asked.kid == *kid);
            if rules.len() != wanted.count() {
                return Err(changed(*kid, "not the rules that were asked for"));
            }
        }
        Ok(granted)
    }

    /// SPEKE v2: the server leaves `contentId` and `version` as they are.
    fn check_identity(&self, asked: &Self) -> Result<()> {
        let other = |is: &Option<String>, asked: &Option<String>| is.is_some() && is != asked;
        if other(&self.content_id, &asked.content_id) {
            return Err(Error::OtherRequest {
                attribute: "contentId",
            });
        }
        if other(&self.version, &asked.version) {
            return Err(Error::OtherRequest {
                attribute: "version",
            });
        }
        Ok(())
    }

    /// Keys, systems and rules name keys that were asked for; each key has the scheme and IV that were asked for.
    fn check_keys(&self, asked: &Self) -> Result<()> {
        let asked: HashMap<KeyId, &Key> = asked.keys.iter().map(|key| (key.kid, key)).collect();
        let named = self
            .keys
            .iter()
            .map(|key| key.kid)
            .chain(self.systems.iter().map(|system| system.kid))
            .chain(self.rules.iter().map(|rule| rule.kid));
        for kid in named {
            if !asked.contains_key(&kid) {
                return Err(Error::Unasked { kid });
            }
        }
        for key in &self.keys {
            let kid = key.kid;
            let asked = asked.get(&kid).ok_or(Error::Unasked { kid })?;
            match &key.scheme {
                None => return Err(missing(kid, "commonEncryptionScheme")),
                scheme if *scheme == asked.scheme => {}
                Some(_) => {
                    return Err(Error::Key {
                        kid,
                        element: "commonEncryptionScheme",
                        reason: "not the one asked for",
                    });
                }
            }
            if asked.explicit_iv.is_some() && key.explicit_iv.is_none() {
                return Err(missing(kid, "explicitIV"));
            }
        }
        Ok(())
    }

    /// The server must not change what a key is for (SPEKE v2, "Encryption contract").
    fn check_rule(&self, request: &Request, asked: &Asked, rules: &[&UsageRule]) -> Result<()> {
        let kid = asked.kid;
        if rules.is_empty() {
            return Err(missing(kid, "ContentKeyUsageRule"));
        }
        if rules.iter().any(|rule| rule.unusable) {
            return Err(changed(kid, "has a filter of unknown type"));
        }
        let mut same = 0;
        for rule in rules {
            let of_type = rule.track_type.as_deref() == Some(&*asked.label.name);
            if of_type && self.is_in(request, asked, rule)? {
                same += 1;
                if !is_contract(asked, rule) {
                    return Err(changed(kid, "has other filters than were asked for"));
                }
            }
        }
        match same {
            1 => Ok(()),
            0 => Err(changed(
                kid,
                "has another intendedTrackType or key period than was asked for",
            )),
            _ => Err(Error::Duplicate {
                element: "ContentKeyUsageRule",
                kid: Some(kid),
            }),
        }
    }

    /// Whether a rule is for the crypto period asked for. Ids are the document's own: the index counts.
    fn is_in(&self, request: &Request, asked: &Asked, rule: &UsageRule) -> Result<bool> {
        let Some(index) = asked.period else {
            return Ok(rule.periods.is_empty());
        };
        let [id] = rule.periods.as_slice() else {
            return Ok(false);
        };
        let mut named = self.periods.iter().filter(|period| period.id == *id);
        let period = named
            .next()
            .ok_or(changed(rule.kid, "names a key period that is not there"))?;
        // Two periods of one index would leave open which is meant.
        let twin = |period: &&super::Period| period.index == Some(index);
        if self.periods.iter().filter(twin).count() > 1 {
            return Err(changed(rule.kid, "names a key period that is there twice"));
        }
        let wanted = request.periods.iter().find(|p| p.index == Some(index));
        let bounds = wanted.is_none_or(|wanted| {
            let same = |is: &Option<super::DateTime>, asked| is.is_none() || is == asked;
            same(&period.start, &wanted.start) && same(&period.end, &wanted.end)
        });
        Ok(period.index == Some(index) && bounds)
    }
}

/// The same filters; those that SPEKE v2 takes no notice of may be left out.
fn is_contract(asked: &Asked, rule: &UsageRule) -> bool {
    let label = &asked.label;
    let video = |filter: &super::VideoFilter| {
        (
            filter.min_pixels.unwrap_or(0),
            filter.max_pixels.unwrap_or(u32::MAX),
            filter.hdr,
            filter.min_fps,
            filter.max_fps,
        )
    };
    let audio = |filter: &super::AudioFilter| {
        (
            filter.min_channels.unwrap_or(0),
            filter.max_channels.unwrap_or(u32::MAX),
        )
    };
    rule.labels.is_empty()
        && label
            .video
            .iter()
            .map(video)
            .eq(rule.video.iter().map(video))
        && label
            .audio
            .iter()
            .map(audio)
            .eq(rule.audio.iter().map(audio))
        && (rule.bitrate.is_empty() || rule.bitrate == label.bitrate)
}

impl Key {
    fn open(&self, request: &Request, keyring: Option<&Keyring>) -> Result<ContentKey> {
        let kid = self.kid;
        let refuse = |reason| Error::Delivery {
            kid: Some(kid),
            reason,
        };
        match &self.secret {
            None => Err(missing(kid, "Data")),
            Some(Secret::Plain(_)) if request.certificate.is_some() => {
                Err(refuse("in the clear, though encryption was asked for"))
            }
            Some(Secret::Plain(plain)) => match plain.as_slice().try_into() {
                Ok(key) => Ok(ContentKey::new(kid, key)),
                Err(_) => Err(Error::Key {
                    kid,
                    element: "PlainValue",
                    reason: "not 16 bytes",
                }),
            },
            Some(Secret::Encrypted(encrypted)) => {
                let keyring = keyring.ok_or(refuse("encrypted, and no private key configured"))?;
                let key = keyring.content_key(kid, encrypted)?;
                Ok(ContentKey::new(kid, *key))
            }
        }
    }
}

/// What the answer says of each system asked for, in the request's order.
fn said(asked: &[AskedSystem], kid: KeyId, systems: &[&DrmSystem]) -> Result<Vec<Said>> {
    asked
        .iter()
        .map(|asked| {
            let system_id = asked.system.id();
            let system = systems
                .iter()
                .find(|system| system.system_id == system_id)
                .ok_or(missing(kid, "DRMSystem"))?;
            let pssh = system.pssh.clone().filter(|pssh| !pssh.is_empty());
            let content_protection = text(&system.content_protection);
            let hls = [text(&system.hls_media), text(&system.hls_multivariant)];
            for (wanted, is_there, element) in [
                (asked.pssh, pssh.is_some(), "PSSH"),
                (
                    asked.content_protection,
                    content_protection.is_some(),
                    "ContentProtectionData",
                ),
                (
                    asked.hls,
                    hls.iter().all(Option::is_some),
                    "HLSSignalingData",
                ),
                (
                    asked.smooth,
                    text(&system.smooth).is_some(),
                    "SmoothStreamingProtectionHeaderData",
                ),
            ] {
                if wanted && !is_there {
                    return Err(missing(kid, element));
                }
            }
            if let Some(pssh) = &pssh {
                payload::check_pssh(kid, system_id, pssh)?;
            }
            if let Some(xml) = content_protection {
                payload::check_content_protection(kid, xml, pssh.as_deref())?;
            }
            let [media, multivariant] = hls;
            let lines = |text: Option<&str>, playlist| {
                text.map(|text| payload::hls_lines(kid, text, playlist))
                    .transpose()
            };
            let uri = text(&system.uri);
            if let Some(uri) = uri {
                payload::check_uri(kid, uri)?;
            }
            Ok(Said {
                system_id,
                hls_media: lines(media, Playlist::Media)?,
                hls_multivariant: lines(multivariant, Playlist::Multivariant)?,
                content_protection: content_protection.map(str::to_owned),
                uri: uri.map(str::to_owned),
                pssh,
            })
        })
        .collect()
}

fn text(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}

fn missing(kid: KeyId, element: &'static str) -> Error {
    Error::Missing { kid, element }
}

fn changed(kid: KeyId, reason: &'static str) -> Error {
    Error::Key {
        kid,
        element: "ContentKeyUsageRule",
        reason,
    }
}
