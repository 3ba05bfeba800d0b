//! TLS 1.3 with one cipher and no doubts about the server.
use std::sync::Arc;

use edgepack_loadtest::transport::AnyCertificate;

use crate::Result;

/// `alpn`: the one protocol that is offered.
pub(super) fn config(alpn: &[u8]) -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::CryptoProvider {
        // What all servers do fastest, so that the comparison is not one of ciphers.
        cipher_suites: vec![rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256],
        ..rustls::crypto::ring::default_provider()
    });
    let mut config = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        // It was made a moment ago for a server on this machine's loopback.
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    Ok(config)
}
