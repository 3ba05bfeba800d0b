//! The shapes in which key servers answer.
//!
//! An object, a list of them, or `{"keys": [...]}`. Each has `key` (or JWK's `k`), `kid` (or `key_id`, `keyId`), and may
//! have `iv`, `label`, `period` and `pssh`: a text of boxes in base64, or a list of such texts or of `{uuid, data}`,
//! where the data is a whole box or what is to stand in one. Sixteen bytes are written in hex, as a UUID or in base64
//! of either alphabet. Entries without label or period are for all of them.
use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use edgepack_drm::{ContentKey, KeyId, KeyRecord, Said, pssh};
use serde::Deserialize;
use zeroize::{Zeroize as _, Zeroizing};

use crate::keys::{Given, KeyError, MAX_KEYS};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const ALPHABETS: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&STANDARD, LENIENT),
    GeneralPurpose::new(&URL_SAFE, LENIENT),
];
/// DRM systems of one key, at most.
const MAX_SYSTEMS: usize = 32;

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, alias = "k")]
    key: Option<Text<'a>>,
    #[serde(borrow, alias = "key_id", alias = "keyId")]
    kid: Option<Text<'a>>,
    #[serde(borrow)]
    iv: Option<Text<'a>>,
    #[serde(borrow)]
    label: Option<Text<'a>>,
    period: Option<u32>,
    pssh: Option<Pssh>,
}

#[derive(Deserialize)]
struct Keys<'a> {
    #[serde(borrow)]
    keys: Vec<Entry<'a>>,
}

/// Stands in the answer where it can; what had to be unescaped is wiped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Drop for Text<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Pssh {
    Boxes(String),
    List(Vec<PsshItem>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PsshItem {
    Boxes(String),
    Of {
        #[serde(alias = "system_id", alias = "systemId")]
        uuid: String,
        #[serde(alias = "pssh")]
        data: String,
    },
}

struct Key<'a> {
    label: Option<Text<'a>>,
    period: Option<u32>,
    record: KeyRecord,
}

/// The keys of `labels` in `periods`.
///
/// # Errors
/// [`KeyError::Wrong`], without a piece of the answer.
pub(super) fn read(
    body: &[u8],
    labels: &[&str],
    periods: std::ops::Range<u32>,
) -> Result<Vec<Given>, KeyError> {
    let entries = entries(body)?;
    if entries.len() > MAX_KEYS {
        return Err(wrong(format!("more than {MAX_KEYS} keys")));
    }
    let keys = entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| key(entry).map_err(|why| wrong(format!("key {at}: {why}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let mut given = Vec::new();
    for period in periods {
        for label in labels {
            given.push(Given {
                label: (*label).to_owned(),
                period,
                record: choose(&keys, label, period)?.record.clone(),
            });
        }
    }
    Ok(given)
}

/// The key that says most clearly that it is for label and period.
fn choose<'k, 'a>(keys: &'k [Key<'a>], label: &str, period: u32) -> Result<&'k Key<'a>, KeyError> {
    let named = |key: &Key<'_>| (key.label.is_some(), key.period.is_some());
    let mut fitting = keys.iter().filter(|key| {
        key.label.as_ref().is_none_or(|own| own.0 == label)
            && key.period.is_none_or(|own| own == period)
    });
    let mut best = fitting.next().ok_or_else(|| {
        wrong(format!(
            "no key for label {label:?} in crypto period {period}"
        ))
    })?;
    let mut rivals = false;
    for key in fitting {
        if named(key) > named(best) {
            (best, rivals) = (key, false);
        } else if named(key) == named(best) && key.record.key.kid != best.record.key.kid {
            rivals = true;
        }
    }
    if rivals {
        return Err(wrong(format!(
            "several keys for label {label:?} in crypto period {period}, and nothing says which"
        )));
    }
    Ok(best)
}

fn entries(body: &[u8]) -> Result<Vec<Entry<'_>>, KeyError> {
    // What serde says of a value could repeat it.
    let told = |error: serde_json::Error| {
        wrong(format!(
            "not the JSON that is understood (line {}, column {})",
            error.line(),
            error.column()
        ))
    };
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return serde_json::from_slice(body).map_err(told);
    }
    if let Ok(Keys { keys }) = serde_json::from_slice(body) {
        return Ok(keys);
    }
    Ok(vec![serde_json::from_slice(body).map_err(told)?])
}

fn key(entry: Entry<'_>) -> Result<Key<'_>, String> {
    let Entry {
        key,
        kid,
        iv,
        label,
        period,
        pssh,
    } = entry;
    let kid = kid.ok_or("it has no `kid`")?;
    let kid = KeyId(*sixteen(&kid.0).ok_or("its `kid` is not 16 bytes")?);
    let key = key.ok_or_else(|| format!("{kid} has no `key`"))?;
    let key = sixteen(&key.0).ok_or_else(|| format!("the `key` of {kid} is not 16 bytes"))?;
    let explicit_iv = iv
        .map(|iv| iv_bytes(&iv.0).ok_or_else(|| format!("the `iv` of {kid} is not 16 bytes")))
        .transpose()?;
    let said = match pssh {
        None => Vec::new(),
        Some(pssh) => said(pssh).ok_or_else(|| format!("the `pssh` of {kid} is none"))?,
    };
    Ok(Key {
        label,
        period,
        record: KeyRecord {
            key: ContentKey::new(kid, *key),
            explicit_iv,
            said,
        },
    })
}

fn iv_bytes(text: &str) -> Option<[u8; 16]> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    sixteen(text).map(|bytes| *bytes)
}

/// Hex, a UUID, or base64.
fn sixteen(text: &str) -> Option<Zeroizing<[u8; 16]>> {
    let mut bytes = Zeroizing::new([0; 16]);
    if let Ok(id) = text.parse::<KeyId>() {
        bytes.copy_from_slice(&id.0);
        return Some(bytes);
    }
    // Decoding wants room for what the length may mean.
    let mut room = Zeroizing::new([0; 18]);
    let length = ALPHABETS
        .iter()
        .find_map(|alphabet| alphabet.decode_slice(text, room.as_mut_slice()).ok())?;
    bytes.copy_from_slice(room.get(..length).filter(|bytes| bytes.len() == 16)?);
    Some(bytes)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    ALPHABETS
        .iter()
        .find_map(|alphabet| alphabet.decode(text).ok())
}

fn said(pssh: Pssh) -> Option<Vec<Said>> {
    let items = match pssh {
        Pssh::Boxes(text) => vec![PsshItem::Boxes(text)],
        Pssh::List(items) => items,
    };
    let mut said = Vec::new();
    for item in items {
        match item {
            PsshItem::Boxes(text) => said.extend(boxes(&base64(&text)?)?),
            PsshItem::Of { uuid, data } => {
                let system_id = uuid.parse::<KeyId>().ok()?.0;
                let data = base64(&data)?;
                let whole = boxes(&data).filter(|boxes| {
                    !boxes.is_empty() && boxes.iter().all(|said| said.system_id == system_id)
                });
                match whole {
                    Some(boxes) => said.extend(boxes),
                    None => said.push(Said {
                        system_id,
                        pssh: Some(version_0(system_id, &data)),
                        ..Said::default()
                    }),
                }
            }
        }
    }
    (said.len() <= MAX_SYSTEMS).then_some(said)
}

/// One for each `pssh` in a row of them.
fn boxes(bytes: &[u8]) -> Option<Vec<Said>> {
    let parsed = pssh::parse(bytes).ok()?;
    let mut rest = bytes;
    let mut said = Vec::with_capacity(parsed.len());
    for one in parsed {
        let size = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let (whole, after) = rest.split_at_checked(size)?;
        said.push(Said {
            system_id: one.system_id,
            pssh: Some(Bytes::copy_from_slice(whole)),
            ..Said::default()
        });
        rest = after;
    }
    Some(said)
}

/// A `pssh` box around a system's data (ISO/IEC 23001-7, 8.1).
fn version_0(system_id: [u8; 16], data: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(32 + data.len());
    // An answer is far smaller than 4 GiB.
    bytes.extend((32 + data.len() as u32).to_be_bytes());
    bytes.extend(b"pssh\0\0\0\0");
    bytes.extend(system_id);
    bytes.extend((data.len() as u32).to_be_bytes());
    bytes.extend(data);
    bytes.into()
}

fn wrong(why: String) -> KeyError {
    KeyError::Wrong(why)
}

#[cfg(test)]
mod tests;
