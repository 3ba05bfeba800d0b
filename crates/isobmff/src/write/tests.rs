#![allow(clippy::unwrap_used)]
use super::*;
use crate::boxes::BoxHeader;

#[test]
fn nested_boxes_have_their_sizes() {
    let mut writer = BoxWriter::new();
    writer.boxed(b"moof", |w| {
        w.full_box(b"mfhd", 0, 0, |w| w.u32(7));
        w.boxed(b"free", |_| {});
    });
    let bytes = writer.into_vec();
    assert_eq!(&bytes[..8], b"\0\0\0\x20moof");
    assert_eq!(&bytes[8..24], b"\0\0\0\x10mfhd\0\0\0\0\0\0\0\x07");
    assert_eq!(&bytes[24..], b"\0\0\0\x08free");
}

#[test]
fn fields_are_big_endian() {
    let mut writer = BoxWriter::with_capacity(64);
    writer.u8(1);
    writer.u16(0x0203);
    writer.u24(0xff04_0506);
    writer.u32(0x0708_090a);
    writer.u64(0x0b0c_0d0e_0f10_1112);
    writer.i16(-2);
    writer.i32(-3);
    writer.i64(-4);
    writer.fourcc(FourCc(*b"cmfc"));
    writer.zeros(2);
    let mut expected: Vec<u8> = (1..=0x12).collect();
    expected.extend([0xff, 0xfe, 0xff, 0xff, 0xff, 0xfd]);
    expected.extend([0xff; 7]);
    expected.extend(b"\xfccmfc\0\0");
    assert_eq!(writer.into_vec(), expected);
}

#[test]
fn a_patch_overwrites_what_was_written() {
    let mut writer = BoxWriter::new();
    writer.boxed(b"trun", |w| w.u32(0));
    writer.patch_u32(8, 0x6400);
    assert_eq!(writer.into_vec(), b"\0\0\0\x0ctrun\0\0\x64\0");
}

#[test]
fn a_box_too_large_for_32_bits_gets_the_64_bit_size() {
    let mut writer = BoxWriter::new();
    writer.bytes(b"ahead");
    let start = writer.len();
    writer.u32(0);
    writer.bytes(b"mdat");
    writer.bytes(b"content");
    writer.close(start, 14);
    let bytes = writer.into_vec();
    let header = BoxHeader::parse(&bytes[start..]).unwrap();
    assert_eq!(
        (header.kind, header.header_len, header.size),
        (FourCc(*b"mdat"), 16, Some(23))
    );
    assert_eq!(&bytes[start + 16..], b"content");
}
