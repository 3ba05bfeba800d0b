//! Where initialisation vectors come from.
use crate::{ContentKey, Scheme};
use ring::digest::{Context, SHA256};

#[cfg(test)]
mod tests;

/// Changes whenever the same source would give other IVs than before.
const FORMAT: &[u8] = b"edgepack iv 1";

/// Where IVs start. `cenc`: the 8-byte IV of sample i is `base + i` (wrapping, big-endian). `cbcs`: the constant IV.
///
/// # Why no key stream is used twice
///
/// In counter mode a block is encrypted with AES(key, IV ‖ block counter), both halves 64 bits (ISO/IEC 23001-7, 9.3),
/// the counter from 0 on over all protected ranges of a sample. A sample has less than 2^32 bytes, so the counter
/// never reaches the IV's half, and two samples can share key stream only if they share key and IV. Within a track
/// they do not: sample numbers have 32 bits, and `base + i` repeats after 2^64. Two tracks under one key start at bases
/// drawn by SHA-256 from their identities; runs of m and n samples then meet with probability (m + n) ÷ 2^64, which for
/// a thousand tracks of a million samples each, all pairs together, is below 10^-7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IvSeed {
    pub cenc_base: u64,
    pub cbcs: [u8; 16],
}

impl IvSeed {
    /// SHA-256 of (format version, scheme label, KID, track identity): the same on every node of a fleet,
    /// different for every track that shares a key. `track_identity` is the source fingerprint and the rendition's name.
    ///
    /// The identity must change whenever the track's bytes change: counter mode with the same key and IV over two
    /// versions of a sample gives both away.
    pub fn derive(key: &ContentKey, track_identity: &[u8]) -> Self {
        let [b0, b1, b2, b3, b4, b5, b6, b7, ..] = digest(Scheme::Cenc, key, track_identity);
        Self {
            cenc_base: u64::from_be_bytes([b0, b1, b2, b3, b4, b5, b6, b7]),
            cbcs: digest(Scheme::Cbcs, key, track_identity),
        }
    }

    pub(super) fn cenc_iv(&self, index: u32) -> [u8; 8] {
        self.cenc_base.wrapping_add(u64::from(index)).to_be_bytes()
    }
}

/// The first half of the digest. Every field but the last has a fixed length, so no two inputs look alike.
fn digest(scheme: Scheme, key: &ContentKey, track_identity: &[u8]) -> [u8; 16] {
    let mut context = Context::new(&SHA256);
    context.update(FORMAT);
    context.update(&scheme.fourcc());
    context.update(&key.kid.0);
    context.update(track_identity);
    let digest = context.finish();
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_ref()[..16]);
    half
}
