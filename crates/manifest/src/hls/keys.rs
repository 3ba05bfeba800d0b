//! EXT-X-KEY and EXT-X-SESSION-KEY (draft-pantos-hls-rfc8216bis, 4.4.4.4 and 4.4.6.5).
use edgepack_drm::{HlsKey, KeyId, Signal, System};
use edgepack_packager::{CryptoPeriod, Encryption};

use crate::text::{push_hex, push_quoted, push_quoted_uri};
use crate::{Method, Protection};

const IDENTITY: &str = "identity";
const CLEAR_KEY: &str = "org.w3.clearkey";
const KID: &str = "{kid}";

/// The tags of one key: one per system. Where samples are encrypted they stand before EXT-X-MAP, so that they apply to
/// the header as well.
///
/// `identity` comes last: ffmpeg knows that KEYFORMAT only and obeys the last tag; Shaka Player
/// reads all of them; hls.js knows ClearKey as `org.w3.clearkey` and takes `identity` with
/// SAMPLE-AES for MPEG-TS, wherever it stands.
///
/// `number`: of the segment as its URL counts, for the IV of AES-128 where the media sequence number does not say it.
pub(super) fn push(
    out: &mut String,
    protection: &Protection,
    period: &CryptoPeriod,
    number: Option<u64>,
) {
    for signal in protection.signals(period.kid) {
        match (&signal.hls_media, written(protection.method, signal)) {
            (Some(lines), _) => push_lines(out, lines),
            (None, Some(key)) => {
                push_system(out, "#EXT-X-KEY:", protection.method, key, period.kid);
                if let Some(iv) = iv(period, number).filter(|_| key.iv) {
                    push_iv(out, iv);
                }
                out.push('\n');
            }
            (None, None) => {}
        }
    }
    if let Some(clear_key) = protection.clear_key.as_ref()
        && protection.is_common()
    {
        push_method(out, "#EXT-X-KEY:", protection.method);
        push_uri(out, &clear_key.licence_url);
        push_format(out, CLEAR_KEY, "1");
        push_key_id(out, period.kid);
        out.push('\n');
    }
    push_identity(out, protection, period, number);
}

/// The raw key, where one is offered and the key server has not said all of it.
pub(super) fn push_identity(
    out: &mut String,
    protection: &Protection,
    period: &CryptoPeriod,
    number: Option<u64>,
) {
    let dictated = protection
        .signals(period.kid)
        .iter()
        .filter_map(|signal| signal.hls.as_ref())
        .find(|key| key.key_format == IDENTITY);
    let is_offered = !protection.is_common() || protection.clear_key.is_some();
    let is_said = dictated_lines(protection, period.kid).any(|tag| format_of(tag) == IDENTITY);
    if is_said || (dictated.is_none() && !is_offered) {
        return;
    }
    push_method(out, "#EXT-X-KEY:", protection.method);
    match (dictated, &protection.key_uri) {
        (Some(key), _) => push_uri(out, &key.uri),
        (None, Some(template)) => push_uri(out, &template.replace(KID, &period.kid.to_hex())),
        (None, None) => {
            out.push_str(",URI=\"../");
            push_hex(out, &period.kid.0);
            out.push_str(".key\"");
        }
    }
    if let Some(iv) = iv(period, number) {
        push_iv(out, iv);
    }
    // Without it, what needs no more than version 4 stays at that.
    if protection.method != Method::Aes128 {
        push_format(out, IDENTITY, "1");
    }
    out.push('\n');
}

/// The KEYFORMATs that the tags of a key name, in their order.
pub(super) fn formats(protection: &Protection, kid: KeyId) -> Vec<&str> {
    let mut formats = Vec::new();
    for signal in protection.signals(kid) {
        match (&signal.hls_media, written(protection.method, signal)) {
            (Some(lines), _) => formats.extend(lines.lines().map(format_of)),
            (None, Some(key)) => formats.push(key.key_format.as_str()),
            (None, None) => {}
        }
    }
    formats
}

fn dictated_lines(protection: &Protection, kid: KeyId) -> impl Iterator<Item = &str> {
    let signals = protection.signals(kid).iter();
    let lines = signals.filter_map(|signal| signal.hls_media.as_deref());
    lines.flat_map(str::lines)
}

/// Whether any tag of a media playlist names a KEYFORMAT.
pub(super) fn name_formats(protection: &Protection) -> bool {
    let mut signals = protection.signals.values().flatten();
    protection.method != Method::Aes128 || signals.any(|signal| signal.hls_media.is_some())
}

/// EXT-X-SESSION-KEY of each key, once per system: what a player can fetch before it loads a media playlist.
///
/// None for raw keys and ClearKey: Shaka Player would take the key for one with an id of zeros. None for the W3C common
/// `pssh`, which is no system.
pub(super) fn push_session(out: &mut String, protection: &Protection, kids: &[KeyId]) {
    // Key servers may say the same of several keys.
    let mut dictated: Vec<&str> = Vec::new();
    for &kid in kids {
        for signal in protection.signals(kid) {
            match (&signal.hls_multivariant, written(protection.method, signal)) {
                (Some(lines), _) => {
                    for line in lines.lines().filter(|line| !line.is_empty()) {
                        if !dictated.contains(&line) {
                            dictated.push(line);
                            out.push_str(line);
                            out.push('\n');
                        }
                    }
                }
                (None, Some(key)) if signal.system != System::W3cCommon => {
                    push_system(out, "#EXT-X-SESSION-KEY:", protection.method, key, kid);
                    out.push('\n');
                }
                (None, _) => {}
            }
        }
    }
}

/// That of a tag; `identity` where it says none (8216bis, 4.4.4.4).
fn format_of(tag: &str) -> &str {
    tag.split_once("KEYFORMAT=\"")
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or(IDENTITY)
}

/// The attributes of a system that the method can be used with: AES-128 is for raw keys; outside CMAF, FairPlay alone
/// knows SAMPLE-AES.
fn written(method: Method, signal: &Signal) -> Option<&HlsKey> {
    let key = signal.hls.as_ref()?;
    let fits = match method {
        Method::Cenc | Method::Cbcs => true,
        Method::SampleAes => signal.system == System::FairPlay,
        Method::Aes128 => false,
    };
    (fits && key.key_format != IDENTITY).then_some(key)
}

/// SAMPLE-AES-CTR carries no IV attribute; SAMPLE-AES carries the constant one.
fn iv(period: &CryptoPeriod, number: Option<u64>) -> Option<[u8; 16]> {
    match &period.encryption {
        Encryption::Common(track) => track.constant_iv,
        Encryption::SampleAes { iv } => Some(*iv),
        Encryption::Aes128 => Some(u128::from(number?).to_be_bytes()),
    }
}

fn push_system(out: &mut String, tag: &str, method: Method, key: &HlsKey, kid: KeyId) {
    push_method(out, tag, method);
    push_uri(out, &key.uri);
    push_format(out, &key.key_format, &key.key_format_versions);
    if key.key_id {
        push_key_id(out, kid);
    }
}

fn push_method(out: &mut String, tag: &str, method: Method) {
    out.push_str(tag);
    out.push_str("METHOD=");
    out.push_str(match method {
        Method::Aes128 => "AES-128",
        Method::Cbcs | Method::SampleAes => "SAMPLE-AES",
        Method::Cenc => "SAMPLE-AES-CTR",
    });
}

fn push_uri(out: &mut String, uri: &str) {
    out.push_str(",URI=\"");
    push_quoted_uri(out, uri);
    out.push('"');
}

fn push_format(out: &mut String, format: &str, versions: &str) {
    out.push_str(",KEYFORMAT=\"");
    push_quoted(out, format);
    out.push_str("\",KEYFORMATVERSIONS=\"");
    push_quoted(out, versions);
    out.push('"');
}

fn push_key_id(out: &mut String, kid: KeyId) {
    out.push_str(",KEYID=0x");
    push_hex(out, &kid.0);
}

fn push_iv(out: &mut String, iv: [u8; 16]) {
    out.push_str(",IV=0x");
    push_hex(out, &iv);
}

fn push_lines(out: &mut String, lines: &str) {
    out.push_str(lines);
    if !lines.ends_with('\n') {
        out.push('\n');
    }
}
