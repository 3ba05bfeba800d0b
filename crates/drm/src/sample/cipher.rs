//! The two ciphers over the protected ranges of one sample.
use crate::cbc::{self, BLOCK};
use crate::{Scheme, TrackEncryption};
use aes::Aes128Enc;
use aes::cipher::common::InnerIvInit;
use aes::cipher::{Block, StreamCipher, StreamCipherCoreWrapper};
use ctr::CtrCore;
use ctr::flavors::Ctr64BE;

/// Encrypts the protected ranges of one sample, in order.
pub(super) enum RangeCipher<'k> {
    /// Counter mode, continuous over the ranges (ISO/IEC 23001-7, 9.5.1): the 8-byte IV, then a 64-bit block counter
    /// that starts at 0 and never carries into the IV (9.3).
    Counter(StreamCipherCoreWrapper<CtrCore<&'k Aes128Enc, Ctr64BE>>),
    /// CBC, chained within a range and started anew with the constant IV at the next (10.4.2).
    Chain {
        aes: &'k Aes128Enc,
        iv: [u8; BLOCK],
        stride: usize,
    },
}

impl<'k> RangeCipher<'k> {
    /// `iv`: the sample's own, for `cenc`.
    pub(super) fn new(aes: &'k Aes128Enc, track: &TrackEncryption, iv: Option<[u8; 8]>) -> Self {
        match track.scheme {
            Scheme::Cenc => {
                let mut counter_block = Block::<Aes128Enc>::default();
                if let Some(iv) = iv {
                    counter_block[..8].copy_from_slice(&iv);
                }
                let core = CtrCore::inner_iv_init(aes, &counter_block);
                Self::Counter(StreamCipherCoreWrapper::from_core(core))
            }
            Scheme::Cbcs => Self::Chain {
                aes,
                iv: track.constant_iv.unwrap_or_default(),
                // Of each run of crypt + skip blocks the first is encrypted; without a pattern (0:0) every block is.
                stride: BLOCK * usize::from(track.crypt_byte_block + track.skip_byte_block).max(1),
            },
        }
    }

    /// With CBC, what is left over after the last whole block stays clear (10.4.2).
    pub(super) fn protect(&mut self, range: &mut [u8]) {
        match self {
            Self::Counter(counter) => counter.apply_keystream(range),
            Self::Chain { aes, iv, stride } => {
                cbc::encrypt(aes, iv, range, *stride);
            }
        }
    }
}
