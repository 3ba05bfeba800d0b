//! JSON Web Tokens (RFC 7519) as JWS compact serialisation (RFC 7515, 7.1), with the cautions of RFC 8725.
//!
//! Read of the header: `alg`, `kid`, `crit` (refused). What else may stand there (`jku`, `jwk`, `x5c` …) is never
//! followed: a token does not choose the key it is checked with.
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::{Algorithm, Claims, KeySet, Malformed, MintError, PathPrefix, TokenError, json};

/// NumericDates beyond this are taken for a mistake (often milliseconds): 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// The three parts, the first decoded.
pub(crate) struct Compact<'a> {
    header: Map<String, Value>,
    /// Kept as text: an algorithm that is not known is refused when the signature is checked, not before it can
    /// be shown.
    algorithm: Option<Algorithm>,
    key_id: Option<String>,
    /// Header and payload as sent, which is what is signed.
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, TokenError> {
        let (signed, signature) = text.rsplit_once('.').ok_or(Malformed::Parts)?;
        let (header, payload) = signed.split_once('.').ok_or(Malformed::Parts)?;
        if payload.contains('.') {
            return Err(Malformed::Parts.into());
        }
        let header = object(header, "header")?;
        if header.contains_key("crit") {
            return Err(Malformed::Critical.into());
        }
        let algorithm = match header.get("alg") {
            Some(Value::String(name)) => Algorithm::from_name(name),
            _ => return Err(Malformed::Header { name: "alg" }.into()),
        };
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(Malformed::Header { name: "kid" }.into()),
        };
        Ok(Self {
            header,
            algorithm,
            key_id,
            signed,
            payload,
            signature: base64url(signature, "signature")?,
        })
    }

    pub(crate) fn verify_signature(&self, keys: &KeySet) -> Result<(), TokenError> {
        let algorithm = self.algorithm.ok_or(TokenError::Algorithm)?;
        let candidates = keys.candidates(self.key_id.as_deref(), algorithm)?;
        if candidates
            .iter()
            .any(|key| key.verifies(self.signed.as_bytes(), &self.signature))
        {
            Ok(())
        } else {
            Err(TokenError::Signature)
        }
    }

    pub(crate) fn claims(&self) -> Result<Claims, TokenError> {
        let map = object(self.payload, "payload")?;
        Ok(Claims {
            issuer: text(&map, "iss")?,
            subject: text(&map, "sub")?,
            audience: texts(&map, "aud")?.unwrap_or_default(),
            expires_at: date(&map, "exp")?,
            not_before: date(&map, "nbf")?,
            issued_at: date(&map, "iat")?,
            token_id: text(&map, "jti")?,
            paths: texts(&map, "path")?.map(prefixes).transpose()?,
        })
    }

    pub(crate) fn show_unverified(&self) -> Result<Unverified, TokenError> {
        Ok(Unverified {
            header: Value::Object(self.header.clone()),
            claims: Value::Object(object(self.payload, "payload")?),
        })
    }
}

/// Header and claims of a token whose signature nobody has checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Unverified {
    pub header: Value,
    pub claims: Value,
}

/// The signing input of a token that carries `claims`: header and payload, to be followed by `.` and the signature.
pub(crate) fn signing_input(
    algorithm: Algorithm,
    key_id: Option<&str>,
    claims: &Claims,
) -> Result<String, MintError> {
    let mut header = Map::new();
    header.insert("alg".into(), algorithm.name().into());
    header.insert("typ".into(), "JWT".into());
    if let Some(id) = key_id {
        header.insert("kid".into(), id.into());
    }
    let mut payload = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            payload.insert(name.into(), value);
        }
    };
    put("iss", claims.issuer.clone().map(Value::from));
    put("sub", claims.subject.clone().map(Value::from));
    put("aud", one_or_many(&claims.audience));
    put("exp", claims.expires_at.map(seconds).transpose()?);
    put("nbf", claims.not_before.map(seconds).transpose()?);
    put("iat", claims.issued_at.map(seconds).transpose()?);
    put("jti", claims.token_id.clone().map(Value::from));
    put(
        "path",
        claims
            .paths
            .as_ref()
            .map(|paths| one_or_many(paths).unwrap_or_else(|| Value::Array(Vec::new()))),
    );
    Ok(format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(Value::Object(header).to_string()),
        URL_SAFE_NO_PAD.encode(Value::Object(payload).to_string())
    ))
}

pub(crate) fn signature_text(signature: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(signature)
}

fn one_or_many<T: ToString>(items: &[T]) -> Option<Value> {
    match items {
        [] => None,
        [one] => Some(one.to_string().into()),
        many => Some(many.iter().map(ToString::to_string).collect()),
    }
}

/// Whole seconds: an expiry rounds down, which is the strict side.
fn seconds(moment: SystemTime) -> Result<Value, MintError> {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH);
    Ok(since.map_err(|_| MintError::Date)?.as_secs().into())
}

fn base64url(text: &str, part: &'static str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Malformed::Base64 { part })
}

fn object(text: &str, part: &'static str) -> Result<Map<String, Value>, Malformed> {
    json::object(&base64url(text, part)?).ok_or(Malformed::Json { part })
}

fn text(map: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Malformed> {
    match map.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Malformed::Claim { name }),
    }
}

/// A string or an array of strings.
fn texts(map: &Map<String, Value>, name: &'static str) -> Result<Option<Vec<String>>, Malformed> {
    match map.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(vec![text.clone()])),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .map(Some)
            .ok_or(Malformed::Claim { name }),
        Some(_) => Err(Malformed::Claim { name }),
    }
}

fn prefixes(texts: Vec<String>) -> Result<Vec<PathPrefix>, Malformed> {
    texts
        .iter()
        .map(|text| text.parse().map_err(|_| Malformed::Claim { name: "path" }))
        .collect()
}

/// A NumericDate (RFC 7519, section 2): seconds since the epoch, fractions allowed.
fn date(map: &Map<String, Value>, name: &'static str) -> Result<Option<SystemTime>, Malformed> {
    let Some(value) = map.get(name) else {
        return Ok(None);
    };
    let since = match (value.as_u64(), value.as_f64()) {
        (Some(whole), _) if whole <= LAST_SECOND => Duration::from_secs(whole),
        (None, Some(fraction)) if (0.0..=LAST_SECOND as f64).contains(&fraction) => {
            Duration::from_secs_f64(fraction)
        }
        _ => return Err(Malformed::Claim { name }),
    };
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .map(Some)
        .ok_or(Malformed::Claim { name })
}

#[cfg(test)]
mod tests;
