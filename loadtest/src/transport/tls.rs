//! How servers are believed, and what of their sessions is kept.
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption as Sessions, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::ring;
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::AnyCertificate;
use crate::scenario::{Protocol, Resumption, Tls};

/// Tickets that one viewer keeps, and all of a run.
const SESSIONS_OF_VIEWER: usize = 4;
const SESSIONS_SHARED: usize = 1024;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("tls.trusted: {path}: {what}")]
    Trusted { path: PathBuf, what: String },
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
}

#[derive(Clone, Debug)]
pub struct Config {
    base: Arc<ClientConfig>,
    resumption: Resumption,
}

impl Config {
    pub(super) fn new(settings: &Tls, protocol: Protocol) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let versions: &[&rustls::SupportedProtocolVersion] = match protocol {
            Protocol::Http3 => &[&rustls::version::TLS13],
            Protocol::Http1 | Protocol::Http2 => rustls::ALL_VERSIONS,
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)?;
        let mut config = if settings.insecure {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
                .with_no_client_auth()
        } else {
            let (roots, named) = roots(settings)?;
            let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Named { webpki, named }))
                .with_no_client_auth()
        };
        config.alpn_protocols = vec![match protocol {
            Protocol::Http1 => b"http/1.1".to_vec(),
            Protocol::Http2 => b"h2".to_vec(),
            Protocol::Http3 => b"h3".to_vec(),
        }];
        config.resumption = match settings.resumption {
            Resumption::Off => Sessions::disabled(),
            Resumption::Viewer => Sessions::in_memory_sessions(SESSIONS_OF_VIEWER),
            Resumption::Shared => Sessions::in_memory_sessions(SESSIONS_SHARED),
        };
        Ok(Self {
            base: Arc::new(config),
            resumption: settings.resumption,
        })
    }

    pub(super) fn of_viewer(&self) -> Arc<ClientConfig> {
        match self.resumption {
            Resumption::Off | Resumption::Shared => Arc::clone(&self.base),
            Resumption::Viewer => {
                let mut own = ClientConfig::clone(&self.base);
                own.resumption = Sessions::in_memory_sessions(SESSIONS_OF_VIEWER);
                Arc::new(own)
            }
        }
    }
}

/// The system's with those named, and those named alone.
fn roots(settings: &Tls) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), TlsError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "of the system's certificates");
    }
    roots.add_parsable_certificates(found.certs);
    let Some(path) = &settings.trusted else {
        return Ok((roots, Vec::new()));
    };
    let fault = |what: String| TlsError::Trusted {
        path: path.clone(),
        what,
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault(error.to_string()))?;
    if certificates.is_empty() {
        return Err(fault("no certificate in it".into()));
    }
    for certificate in &certificates {
        roots
            .add(certificate.clone())
            .map_err(|error| fault(error.to_string()))?;
    }
    Ok((roots, certificates))
}

/// Believes whom WebPKI believes; and the very certificate that was named, where it is the server's own. What
/// `openssl req -x509` makes is an authority too, which WebPKI takes for no server (RFC 5280, 4.2.1.9).
#[derive(Debug)]
struct Named {
    webpki: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        if judged.is_err() && self.named.iter().any(|named| named == end_entity) {
            let parsed = ParsedCertificate::try_from(end_entity)?;
            verify_server_name(&parsed, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
