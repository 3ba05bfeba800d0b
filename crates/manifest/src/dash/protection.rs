//! ContentProtection of an adaptation set (ISO/IEC 23001-7, 11.2; DASH-IF content protection).
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use edgepack_drm::{KeyId, Signal, System, pssh};
use edgepack_packager::{Rotation, TrackProtection};

use super::slices::Member;
use crate::outline::Outline;
use crate::text::{push_attribute, push_uuid, push_xml};
use crate::{Method, Protection};

/// ClearKey as DASH-IF registers it.
const CLEARKEY: &str = "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e";

/// Prefixes that descriptors may use, those that a key server dictates too.
pub(super) fn push_namespaces(out: &mut String, outline: &Outline<'_>) {
    let Some(protection) = outline.protection else {
        return;
    };
    out.push_str(" xmlns:cenc=\"urn:mpeg:cenc:2013\" xmlns:dashif=\"https://dashif.org/CPS\"");
    let names_playready = |signal: &Signal| {
        let dictated = signal.content_protection.as_ref();
        signal.pro.is_some() || dictated.is_some_and(|xml| xml.contains("mspr:"))
    };
    if protection.signals.values().flatten().any(names_playready) {
        out.push_str(" xmlns:mspr=\"urn:microsoft:playready\"");
    }
}

/// Nothing of what is clear.
pub(super) fn push(out: &mut String, outline: &Outline<'_>, member: &Member<'_, '_>) {
    let (Some(protection), Some(track)) = (outline.protection, member.entry.protection) else {
        return;
    };
    let kids = kids(track, member.crypto);
    let Some(first) = kids.first() else {
        return;
    };
    push_scheme(out, protection, *first, &kids);
    let mut systems: Vec<System> = Vec::new();
    for signal in kids.iter().flat_map(|kid| protection.signals(*kid)) {
        if signal.system != System::W3cCommon && !systems.contains(&signal.system) {
            systems.push(signal.system);
            push_system(out, protection, signal.system, &kids);
        }
    }
    if let Some(clear_key) = &protection.clear_key {
        push_clearkey(out, &clear_key.licence_url);
    }
}

/// The keys that the set's segments are under: one, but with sample groups, where the first is the default.
fn kids(track: &TrackProtection, crypto: usize) -> Vec<KeyId> {
    match track.rotation {
        Rotation::NewHeader => track
            .periods
            .get(crypto)
            .map(|p| p.kid)
            .into_iter()
            .collect(),
        Rotation::SampleGroups => track.kids(),
    }
}

fn signals<'p>(
    protection: &'p Protection,
    system: System,
    kids: &'p [KeyId],
) -> impl Iterator<Item = &'p Signal> {
    let all = kids.iter().flat_map(|kid| protection.signals(*kid));
    all.filter(move |signal| signal.system == system)
}

/// The W3C common `pssh` stands in the scheme's own element: as a descriptor of its own it would
/// claim to be a DRM system, which it is not (DASH-IF IOP 4.3, 7.6.2.4), and dash.js would take
/// its box for ClearKey's key ids.
fn push_scheme(out: &mut String, protection: &Protection, first: KeyId, kids: &[KeyId]) {
    out.push_str(
        "      <ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"",
    );
    out.push_str(match protection.method {
        Method::Cenc => "cenc",
        Method::Cbcs | Method::Aes128 | Method::SampleAes => "cbcs",
    });
    out.push_str("\" cenc:default_KID=\"");
    push_uuid(out, &first.0);
    let mut boxes = signals(protection, System::W3cCommon, kids).filter_map(|s| s.pssh.as_ref());
    let Some(own) = boxes.next() else {
        out.push_str("\"/>\n");
        return;
    };
    out.push_str("\">\n");
    // Its one box can name them all.
    if boxes.next().is_some() {
        push_pssh(out, &pssh::w3c_common(kids));
    } else {
        push_pssh(out, own);
    }
    out.push_str("      </ContentProtection>\n");
}

/// A system that only a key server can speak of is named where it says something; FairPlay needs no more than its name.
fn push_system(out: &mut String, protection: &Protection, system: System, kids: &[KeyId]) {
    let mut content = String::new();
    // Key servers may say the same of several keys.
    let mut dictated: Vec<&str> = Vec::new();
    for signal in signals(protection, system, kids) {
        if let Some(xml) = signal.content_protection.as_deref()
            && !dictated.contains(&xml)
        {
            dictated.push(xml);
            content.push_str("        ");
            content.push_str(xml.trim());
            content.push('\n');
        }
    }
    if dictated.is_empty() {
        let of = |signal: fn(&Signal) -> Option<&Bytes>| {
            signals(protection, system, kids).filter_map(signal)
        };
        // Behind one another in one element: dash.js reads no list of them, and a decryption module takes boxes in a
        // row (W3C "cenc" Initialization Data Format, 2).
        let boxes: Vec<u8> = of(|signal| signal.pssh.as_ref())
            .flat_map(|pssh| pssh.iter().copied())
            .collect();
        if !boxes.is_empty() {
            push_pssh(&mut content, &boxes);
        }
        if let Some(pro) = of(|signal| signal.pro.as_ref()).next() {
            content.push_str("        <mspr:pro>");
            STANDARD.encode_string(pro, &mut content);
            content.push_str("</mspr:pro>\n");
        }
        let mut urls = signals(protection, system, kids).filter_map(|s| s.licence_url.as_ref());
        if let Some(url) = urls.next() {
            content.push_str("        <dashif:Laurl>");
            push_xml(&mut content, url);
            content.push_str("</dashif:Laurl>\n");
        }
    }
    if content.is_empty() && matches!(system, System::Other(_)) {
        return;
    }
    out.push_str("      <ContentProtection schemeIdUri=\"urn:uuid:");
    push_uuid(out, &system.id());
    out.push('"');
    if system == System::PlayReady {
        push_attribute(out, "value", "MSPR 2.0");
    }
    if content.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    out.push_str(&content);
    out.push_str("      </ContentProtection>\n");
}

fn push_pssh(out: &mut String, boxes: &[u8]) {
    out.push_str("        <cenc:pssh>");
    STANDARD.encode_string(boxes, out);
    out.push_str("</cenc:pssh>\n");
}

fn push_clearkey(out: &mut String, licence_url: &str) {
    out.push_str("      <ContentProtection schemeIdUri=\"");
    out.push_str(CLEARKEY);
    out.push_str("\" value=\"ClearKey1.0\">\n        <dashif:Laurl licenseType=\"EME-1.0\">");
    push_xml(out, licence_url);
    out.push_str("</dashif:Laurl>\n      </ContentProtection>\n");
}
