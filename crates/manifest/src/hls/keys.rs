//! EXT-X-KEY (draft-pantos-hls-rfc8216bis, 4.4.4.4) for fragmented MP4 under common encryption.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgepack_drm::{Scheme, TrackEncryption, pssh};

use crate::text::{push_hex, push_quoted_uri, push_uuid};
use crate::{Protection, System};

/// One tag per system. They stand before EXT-X-MAP, so that they apply to the header as well.
///
/// `identity` comes last: ffmpeg knows that KEYFORMAT only and obeys the last tag; Shaka Player
/// reads all of them; hls.js knows ClearKey as `org.w3.clearkey` and takes `identity` with
/// SAMPLE-AES for MPEG-TS, wherever it stands.
pub(super) fn push_keys(out: &mut String, protection: &Protection, track: &TrackEncryption) {
    for system in &protection.systems {
        match system {
            System::W3cCommon => push_w3c_common(out, track),
            System::ClearKey { licence_url } => push_clearkey(out, track, licence_url),
        }
    }
    if protection
        .systems
        .iter()
        .any(|system| matches!(system, System::ClearKey { .. }))
    {
        push_identity(out, track);
    }
}

fn push_method(out: &mut String, scheme: Scheme) {
    out.push_str("#EXT-X-KEY:METHOD=");
    out.push_str(match scheme {
        Scheme::Cbcs => "SAMPLE-AES",
        Scheme::Cenc => "SAMPLE-AES-CTR",
    });
}

fn push_w3c_common(out: &mut String, track: &TrackEncryption) {
    push_method(out, track.scheme);
    out.push_str(",URI=\"data:text/plain;base64,");
    STANDARD.encode_string(pssh::w3c_common(&[track.default_kid]), out);
    out.push_str("\",KEYFORMAT=\"urn:uuid:");
    push_uuid(out, &pssh::W3C_COMMON);
    out.push_str("\",KEYFORMATVERSIONS=\"1\"\n");
}

fn push_clearkey(out: &mut String, track: &TrackEncryption, licence_url: &str) {
    push_method(out, track.scheme);
    out.push_str(",URI=\"");
    push_quoted_uri(out, licence_url);
    out.push_str("\",KEYFORMAT=\"org.w3.clearkey\",KEYFORMATVERSIONS=\"1\",KEYID=0x");
    push_hex(out, &track.default_kid.0);
    out.push('\n');
}

/// SAMPLE-AES-CTR carries no IV attribute; SAMPLE-AES carries the constant one of `tenc`.
fn push_identity(out: &mut String, track: &TrackEncryption) {
    push_method(out, track.scheme);
    out.push_str(",URI=\"../");
    push_hex(out, &track.default_kid.0);
    out.push_str(".key\"");
    if let (Scheme::Cbcs, Some(iv)) = (track.scheme, &track.constant_iv) {
        out.push_str(",IV=0x");
        push_hex(out, iv);
    }
    out.push_str(",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n");
}
