#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::Bytes;
use edgepack_drm::{ContentKey, KeyId};
use edgepack_isobmff::codec::{AvcConfig, VideoInfo};
use edgepack_isobmff::{CodecConfig, FourCc};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn stream(nal_length_size: u8) -> VideoStream {
    let codec = CodecConfig::Avc(AvcConfig {
        format: FourCc(*b"avc1"),
        profile: 66,
        compatibility: 0xc0,
        level: 10,
        nal_length_size,
        sps: vec![Bytes::from_static(&[0x67, 0x42, 0xc0, 0x0a])],
        pps: vec![Bytes::from_static(&[0x68, 0xcb])],
        video: VideoInfo::default(),
    });
    VideoStream::sample_encrypted(&codec).unwrap()
}

fn aes() -> SampleAes {
    SampleAes::new(&ContentKey::new(KeyId([1; 16]), [2; 16]), [3; 16])
}

fn sample(units: &[Vec<u8>], length_size: usize) -> Vec<u8> {
    let unit = |unit: &Vec<u8>| {
        let length = u32::try_from(unit.len()).unwrap().to_be_bytes();
        [&length[4 - length_size..], unit].concat()
    };
    units.iter().flat_map(unit).collect()
}

/// A slice or something else, often with what looks like start codes, sometimes with zeros behind it.
fn unit() -> impl Strategy<Value = Vec<u8>> {
    let header = prop_oneof![Just(0x65_u8), Just(0x41), Just(0x06), Just(0x67)];
    let bytes = prop_oneof![vec(any::<u8>(), 0..220), vec(0..4_u8, 0..220)];
    (header, bytes, 0..3_usize).prop_map(|(header, bytes, zeros)| {
        let mut unit = [&[header], bytes.as_slice(), &[0x80]].concat();
        unit.resize(unit.len() + zeros, 0);
        unit
    })
}

/// What belongs in the byte stream for a unit of the source.
fn expected(unit: &[u8]) -> Vec<u8> {
    let mut unit = unit[..len_without_zeros(unit)].to_vec();
    aes().encrypt_unit(&mut unit).unwrap();
    if !SampleAes::protects(&unit).unwrap() {
        return unit;
    }
    let mut escaped = Vec::new();
    sample_aes::escape(&unit, &mut |bytes| escaped.extend_from_slice(bytes));
    escaped
}

proptest! {
    #[test]
    fn units_are_encrypted_escaped_and_rid_of_zeros(units in vec(unit(), 1..5), length_size in prop_oneof![Just(2_u8), Just(3), Just(4)]) {
        let stream = stream(length_size);
        let mut bytes = sample(&units, length_size.into());
        let mut grown = vec![9];
        let is_moved = stream.encrypt(&aes(), &mut bytes, &mut grown).unwrap();
        prop_assert!(is_moved || grown == [9]);
        let encrypted = if is_moved { &grown[1..] } else { &bytes };
        let found: Vec<&[u8]> = stream.units(encrypted).map(Result::unwrap).collect();
        prop_assert_eq!(found.len(), units.len());
        for (found, unit) in found.iter().zip(&units) {
            let is_protected = SampleAes::protects(&unit[..len_without_zeros(unit)]).unwrap();
            let found = if is_protected || is_moved { found } else { &found[..len_without_zeros(found)] };
            prop_assert_eq!(found, expected(unit));
        }
    }

    #[test]
    fn any_bytes_are_encrypted_or_refused(mut bytes in vec(any::<u8>(), 0..100), length_size in 1..=4_u8) {
        let mut grown = Vec::new();
        let _ = stream(length_size).encrypt(&aes(), &mut bytes, &mut grown);
        prop_assert!(grown.len() <= 4 * 100 + 200);
    }
}

#[test]
fn most_samples_stay_where_they_are() {
    let mut bytes = sample(&[[&[0x65][..], &[0x77; 500]].concat()], 4);
    let before = bytes.clone();
    let mut grown = Vec::new();
    assert_eq!(stream(4).encrypt(&aes(), &mut bytes, &mut grown), Ok(false));
    assert!(bytes != before && bytes[..36] == before[..36] && grown.is_empty());
}

#[test]
fn samples_that_are_no_units_are_refused() {
    for mut bytes in [vec![0, 0], vec![0, 0, 0, 9, 0x65], vec![0, 0, 0, 1, 0x42]] {
        assert!(
            stream(4)
                .encrypt(&aes(), &mut bytes, &mut Vec::new())
                .is_err()
        );
    }
}
