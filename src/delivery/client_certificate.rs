//! Who a client is by the certificate it showed.
use std::fmt;

use ring::digest::{SHA256, digest};
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// What a client's certificate says of it. Whether that is so is for the TLS handshake to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Of the whole certificate.
    sha256: [u8; 32],
    dns_names: Vec<String>,
    /// URIs and e-mail addresses; the common name where the certificate has no names but that one.
    other_names: Vec<String>,
}

impl ClientCertificate {
    /// A certificate whose names cannot be read has none.
    pub fn new(certificate: &CertificateDer<'_>) -> Self {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, certificate).as_ref());
        let mut made = Self {
            sha256,
            dns_names: Vec::new(),
            other_names: Vec::new(),
        };
        if let Ok((_, certificate)) = X509Certificate::from_der(certificate) {
            made.read_names(&certificate);
        }
        made
    }

    /// SHA-256 of the whole certificate, as DER.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Whether this is one of its names, a host name in whatever case (RFC 4343). A wildcard is a name like others.
    pub fn is_called(&self, name: &str) -> bool {
        let mut dns_names = self.dns_names.iter();
        dns_names.any(|own| own.eq_ignore_ascii_case(name))
            || self.other_names.iter().any(|own| own == name)
    }

    fn read_names(&mut self, certificate: &X509Certificate<'_>) {
        let Ok(alternative) = certificate.subject_alternative_name() else {
            return;
        };
        for name in alternative
            .iter()
            .flat_map(|extension| &extension.value.general_names)
        {
            match name {
                GeneralName::DNSName(name) => self.dns_names.push((*name).to_owned()),
                GeneralName::URI(name) | GeneralName::RFC822Name(name) => {
                    self.other_names.push((*name).to_owned());
                }
                _ => {}
            }
        }
        // Authorities may be held to names of some kinds (RFC 5280, 4.2.1.10), which the common name is none of: it counts
        // only where there is no other (RFC 6125, 6.4.4).
        if self.dns_names.is_empty() && self.other_names.is_empty() {
            let common_names = certificate.subject().iter_common_name();
            let texts = common_names.filter_map(|name| name.as_str().ok());
            self.other_names.extend(texts.map(str::to_owned));
        }
    }
}

impl fmt::Display for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in self.dns_names.iter().chain(&self.other_names) {
            write!(f, "{name:?}, ")?;
        }
        write!(f, "sha256:{}", hex::encode(self.sha256))
    }
}

#[cfg(test)]
mod tests;
