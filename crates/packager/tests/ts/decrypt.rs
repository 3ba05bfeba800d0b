//! A decryptor of elementary streams under SAMPLE-AES, written from "MPEG-2 Stream Encryption Format for HTTP Live
//! Streaming", 2.2 and 2.3, over another CBC implementation.
use aes::Aes128;
use cbc::Decryptor;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};

use crate::reader::{adts_frames, nal_units};

pub(crate) const KEY: [u8; 16] = *b"sixteen secrets!";
pub(crate) const IV: [u8; 16] = *b"IV of a segment.";

fn chain() -> Decryptor<Aes128> {
    Decryptor::new(&KEY.into(), &IV.into())
}

fn decrypt(chain: &mut Decryptor<Aes128>, block: &mut [u8]) {
    let block: &mut [u8; 16] = block.try_into().unwrap();
    chain.decrypt_block(block.into());
}

/// An access unit of AVC, in its byte stream.
pub(crate) fn picture(stream: &[u8]) -> Vec<u8> {
    let units = nal_units(stream).into_iter();
    units
        .flat_map(|unit| [vec![0, 0, 0, 1], nal_unit(unit)].concat())
        .collect()
}

/// Encrypted_nal_unit, behind emulation prevention.
fn nal_unit(bytes: &[u8]) -> Vec<u8> {
    let is_encrypted = matches!(bytes[0] & 31, 1 | 5) && bytes.len() > 48;
    if !is_encrypted {
        return bytes.to_vec();
    }
    let mut unit: Vec<u8> = Vec::new();
    let mut zeros = 0;
    for byte in bytes {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
        } else {
            unit.push(*byte);
            zeros = if *byte == 0 { zeros + 1 } else { 0 };
        }
    }
    let mut chain = chain();
    let mut at = 32;
    while at < unit.len() {
        if unit.len() - at > 16 {
            decrypt(&mut chain, &mut unit[at..at + 16]);
            at += 16;
        }
        at += 144;
    }
    unit
}

/// ADTS frames.
pub(crate) fn aac(stream: &[u8]) -> Vec<u8> {
    let mut clear = Vec::new();
    for (header, block) in adts_frames(stream) {
        clear.extend(header);
        clear.extend(frame(&mut chain(), block));
    }
    clear
}

/// AC-3, or E-AC-3 with one syncframe in each frame.
pub(crate) fn dolby(mut stream: &[u8], syncframe_len: fn(&[u8]) -> usize) -> Vec<u8> {
    let mut clear = Vec::new();
    while !stream.is_empty() {
        let (syncframe, rest) = stream.split_at(syncframe_len(stream));
        clear.extend(frame(&mut chain(), syncframe));
        stream = rest;
    }
    clear
}

fn frame(chain: &mut Decryptor<Aes128>, bytes: &[u8]) -> Vec<u8> {
    let mut clear = bytes.to_vec();
    if let Some(rest) = clear.get_mut(16..) {
        for block in rest.chunks_exact_mut(16) {
            decrypt(chain, block);
        }
    }
    clear
}

/// ETSI TS 102 366, table 4.13, at 48 kHz: two bytes a word.
pub(crate) fn ac3_len(syncframe: &[u8]) -> usize {
    const KBITS: [usize; 19] = [
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
    ];
    assert_eq!(
        (syncframe[..2].to_vec(), syncframe[4] >> 6),
        (vec![0x0b, 0x77], 0)
    );
    KBITS[usize::from(syncframe[4] & 0x3f) / 2] * 4
}

/// ETSI TS 102 366, E.1.2.2.
pub(crate) fn eac3_len(syncframe: &[u8]) -> usize {
    assert_eq!(syncframe[..2], [0x0b, 0x77]);
    (usize::from(syncframe[2] & 7) << 8 | usize::from(syncframe[3])) * 2 + 2
}
