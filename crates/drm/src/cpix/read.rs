//! From a tree to a [`Document`].
use super::document::{
    Delivery, Document, DocumentKey, DrmSystem, Key, MacMethod, Period, Secret, UsageRule,
};
use super::xml::{Tree, is_space};
use super::{
    AudioFilter, BitrateFilter, CPIX, DSIG, DateTime, Error, Limits, PSKC, Result, VideoFilter,
};
use crate::KeyId;
use bytes::Bytes;
use std::collections::HashSet;
use zeroize::Zeroizing;

mod node;

pub(super) use node::Node;
use node::{decode, uuid};

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

fn fault(element: &'static str, reason: &'static str) -> Error {
    Error::Element { element, reason }
}

fn twice(element: &'static str, kid: KeyId) -> Error {
    Error::Duplicate {
        element,
        kid: Some(kid),
    }
}
