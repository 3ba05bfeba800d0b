#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use ::cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use aes::cipher::KeyInit;
use proptest::prelude::*;

const KEY: [u8; 16] = [7; 16];
const IV: [u8; 16] = [3; 16];

/// By another implementation, block by block.
fn reference(range: &mut [u8], stride: usize) {
    let mut chain = ::cbc::Encryptor::<Aes128Enc>::new(&KEY.into(), &IV.into());
    for run in range.chunks_mut(stride) {
        if let Some(block) = run.first_chunk_mut::<BLOCK>() {
            chain.encrypt_block(block.into());
        }
    }
}

proptest! {
    #[test]
    fn chains_side_by_side_are_what_they_are_alone(lens in proptest::collection::vec(0..200_usize, 0..30)) {
        let mut ranges: Vec<Vec<u8>> =
            lens.iter().enumerate().map(|(i, &len)| vec![i as u8; len]).collect();
        let mut expected = ranges.clone();
        encrypt_each(&Aes128Enc::new(&KEY.into()), &IV, ranges.iter_mut().map(Vec::as_mut_slice));
        expected.iter_mut().for_each(|range| reference(range, BLOCK));
        prop_assert_eq!(ranges, expected);
    }

    #[test]
    fn one_block_of_each_stride_is_linked(len in 0..2000_usize, blocks in 1..12_usize) {
        let mut range: Vec<u8> = (0..len).map(|i| i as u8).collect();
        let mut expected = range.clone();
        encrypt(&Aes128Enc::new(&KEY.into()), &IV, &mut range, blocks * BLOCK);
        reference(&mut expected, blocks * BLOCK);
        prop_assert_eq!(range, expected);
    }
}
