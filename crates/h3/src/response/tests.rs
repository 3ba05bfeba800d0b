#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::Limits;
use crate::qpack::FieldSection;

fn fields(mut frame: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut integer = || {
        let (value, length) = varint::decode(frame).unwrap();
        frame = &frame[length..];
        value
    };
    assert_eq!(integer(), 1);
    assert_eq!(integer(), frame.len() as u64);
    let limits = Limits {
        max_field_section_size: u64::MAX,
        max_fields: 10_000,
        ..Limits::default()
    };
    let mut section = FieldSection::new(frame, &limits).unwrap();
    let mut fields = Vec::new();
    while let Some(line) = section.next_line().unwrap() {
        let name = String::from_utf8(line.name.to_vec()).unwrap();
        fields.push((name, line.value.to_vec()));
    }
    fields
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}

#[test]
fn a_head_is_one_headers_frame_with_the_status_first() {
    let headers = headers(&[("content-type", "video/mp4"), ("accept-ranges", "bytes")]);
    let mut out = BytesMut::new();
    write_head(StatusCode::PARTIAL_CONTENT, &headers, u64::MAX, &mut out).unwrap();
    let fields = fields(&out);
    assert_eq!(fields[0], (":status".to_owned(), b"206".to_vec()));
    assert_eq!(fields.len(), 3);
}

#[test]
fn fields_of_a_connection_are_left_out() {
    let headers = headers(&[
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        ("keep-alive", "5"),
        ("date", "x"),
    ]);
    let mut out = BytesMut::new();
    write_head(StatusCode::OK, &headers, u64::MAX, &mut out).unwrap();
    let names: Vec<_> = fields(&out).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [":status", "date"]);
}

#[test]
fn a_client_that_reads_little_gets_nothing_larger() {
    let headers = headers(&[("x", "12345")]);
    let size = (7 + 3 + 32) + (1 + 5 + 32);
    let mut out = BytesMut::new();
    assert_eq!(
        write_head(StatusCode::OK, &headers, size - 1, &mut out),
        Err(EncodeError::TooLarge {
            size,
            limit: size - 1
        })
    );
    assert!(out.is_empty());
    assert!(write_head(StatusCode::OK, &headers, size, &mut out).is_ok());
}

#[test]
fn a_data_header_is_type_and_length() {
    let mut out = BytesMut::new();
    write_data_header(3_000_000, &mut out);
    assert_eq!(&out[..], [0x00, 0x80, 0x2d, 0xc6, 0xc0]);
}

proptest! {
    #[test]
    fn any_header_map_arrives_as_it_was(
        status in 200u16..600,
        pairs in prop::collection::vec(("[a-z][a-z0-9-]{0,30}", "[!-~]{0,60}"), 0..30),
    ) {
        let mut map = HeaderMap::new();
        for (name, value) in &pairs {
            map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let mut out = BytesMut::new();
        write_head(StatusCode::from_u16(status).unwrap(), &map, u64::MAX, &mut out).unwrap();
        let mut expected = vec![(":status".to_owned(), status.to_string().into_bytes())];
        expected.extend(
            map.iter()
                .filter(|(name, _)| !is_connection_specific(name.as_str()))
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())),
        );
        prop_assert_eq!(fields(&out), expected);
    }
}
