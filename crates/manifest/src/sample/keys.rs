//! Protections made by hand, and what systems say of their keys.
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use edgepack_drm::{HlsKey, KeyId, Scheme, Signal, System, TrackEncryption, pssh};
use edgepack_packager::protection::{Every, Schedule};
use edgepack_packager::{
    CryptoPeriod, Encryption, Kind, Presentation, Rendition, Restrictions, Rotation,
    TrackProtection,
};

use crate::{ClearKey, Method, Protection};

pub(crate) const VIDEO_KID: KeyId =
    KeyId(*b"\x10\x20\x30\x40\x50\x60\x70\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0\x01");
pub(crate) const AUDIO_KID: KeyId =
    KeyId(*b"\x11\x21\x31\x41\x51\x61\x71\x81\x91\xa1\xb1\xc1\xd1\xe1\xf1\x02");

/// Video on one key, audio on another, text and images clear, both signalled as W3C common and for ClearKey.
pub(crate) fn protection(presentation: &Presentation, scheme: Scheme) -> Protection {
    let method = match scheme {
        Scheme::Cenc => Method::Cenc,
        Scheme::Cbcs => Method::Cbcs,
    };
    let track = |rendition: &Rendition| {
        let (label, kid) = match rendition.kind() {
            Kind::Video => ("VIDEO", VIDEO_KID),
            Kind::Audio => ("AUDIO", AUDIO_KID),
            Kind::Text | Kind::Image => return None,
        };
        let encryption = encryption(method, kid, rendition.kind() == Kind::Video);
        Some(TrackProtection::of_one_key(label, kid, [1; 8], encryption))
    };
    let signals = [VIDEO_KID, AUDIO_KID].map(|kid| (kid, vec![w3c_common(kid)]));
    Protection {
        method,
        tracks: presentation.renditions.iter().map(track).collect(),
        signals: BTreeMap::from(signals),
        clear_key: Some(ClearKey {
            licence_url: "https://edge.test/vod/a&b/cenc/clearkey".to_owned(),
        }),
        key_uri: None,
    }
}

/// Of the key that video (1) or audio (2) has in a crypto period of the whole presentation.
pub(crate) fn kid(of: u8, number: u32) -> KeyId {
    let mut kid = [0; 16];
    kid[0] = of;
    kid[12..].copy_from_slice(&number.to_be_bytes());
    KeyId(kid)
}

/// Keys that change, with video and audio on keys of their own; signalled as [`protection`] does.
pub(crate) fn scheduled(
    presentation: &Presentation,
    method: Method,
    every: Option<Every>,
    clear_lead_ms: u64,
    rotation: Rotation,
) -> Protection {
    let schedule = Schedule::new(presentation, every, clear_lead_ms);
    let mut signals = BTreeMap::new();
    let mut tracks = Vec::new();
    for (rendition, track) in presentation.renditions.iter().zip(&schedule.tracks) {
        let (label, of) = match rendition.kind() {
            Kind::Video => ("VIDEO", 1),
            Kind::Audio => ("AUDIO", 2),
            Kind::Text | Kind::Image => {
                tracks.push(None);
                continue;
            }
        };
        let period = |&(first_segment, number): &(u32, u32)| {
            let kid = kid(of, number);
            signals.insert(kid, vec![w3c_common(kid)]);
            CryptoPeriod {
                first_segment,
                number,
                kid,
                key_tag: [1; 8],
                encryption: encryption(method, kid, of == 1),
            }
        };
        tracks.push(Some(TrackProtection {
            label: label.to_owned(),
            restrictions: Restrictions::default(),
            clear_lead: track.clear_lead,
            rotation,
            periods: track.periods.iter().map(period).collect(),
        }));
    }
    Protection {
        method,
        tracks,
        signals,
        clear_key: Some(ClearKey {
            licence_url: "https://edge.test/vod/a&b/cenc/clearkey".to_owned(),
        }),
        key_uri: None,
    }
}

fn encryption(method: Method, kid: KeyId, is_video: bool) -> Encryption {
    let scheme = match method {
        Method::Cenc => Scheme::Cenc,
        Method::Cbcs => Scheme::Cbcs,
        Method::Aes128 => return Encryption::Aes128,
        Method::SampleAes => return Encryption::SampleAes { iv: [0xcd; 16] },
    };
    let is_pattern = is_video && scheme == Scheme::Cbcs;
    Encryption::Common(TrackEncryption {
        scheme,
        default_kid: kid,
        per_sample_iv_size: if scheme == Scheme::Cenc { 8 } else { 0 },
        constant_iv: (scheme == Scheme::Cbcs).then_some([0xab; 16]),
        crypt_byte_block: u8::from(is_pattern),
        skip_byte_block: if is_pattern { 9 } else { 0 },
    })
}

/// A system that says something everywhere.
pub(crate) fn widevine(kid: KeyId) -> Signal {
    let pssh = Bytes::from(pssh::pssh_v1(&System::Widevine.id(), &[kid], b"wv"));
    let data = STANDARD.encode(&pssh);
    Signal {
        system: System::Widevine,
        pssh: Some(pssh),
        licence_url: Some("https://wv.test/?a=1&b=2".to_owned()),
        hls: Some(HlsKey {
            uri: format!("data:text/plain;base64,{data}"),
            key_format: "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed".to_owned(),
            key_format_versions: "1".to_owned(),
            key_id: true,
            iv: false,
        }),
        ..silent(System::Widevine)
    }
}

pub(crate) fn fairplay(kid: KeyId) -> Signal {
    Signal {
        hls: Some(HlsKey {
            uri: format!("skd://{kid}"),
            key_format: "com.apple.streamingkeydelivery".to_owned(),
            key_format_versions: "1".to_owned(),
            key_id: false,
            iv: false,
        }),
        ..silent(System::FairPlay)
    }
}

pub(crate) fn silent(system: System) -> Signal {
    Signal {
        system,
        pssh: None,
        pro: None,
        licence_url: None,
        content_protection: None,
        hls: None,
        hls_media: None,
        hls_multivariant: None,
    }
}

/// One track under a key of its own.
pub(crate) fn other_key(protection: &mut Protection, track: usize, kid: KeyId) {
    if let Some(track) = protection.tracks[track].as_mut() {
        for period in &mut track.periods {
            period.kid = kid;
            if let Encryption::Common(encryption) = &mut period.encryption {
                encryption.default_kid = kid;
            }
        }
    }
    protection.signals.insert(kid, vec![w3c_common(kid)]);
}

pub(crate) fn w3c_common(kid: KeyId) -> Signal {
    let pssh = Bytes::from(pssh::w3c_common(&[kid]));
    let data = STANDARD.encode(&pssh);
    Signal {
        pssh: Some(pssh),
        hls: Some(HlsKey {
            uri: format!("data:text/plain;base64,{data}"),
            key_format: "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b".to_owned(),
            key_format_versions: "1".to_owned(),
            key_id: false,
            iv: false,
        }),
        ..silent(System::W3cCommon)
    }
}
