//! Certificates and TLS for TCP and QUIC: one resolver serves both.
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::PublicKeyData;
use rustls::crypto::ring as provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

mod clients;

pub use clients::ClientAuthorities;

/// Largest certificate or key file.
const FILE_MAX_BYTES: u64 = 1024 * 1024;
/// Most certificates in a chain.
const CHAIN_MAX: usize = 16;
/// Content of sealed records that may wait in one connection for the socket. Larger, and a write to a fast client
/// takes fewer system calls; smaller, and a slow client costs less memory.
pub const SEALED_BYTES_MAX: usize = 128 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: larger than {FILE_MAX_BYTES} bytes, which no certificate or key is", path.display())]
    TooLarge { path: PathBuf },
    #[error("{}: not a PEM file: {source}", path.display())]
    Pem {
        path: PathBuf,
        source: rustls_pki_types::pem::Error,
    },
    #[error("{}: holds no certificate; a PEM file with the server's certificate first is needed", path.display())]
    NoCertificate { path: PathBuf },
    #[error("{}: holds no certificate; a PEM file with those who certify clients is needed", path.display())]
    NoAuthority { path: PathBuf },
    #[error("{}: holds a certificate that is none of who certifies clients: {source}", path.display())]
    Authority {
        path: PathBuf,
        source: rustls::Error,
    },
    #[error("{}: holds no private key (PKCS #8, PKCS #1 or SEC 1)", path.display())]
    NoKey { path: PathBuf },
    #[error("{}: no key that can sign for TLS: {source}", path.display())]
    Key {
        path: PathBuf,
        source: rustls::Error,
    },
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("a self-signed certificate could not be made: {0}")]
    SelfSigned(#[from] rcgen::Error),
}

/// The node's certificate, replaceable while it runs.
#[derive(Debug)]
pub struct Certificates(RwLock<Arc<CertifiedKey>>);

impl Certificates {
    /// From PEM files.
    ///
    /// # Errors
    /// [`Error`] names the file.
    pub fn load(certificate: &Path, key: &Path) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self(RwLock::new(load(certificate, key)?))))
    }

    /// Reads the files again; connections from now on get what they hold, those that are open go on. On an
    /// error all stays as it was. Says whether it is another certificate.
    ///
    /// # Errors
    /// [`Error`] names the file.
    pub fn reload(&self, certificate: &Path, key: &Path) -> Result<bool, Error> {
        let loaded = load(certificate, key)?;
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let other = current.cert != loaded.cert;
        *current = loaded;
        Ok(other)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.0.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

/// TLS 1.2 and 1.3, HTTP/2 preferred; the QUIC endpoint makes its own of it. Tickets let a returning client skip the certificate.
/// With `clients` everybody is asked for a certificate.
///
/// # Errors
/// When the TLS library has no randomness to make ticket keys from.
pub fn tcp_config(
    certificates: Arc<Certificates>,
    clients: Option<&ClientAuthorities>,
) -> Result<Arc<rustls::ServerConfig>, Error> {
    let builder =
        rustls::ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
    let builder = match clients {
        Some(clients) => builder.with_client_cert_verifier(clients.verifier()),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = provider::Ticketer::new()?;
    // Tickets carry the state themselves.
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// The same for connections whose keys are given to the kernel.
pub fn for_kernel(config: &rustls::ServerConfig) -> Arc<rustls::ServerConfig> {
    let mut config = config.clone();
    config.enable_secret_extraction = true;
    Arc::new(config)
}

/// A certificate for demos and tests; no client trusts it unasked.
#[derive(Debug)]
pub struct SelfSigned {
    pub certificate_pem: String,
    pub key_pem: String,
    /// Base64, as Chromium's `--ignore-certificate-errors-spki-list` takes it.
    pub spki_sha256: String,
}

impl SelfSigned {
    /// For `names`, DNS names or IP addresses.
    ///
    /// # Errors
    /// When a name is none.
    pub fn new(names: &[&str]) -> Result<Self, Error> {
        let key = rcgen::KeyPair::generate()?;
        let mut params = rcgen::CertificateParams::new(
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>(),
        )?;
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "edgepack self-signed");
        let certificate = params.self_signed(&key)?;
        let spki = ring::digest::digest(&ring::digest::SHA256, &key.subject_public_key_info());
        Ok(Self {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            spki_sha256: BASE64_STANDARD.encode(spki),
        })
    }

    /// For the machine itself: `localhost`, 127.0.0.1 and ::1.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn for_localhost() -> Result<Self, Error> {
        Self::new(&["localhost", "127.0.0.1", "::1"])
    }
}

fn load(certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>, Error> {
    let pem = |path: &Path, source| Error::Pem {
        path: path.to_owned(),
        source,
    };
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?)
        .take(CHAIN_MAX)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| pem(certificate, source))?;
    if chain.is_empty() {
        return Err(Error::NoCertificate {
            path: certificate.to_owned(),
        });
    }
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|source| match source {
        rustls_pki_types::pem::Error::NoItemsFound => Error::NoKey {
            path: key.to_owned(),
        },
        source => pem(key, source),
    })?;
    let signing = provider::sign::any_supported_type(&private).map_err(|source| Error::Key {
        path: key.to_owned(),
        source,
    })?;
    let certified = CertifiedKey::new(chain, signing);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(Arc::new(certified))
        }
        Err(rustls::Error::InconsistentKeys(_)) => Err(Error::Mismatch {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        }),
        Err(source) => Err(Error::Tls(source)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > FILE_MAX_BYTES {
        return Err(Error::TooLarge {
            path: path.to_owned(),
        });
    }
    std::fs::read(path).map_err(failed)
}

#[cfg(test)]
mod tests;
