//! SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) of the two public key kinds in use, told apart by their fixed first
//! bytes: both are of one length, so nothing is left to parse.
use crate::Algorithm;

/// id-ecPublicKey over prime256v1, uncompressed point (RFC 5480, 2.1.1 and 2.2).
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const P256_POINT: usize = 65;

/// id-Ed25519 (RFC 8410, section 4).
const ED25519_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const ED25519_POINT: usize = 32;

/// The algorithm a DER SubjectPublicKeyInfo is for, and its raw public key.
pub(crate) fn parse(der: &[u8]) -> Option<(Algorithm, &[u8])> {
    if let Some(point) = der.strip_prefix(&P256_HEAD) {
        return (point.len() == P256_POINT && point[0] == 0x04)
            .then_some((Algorithm::Es256, point));
    }
    let point = der.strip_prefix(&ED25519_HEAD)?;
    (point.len() == ED25519_POINT).then_some((Algorithm::EdDsa, point))
}

/// The DER SubjectPublicKeyInfo around a raw public key; `None` for algorithms without one.
pub(crate) fn write(algorithm: Algorithm, point: &[u8]) -> Option<Vec<u8>> {
    let head: &[u8] = match algorithm {
        Algorithm::Hs256 => return None,
        Algorithm::Es256 => &P256_HEAD,
        Algorithm::EdDsa => &ED25519_HEAD,
    };
    Some([head, point].concat())
}
