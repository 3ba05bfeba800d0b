#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use proptest::prelude::*;

#[test]
fn the_common_box_lists_its_kids_and_nothing_else() {
    // As shaka-packager 3.4.2 writes it.
    let expected = "00000034707373680100000010 77efecc0b24d02ace33c1e52e2fb4b00000001000102030405060708090a0b0c0d0e0f00000000";
    let kid = KeyId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    assert_eq!(hex::encode(w3c_common(&[kid])), expected.replace(' ', ""));
}

#[test]
fn boxes_that_were_written_are_read() {
    let kids = [KeyId([1; 16]), KeyId([2; 16])];
    let both = [pssh_v1(&[7; 16], &kids, b"data"), w3c_common(&kids[..1])].concat();
    let read = parse(&both).unwrap();
    assert_eq!(
        read[0],
        Pssh {
            version: 1,
            system_id: [7; 16],
            kids: kids.to_vec(),
            data: b"data"
        }
    );
    assert_eq!(
        read[1],
        Pssh {
            version: 1,
            system_id: W3C_COMMON,
            kids: kids[..1].to_vec(),
            data: b""
        }
    );
    assert_eq!(read.len(), 2);
}

#[test]
fn a_version_0_box_has_data_only() {
    let bytes = [&b"\0\0\0\x22pssh\0\0\0\0"[..], &[7; 16], b"\0\0\0\x02ab"].concat();
    assert_eq!(pssh_v0(&[7; 16], b"ab"), bytes);
    assert_eq!(
        parse(&bytes).unwrap(),
        [Pssh {
            version: 0,
            system_id: [7; 16],
            kids: vec![],
            data: b"ab"
        }]
    );
}

#[test]
fn what_does_not_add_up_is_refused_with_its_place() {
    let good = w3c_common(&[KeyId([1; 16])]);
    let changed = |at: usize, value: u8| {
        let mut bytes = [good.clone(), good.clone()].concat();
        bytes[good.len() + at] = value;
        parse(&bytes).unwrap_err().to_string()
    };
    assert_eq!(changed(0, 0xff), "pssh at 52: reaches past the end");
    assert_eq!(changed(3, 7), "pssh at 52: not a pssh box");
    assert_eq!(changed(4, b'x'), "pssh at 52: not a pssh box");
    assert_eq!(changed(8, 2), "pssh at 52: version above 1");
    assert_eq!(changed(28, 0xff), "pssh at 52: ends too early");
    assert_eq!(
        changed(51, 1),
        "pssh at 52: data size does not fill the box"
    );
    assert_eq!(
        parse(&good.repeat(MAX_BOXES + 1)).unwrap_err().to_string(),
        "pssh at 3328: too many boxes"
    );
    assert!(parse(&vec![0; MAX_BYTES + 1]).is_err());
}

proptest! {
    #[test]
    fn any_box_reads_as_it_was_written(
        system_id: [u8; 16],
        kids in proptest::option::of(proptest::collection::vec(any::<[u8; 16]>().prop_map(KeyId), 0..5)),
        data in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let bytes = match &kids {
            Some(kids) => pssh_v1(&system_id, kids, &data),
            None => pssh_v0(&system_id, &data),
        };
        let expected = Pssh {
            version: u8::from(kids.is_some()),
            system_id,
            kids: kids.unwrap_or_default(),
            data: &data,
        };
        prop_assert_eq!(parse(&bytes).unwrap(), vec![expected]);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120), size in 0_u8..120) {
        let mut bytes = bytes;
        if let Some(header) = bytes.first_chunk_mut::<8>() {
            *header = [0, 0, 0, size, b'p', b's', b's', b'h'];
        }
        let _ = parse(&bytes);
    }
}
