//! Certificates of clients: who may have signed them, and whose they are.
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring as provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{HandshakeKind, RootCertStore, ServerConnection};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{Error, read};
use crate::delivery::ClientCertificate;

/// Those who certify clients. Clients are asked for a certificate, and need not have one; one that is not certified
/// by these ends the handshake.
#[derive(Debug, Clone)]
pub struct ClientAuthorities(Arc<dyn ClientCertVerifier>);

impl ClientAuthorities {
    /// From a PEM file.
    ///
    /// # Errors
    /// [`Error`] names the file.
    pub fn load(file: &Path) -> Result<Self, Error> {
        let authority = |source| Error::Authority {
            path: file.to_owned(),
            source,
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&read(file)?) {
            let certificate = certificate.map_err(|source| Error::Pem {
                path: file.to_owned(),
                source,
            })?;
            roots.add(certificate).map_err(authority)?;
        }
        let provider = Arc::new(provider::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .allow_unauthenticated()
            .build()
            // Without revocation lists there is one reason.
            .map_err(|_| Error::NoAuthority {
                path: file.to_owned(),
            })?;
        Ok(Self(verifier))
    }

    pub(super) fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.0)
    }

    /// Who is at the other end, once the handshake is over. `None`: showed no certificate, or resumed a session with
    /// one that is not valid any longer.
    pub fn identify(&self, tls: &ServerConnection) -> Option<Arc<ClientCertificate>> {
        let chain = tls.peer_certificates()?;
        // A ticket remembers the certificate and not until when it is good, and each resumption brings another ticket.
        if tls.handshake_kind() == Some(HandshakeKind::Resumed)
            && !self.is_good(chain, UnixTime::now())
        {
            return None;
        }
        Some(Arc::new(ClientCertificate::new(chain.first()?)))
    }

    fn is_good(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> bool {
        chain
            .split_first()
            .is_some_and(|(own, others)| self.0.verify_client_cert(own, others, now).is_ok())
    }
}

#[cfg(test)]
mod tests;
