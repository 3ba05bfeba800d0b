//! From a tree to a [`Document`].
use super::document::{
    Delivery, Document, DocumentKey, DrmSystem, Encrypted, Key, MacMethod, Period, Secret,
    UsageRule,
};
use super::xml::{Id, Tree, is_space};
use super::{
    AudioFilter, BitrateFilter, CPIX, DSIG, DateTime, Error, Limits, PSKC, Result, VideoFilter,
    XENC,
};
use crate::KeyId;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use std::collections::HashSet;
use zeroize::Zeroizing;

/// Servers are known to leave bits behind the last byte: they change nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Document> {
    let tree = Tree::parse(bytes, limits)?;
    document(&tree, limits)
}

pub(super) fn document(tree: &Tree, limits: &Limits) -> Result<Document> {
    let root = Node::root(tree);
    if !tree.get(Tree::ROOT).is(CPIX, "CPIX") {
        return Err(fault("CPIX", "is not the root element"));
    }
    Ok(Document {
        content_id: root.attribute("contentId"),
        version: root.attribute("version"),
        deliveries: root.list(
            "DeliveryDataList",
            "DeliveryData",
            limits.deliveries,
            |node| delivery(&node, limits),
        )?,
        keys: keys(&root, limits)?,
        systems: systems(&root, limits)?,
        periods: root.list(
            "ContentKeyPeriodList",
            "ContentKeyPeriod",
            limits.periods,
            |node| period(&node),
        )?,
        rules: root.list(
            "ContentKeyUsageRuleList",
            "ContentKeyUsageRule",
            limits.rules,
            |node| rule(&node, limits),
        )?,
        signatures: root
            .at_most(DSIG, "Signature", limits.signatures, "signatures")?
            .len(),
    })
}

fn keys(root: &Node<'_>, limits: &Limits) -> Result<Vec<Key>> {
    let keys = root.list("ContentKeyList", "ContentKey", limits.keys, |node| {
        key(&node)
    })?;
    let mut seen = HashSet::new();
    match keys.iter().find(|key| !seen.insert(key.kid)) {
        Some(key) => Err(twice("ContentKey", key.kid)),
        None => Ok(keys),
    }
}

fn systems(root: &Node<'_>, limits: &Limits) -> Result<Vec<DrmSystem>> {
    let systems = root.list("DRMSystemList", "DRMSystem", limits.systems, |node| {
        system(&node)
    })?;
    let mut seen = HashSet::new();
    let again = |s: &&DrmSystem| !seen.insert((s.kid, s.system_id));
    match systems.iter().find(again) {
        Some(system) => Err(twice("DRMSystem", system.kid)),
        None => Ok(systems),
    }
}

fn key(node: &Node<'_>) -> Result<Key> {
    let kid = node.uuid("kid")?;
    let at = |element| {
        move |reason| Error::Key {
            kid,
            element,
            reason,
        }
    };
    let explicit_iv = match node.raw("explicitIV") {
        None | Some("") => None,
        Some(text) => Some(iv(text).ok_or("not 16 bytes").map_err(at("explicitIV"))?),
    };
    let secret = match node.child(CPIX, "Data")? {
        Some(data) => data.secret().map_err(|reason| at("Data")(reason))?,
        None => None,
    };
    if let Some(Secret::Plain(plain)) = &secret
        && plain.len() != 16
    {
        return Err(at("PlainValue")("not 16 bytes"));
    }
    let hdcp = node.child(CPIX, "HDCPData")?;
    Ok(Key {
        kid,
        explicit_iv,
        scheme: node.attribute("commonEncryptionScheme"),
        hdcp_level: hdcp.and_then(|hdcp| hdcp.attribute("HLSHDCPLevel")),
        secret,
    })
}

/// Base64 of 16 bytes; or a UUID, as DASH-IF's own examples have it.
fn iv(text: &str) -> Option<[u8; 16]> {
    match text.len() {
        36 => Some(text.parse::<KeyId>().ok()?.0),
        _ => decode(&[text])?.as_slice().try_into().ok(),
    }
}

fn system(node: &Node<'_>) -> Result<DrmSystem> {
    let kid = node.uuid("kid")?;
    let at = |element, reason| Error::Key {
        kid,
        element,
        reason,
    };
    let bytes = |element: &'static str| match node.child(CPIX, element)? {
        Some(child) => child
            .base64()
            .ok_or_else(|| at(element, "not base64"))
            .map(Some),
        None => Ok(None),
    };
    let utf8 = |element: &'static str, data: Zeroizing<Vec<u8>>| {
        let text = std::str::from_utf8(&data).map_err(|_| at(element, "not UTF-8"))?;
        Ok::<_, Error>(text.trim_start_matches('\u{feff}').to_owned())
    };
    let text = |element: &'static str| bytes(element)?.map(|data| utf8(element, data)).transpose();
    let mut system = DrmSystem {
        name: node.attribute("name"),
        allowed_cpc: node.attribute("HLSAllowedCPC"),
        pssh: bytes("PSSH")?.map(|data| Bytes::copy_from_slice(&data)),
        content_protection: text("ContentProtectionData")?,
        uri: text("URIExtXKey")?,
        ..DrmSystem::new(node.uuid("systemId")?.0, kid)
    };
    const HLS: &str = "HLSSignalingData";
    for child in node.at_most(CPIX, HLS, 2, "HLSSignalingData of a system")? {
        let data = child.base64().ok_or_else(|| at(HLS, "not base64"))?;
        let place = match child.raw("playlist") {
            // Without the attribute it is for media playlists (CPIX, HLSSignalingData).
            None | Some("media") => &mut system.hls_media,
            Some("master" | "multiVariant") => &mut system.hls_multivariant,
            Some(_) => return Err(at(HLS, "a playlist that CPIX does not know")),
        };
        if place.replace(utf8(HLS, data)?).is_some() {
            return Err(twice(HLS, kid));
        }
    }
    if let Some(child) = node.child(CPIX, "SmoothStreamingProtectionHeaderData")? {
        let text = child.text().ok_or_else(|| {
            at(
                "SmoothStreamingProtectionHeaderData",
                "elements where text belongs",
            )
        })?;
        system.smooth = Some(text.as_str().to_owned());
    }
    Ok(system)
}

fn period(node: &Node<'_>) -> Result<Period> {
    let time = |name| node.raw(name).map(DateTime::parse).transpose();
    Ok(Period {
        id: node.attribute("id").unwrap_or_default(),
        index: node.number("ContentKeyPeriod", "index")?,
        start: time("start")?,
        end: time("end")?,
    })
}

fn rule(node: &Node<'_>, limits: &Limits) -> Result<UsageRule> {
    let mut rule = UsageRule {
        track_type: node.attribute("intendedTrackType"),
        ..UsageRule::new(node.uuid("kid")?)
    };
    for (number, child) in node.children().enumerate() {
        if number == limits.rules {
            return Err(Error::Limit {
                what: "filters of a usage rule",
                limit: limits.rules,
            });
        }
        let element = node.tree.get(child.id);
        let named = |name| element.is(CPIX, name);
        if named("KeyPeriodFilter") {
            let id = child.attribute("periodId");
            let id = id.ok_or_else(|| fault("KeyPeriodFilter", "without periodId"))?;
            rule.periods.push(id);
        } else if named("LabelFilter") {
            let label = child.attribute("label");
            let label = label.ok_or_else(|| fault("LabelFilter", "without label"))?;
            rule.labels.push(label);
        } else if named("VideoFilter") {
            let number = |name| child.number("VideoFilter", name);
            rule.video.push(VideoFilter {
                min_pixels: number("minPixels")?,
                max_pixels: number("maxPixels")?,
                hdr: child.boolean("VideoFilter", "hdr")?,
                wcg: child.boolean("VideoFilter", "wcg")?,
                min_fps: number("minFps")?,
                max_fps: number("maxFps")?,
            });
        } else if named("AudioFilter") {
            rule.audio.push(AudioFilter {
                min_channels: child.number("AudioFilter", "minChannels")?,
                max_channels: child.number("AudioFilter", "maxChannels")?,
            });
        } else if named("BitrateFilter") {
            rule.bitrate.push(BitrateFilter {
                min_bitrate: child.number("BitrateFilter", "minBitrate")?,
                max_bitrate: child.number("BitrateFilter", "maxBitrate")?,
            });
        } else {
            rule.unusable = true;
        }
    }
    Ok(rule)
}

fn delivery(node: &Node<'_>, limits: &Limits) -> Result<Delivery> {
    let mut certificates = Vec::new();
    if let Some(recipient) = node.child(CPIX, "DeliveryKey")? {
        const WHAT: &str = "certificates of a recipient";
        for data in recipient.at_most(DSIG, "X509Data", limits.deliveries, WHAT)? {
            for one in data.at_most(DSIG, "X509Certificate", limits.deliveries, WHAT)? {
                let der = one
                    .base64()
                    .ok_or_else(|| fault("X509Certificate", "not base64"))?;
                certificates.push(Bytes::copy_from_slice(&der));
            }
        }
    }
    let mut document_keys = Vec::new();
    for child in node.at_most(CPIX, "DocumentKey", limits.deliveries, "document keys")? {
        let data = child.child(CPIX, "Data")?;
        let secret = match data {
            Some(data) => data
                .secret()
                .map_err(|reason| fault("DocumentKey", reason))?,
            None => None,
        };
        let mut encrypts = Vec::new();
        for kid in child.raw("encryptsKey").unwrap_or("").split(is_space) {
            if !kid.is_empty() {
                encrypts.push(uuid(kid).ok_or_else(|| fault("DocumentKey", "not a key id"))?);
            }
        }
        document_keys.push(DocumentKey {
            secret: secret.ok_or_else(|| fault("DocumentKey", "without a key"))?,
            encrypts,
        });
    }
    let mac = node.child(CPIX, "MACMethod")?;
    Ok(Delivery {
        id: node.attribute("id"),
        certificates,
        document_keys,
        mac: mac.map(|mac| mac_method(&mac)).transpose()?,
    })
}

/// DASH-IF's examples have `Key` here, RFC 6030 has `MACKey`; and SPEKE's put `EncryptedValue` around its content.
fn mac_method(node: &Node<'_>) -> Result<MacMethod> {
    let at = |reason| fault("MACMethod", reason);
    let mut keys = node.children().filter(|child| {
        let element = node.tree.get(child.id);
        let ours = [CPIX, PSKC].contains(&&*element.ns);
        ours && matches!(&*element.local, "Key" | "MACKey")
    });
    let key = keys.next().ok_or_else(|| at("without a key"))?;
    if keys.next().is_some() {
        return Err(at("more than one key"));
    }
    let inner = key.child(PSKC, "EncryptedValue")?.unwrap_or(key);
    Ok(MacMethod {
        algorithm: node
            .attribute("Algorithm")
            .ok_or_else(|| at("without Algorithm"))?,
        key: Secret::Encrypted(inner.encrypted().map_err(at)?),
    })
}

/// An element and its tree.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    pub(super) tree: &'t Tree,
    pub(super) id: Id,
}

impl<'t> Node<'t> {
    pub(super) fn root(tree: &'t Tree) -> Self {
        Self {
            tree,
            id: Tree::ROOT,
        }
    }

    pub(super) fn children(&self) -> impl Iterator<Item = Self> + use<'t> {
        let tree = self.tree;
        tree.children(self.id).map(move |id| Self { tree, id })
    }

    /// Children of one name, if they are no more than `limit`.
    pub(super) fn at_most(
        &self,
        ns: &str,
        name: &str,
        limit: usize,
        what: &'static str,
    ) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for child in self.children() {
            if self.tree.get(child.id).is(ns, name) {
                if found.len() == limit {
                    return Err(Error::Limit { what, limit });
                }
                found.push(child);
            }
        }
        Ok(found)
    }

    /// The only child of a name.
    pub(super) fn child(&self, ns: &str, name: &'static str) -> Result<Option<Self>> {
        match self.at_most(ns, name, 2, name)?.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            _ => Err(Error::Duplicate {
                element: name,
                kid: None,
            }),
        }
    }

    fn list<T>(
        &self,
        list: &'static str,
        item: &'static str,
        limit: usize,
        read: impl Fn(Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self.child(CPIX, list)? {
            Some(list) => list
                .at_most(CPIX, item, limit, item)?
                .into_iter()
                .map(read)
                .collect(),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn raw(&self, name: &str) -> Option<&'t str> {
        self.tree.get(self.id).attribute(name)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.raw(name).map(str::to_owned)
    }

    fn uuid(&self, name: &'static str) -> Result<KeyId> {
        let text = self.raw(name).ok_or_else(|| fault(name, "missing"))?;
        uuid(text).ok_or_else(|| fault(name, "not a UUID"))
    }

    /// `xs:integer` within what CPIX allows.
    fn number(&self, element: &'static str, name: &str) -> Result<Option<u32>> {
        self.raw(name)
            .map(|text| text.trim_matches(is_space).parse())
            .transpose()
            .map_err(|_| fault(element, "not a number of 32 bits"))
    }

    fn boolean(&self, element: &'static str, name: &str) -> Result<Option<bool>> {
        match self.raw(name).map(|text| text.trim_matches(is_space)) {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(fault(element, "neither true nor false")),
        }
    }

    /// The whole text. None if there are elements in it.
    fn text(&self) -> Option<Zeroizing<String>> {
        let pieces = self.tree.text(self.id)?;
        let mut text = Zeroizing::new(String::with_capacity(pieces.iter().map(|p| p.len()).sum()));
        pieces.iter().for_each(|piece| text.push_str(piece));
        Some(text)
    }

    pub(super) fn base64(&self) -> Option<Zeroizing<Vec<u8>>> {
        decode(&self.tree.text(self.id)?)
    }

    /// `pskc:Secret` below.
    fn secret(&self) -> std::result::Result<Option<Secret>, &'static str> {
        let one = |node: &Self, ns, name| node.child(ns, name).map_err(|_| "given twice");
        let Some(secret) = one(self, PSKC, "Secret")? else {
            return Ok(None);
        };
        let plain = one(&secret, PSKC, "PlainValue")?;
        let encrypted = one(&secret, PSKC, "EncryptedValue")?;
        let mac = one(&secret, PSKC, "ValueMAC")?;
        match (plain, encrypted) {
            (Some(plain), None) => Ok(Some(Secret::Plain(plain.base64().ok_or("not base64")?))),
            (None, Some(value)) => {
                let mac = mac.map(|mac| mac.base64().ok_or("not base64"));
                Ok(Some(Secret::Encrypted(Encrypted {
                    mac: mac.transpose()?.map(|mac| mac.to_vec()),
                    ..value.encrypted()?
                })))
            }
            (None, None) => Err("a secret without value"),
            (Some(_), Some(_)) => Err("both plain and encrypted"),
        }
    }

    /// `xenc:EncryptedDataType`.
    fn encrypted(&self) -> std::result::Result<Encrypted, &'static str> {
        let one = |node: &Self, name| node.child(XENC, name).map_err(|_| "given twice");
        let method = one(self, "EncryptionMethod")?.ok_or("without EncryptionMethod")?;
        let data = one(self, "CipherData")?.ok_or("without CipherData")?;
        let value = one(&data, "CipherValue")?.ok_or("without CipherValue")?;
        Ok(Encrypted {
            algorithm: method.attribute("Algorithm").ok_or("without Algorithm")?,
            value: value.base64().ok_or("not base64")?.to_vec(),
            mac: None,
        })
    }
}

fn uuid(text: &str) -> Option<KeyId> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

/// White space may stand anywhere (`xs:base64Binary`).
fn decode(pieces: &[&str]) -> Option<Zeroizing<Vec<u8>>> {
    let length = pieces.iter().map(|piece| piece.len()).sum();
    let mut digits = Zeroizing::new(Vec::with_capacity(length));
    for piece in pieces {
        digits.extend(piece.bytes().filter(|b| !is_space(char::from(*b))));
    }
    let room = base64::decoded_len_estimate(digits.len());
    let mut bytes = Zeroizing::new(vec![0; room]);
    let length = BASE64.decode_slice(&*digits, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

fn fault(element: &'static str, reason: &'static str) -> Error {
    Error::Element { element, reason }
}

fn twice(element: &'static str, kid: KeyId) -> Error {
    Error::Duplicate {
        element,
        kid: Some(kid),
    }
}
