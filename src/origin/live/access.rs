//! Who may push.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use ring::digest::{SHA256, digest};

use crate::config::{ClientName, IngestAccess};
use crate::delivery::{Blame, ClientCertificate, Fault};

/// # Errors
/// 403 for whoever shows nothing that the channel asks for (DASH-IF Live Media Ingest, 5.3).
pub(super) fn check(
    access: &IngestAccess,
    headers: &HeaderMap,
    certificate: Option<&ClientCertificate>,
) -> Result<(), Fault> {
    if access.is_open()
        || shown(access, headers)
        || certificate.is_some_and(|certificate| known(access, certificate))
    {
        return Ok(());
    }
    let fault = Fault::new(
        StatusCode::FORBIDDEN,
        Blame::Viewer,
        "ingest-refused",
        "The channel does not take pushes from whoever this is.",
    );
    Err(match certificate {
        Some(certificate) => fault.detail(format!("the certificate of {certificate}")),
        None => fault,
    })
}

fn known(access: &IngestAccess, certificate: &ClientCertificate) -> bool {
    access.client_certificates.iter().any(|name| match name {
        ClientName::Sha256(sha256) => certificate.sha256() == sha256,
        ClientName::Name(name) => certificate.is_called(name),
    })
}

fn shown(access: &IngestAccess, headers: &HeaderMap) -> bool {
    let written = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some((scheme, credentials)) = written.and_then(|written| written.split_once(' ')) else {
        return false;
    };
    if scheme.eq_ignore_ascii_case("bearer") {
        let wanted = access.bearer.as_ref();
        return wanted.is_some_and(|wanted| equal(wanted.expose(), credentials.trim().as_bytes()));
    }
    if scheme.eq_ignore_ascii_case("basic")
        && let Some((user, password)) = &access.basic
        && let Ok(decoded) = STANDARD.decode(credentials.trim())
        && let Some(colon) = decoded.iter().position(|byte| *byte == b':')
    {
        let (name, secret) = (&decoded[..colon], &decoded[colon + 1..]);
        return equal(user.as_bytes(), name) & equal(password.expose(), secret);
    }
    false
}

/// Digests are compared: how long that takes tells nothing of how much was right.
fn equal(wanted: &[u8], given: &[u8]) -> bool {
    digest(&SHA256, wanted).as_ref() == digest(&SHA256, given).as_ref()
}

#[cfg(test)]
mod tests;
