//! ContentProtection of an adaptation set (ISO/IEC 23001-7, 11.2; DASH-IF content protection).
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgepack_drm::System;
use edgepack_packager::TrackProtection;

use crate::text::{push_uuid, push_xml};
use crate::{Method, Protection};

/// ClearKey as DASH-IF registers it.
const CLEARKEY: &str = "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e";

/// The W3C common `pssh` stands in the scheme's own element: as a descriptor of its own it would
/// claim to be a DRM system, which it is not (DASH-IF IOP 4.3, 7.6.2.4), and dash.js would take
/// its box for ClearKey's key ids.
pub(super) fn push(out: &mut String, protection: &Protection, track: &TrackProtection) {
    let Some(kid) = track.default_kid() else {
        return;
    };
    out.push_str(
        "      <ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"",
    );
    out.push_str(match protection.method {
        Method::Cenc => "cenc",
        Method::Cbcs | Method::Aes128 | Method::SampleAes => "cbcs",
    });
    out.push_str("\" cenc:default_KID=\"");
    push_uuid(out, &kid.0);
    let common = protection
        .signals(kid)
        .iter()
        .filter(|signal| signal.system == System::W3cCommon)
        .find_map(|signal| signal.pssh.as_ref());
    if let Some(pssh) = common {
        out.push_str("\">\n        <cenc:pssh>");
        STANDARD.encode_string(pssh, out);
        out.push_str("</cenc:pssh>\n      </ContentProtection>\n");
    } else {
        out.push_str("\"/>\n");
    }
    if let Some(clear_key) = &protection.clear_key {
        push_clearkey(out, &clear_key.licence_url);
    }
}

fn push_clearkey(out: &mut String, licence_url: &str) {
    out.push_str("      <ContentProtection schemeIdUri=\"");
    out.push_str(CLEARKEY);
    out.push_str("\" value=\"ClearKey1.0\">\n        <dashif:Laurl licenseType=\"EME-1.0\">");
    push_xml(out, licence_url);
    out.push_str("</dashif:Laurl>\n      </ContentProtection>\n");
}
