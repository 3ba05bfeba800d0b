//! HLS `METHOD=AES-128`: a whole segment in one CBC chain with PKCS7 padding (RFC 8216, 4.3.2.4 and 5.2; RFC 5652, 6.3).
//!
//! The segment is encrypted where it lies. Its memory has room for the padding from the start:
//!
//! ```
//! use edgepack_drm::{ContentKey, KeyId, aes128};
//!
//! let segment = b"a segment";
//! let mut buffer = vec![0; 16];
//! buffer[..segment.len()].copy_from_slice(segment);
//! let key = ContentKey::new(KeyId([1; 16]), [2; 16]);
//! let len = aes128::encrypt_in_place(&key, &aes128::iv_of_sequence(7), &mut buffer, segment.len())?;
//! assert_eq!(len, 16);
//! # Ok::<(), edgepack_drm::Error>(())
//! ```
use crate::cbc::{self, BLOCK};
use crate::{ContentKey, Error, Result};
use aes::Aes128Enc;
use aes::cipher::KeyInit;

#[cfg(test)]
mod tests;

/// Bytes that padding adds at most.
pub const MAX_PADDING: usize = BLOCK;

/// Length of an encrypted segment: that of the clear one, up to the next multiple of 16 above it. A segment that is a
/// multiple of 16 already gets a whole block of padding.
pub const fn padded_len(len: u64) -> u64 {
    let block = BLOCK as u64;
    (len / block).saturating_add(1).saturating_mul(block)
}

/// Encrypts the first `len` bytes of `buffer` and the padding after them. Returns the length of both, the
/// [`padded_len`] of `len`; what lies behind it stays as it is.
///
/// # Errors
/// [`Error::PaddingRoom`] where the buffer ends before the padding does; it is then unchanged.
pub fn encrypt_in_place(
    key: &ContentKey,
    iv: &[u8; BLOCK],
    buffer: &mut [u8],
    len: usize,
) -> Result<usize> {
    let got = buffer.len();
    let padding = BLOCK - len % BLOCK;
    let segment = len.checked_add(padding).and_then(|end| {
        let segment = buffer.get_mut(..end)?;
        let (_, tail) = segment.split_at_mut_checked(len)?;
        tail.fill(u8::try_from(padding).ok()?);
        Some(segment)
    });
    let segment = segment.ok_or(Error::PaddingRoom { len, got })?;
    cbc::encrypt(&Aes128Enc::new(key.expose().into()), iv, segment, BLOCK);
    Ok(segment.len())
}

/// The IV of a segment whose EXT-X-KEY has none: its media sequence number, big-endian (RFC 8216, 5.2).
pub const fn iv_of_sequence(media_sequence: u64) -> [u8; BLOCK] {
    (media_sequence as u128).to_be_bytes()
}
