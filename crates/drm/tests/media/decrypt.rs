//! A decryptor from the text of ISO/IEC 23001-7, one block at a time. Counter mode is built from single blocks of AES;
//! nothing of it is shared with the encryptor.
use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use edgepack_drm::Subsample;

pub struct Parameters<'a> {
    pub key: &'a [u8; 16],
    /// The sample's own (8 bytes, `cenc`) or the constant one (16 bytes, `cbcs`).
    pub iv: &'a [u8],
    /// Crypt and skip blocks; (0, 0) for none.
    pub pattern: (usize, usize),
    /// Empty: the whole sample.
    pub subsamples: &'a [Subsample],
}

pub fn sample(bytes: &mut [u8], p: &Parameters<'_>) {
    let whole = [Subsample {
        clear: 0,
        protected: u32::try_from(bytes.len()).unwrap(),
    }];
    let subsamples = if p.subsamples.is_empty() {
        &whole
    } else {
        p.subsamples
    };
    let mut at = 0;
    let mut position = 0;
    for subsample in subsamples {
        at += usize::from(subsample.clear);
        let range = &mut bytes[at..at + subsample.protected as usize];
        at += range.len();
        match p.iv.len() {
            8 => counter(range, p, &mut position),
            16 => chain(range, p),
            other => panic!("IV of {other} bytes"),
        }
    }
    assert_eq!(at, bytes.len(), "subsamples add up to the sample");
}

/// `position`: bytes of key stream used by the ranges before.
fn counter(range: &mut [u8], p: &Parameters<'_>, position: &mut u64) {
    let aes = Aes128::new(p.key.into());
    for byte in range {
        let mut block = [0; 16];
        block[..8].copy_from_slice(p.iv);
        block[8..].copy_from_slice(&(*position / 16).to_be_bytes());
        let mut block = block.into();
        aes.encrypt_block(&mut block);
        *byte ^= block[usize::try_from(*position % 16).unwrap()];
        *position += 1;
    }
}

fn chain(range: &mut [u8], p: &Parameters<'_>) {
    let (crypt, skip) = if p.pattern == (0, 0) {
        (1, 0)
    } else {
        p.pattern
    };
    let mut cbc = cbc::Decryptor::<Aes128>::new_from_slices(p.key, p.iv).unwrap();
    for (i, block) in range.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        if i % (crypt + skip) < crypt {
            cbc.decrypt_block(block.into());
        }
    }
}
