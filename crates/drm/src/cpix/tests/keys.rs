//! RSA keys and certificates for tests, and documents encrypted for them.
use crate::cpix::*;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use bytes::Bytes;
use ring::hmac;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::{Oaep, RsaPrivateKey};
use sha1::Sha1;
use std::convert::Infallible;
use std::sync::OnceLock;
use zeroize::Zeroizing;

pub(crate) struct Identity {
    pub(crate) key: RsaPrivateKey,
    pub(crate) key_pem: String,
    pub(crate) certificate_pem: String,
    pub(crate) certificate: Bytes,
}

/// Made once: finding primes takes a while.
pub(crate) fn identity(number: usize) -> &'static Identity {
    static IDENTITIES: [OnceLock<Identity>; 2] = [const { OnceLock::new() }; 2];
    IDENTITIES[number].get_or_init(|| {
        let key = RsaPrivateKey::new(&mut Noise(number as u64 + 1), 2048).unwrap();
        let key_pem = key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        let pair = rcgen::KeyPair::from_pem(&key_pem).unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new())
            .unwrap()
            .self_signed(&pair)
            .unwrap();
        Identity {
            key,
            key_pem,
            certificate_pem: certificate.pem(),
            certificate: Bytes::copy_from_slice(certificate.der()),
        }
    })
}

impl Identity {
    pub(crate) fn recipient(&self) -> Recipient {
        Recipient::from_pem(self.certificate_pem.as_bytes(), self.key_pem.as_bytes()).unwrap()
    }

    pub(crate) fn wrap(&self, secret: &[u8]) -> Secret {
        let value = self
            .key
            .to_public_key()
            .encrypt(&mut Noise(99), Oaep::<Sha1>::new(), secret)
            .unwrap();
        Secret::Encrypted(Encrypted {
            algorithm: algorithm::RSA_OAEP.to_owned(),
            value,
            mac: None,
        })
    }
}

pub(crate) const DOCUMENT_KEY: [u8; 32] = [0x77; 32];
pub(crate) const MAC_KEY: [u8; 64] = [0x33; 64];

/// Encrypts the keys of an answer for a recipient.
pub(crate) fn encrypt_for(identity: &Identity, document: &mut Document) {
    document.deliveries = vec![Delivery {
        id: None,
        certificates: vec![identity.certificate.clone()],
        document_keys: vec![DocumentKey {
            secret: identity.wrap(&DOCUMENT_KEY),
            encrypts: Vec::new(),
        }],
        mac: Some(MacMethod {
            algorithm: algorithm::HMAC_SHA512.to_owned(),
            key: identity.wrap(&MAC_KEY),
        }),
    }];
    for key in &mut document.keys {
        if let Some(Secret::Plain(plain)) = &key.secret {
            key.secret = Some(Secret::Encrypted(encrypt(plain)));
        }
    }
}

pub(crate) fn encrypt(plain: &Zeroizing<Vec<u8>>) -> Encrypted {
    let iv = [0x11; 16];
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&DOCUMENT_KEY.into(), &iv.into());
    let mut buffer = vec![0; plain.len() + 16];
    buffer[..plain.len()].copy_from_slice(plain);
    let ciphertext = cipher.encrypt_padded::<Pkcs7>(&mut buffer, plain.len());
    let mut value = iv.to_vec();
    value.extend_from_slice(ciphertext.unwrap());
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, &MAC_KEY), &value);
    Encrypted {
        algorithm: algorithm::AES256_CBC.to_owned(),
        value,
        mac: Some(mac.as_ref().to_vec()),
    }
}

/// The same numbers each time (splitmix64): for tests only.
struct Noise(u64);

impl TryRng for Noise {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> std::result::Result<u32, Infallible> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> std::result::Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let number = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Noise {}
