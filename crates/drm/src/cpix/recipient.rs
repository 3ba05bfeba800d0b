//! Keys encrypted for us: RSA for the document's keys, AES and a MAC for each content key (CPIX, "Key Encryption").
use super::algorithm::{AES256_CBC, HMAC_SHA512, RSA_OAEP};
use super::document::{Delivery, Document, Encrypted, Secret};
use super::{Error, Result};
use crate::KeyId;
use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use bytes::Bytes;
use ring::hmac;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha1::Sha1;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

#[cfg(test)]
mod tests;

/// Bits of an RSA key: the least that SPEKE allows, and the most that is worth its time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// AES-256.
const DOCUMENT_KEY: usize = 32;
/// Bytes of a MAC key: HMAC-SHA512 gains nothing beyond its block.
const MAC_KEY: std::ops::RangeInclusive<usize> = 16..=128;

/// Our certificate with its private key: keys can be encrypted for it.
#[derive(Clone)]
pub struct Recipient {
    certificate: Bytes,
    key: RsaPrivateKey,
}

impl Recipient {
    /// From PEM: an X.509 certificate (the first, if there are several), and an RSA key as PKCS #8 or PKCS #1.
    ///
    /// # Errors
    /// [`Error::Configuration`]: not PEM, not RSA, fewer than 2048 bits, or not each other's.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self> {
        let certificate = CertificateDer::from_pem_slice(certificate)
            .map_err(|_| Error::Configuration("no certificate in PEM"))?;
        let mut pem = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| Error::Configuration("no private key in PEM"))?;
        let key = match &pem {
            PrivateKeyDer::Pkcs1(der) => RsaPrivateKey::from_pkcs1_der(der.secret_pkcs1_der()).ok(),
            PrivateKeyDer::Pkcs8(der) => RsaPrivateKey::from_pkcs8_der(der.secret_pkcs8_der()).ok(),
            _ => None,
        };
        pem.zeroize();
        let key = key.ok_or(Error::Configuration("the private key is not an RSA key"))?;
        if !RSA_BITS.contains(&(key.size() * 8)) {
            return Err(Error::Configuration(
                "the RSA key has not between 2048 and 8192 bits",
            ));
        }
        let parsed = webpki::EndEntityCert::try_from(&certificate)
            .map_err(|_| Error::Configuration("the certificate cannot be read"))?;
        let public = RsaPublicKey::from_public_key_der(&parsed.subject_public_key_info()).ok();
        if public.as_ref() != Some(key.as_public_key()) {
            return Err(Error::Configuration(
                "the private key is not that of the certificate",
            ));
        }
        Ok(Self {
            certificate: Bytes::copy_from_slice(&certificate),
            key,
        })
    }

    /// DER, for [`Request::certificate`](super::Request::certificate).
    pub fn certificate(&self) -> &Bytes {
        &self.certificate
    }

    /// Unwraps the document's keys that are meant for us.
    pub(super) fn open(&self, document: &Document) -> Result<Keyring> {
        let ours = |delivery: &&Delivery| delivery.certificates.contains(&self.certificate);
        let delivery = document
            .deliveries
            .iter()
            .find(ours)
            .ok_or_else(|| refuse("not encrypted for the configured certificate"))?;
        let mac = delivery
            .mac
            .as_ref()
            .ok_or_else(|| refuse("no MAC method"))?;
        if mac.algorithm != HMAC_SHA512 {
            return Err(refuse("the MAC is not HMAC-SHA512"));
        }
        let mac_key = self.unwrap(&mac.key)?;
        if !MAC_KEY.contains(&mac_key.len()) {
            return Err(refuse("the MAC key has an unfit length"));
        }
        let mut keys = Vec::new();
        for key in &delivery.document_keys {
            if key.encrypts.is_empty() && delivery.document_keys.len() > 1 {
                return Err(refuse(
                    "several document keys, and one does not say for what",
                ));
            }
            let secret = self.unwrap(&key.secret)?;
            if secret.len() != DOCUMENT_KEY {
                return Err(refuse("the document key has not 32 bytes"));
            }
            keys.push((key.encrypts.clone(), secret));
        }
        Ok(Keyring {
            keys,
            mac: hmac::Key::new(hmac::HMAC_SHA512, &mac_key),
        })
    }

    fn unwrap(&self, secret: &Secret) -> Result<Zeroizing<Vec<u8>>> {
        let Secret::Encrypted(encrypted) = secret else {
            return Err(refuse("a document key in the clear"));
        };
        if encrypted.algorithm != RSA_OAEP {
            return Err(refuse("a document key not under RSA-OAEP with SHA-1"));
        }
        self.key
            .decrypt(Oaep::<Sha1>::new(), &encrypted.value)
            .map(Zeroizing::new)
            .map_err(|_| refuse("a document key that the private key does not open"))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient").finish_non_exhaustive()
    }
}

/// The keys that open a document's content keys.
pub(super) struct Keyring {
    /// Each with the content keys it is for; none named means all.
    keys: Vec<(Vec<KeyId>, Zeroizing<Vec<u8>>)>,
    mac: hmac::Key,
}

impl Keyring {
    /// The MAC is checked before anything is decrypted.
    pub(super) fn content_key(
        &self,
        kid: KeyId,
        encrypted: &Encrypted,
    ) -> Result<Zeroizing<[u8; 16]>> {
        let refuse = |reason| Error::Delivery {
            kid: Some(kid),
            reason,
        };
        let mac = encrypted.mac.as_deref().ok_or(refuse("no MAC"))?;
        hmac::verify(&self.mac, &encrypted.value, mac).map_err(|_| refuse("wrong MAC"))?;
        if encrypted.algorithm != AES256_CBC {
            return Err(refuse("not under AES-256-CBC"));
        }
        let (_, key) = self
            .keys
            .iter()
            .find(|(kids, _)| kids.is_empty() || kids.contains(&kid))
            .ok_or(refuse("no document key for it"))?;
        let (iv, ciphertext) = encrypted
            .value
            .split_first_chunk::<16>()
            .ok_or(refuse("too short"))?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let plain = cbc::Decryptor::<Aes256>::new_from_slices(key, iv)
            .ok()
            .and_then(|cipher| cipher.decrypt_padded::<Pkcs7>(&mut buffer).ok())
            .ok_or(refuse("cannot be decrypted"))?;
        let plain: &[u8; 16] = plain.try_into().map_err(|_| refuse("not 16 bytes"))?;
        Ok(Zeroizing::new(*plain))
    }
}

fn refuse(reason: &'static str) -> Error {
    Error::Delivery { kid: None, reason }
}
