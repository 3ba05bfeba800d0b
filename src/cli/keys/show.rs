//! `edgepack keys show`: what initialisation data says.
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use edgepack_drm::systems::playready::{self, Header, RECORD_HEADER};
use edgepack_drm::systems::widevine::WidevineData;
use edgepack_drm::{KeyId, System, pssh};
use serde_json::{Value, json};

use crate::cli::Failure;

/// As people paste it: with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn run(data: &str) -> Result<(), Failure> {
    let text = if data == "-" {
        std::io::read_to_string(std::io::stdin())?
    } else {
        data.to_owned()
    };
    let bytes = decode(&text).ok_or("neither base64 nor hexadecimal digits")?;
    println!("{}", serde_json::to_string_pretty(&report(&bytes)?)?);
    Ok(())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let text = match text.split_once(";base64,") {
        Some((_, data)) => data,
        None => text,
    };
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let hexadecimal = hex::decode(&text).ok().filter(|bytes| !bytes.is_empty());
    // A box in base64 has letters beyond F in its first bytes.
    hexadecimal.or_else(|| LENIENT.decode(&text).ok().filter(|bytes| !bytes.is_empty()))
}

fn report(bytes: &[u8]) -> Result<Value, Failure> {
    if bytes.get(4..8) == Some(b"pssh") {
        let boxes = pssh::parse(bytes)?;
        return Ok(boxes.iter().map(report_box).collect());
    }
    // Little-endian length of the whole.
    let length = bytes.first_chunk().copied().map(u32::from_le_bytes);
    if length.is_some_and(|length| length as usize == bytes.len()) {
        return Ok(report_playready(bytes)?);
    }
    match WidevineData::parse(bytes) {
        Ok(data) if data != WidevineData::default() => Ok(report_widevine(&data)),
        _ => Err("neither pssh boxes, nor a PlayReady object, nor Widevine data".into()),
    }
}

fn report_box(found: &pssh::Pssh<'_>) -> Value {
    let system = System::from_id(found.system_id);
    let data = match system {
        System::Widevine => WidevineData::parse(found.data).map(|data| report_widevine(&data)),
        System::PlayReady => report_playready(found.data),
        _ => Ok(STANDARD.encode(found.data).into()),
    };
    let mut report = json!({
        "system": match system {
            System::Other(_) => "unknown".to_owned(),
            known => known.to_string(),
        },
        "system_id": KeyId(found.system_id).to_string(),
        "version": found.version,
    });
    if found.version > 0 {
        report["kids"] = kids(&found.kids);
    }
    match data {
        Ok(data) => report["data"] = data,
        Err(fault) => {
            report["fault"] = fault.to_string().into();
            report["data"] = STANDARD.encode(found.data).into();
        }
    }
    report
}

fn report_widevine(data: &WidevineData) -> Value {
    let mut report = json!({ "key_ids": kids(&data.key_ids) });
    if let Some(algorithm) = data.algorithm {
        report["algorithm"] = algorithm.into();
    }
    if let Some(provider) = &data.provider {
        report["provider"] = provider.as_str().into();
    }
    if let Some(content_id) = &data.content_id {
        report["content_id"] = text_or_hex(content_id);
    }
    if let Some(policy) = &data.policy {
        report["policy"] = policy.as_str().into();
    }
    if let Some(index) = data.crypto_period_index {
        report["crypto_period_index"] = index.into();
    }
    if let Some(scheme) = data.protection_scheme {
        report["protection_scheme"] = text_or_hex(&scheme);
    }
    report
}

/// The text as it is, and what was understood of it.
fn report_playready(object: &[u8]) -> Result<Value, edgepack_drm::Error> {
    let records = playready::records(object)?;
    let records: Vec<Value> = records
        .iter()
        .map(|record| match record.kind {
            RECORD_HEADER => "header".into(),
            3 => "embedded licence store".into(),
            kind => kind.into(),
        })
        .collect();
    let xml = playready::header_text(object)?;
    let mut report = json!({ "records": records, "xml": xml });
    match Header::parse(&xml) {
        Ok(header) => report["header"] = report_header(&header),
        Err(fault) => report["fault"] = fault.to_string().into(),
    }
    Ok(report)
}

fn report_header(header: &Header) -> Value {
    let keys = header.keys.iter().map(|key| {
        json!({
            "kid": key.kid.to_string(),
            "algorithm": key.algorithm.map(playready::Algorithm::text),
            "checksum": key.checksum.map(|checksum| STANDARD.encode(checksum)),
        })
    });
    json!({
        "version": header.version.text(),
        "keys": keys.collect::<Vec<_>>(),
        "licence_url": header.licence_url,
        "licence_ui_url": header.licence_ui_url,
        "domain_service": header.domain_service.map(|id| KeyId(id).to_string()),
        "custom_attributes": header.custom_attributes,
        "on_demand": header.on_demand,
    })
}

fn kids(kids: &[KeyId]) -> Value {
    kids.iter().map(ToString::to_string).collect()
}

fn text_or_hex(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.into(),
        _ => format!("0x{}", hex::encode(bytes)).into(),
    }
}
