#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::KeyId;
use ::cbc::cipher::block_padding::Pkcs7;
use ::cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use aes::Aes128;
use proptest::prelude::*;
use std::io::Write;
use std::process::{Command, Stdio};

const KEY: [u8; 16] = *b"the content key.";
const IV: [u8; 16] = *b"an explicit IV..";

fn key() -> ContentKey {
    ContentKey::new(KeyId([9; 16]), KEY)
}

fn encrypted(clear: &[u8], iv: &[u8; 16]) -> Vec<u8> {
    let mut buffer = clear.to_vec();
    buffer.resize(clear.len() + MAX_PADDING, 0xee);
    let len = encrypt_in_place(&key(), iv, &mut buffer, clear.len()).unwrap();
    assert!(
        buffer[len..].iter().all(|&byte| byte == 0xee),
        "written past the end"
    );
    buffer.truncate(len);
    buffer
}

proptest! {
    #[test]
    fn another_implementation_gets_the_segment_back(clear in proptest::collection::vec(any::<u8>(), 0..200)) {
        let segment = encrypted(&clear, &IV);
        prop_assert_eq!(segment.len() as u64, padded_len(clear.len() as u64));
        let decrypted = ::cbc::Decryptor::<Aes128>::new(&KEY.into(), &IV.into())
            .decrypt_padded_vec::<Pkcs7>(&segment)
            .unwrap();
        prop_assert_eq!(decrypted, clear);
    }
}

#[test]
fn openssl_gets_the_segment_back() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: no openssl");
        return;
    }
    for len in [0, 1, 15, 16, 17, 188, 188 * 16] {
        let clear: Vec<u8> = (0..len).map(|i| (i * 7 % 251) as u8).collect();
        let iv = iv_of_sequence(0x0102_0304_0506_0708);
        let mut child = Command::new("openssl")
            .args(["enc", "-d", "-aes-128-cbc", "-K", &hex::encode(KEY)])
            .args(["-iv", "00000000000000000102030405060708"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&encrypted(&clear, &iv)).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{len} bytes");
        assert_eq!(output.stdout, clear, "{len} bytes");
    }
}

#[test]
fn a_whole_block_of_padding_follows_whole_blocks() {
    assert_eq!(padded_len(0), 16);
    assert_eq!(padded_len(15), 16);
    assert_eq!(padded_len(16), 32);
    assert_eq!(padded_len(188), 192);
    assert_eq!(padded_len(u64::MAX), u64::MAX);
}

#[test]
fn without_room_for_padding_nothing_is_encrypted() {
    let mut buffer = *b"sixteen bytes...";
    for len in [16, 17, usize::MAX] {
        let outcome = encrypt_in_place(&key(), &IV, &mut buffer, len);
        assert!(matches!(outcome, Err(Error::PaddingRoom { got: 16, .. })));
    }
    assert_eq!(&buffer, b"sixteen bytes...");
}

#[test]
fn the_iv_is_the_media_sequence_number() {
    assert_eq!(iv_of_sequence(0), [0; 16]);
    let mut iv = [0; 16];
    iv[8..].copy_from_slice(&u64::MAX.to_be_bytes());
    assert_eq!(iv_of_sequence(u64::MAX), iv);
    iv[8..].copy_from_slice(&[0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(iv_of_sequence(258), iv);
}
