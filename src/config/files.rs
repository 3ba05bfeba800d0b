//! The files a configuration points to: read whole, within a bound, errors in words.
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer,
};
use zeroize::Zeroizing;

use super::{Secret, Tls};

/// Configurations, keys and certificate chains are far smaller; a device or a film named by mistake is not read.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The file's bytes, wiped when dropped: any of these files may hold a secret.
pub(super) fn bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| described(path, &error))?;
    if !metadata.is_file() {
        return Err(format!("{} is not a file", path.display()));
    }
    let file = File::open(path).map_err(|error| described(path, &error))?;
    // Room for all from the start: a growing buffer would leave copies behind.
    let room = metadata.len().min(MAX_FILE_BYTES) as usize + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| described(path, &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!(
            "{} is larger than {} KiB",
            path.display(),
            MAX_FILE_BYTES / 1024
        ));
    }
    Ok(bytes)
}

pub(super) fn text(path: &Path) -> Result<Zeroizing<String>, String> {
    let bytes = bytes(path)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(format!("{} is not UTF-8 text", path.display())),
    }
}

fn described(path: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("{} does not exist", path.display()),
        std::io::ErrorKind::PermissionDenied => {
            format!("{} may not be read by this user", path.display())
        }
        _ => format!("{}: {error}", path.display()),
    }
}

/// A token secret as written: `hex:…` or `base64:…` for bytes, anything else stands for itself.
/// `None`: not what its prefix says.
pub fn token_secret(written: &[u8]) -> Option<Secret<Vec<u8>>> {
    let bytes = if let Some(digits) = written.strip_prefix(b"hex:") {
        hex::decode(digits).ok()?
    } else if let Some(digits) = written.strip_prefix(b"base64:") {
        STANDARD.decode(digits).ok()?
    } else {
        written.to_vec()
    };
    Some(Secret::new(bytes))
}

/// A file's content without the line end that editors put there.
pub(super) fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// The first `PUBLIC KEY` section, as DER SubjectPublicKeyInfo.
pub(super) fn public_key_from_pem(pem: &[u8]) -> Option<Vec<u8>> {
    SubjectPublicKeyInfoDer::from_pem_slice(pem)
        .ok()
        .map(|der| der.as_ref().to_vec())
}

/// The first `PRIVATE KEY` section, as PKCS #8.
pub fn private_key_from_pem(pem: &[u8]) -> Option<Secret<Vec<u8>>> {
    PrivatePkcs8KeyDer::from_pem_slice(pem)
        .ok()
        .map(|der| Secret::new(der.secret_pkcs8_der().to_vec()))
}

/// What is wrong with a certificate and its key: the key of `[tls]` it concerns, and why.
pub(super) fn check_certificate(tls: &Tls) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let chain = bytes(&tls.certificate).and_then(|pem| {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("{}: {error}", tls.certificate.display()))?;
        if chain.is_empty() {
            return Err(format!(
                "{} holds no CERTIFICATE section",
                tls.certificate.display()
            ));
        }
        Ok(chain)
    });
    let key = bytes(&tls.private_key).and_then(|pem| {
        PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| format!("{} holds no PRIVATE KEY section", tls.private_key.display()))
    });
    match (chain, key) {
        (Ok(chain), Ok(key)) => {
            let provider = rustls::crypto::ring::default_provider();
            match rustls::sign::CertifiedKey::from_der(chain, key, &provider) {
                Ok(_) => {}
                Err(rustls::Error::InconsistentKeys(_)) => wrong.push((
                    "private_key",
                    "the private key is not the certificate's".to_owned(),
                )),
                Err(error) => wrong.push(("certificate", format!("not usable: {error}"))),
            }
        }
        (chain, key) => {
            wrong.extend(chain.err().map(|why| ("certificate", why)));
            wrong.extend(key.err().map(|why| ("private_key", why)));
        }
    }
    wrong
}

/// What is wrong with a file of certificates of authorities.
pub(super) fn check_authorities(file: &Path) -> Result<(), String> {
    let pem = bytes(file)?;
    let not_usable = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| not_usable(&error))?;
        roots.add(certificate).map_err(|error| not_usable(&error))?;
    }
    if roots.is_empty() {
        return Err(format!("{} holds no CERTIFICATE section", file.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
