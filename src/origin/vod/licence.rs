//! ClearKey licences and raw keys, for mounts whose configuration asks for them by name.
use bytes::{Bytes, BytesMut};
use edgepack_drm::{ContentKey, KeyId, clearkey};
use futures_util::StreamExt;

use super::faults;
use super::variant::Variant;
use crate::config::{Mount, Protection};
use crate::delivery::{Fault, RequestBody};

/// Whether the mount has a licence server, and the protection licences.
pub(super) fn has_licences(mount: &Mount, protection: Protection) -> bool {
    mount.clearkey_licence_server && protection.scheme().is_some()
}

/// # Errors
/// 404 where there are none.
pub(super) fn offers_licences(mount: &Mount, protection: Protection) -> Result<(), Fault> {
    if has_licences(mount, protection) {
        Ok(())
    } else {
        Err(faults::no_licence_server())
    }
}

/// Raw keys are what AES-128 and SAMPLE-AES live on, unless the operator has them elsewhere; with common encryption they
/// are for tests and demos.
///
/// # Errors
/// 404 where the node hands out none.
pub(super) fn offers_raw_keys(mount: &Mount, protection: Protection) -> Result<(), Fault> {
    match protection {
        Protection::Aes128 | Protection::SampleAes if mount.drm.key_uri.is_none() => Ok(()),
        Protection::Cenc | Protection::Cbcs => offers_licences(mount, protection),
        _ => Err(faults::no_licence_server()),
    }
}

/// The key ids that a request asks for (W3C EME, 9.1.3).
pub(super) async fn asked(body: RequestBody) -> Result<Vec<KeyId>, Fault> {
    let body = collect(body).await?;
    clearkey::parse_request(&body)
        .map_err(|error| Fault::bad_request("bad-licence-request", error.to_string()))
}

/// The licence for those of the asked keys that are the asset's (W3C EME, 9.1.4). Where fragments name their keys, for
/// all keys of their renditions: many players ask by the header alone, which names the first.
pub(super) fn licence(variant: &Variant, kids: &[KeyId]) -> Result<Bytes, Fault> {
    let mut kids = kids.to_vec();
    for kid in variant.named_by_fragments(&kids) {
        if !kids.contains(&kid) {
            kids.push(kid);
        }
    }
    let keys: Vec<ContentKey> = kids
        .iter()
        .filter_map(|kid| Some(variant.key(*kid)?.key.clone()))
        .collect();
    if keys.is_empty() {
        return Err(unknown_key());
    }
    Ok(clearkey::licence(&keys).into())
}

/// The 16 bytes of a key, as HLS's `identity` key format wants them (draft-pantos-hls-rfc8216bis, 5.2).
pub(super) fn raw_key(variant: &Variant, kid: KeyId) -> Result<Bytes, Fault> {
    let record = variant.key(kid).ok_or_else(unknown_key)?;
    Ok(Bytes::copy_from_slice(record.key.expose()))
}

fn unknown_key() -> Fault {
    Fault::not_found("no-such-key", "none of these keys belongs to this asset")
}

async fn collect(body: RequestBody) -> Result<BytesMut, Fault> {
    let mut collected = BytesMut::new();
    let Some(mut stream) = body.0 else {
        return Ok(collected);
    };
    while let Some(chunk) = stream.next().await {
        let chunk =
            chunk.map_err(|error| Fault::bad_request("bad-request-body", error.to_string()))?;
        if collected.len() + chunk.len() > clearkey::MAX_REQUEST_BYTES {
            let limit = format!(
                "a licence request has at most {} bytes",
                clearkey::MAX_REQUEST_BYTES
            );
            return Err(Fault::bad_request("licence-request-too-large", limit));
        }
        collected.extend_from_slice(&chunk);
    }
    Ok(collected)
}
