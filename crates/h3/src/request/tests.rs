#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod head;

use proptest::prelude::*;

use super::*;
use crate::{Code, Scope, qpack, varint};

const GET: &[(&str, &str)] = &[
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "edge.example"),
    (":path", "/vod/bear/clear/v1/3.m4s?token=x"),
];

fn frame(kind: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint::encode(kind, &mut out);
    varint::encode(payload.len() as u64, &mut out);
    out.extend_from_slice(payload);
    out
}

fn headers(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut section = Vec::new();
    qpack::write_prefix(&mut section);
    for (name, value) in fields {
        qpack::write_field(name, value.as_bytes(), false, &mut section);
    }
    frame(1, &section)
}

fn with(more: &[(&str, &str)]) -> Vec<u8> {
    headers(&[GET, more].concat())
}

fn with_body(content_length: &str, body: &[u8]) -> Vec<u8> {
    [with(&[("content-length", content_length)]), frame(0, body)].concat()
}

/// All that a stream says, with the body in one piece.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    head: Option<String>,
    body: Vec<u8>,
    trailers: Option<HeaderMap>,
    error: Option<Error>,
}

fn hear_pieces(pieces: impl IntoIterator<Item = Vec<u8>>, limits: Limits) -> Heard {
    let mut stream = RequestStream::new(limits);
    let mut heard = Heard::default();
    for piece in pieces {
        let mut chunk = Bytes::from(piece);
        loop {
            match stream.receive(&mut chunk) {
                Ok(None) => break assert!(chunk.is_empty()),
                Ok(Some(RequestEvent::Head(request))) => heard.head = Some(format!("{request:?}")),
                Ok(Some(RequestEvent::Data(data))) => heard.body.extend_from_slice(&data),
                Ok(Some(RequestEvent::Trailers(trailers))) => heard.trailers = Some(trailers),
                Err(error) => {
                    heard.error = Some(error);
                    return heard;
                }
            }
        }
    }
    heard.error = stream.ended().err();
    heard
}

fn hear(bytes: &[u8]) -> Heard {
    hear_pieces([bytes.to_vec()], Limits::default())
}

fn head(bytes: &[u8]) -> Result<Request<()>, Error> {
    let mut stream = RequestStream::new(Limits::default());
    match stream.receive(&mut Bytes::copy_from_slice(bytes))? {
        Some(RequestEvent::Head(request)) => Ok(request),
        other => panic!("no head but {other:?}"),
    }
}

fn malformed(bytes: &[u8]) -> Malformed {
    let error = hear(bytes).error;
    match error {
        Some(error @ Error::Malformed(malformed)) => {
            assert_eq!(
                (error.code(), error.scope()),
                (Code::MESSAGE_ERROR, Scope::Stream)
            );
            malformed
        }
        other => panic!("not malformed but {other:?}: {bytes:?}"),
    }
}

#[test]
fn the_body_is_sliced_out_of_what_came_in() {
    let bytes = Bytes::from(with_body("5", b"hello"));
    let mut chunk = bytes.clone();
    let mut stream = RequestStream::new(Limits::default());
    stream.receive(&mut chunk).unwrap();
    assert_eq!(stream.content_length(), Some(5));
    let Some(RequestEvent::Data(data)) = stream.receive(&mut chunk).unwrap() else {
        panic!("no data");
    };
    assert_eq!(data, "hello");
    assert_eq!(data.as_ptr(), bytes[bytes.len() - 5..].as_ptr());
    assert_eq!(stream.ended(), Ok(()));
}

#[test]
fn a_body_in_frames_with_trailers() {
    let bytes = [
        with(&[("content-length", "6")]),
        frame(0, b"one"),
        frame(0, b""),
        frame(0, b"two"),
        headers(&[("x-checksum", "1")]),
    ]
    .concat();
    let heard = hear(&bytes);
    assert_eq!(heard.body, b"onetwo");
    assert_eq!(heard.trailers.unwrap()["x-checksum"], "1");
    assert_eq!(heard.error, None);
}

#[test]
fn unknown_frames_pass_by_anywhere() {
    let grease = frame(0x1f * 7 + 0x21, &[7; 300]);
    let bytes = [
        grease.clone(),
        with(&[]),
        grease.clone(),
        frame(0, b"x"),
        grease.clone(),
        headers(&[("t", "1")]),
        grease,
    ]
    .concat();
    let heard = hear(&bytes);
    assert_eq!((heard.error, heard.body), (None, b"x".to_vec()));
}

#[test]
fn too_much_of_nothing_is_excessive() {
    let limits = Limits::default();
    let empty = [with(&[]), frame(0, b"").repeat(257)].concat();
    let tiny = frame(0x21, b"").repeat(257);
    let mut huge = Vec::new();
    varint::encode(0x21, &mut huge);
    varint::encode(limits.max_ignored_bytes + 1, &mut huge);
    for bytes in [empty, tiny, huge] {
        let error = hear(&bytes).error.unwrap();
        assert_eq!(error.code(), Code::EXCESSIVE_LOAD);
        assert_eq!(error.scope(), Scope::Connection);
    }
}

#[test]
fn frames_of_other_streams_and_of_http2_are_unexpected() {
    for kind in [2, 3, 4, 5, 6, 7, 8, 9, 0xd, 0xf0700, 0xf0701] {
        for before in [vec![], with(&[])] {
            let bytes = [before, frame(kind, b"\0")].concat();
            assert_eq!(
                hear(&bytes).error,
                Some(Error::FrameUnexpected { frame: kind })
            );
        }
    }
}

#[test]
fn frames_out_of_order_are_unexpected() {
    let trailed = [with(&[]), headers(&[("t", "1")])].concat();
    for bytes in [
        frame(0, b"x"),
        [trailed.clone(), frame(0, b"x")].concat(),
        [trailed.clone(), trailed].concat(),
    ] {
        let error = hear(&bytes).error.unwrap();
        assert_eq!(
            (error.code(), error.scope()),
            (Code::FRAME_UNEXPECTED, Scope::Connection)
        );
    }
}

#[test]
fn a_stream_cut_short_says_where() {
    assert_eq!(hear(b"").error, Some(Error::RequestIncomplete));
    assert_eq!(
        hear(&frame(0x21, b"grease")).error,
        Some(Error::RequestIncomplete)
    );
    let whole = with_body("5", b"hello");
    for length in 1..whole.len() {
        let error = hear(&whole[..length]).error.unwrap();
        let head = with(&[("content-length", "5")]).len();
        if length == head {
            assert_eq!(error, Malformed::BodyLength.into());
        } else {
            assert_eq!(error.code(), Code::FRAME_ERROR, "{length} bytes");
        }
    }
}

#[test]
fn an_overlong_data_frame_is_refused_at_its_header() {
    let mut bytes = with(&[("content-length", "5")]);
    varint::encode(0, &mut bytes);
    varint::encode(varint::MAX, &mut bytes);
    assert_eq!(malformed(&bytes), Malformed::BodyLength);
}

#[test]
fn a_head_frame_that_claims_too_much_is_refused_before_it_comes() {
    let mut bytes = Vec::new();
    varint::encode(1, &mut bytes);
    varint::encode(varint::MAX, &mut bytes);
    assert_eq!(
        hear(&bytes).error,
        Some(Error::FieldSectionTooLarge { limit: 32 * 1024 })
    );
}

#[test]
fn an_unreadable_section_fails_the_connection() {
    for section in [&b""[..], b"\x01\x00", b"\0\0\x80", b"\0\0\xff\xff"] {
        let error = hear(&frame(1, section)).error.unwrap();
        assert_eq!(
            (error.code(), error.scope()),
            (Code::QPACK_DECOMPRESSION_FAILED, Scope::Connection)
        );
    }
    // Malformed and unreadable: the graver one counts.
    let mut section = vec![0, 0];
    qpack::write_field("Bad", b"", false, &mut section);
    section.push(0x80);
    assert!(matches!(
        hear(&frame(1, &section)).error,
        Some(Error::Decompression(_))
    ));
}

#[test]
fn a_failed_stream_stays_failed() {
    let mut stream = RequestStream::new(Limits::default());
    let mut chunk = Bytes::from(frame(0, b"x"));
    let error = stream.receive(&mut chunk).unwrap_err();
    let mut good = Bytes::from(with(&[]));
    assert_eq!(stream.receive(&mut good).unwrap_err(), error);
    assert_eq!(stream.ended(), Err(error));
}

fn pieces(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2)
        .map(|pair| bytes[pair[0]..pair[1]].to_vec())
        .collect()
}

fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        Just(with(&[])),
        Just(with(&[("content-length", "8"), ("user-agent", "player/1")])),
        Just(headers(&[(":method", "GET"), ("x", "1")])),
    ];
    let part = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|body| frame(0, &body)),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|body| frame(0x21, &body)),
        Just(frame(0, b"12345678")),
        Just(headers(&[("t", "1")])),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    (head, prop::collection::vec(part, 0..6))
        .prop_map(|(head, parts)| [head, parts.concat()].concat())
}

proptest! {
    #[test]
    fn the_cuts_between_chunks_change_nothing(
        bytes in any_stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = hear(&bytes);
        let cut = hear_pieces(pieces(&bytes, &cuts), Limits::default());
        prop_assert_eq!(&cut, &whole);
        let single = hear_pieces(bytes.iter().map(|byte| vec![*byte]), Limits::default());
        prop_assert_eq!(&single, &whole);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        hear(&bytes);
        hear(&frame(1, &bytes));
        hear(&[with(&[]), bytes].concat());
    }
}
