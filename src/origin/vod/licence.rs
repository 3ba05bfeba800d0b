//! ClearKey licences and raw keys, for mounts whose configuration asks for them by name.
use bytes::{Bytes, BytesMut};
use edgepack_drm::{ContentKey, KeyId, clearkey};
use futures_util::StreamExt;

use super::faults;
use super::keys::content_key;
use crate::config::Mount;
use crate::delivery::{Fault, RequestBody};

/// The licence for those of the asked keys that are the asset's (W3C EME, 9.1.4).
pub(super) async fn licence(mount: &Mount, asset: &str, body: RequestBody) -> Result<Bytes, Fault> {
    if !mount.clearkey_licence_server {
        return Err(faults::no_licence_server());
    }
    let body = collect(body).await?;
    let kids = clearkey::parse_request(&body)
        .map_err(|error| Fault::bad_request("bad-licence-request", error.to_string()))?;
    let keys: Vec<ContentKey> = content_key(mount, asset)
        .into_iter()
        .filter(|key| kids.contains(&key.kid))
        .collect();
    if keys.is_empty() {
        return Err(unknown_key());
    }
    Ok(clearkey::licence(&keys).into())
}

/// The 16 bytes of a key, as HLS's `identity` key format wants them (draft-pantos-hls-rfc8216bis, 5.2).
pub(super) fn raw_key(mount: &Mount, asset: &str, kid: KeyId) -> Result<Bytes, Fault> {
    if !mount.clearkey_licence_server {
        return Err(faults::no_licence_server());
    }
    let key = content_key(mount, asset)
        .filter(|key| key.kid == kid)
        .ok_or_else(unknown_key)?;
    Ok(Bytes::copy_from_slice(key.expose()))
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
