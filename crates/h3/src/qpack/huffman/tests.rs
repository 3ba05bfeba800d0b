#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn decoded(code: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    decode(code, usize::MAX, &mut out)?;
    Ok(out)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn reads_and_writes_the_samples_of_rfc_7541_c4_and_c6() {
    for (text, code) in [
        ("www.example.com", "f1e3 c2e5 f23a 6ba0 ab90 f4ff"),
        ("no-cache", "a8eb 1064 9cbf"),
        ("custom-key", "25a8 49e9 5ba9 7d7f"),
        ("custom-value", "25a8 49e9 5bb8 e8b4 bf"),
        ("302", "6402"),
        ("private", "aec3 771a 4b"),
        (
            "Mon, 21 Oct 2013 20:13:21 GMT",
            "d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff",
        ),
        (
            "https://www.example.com",
            "9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3",
        ),
        ("307", "640e ff"),
        ("gzip", "9bd9 ab"),
        (
            "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
        ),
    ] {
        let code = hex(code);
        assert_eq!(decoded(&code).unwrap(), text.as_bytes(), "{text}");
        let mut out = Vec::new();
        encode(text.as_bytes(), &mut out);
        assert_eq!(out, code, "{text}");
        assert_eq!(encoded_len(text.as_bytes()), code.len(), "{text}");
    }
}

#[test]
fn the_code_is_complete_and_ends_with_the_end_of_string() {
    let kraft: u64 = LENGTHS.iter().map(|length| 1u64 << (30 - length)).sum();
    assert_eq!(kraft, 1 << 30);
    assert_eq!(TABLES.codes[256], 0x3fff_ffff);
    // Spots of RFC 7541, Appendix B.
    assert_eq!(TABLES.codes[usize::from(b'!')], 0x3f8);
    assert_eq!(TABLES.codes[10], 0x3fff_fffc);
    assert_eq!(TABLES.codes[255], 0x3ff_ffee);
}

#[test]
fn end_of_string_in_the_text_is_refused() {
    assert_eq!(
        decoded(&[0xff, 0xff, 0xff, 0xff]),
        Err(DecodeError::HuffmanEndOfString)
    );
}

#[test]
fn padding_of_a_full_byte_is_refused() {
    // 'a' is 00011; three ones pad it.
    assert_eq!(decoded(&[0b0001_1111]).unwrap(), b"a");
    assert_eq!(
        decoded(&[0b0001_1111, 0xff]),
        Err(DecodeError::HuffmanPadding)
    );
    assert_eq!(decoded(&[0xff]), Err(DecodeError::HuffmanPadding));
}

#[test]
fn padding_with_zeros_is_refused() {
    assert_eq!(decoded(&[0b0001_1000]), Err(DecodeError::HuffmanPadding));
    assert_eq!(decoded(&[0b0001_1110]), Err(DecodeError::HuffmanPadding));
}

#[test]
fn a_text_over_the_bound_is_refused_before_it_is_stored() {
    let mut code = Vec::new();
    encode(&[b'0'; 1000], &mut code);
    let mut out = Vec::new();
    assert_eq!(
        decode(&code, 999, &mut out),
        Err(DecodeError::SectionTooLarge)
    );
    assert_eq!(out.len(), 999);
    out.clear();
    assert_eq!(decode(&code, 1000, &mut out), Ok(()));
}

proptest! {
    #[test]
    fn round_trips(text in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut code = Vec::new();
        encode(&text, &mut code);
        prop_assert_eq!(code.len(), encoded_len(&text));
        prop_assert_eq!(decoded(&code).unwrap(), text);
    }

    #[test]
    fn what_decodes_is_the_only_code_of_its_text(code in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(text) = decoded(&code) {
            let mut again = Vec::new();
            encode(&text, &mut again);
            prop_assert_eq!(again, code);
        }
    }
}
