#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Against a decryptor written from Apple's text over another CBC implementation.
use super::*;
use crate::KeyId;
use ::cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use aes::Aes128;
use proptest::collection::vec;
use proptest::prelude::*;

const KEY: [u8; 16] = *b"one content key.";
const IV: [u8; 16] = *b"the segment's IV";

fn sample_aes() -> SampleAes {
    SampleAes::new(&ContentKey::new(KeyId([1; 16]), KEY), IV)
}

fn decryptor() -> ::cbc::Decryptor<Aes128> {
    ::cbc::Decryptor::new(&KEY.into(), &IV.into())
}

fn link(chain: &mut ::cbc::Decryptor<Aes128>, block: &mut [u8]) {
    let block: &mut [u8; 16] = block.try_into().unwrap();
    chain.decrypt_block(block.into());
}

/// Encrypted_nal_unit(), emulation prevention taken off first.
fn decrypted_unit(stream: &[u8]) -> Vec<u8> {
    let kind = stream[0] & 31;
    if stream.len() <= 48 || !matches!(kind, 1 | 5) {
        return stream.to_vec();
    }
    let mut unit = unescaped(stream);
    let mut chain = decryptor();
    let mut rest = &mut unit[32..];
    while !rest.is_empty() {
        if rest.len() > 16 {
            let (block, after) = rest.split_at_mut(16);
            link(&mut chain, block);
            rest = after;
        }
        let clear = rest.len().min(144);
        rest = &mut rest[clear..];
    }
    unit
}

fn unescaped(stream: &[u8]) -> Vec<u8> {
    let mut unit = Vec::new();
    let mut zeros = 0;
    for &byte in stream {
        if zeros == 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        unit.push(byte);
    }
    unit
}

fn decrypted_frame(frame: &mut [u8], chain: &mut ::cbc::Decryptor<Aes128>) {
    if frame.len() > 16 {
        frame[16..]
            .chunks_exact_mut(16)
            .for_each(|block| link(chain, block));
    }
}

fn in_stream(unit: &[u8]) -> Vec<u8> {
    let mut unit = unit.to_vec();
    sample_aes().encrypt_unit(&mut unit).unwrap();
    let mut stream = Vec::new();
    if SampleAes::protects(&unit).unwrap() {
        escape(&unit, &mut |bytes| stream.extend_from_slice(bytes));
        assert_eq!(stream.len(), unit.len() + escapes(&unit));
    } else {
        stream = unit;
    }
    stream
}

/// Bytes that often need emulation prevention; the last one is no zero.
fn unit(kind: u8) -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![vec(any::<u8>(), 0..700), vec(0..5_u8, 0..700),];
    bytes.prop_map(move |bytes| [&[0x60 | kind], bytes.as_slice(), &[0x80]].concat())
}

proptest! {
    #[test]
    fn a_decryptor_finds_the_unit_of_the_source(unit in prop_oneof![unit(1), unit(5), unit(6)]) {
        let stream = in_stream(&unit);
        if SampleAes::protects(&unit).unwrap() {
            let emulated = stream.windows(3).any(|bytes| bytes[..2] == [0, 0] && bytes[2] < 3);
            prop_assert!(!emulated, "a start code within a unit");
        }
        prop_assert_eq!(decrypted_unit(&stream), unit);
    }

    #[test]
    fn frames_are_decrypted_one_by_one(mut frames in vec(vec(any::<u8>(), 0..200), 0..20)) {
        let clear = frames.clone();
        sample_aes().encrypt_frames(frames.iter_mut().map(Vec::as_mut_slice));
        for (frame, clear) in frames.iter_mut().zip(clear) {
            prop_assert_eq!(*frame == clear, clear.len() < 32);
            decrypted_frame(frame, &mut decryptor());
            prop_assert_eq!(&*frame, &clear);
        }
    }

    #[test]
    fn a_chain_goes_on_over_the_syncframes_of_a_frame(sizes in vec(2..150_usize, 1..4)) {
        let mut frame = Vec::new();
        for (number, words) in sizes.iter().enumerate() {
            let start = frame.len();
            frame.resize(start + words * 2, number as u8);
            let [high, low] = ((words - 1) as u16).to_be_bytes();
            frame[start..start + 4].copy_from_slice(&[0x0b, 0x77, high, low]);
        }
        let clear = frame.clone();
        sample_aes().encrypt_eac3_frame(&mut frame).unwrap();
        let mut chain = decryptor();
        let mut rest = frame.as_mut_slice();
        for words in sizes {
            let (syncframe, after) = rest.split_at_mut(words * 2);
            decrypted_frame(syncframe, &mut chain);
            rest = after;
        }
        prop_assert_eq!(frame, clear);
    }
}

#[test]
fn bytes_of_a_unit_are_encrypted_as_the_format_lists_them() {
    let clear: Vec<u8> = [&[0x65][..], &[0x55; 32 + 160 + 16]].concat();
    let mut unit = clear.clone();
    sample_aes().encrypt_unit(&mut unit).unwrap();
    let changed: Vec<usize> = (0..unit.len())
        .filter(|&at| unit[at] != clear[at])
        .collect();
    let within = |range: std::ops::Range<usize>| changed.iter().any(|at| range.contains(at));
    assert!(!within(0..32) && within(32..48) && !within(48..192) && within(192..208));
    assert!(!within(208..209));
}

#[test]
fn a_unit_of_48_bytes_stays_clear_and_one_of_49_does_not() {
    for (len, changes) in [(48, false), (49, true)] {
        let clear: Vec<u8> = [&[0x41][..], &vec![0x55; len - 1]].concat();
        let mut unit = clear.clone();
        sample_aes().encrypt_unit(&mut unit).unwrap();
        assert_eq!(unit != clear, changes, "{len} bytes");
    }
}

#[test]
fn a_last_block_that_nothing_follows_stays_clear() {
    let clear: Vec<u8> = [&[0x41][..], &[0x55; 31 + 160 + 16]].concat();
    let mut unit = clear.clone();
    sample_aes().encrypt_unit(&mut unit).unwrap();
    assert_eq!(unit[48..], clear[48..]);
}

#[test]
fn data_partitions_are_refused() {
    for header in [0x42, 0x43, 0x44] {
        let refused = sample_aes().encrypt_unit(&mut [header; 64]);
        assert_eq!(refused, Err(Unprotectable::DataPartition));
    }
}

#[test]
fn what_is_no_row_of_syncframes_is_refused() {
    for frame in [
        &mut [0x0b, 0x77, 0, 4, 0, 0, 0, 0][..],
        &mut [0x0b, 0x77, 0, 1, 0x0b],
        &mut [0; 40],
    ] {
        let refused = sample_aes().encrypt_eac3_frame(frame);
        assert_eq!(refused, Err(Unprotectable::Syncframe));
    }
}

#[test]
fn key_and_iv_are_not_shown() {
    assert_eq!(format!("{:?}", sample_aes()), "SampleAes { .. }");
}
