#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::{Limits, PeerSettings, PriorityUpdate, Scope, control};

fn frame(kind: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint::encode(kind, &mut out);
    varint::encode(payload.len() as u64, &mut out);
    out.extend_from_slice(payload);
    out
}

fn settings(pairs: &[(u64, u64)]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (identifier, value) in pairs {
        varint::encode(*identifier, &mut payload);
        varint::encode(*value, &mut payload);
    }
    frame(4, &payload)
}

/// A control stream with SETTINGS and then these frames.
fn control(frames: &[Vec<u8>]) -> Vec<u8> {
    [vec![0], settings(&[(6, 16_384)]), frames.concat()].concat()
}

fn hear(bytes: &[u8]) -> Result<(Reading, Connection), Error> {
    let mut connection = Connection::new(Limits::default());
    let mut stream = UniStream::new();
    let reading = stream.receive(&mut connection, Bytes::copy_from_slice(bytes))?;
    Ok((reading, connection))
}

fn code(bytes: &[u8]) -> Code {
    let error = hear(bytes).expect_err("an error");
    assert_eq!(error.scope(), Scope::Connection);
    error.code()
}

#[test]
fn settings_are_read_and_unknown_ones_ignored() {
    let bytes = [
        vec![0],
        settings(&[(1, 4096), (6, 16_384), (7, 100), (0x33, 1), (0x21, 9)]),
    ]
    .concat();
    let (reading, connection) = hear(&bytes).unwrap();
    assert_eq!(reading, Reading::On);
    assert!(connection.has_peer_settings());
    assert_eq!(
        connection.peer_settings(),
        PeerSettings {
            max_field_section_size: 16_384
        }
    );
}

#[test]
fn our_own_preamble_is_a_good_control_stream() {
    let limits = Limits::default();
    let bytes = [
        control::preamble(&limits),
        control::goaway(8),
        control::goaway(4),
    ]
    .concat();
    let (_, connection) = hear(&bytes).unwrap();
    assert_eq!(connection.peer_settings().max_field_section_size, 32 * 1024);
    assert_eq!(connection.peer_goaway(), Some(4));
    let soon = [
        control::preamble(&limits),
        control::goaway(control::GOAWAY_SOON),
    ]
    .concat();
    let (_, connection) = hear(&soon).unwrap();
    // A client-initiated bidirectional stream: a multiple of four.
    assert_eq!(connection.peer_goaway().unwrap() % 4, 0);
}

#[test]
fn settings_come_first_and_once() {
    assert_eq!(
        code(&[vec![0], frame(7, b"\0")].concat()),
        Code::MISSING_SETTINGS
    );
    assert_eq!(
        code(&[vec![0], frame(0x21, b"")].concat()),
        Code::MISSING_SETTINGS
    );
    assert_eq!(code(&control(&[settings(&[])])), Code::FRAME_UNEXPECTED);
}

#[test]
fn bad_settings_are_refused() {
    for pairs in [
        &[(6, 1), (6, 1)][..],
        &[(0x21, 1), (0x21, 2)],
        &[(0, 0)],
        &[(2, 0)],
        &[(3, 1)],
        &[(4, 1)],
        &[(5, 1)],
    ] {
        let bytes = [vec![0], settings(pairs)].concat();
        assert_eq!(code(&bytes), Code::SETTINGS_ERROR, "{pairs:?}");
    }
    assert_eq!(
        code(&[vec![0], frame(4, b"\x06")].concat()),
        Code::FRAME_ERROR
    );
    let many: Vec<_> = (0..300).map(|n| (0x1000 + n, 0)).collect();
    assert_eq!(
        code(&[vec![0], settings(&many)].concat()),
        Code::EXCESSIVE_LOAD
    );
}

#[test]
fn request_frames_and_those_of_http2_are_unexpected() {
    for kind in [0, 1, 2, 5, 6, 8, 9] {
        assert_eq!(code(&control(&[frame(kind, b"")])), Code::FRAME_UNEXPECTED);
    }
}

#[test]
fn unknown_frames_pass_by_within_bounds() {
    // 0xf0700 is PRIORITY_UPDATE.
    let (reading, _) = hear(&control(&[
        frame(0xf0700, b"\0u=1"),
        frame(0x21, &[1; 999]),
    ]))
    .unwrap();
    assert_eq!(reading, Reading::On);
    let mut huge = control(&[]);
    varint::encode(0x21, &mut huge);
    varint::encode(1 << 40, &mut huge);
    assert_eq!(code(&huge), Code::EXCESSIVE_LOAD);
}

#[test]
fn goaway_and_max_push_id_only_move_one_way() {
    assert!(
        hear(&control(&[
            frame(7, b"\x08"),
            frame(7, b"\x08"),
            frame(7, b"\0")
        ]))
        .is_ok()
    );
    assert_eq!(
        code(&control(&[frame(7, b"\0"), frame(7, b"\x04")])),
        Code::ID_ERROR
    );
    assert!(hear(&control(&[frame(0xd, b"\x01"), frame(0xd, b"\x02")])).is_ok());
    assert_eq!(
        code(&control(&[frame(0xd, b"\x02"), frame(0xd, b"\x01")])),
        Code::ID_ERROR
    );
    assert_eq!(code(&control(&[frame(3, b"\0")])), Code::ID_ERROR);
    for kind in [3, 7, 0xd] {
        assert_eq!(code(&control(&[frame(kind, b"")])), Code::FRAME_ERROR);
        assert_eq!(code(&control(&[frame(kind, b"\0\0")])), Code::FRAME_ERROR);
    }
}

#[test]
fn each_critical_stream_exists_once_and_stays_open() {
    for kind in [0u8, 2, 3] {
        let mut connection = Connection::new(Limits::default());
        let mut stream = UniStream::new();
        stream
            .receive(&mut connection, Bytes::from(vec![kind]))
            .unwrap();
        let error = stream.ended().unwrap_err();
        assert_eq!(error.code(), Code::CLOSED_CRITICAL_STREAM);
        let again = UniStream::new().receive(&mut connection, Bytes::from(vec![kind]));
        assert_eq!(again.unwrap_err().code(), Code::STREAM_CREATION_ERROR);
    }
}

#[test]
fn a_client_pushes_nothing() {
    assert_eq!(code(&[1]), Code::STREAM_CREATION_ERROR);
}

#[test]
fn unknown_streams_are_stopped_without_harm() {
    for stream_type in [0x21u64, 0x54, 0x1f * 1_000_000 + 0x21] {
        let mut bytes = Vec::new();
        varint::encode(stream_type, &mut bytes);
        bytes.extend([0xff; 100]);
        let (reading, _) = hear(&bytes).unwrap();
        assert_eq!(reading, Reading::Stop(Code::STREAM_CREATION_ERROR));
    }
    assert_eq!(UniStream::new().ended(), Ok(()));
}

#[test]
fn qpack_instructions_beyond_capacity_0_are_refused() {
    assert!(hear(b"\x02\x20").is_ok());
    assert!(hear(b"\x03\x44").is_ok());
    assert_eq!(code(b"\x02\x3f\xe1\x1f"), Code::QPACK_ENCODER_STREAM_ERROR);
    assert_eq!(code(b"\x03\x84"), Code::QPACK_DECODER_STREAM_ERROR);
}

proptest! {
    #[test]
    fn the_cuts_between_chunks_change_nothing(
        kind in prop::sample::select(vec![0u8, 2, 3, 0x21]),
        frames in prop::collection::vec(
            (prop::sample::select(vec![7u64, 0xd, 0x21, 3]), prop::collection::vec(any::<u8>(), 0..9)), 0..6),
        tail in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let frames: Vec<_> = frames.iter().map(|(kind, payload)| frame(*kind, payload)).collect();
        let mut bytes = [control(&frames), tail].concat();
        bytes[0] = kind;
        let whole = hear(&bytes).map(|(reading, connection)| (reading, format!("{connection:?}")));

        let mut connection = Connection::new(Limits::default());
        let mut stream = UniStream::new();
        let mut single = Ok(Reading::On);
        for byte in bytes {
            single = stream.receive(&mut connection, Bytes::from(vec![byte]));
            if single.is_err() {
                break;
            }
        }
        prop_assert_eq!(single.map(|reading| (reading, format!("{connection:?}"))), whole);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = hear(&bytes);
        let _ = hear(&control(&[bytes]));
    }
}

fn priority_update(stream: u64, value: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    varint::encode(stream, &mut payload);
    payload.extend_from_slice(value.as_bytes());
    frame(0xf0700, &payload)
}

#[test]
fn priority_updates_are_taken_in_their_order() {
    let bytes = control(&[priority_update(4, "u=1"), priority_update(400, "")]);
    let (_, mut connection) = hear(&bytes).unwrap();
    let mut next = || connection.next_priority_update();
    let update = |stream, value: &'static str| {
        let value = Bytes::from_static(value.as_bytes());
        Some(PriorityUpdate { stream, value })
    };
    assert_eq!(next(), update(4, "u=1"));
    assert_eq!(next(), update(400, ""));
    assert_eq!(next(), None);
}

#[test]
fn a_flood_of_priority_updates_leaves_only_the_latest() {
    let frames: Vec<_> = (0..1000)
        .map(|n| priority_update(n * 4, "u=7, i"))
        .collect();
    let (_, mut connection) = hear(&control(&frames)).unwrap();
    let left: Vec<_> = std::iter::from_fn(|| connection.next_priority_update()).collect();
    assert!(left.len() < 1000);
    assert_eq!(left.last().unwrap().stream, 999 * 4);
}

#[test]
fn priority_updates_for_what_is_no_request_end_the_connection() {
    for stream in [1, 2, 3] {
        assert_eq!(
            code(&control(&[priority_update(stream, "u=1")])),
            Code::ID_ERROR
        );
    }
    // Nothing is ever pushed.
    assert_eq!(code(&control(&[frame(0xf0701, &[0])])), Code::ID_ERROR);
    assert_eq!(code(&control(&[frame(0xf0700, &[])])), Code::FRAME_ERROR);
    assert_eq!(
        code(&[vec![0], priority_update(0, "u=1")].concat()),
        Code::MISSING_SETTINGS
    );
}
