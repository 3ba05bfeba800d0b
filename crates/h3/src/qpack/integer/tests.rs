#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

#[test]
fn reads_the_samples_of_rfc_7541_c1() {
    for (bits, bytes, value) in [
        (5, &[0x0a][..], 10),
        (5, &[0x1f, 0x9a, 0x0a], 1337),
        (8, &[0x2a], 42),
    ] {
        let mut input = bytes;
        assert_eq!(decode(bits, &mut input), Ok(value));
        assert!(input.is_empty());
        let mut out = Vec::new();
        encode(0, bits, value, &mut out);
        assert_eq!(out, bytes);
    }
}

#[test]
fn sixty_two_bits_are_read_and_more_refused() {
    let mut out = Vec::new();
    encode(0, 3, MAX, &mut out);
    assert_eq!(decode(3, &mut out.as_slice()), Ok(MAX));
    out.clear();
    encode(0, 3, MAX + 1, &mut out);
    assert_eq!(
        decode(3, &mut out.as_slice()),
        Err(DecodeError::IntegerOverflow)
    );
}

#[test]
fn endless_padding_is_refused() {
    let mut padded = vec![0x1f];
    padded.extend([0x80; 64]);
    assert_eq!(
        decode(5, &mut padded.as_slice()),
        Err(DecodeError::IntegerOverflow)
    );
}

proptest! {
    #[test]
    fn round_trips(bits in 1u32..=8, value in 0..=MAX) {
        let mut out = Vec::new();
        encode(0, bits, value, &mut out);
        let mut input = out.as_slice();
        prop_assert_eq!(decode(bits, &mut input), Ok(value));
        prop_assert!(input.is_empty());
        prop_assert_eq!(decode(bits, &mut &out[..out.len() - 1]), Err(DecodeError::Truncated));
    }
}
