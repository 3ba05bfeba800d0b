//! ClearKey licences (W3C Encrypted Media Extensions, 9.1): JSON in, JSON out.
use crate::{ContentKey, Error, KeyId, Result};
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Bytes of a request: a player asks for the keys of one presentation.
pub const MAX_REQUEST_BYTES: usize = 16 * 1024;
/// Key ids of a request.
pub const MAX_KIDS: usize = 64;

/// 9.1.3 wants no padding; some players send it.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The KIDs a request asks for, each once, in the order asked; bounded by [`MAX_REQUEST_BYTES`] and [`MAX_KIDS`].
///
/// # Errors
/// [`Error::LicenceRequest`], whose text may be sent back.
pub fn parse_request(body: &[u8]) -> Result<Vec<KeyId>> {
    #[derive(Deserialize)]
    struct Request {
        kids: Vec<String>,
        #[serde(rename = "type")]
        session_type: Option<String>,
    }
    let fault = |reason: &str| Error::LicenceRequest(reason.to_owned());
    if body.len() > MAX_REQUEST_BYTES {
        return Err(fault("too long"));
    }
    let request: Request =
        serde_json::from_slice(body).map_err(|why| Error::LicenceRequest(why.to_string()))?;
    if !matches!(request.session_type.as_deref(), None | Some("temporary")) {
        return Err(fault("only sessions of type temporary are offered"));
    }
    if request.kids.is_empty() {
        return Err(fault("kids is empty"));
    }
    if request.kids.len() > MAX_KIDS {
        return Err(fault("too many kids"));
    }
    let mut kids = Vec::with_capacity(request.kids.len());
    for text in request.kids {
        let bytes = BASE64URL
            .decode(&text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        let kid = KeyId(bytes.ok_or_else(|| fault("a kid is 16 bytes in base64url"))?);
        if !kids.contains(&kid) {
            kids.push(kid);
        }
    }
    Ok(kids)
}

/// The licence for these keys, as JSON Web Key Set.
pub fn licence(keys: &[ContentKey]) -> String {
    #[derive(Serialize)]
    struct Key {
        kty: &'static str,
        k: String,
        kid: String,
    }
    #[derive(Serialize)]
    struct Licence {
        keys: Vec<Key>,
        #[serde(rename = "type")]
        session_type: &'static str,
    }
    let keys = keys
        .iter()
        .map(|key| Key {
            kty: "oct",
            k: BASE64URL.encode(key.expose()),
            kid: BASE64URL.encode(key.kid.0),
        })
        .collect();
    // Maps with text keys and text values: there is nothing in it that JSON cannot say.
    serde_json::to_string(&Licence {
        keys,
        session_type: "temporary",
    })
    .unwrap_or_default()
}
