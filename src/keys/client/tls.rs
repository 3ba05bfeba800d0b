//! Whom a key server must be certified by, and who we are.
use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::KeyServer;

/// TLS 1.2 and 1.3.
///
/// # Errors
/// Files that hold no certificate or key, or a system without roots; in words.
pub(super) fn config(server: &KeyServer) -> Result<Arc<ClientConfig>, String> {
    let identity = server.client_certificate.as_deref();
    client_config(
        server.ca_file.as_deref(),
        identity.zip(server.client_key.as_deref()),
    )
}

/// For HTTP/1.1 with a server that is certified by one of `ca_file`, or of the system's roots. `identity`: who we are,
/// certificate and key.
///
/// # Errors
/// As of [`config`].
pub(crate) fn client_config(
    ca_file: Option<&Path>,
    identity: Option<(&Path, &Path)>,
) -> Result<Arc<ClientConfig>, String> {
    let roots = match ca_file {
        Some(file) => from_file(file)?,
        None => from_system()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    let mut config = match identity {
        Some((certificate, key)) => {
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| format!("client_key {}: {error}", key.display()))?;
            builder
                .with_client_auth_cert(certificates(certificate)?, key)
                .map_err(|error| format!("client_certificate {}: {error}", certificate.display()))?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn from_file(file: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots
            .add(certificate)
            .map_err(|error| format!("ca_file {}: {error}", file.display()))?;
    }
    Ok(roots)
}

fn from_system() -> Result<RootCertStore, String> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 {
        return Err("the system has no root certificates; name them in `ca_file`".into());
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let certificates = CertificateDer::pem_file_iter(file)
        .map_err(|error| fault(&error))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fault(&error))?;
    if certificates.is_empty() {
        return Err(fault(&"no CERTIFICATE section"));
    }
    Ok(certificates)
}
