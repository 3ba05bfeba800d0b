//! Requests, and answers to them as a key server would make them.
use crate::cpix::*;
use crate::{KeyId, Scheme, System, pssh};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use std::path::PathBuf;
use zeroize::Zeroizing;

pub(crate) const AUDIO: KeyId = KeyId([0xa1; 16]);
pub(crate) const HD: KeyId = KeyId([0xb2; 16]);

/// A folder of outside schemas and vectors; None, with a line that says so, where there is none.
pub(crate) fn schemas(part: &str) -> Option<PathBuf> {
    let path = std::env::var_os("EDGEPACK_SCHEMAS").map(|folder| PathBuf::from(folder).join(part));
    let there = path.filter(|path| path.exists());
    if there.is_none() {
        eprintln!("skipped: no {part} below EDGEPACK_SCHEMAS");
    }
    there
}

pub(crate) fn asked(label: &str, kid: KeyId) -> Asked {
    Asked {
        label: Label::known(label).unwrap(),
        period: None,
        kid,
        explicit_iv: None,
    }
}

pub(crate) fn request() -> Request {
    Request {
        content_id: "film <1> & \"more\"".to_owned(),
        version: Version::V2_3,
        scheme: Scheme::Cbcs,
        keys: vec![asked("AUDIO", AUDIO), asked("HD", HD)],
        systems: [System::Widevine, System::PlayReady, System::FairPlay]
            .map(AskedSystem::usual)
            .to_vec(),
        periods: Vec::new(),
        certificate: None,
    }
}

/// The request with two crypto periods, each with a key for audio and one for HD.
pub(crate) fn rotating() -> Request {
    let mut request = request();
    request.periods = [7, 8]
        .map(|index| Period {
            index: Some(index),
            ..Period::default()
        })
        .to_vec();
    let mut keys = Vec::new();
    for (number, index) in [7, 8].into_iter().enumerate() {
        for asked in &request.keys {
            let mut asked = asked.clone();
            asked.period = Some(index);
            asked.kid.0[15] = number as u8;
            keys.push(asked);
        }
    }
    request.keys = keys;
    request
}

/// The key that [`answer`] gives for an id.
pub(crate) fn key_of(kid: KeyId) -> [u8; 16] {
    kid.0.map(|byte| byte ^ 0x5a)
}

/// A good answer, keys in the clear.
pub(crate) fn answer(request: &Request) -> Document {
    let mut document = request.document().unwrap();
    document.deliveries.clear();
    for key in &mut document.keys {
        key.secret = Some(Secret::Plain(Zeroizing::new(key_of(key.kid).to_vec())));
    }
    for system in &mut document.systems {
        let id = system.system_id;
        let boxed = Bytes::from(pssh::pssh_v1(&id, &[system.kid], b"data"));
        let base64 = BASE64_STANDARD.encode(&boxed);
        if system.pssh.is_some() {
            system.pssh = Some(boxed);
        }
        if let Some(xml) = &mut system.content_protection {
            *xml = format!("<pssh xmlns=\"urn:mpeg:cenc:2013\">{base64}</pssh>");
        }
        if let Some(lines) = &mut system.hls_media {
            *lines =
                format!("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:text/plain;base64,{base64}\"");
        }
        if let Some(lines) = &mut system.hls_multivariant {
            *lines = "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://1\"\r\n".to_owned();
        }
    }
    document
}
