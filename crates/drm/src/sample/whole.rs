//! Full sample encryption (ISO/IEC 23001-7, 9.4): every byte with `cenc`, every whole block with `cbcs`; no subsamples.
use super::cipher::RangeCipher;

pub(super) fn protect(sample: &mut [u8], cipher: &mut RangeCipher<'_>) {
    cipher.protect(sample);
}
