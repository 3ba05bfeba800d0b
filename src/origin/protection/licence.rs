//! ClearKey licences and raw keys, for mounts whose configuration asks for them by name.
use bytes::{Bytes, BytesMut};
use edgepack_drm::{ContentKey, KeyId, clearkey};
use futures_util::StreamExt;

use super::faults;
use crate::config::{Mount, Protection};
use crate::delivery::{CachePolicy, Content, Etag, Fault, Representation, Request, RequestBody};

/// The keys of one asset under one protection.
pub(in crate::origin) trait Keyring {
    fn key(&self, kid: KeyId) -> Option<&ContentKey>;

    /// The keys of renditions whose fragments name theirs, if one of these keys is among them.
    fn named_by_fragments(&self, kids: &[KeyId]) -> Vec<KeyId>;
}

/// Whether the mount has a licence server, and the protection licences.
pub(in crate::origin) fn has_licences(mount: &Mount, protection: Protection) -> bool {
    mount.clearkey_licence_server && protection.scheme().is_some()
}

/// # Errors
/// 404 where there are none.
pub(in crate::origin) fn offers_licences(
    mount: &Mount,
    protection: Protection,
) -> Result<(), Fault> {
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
pub(in crate::origin) fn offers_raw_keys(
    mount: &Mount,
    protection: Protection,
) -> Result<(), Fault> {
    match protection {
        Protection::Aes128 | Protection::SampleAes if mount.drm.key_uri.is_none() => Ok(()),
        Protection::Cenc | Protection::Cbcs => offers_licences(mount, protection),
        _ => Err(faults::no_licence_server()),
    }
}

/// The key ids that a request asks for (W3C EME, 9.1.3).
pub(in crate::origin) async fn asked(body: RequestBody) -> Result<Vec<KeyId>, Fault> {
    let body = collect(body).await?;
    clearkey::parse_request(&body)
        .map_err(|error| Fault::bad_request("bad-licence-request", error.to_string()))
}

/// The licence for those of the asked keys that are the asset's (W3C EME, 9.1.4). Where fragments name their keys, for
/// all keys of their renditions: many players ask by the header alone, which names the first.
pub(in crate::origin) fn licence(keyring: &impl Keyring, kids: &[KeyId]) -> Result<Bytes, Fault> {
    let mut kids = kids.to_vec();
    for kid in keyring.named_by_fragments(&kids) {
        if !kids.contains(&kid) {
            kids.push(kid);
        }
    }
    let keys: Vec<ContentKey> = kids
        .iter()
        .filter_map(|kid| keyring.key(*kid).cloned())
        .collect();
    if keys.is_empty() {
        return Err(unknown_key());
    }
    Ok(clearkey::licence(&keys).into())
}

/// The 16 bytes of a key, as HLS's `identity` key format wants them (draft-pantos-hls-rfc8216bis, 5.2).
pub(in crate::origin) fn raw_key(keyring: &impl Keyring, kid: KeyId) -> Result<Bytes, Fault> {
    let key = keyring.key(kid).ok_or_else(unknown_key)?;
    Ok(Bytes::copy_from_slice(key.expose()))
}

/// Keys are for the one who asked, once; the tag says nothing of them.
pub(in crate::origin) fn secret(body: Bytes, content_type: &'static str) -> Representation {
    Representation {
        etag: Etag::from_digest(b"key"),
        last_modified: None,
        content_type,
        encoding: None,
        cache: CachePolicy::NoStore,
        content: Content::Bytes(body),
    }
}

/// Where the licences of an asset are. Players resolve such an address against the page, not the manifest: it has to be
/// absolute. `token`: of the path.
pub(in crate::origin) fn url(
    public_url: Option<&str>,
    request: &Request,
    token: Option<&str>,
    folder: &str,
) -> String {
    let base = match public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        // A request without an authority cannot be HTTP/1.1 or later; what it gets can only be relative.
        None => request.base_url().unwrap_or_default(),
    };
    let token = token.map(|token| format!("/t/{}", crate::origin::percent_encoded(token)));
    format!("{base}{}{folder}/clearkey", token.unwrap_or_default())
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

#[cfg(test)]
mod tests;
