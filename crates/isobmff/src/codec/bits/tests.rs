#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

#[test]
fn bits_come_most_significant_first() {
    let mut reader = BitReader::new(&[0b1010_0101, 0xff, 0x00, 0x12, 0x34, 0x56]);
    assert_eq!(reader.bits(3), Ok(0b101));
    assert_eq!(reader.flag(), Ok(false));
    assert_eq!(reader.byte(8), Ok(0b0101_1111));
    assert_eq!(reader.bits(32), Ok(0xf001_2345));
    assert_eq!(reader.left(), 4);
    assert_eq!(reader.bits(5), Err(BitsError("it ends early")));
    assert_eq!(reader.bits(4), Ok(6));
    assert_eq!(reader.bits(0), Ok(0));
    assert!(reader.flag().is_err() && reader.skip(1).is_err() && reader.ue().is_err());
}

#[test]
fn exp_golomb_codes_of_the_standard() {
    // ITU-T H.264, tables 9-2 and 9-3: 1 010 011 00100 00101 00110 00111 0001000
    let codes = [
        0b1010_0110,
        0b0100_0010,
        0b1001_1000,
        0b1110_0010,
        0b0000_0000,
    ];
    let mut reader = BitReader::new(&codes);
    let unsigned: Vec<u32> = (0..8).map(|_| reader.ue().unwrap()).collect();
    assert_eq!(unsigned, [0, 1, 2, 3, 4, 5, 6, 7]);
    let mut reader = BitReader::new(&codes);
    let signed: Vec<i32> = (0..8).map(|_| reader.se().unwrap()).collect();
    assert_eq!(signed, [0, 1, -1, 2, -2, 3, -3, 4]);
}

#[test]
fn the_longest_code_is_read_and_a_longer_one_refused() {
    let longest = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe];
    assert_eq!(BitReader::new(&longest).ue(), Ok(u32::MAX - 1));
    assert_eq!(BitReader::new(&longest).se(), Ok(-i32::MAX));
    assert_eq!(
        BitReader::new(&[0; 16]).ue(),
        Err(BitsError("an Exp-Golomb code is too long"))
    );
    assert_eq!(
        BitReader::new(&[0b0110_0000]).ue_to(1),
        Err(BitsError("a value is out of its range"))
    );
}

#[test]
fn emulation_prevention_is_taken_out() {
    assert_eq!(
        unescape(&[0x67, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3]),
        [0x67, 0, 0, 1, 0, 0, 0, 0]
    );
    assert_eq!(unescape(&[0, 3, 0, 0, 4]), [0, 3, 0, 0, 4]);
}

proptest! {
    #[test]
    fn bits_read_piecewise_are_the_bytes(bytes in any::<[u8; 8]>(), cut in 0..=32_u32) {
        let mut reader = BitReader::new(&bytes);
        let mut value = u64::from(reader.bits(cut).unwrap());
        value = value << 32 | u64::from(reader.bits(32).unwrap());
        value = if cut == 32 { value } else { value << (32 - cut) | u64::from(reader.bits(32 - cut).unwrap()) };
        prop_assert_eq!(value, u64::from_be_bytes(bytes));
    }
}
