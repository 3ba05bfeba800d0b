#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::{Error, Limits};

type Fields = Vec<(Vec<u8>, Vec<u8>, bool)>;

fn read(section: &[u8], limits: &Limits) -> Result<Fields, DecodeError> {
    let mut section = FieldSection::new(section, limits)?;
    let mut fields = Vec::new();
    while let Some(line) = section.next_line()? {
        fields.push((line.name.to_vec(), line.value.to_vec(), line.never_indexed));
    }
    Ok(fields)
}

fn lenient() -> Limits {
    Limits {
        max_field_section_size: 1 << 20,
        max_fields: 1000,
        ..Limits::default()
    }
}

#[test]
fn reads_and_writes_rfc_9204_appendix_b1() {
    // A literal with a static name: :path /index.html, without Huffman code.
    let section = b"\x00\x00\x51\x0b/index.html";
    let fields = read(section, &Limits::default()).unwrap();
    assert_eq!(
        fields,
        [(b":path".to_vec(), b"/index.html".to_vec(), false)]
    );
    let mut written = Vec::new();
    write_prefix(&mut written);
    write_field(":path", b"/index.html", false, &mut written);
    assert!(written.len() < section.len());
    assert_eq!(read(&written, &Limits::default()).unwrap(), fields);
}

#[test]
fn references_to_the_dynamic_table_are_refused() {
    // RFC 9204, B.2, B.3 and B.4: Required Insert Count above 0.
    for section in [
        &b"\x03\x81\x10\x11"[..],
        b"\x05\x00\x80\xc1\x81",
        b"\x03\x00\x80",
    ] {
        assert_eq!(
            read(section, &Limits::default()),
            Err(DecodeError::DynamicReference)
        );
    }
    // With a Required Insert Count of 0: indexed, name reference, post-base index, post-base name.
    for line in [
        &b"\x80"[..],
        b"\x40\x01x",
        b"\x10",
        b"\x1f\x05",
        b"\x00\x01x",
    ] {
        let section = [&b"\x00\x00"[..], line].concat();
        assert_eq!(
            read(&section, &Limits::default()),
            Err(DecodeError::DynamicReference)
        );
    }
}

#[test]
fn a_negative_base_is_refused_and_a_positive_one_ignored() {
    assert_eq!(
        read(b"\x00\x80", &Limits::default()),
        Err(DecodeError::NegativeBase)
    );
    assert_eq!(read(b"\x00\x05", &Limits::default()), Ok(vec![]));
}

#[test]
fn static_indices_end_at_98() {
    assert_eq!(
        read(b"\x00\x00\xff\x23", &Limits::default()).unwrap()[0].1,
        b"sameorigin"
    );
    assert_eq!(
        read(b"\x00\x00\xff\x24", &Limits::default()),
        Err(DecodeError::StaticIndex(99))
    );
    assert_eq!(
        read(b"\x00\x00\x5f\x54\x00", &Limits::default()),
        Err(DecodeError::StaticIndex(99))
    );
}

#[test]
fn a_length_beyond_the_section_is_refused() {
    for section in [
        &b"\x00\x00\x51\x0b/index"[..],
        b"\x00\x00\x27\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x00\x00\x51",
        b"\x00",
        b"",
    ] {
        assert_eq!(
            read(section, &Limits::default()),
            Err(DecodeError::Truncated)
        );
    }
}

#[test]
fn the_section_size_counts_name_value_and_32_per_field() {
    let mut section = Vec::new();
    write_prefix(&mut section);
    write_field("x", b"12345", false, &mut section);
    write_field(":method", b"GET", false, &mut section);
    let exact = (1 + 5 + 32) + (7 + 3 + 32);
    let limits = |max_field_section_size| Limits {
        max_field_section_size,
        ..Limits::default()
    };
    assert_eq!(read(&section, &limits(exact)).unwrap().len(), 2);
    assert_eq!(
        read(&section, &limits(exact - 1)),
        Err(DecodeError::SectionTooLarge)
    );
}

#[test]
fn a_huffman_bomb_stops_at_the_limit() {
    // Five bits a character: 40 000 bytes of code would be 64 000 of text.
    let mut section = vec![0, 0, 0x50];
    let mut code = Vec::new();
    huffman::encode(&[b'0'; 64_000], &mut code);
    integer::encode(0x80, 7, code.len() as u64, &mut section);
    section.extend(code);
    assert_eq!(
        read(&section, &Limits::default()),
        Err(DecodeError::SectionTooLarge)
    );
}

#[test]
fn the_number_of_fields_is_bounded() {
    let limits = Limits {
        max_fields: 3,
        ..Limits::default()
    };
    assert_eq!(read(b"\x00\x00\xd1\xd1\xd1", &limits).unwrap().len(), 3);
    assert_eq!(
        read(b"\x00\x00\xd1\xd1\xd1\xd1", &limits),
        Err(DecodeError::TooManyFields)
    );
}

#[test]
fn a_secret_is_never_sent_as_an_index() {
    let mut section = Vec::new();
    write_prefix(&mut section);
    write_field("authorization", b"", true, &mut section);
    write_field("x-key", b"1", true, &mut section);
    let fields = read(&section, &Limits::default()).unwrap();
    assert!(fields.iter().all(|(_, _, never_indexed)| *never_indexed));
}

#[test]
fn the_encoder_stream_may_only_set_capacity_0() {
    assert_eq!(EncoderStream.receive(b"\x20\x20"), Ok(()));
    for instruction in [
        &b"\x21"[..],
        b"\x3f\x45",
        b"\xc0\x01x",
        b"\x41x\x01y",
        b"\x00",
    ] {
        assert!(matches!(
            EncoderStream.receive(instruction),
            Err(Error::EncoderStream(_))
        ));
    }
}

#[test]
fn the_decoder_stream_may_only_cancel_streams() {
    let mut stream = DecoderStream::default();
    assert_eq!(stream.receive(b"\x44\x7f\xff"), Ok(()));
    assert_eq!(stream.receive(b"\x01\x48"), Ok(()));
    assert!(matches!(
        stream.receive(b"\x84"),
        Err(Error::DecoderStream(_))
    ));
    for instruction in [&b"\x00"[..], b"\x01", b"\x84"] {
        assert!(DecoderStream::default().receive(instruction).is_err());
    }
    let mut endless = vec![0x7f];
    endless.extend([0xff; 12]);
    assert!(DecoderStream::default().receive(&endless).is_err());
}

proptest! {
    #[test]
    fn fields_round_trip(fields in prop::collection::vec(
        ("[a-z:-]{1,40}", prop::collection::vec(any::<u8>(), 0..80), any::<bool>()), 0..40))
    {
        let mut section = Vec::new();
        write_prefix(&mut section);
        for (name, value, never_indexed) in &fields {
            write_field(name, value, *never_indexed, &mut section);
        }
        let expected: Fields = fields
            .into_iter()
            .map(|(name, value, never_indexed)| (name.into_bytes(), value, never_indexed))
            .collect();
        prop_assert_eq!(read(&section, &lenient()).unwrap(), expected);
    }

    #[test]
    fn arbitrary_sections_give_fields_or_an_error(section in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&section, &Limits::default());
        let _ = read(&[&[0, 0], section.as_slice()].concat(), &Limits::default());
    }
}
