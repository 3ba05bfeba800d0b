#![allow(clippy::unwrap_used)]
use super::*;
use crate::craft::boxed;

fn top(bytes: &[u8]) -> Node<'static> {
    Node::top(
        1000,
        BoxHeader::parse(bytes).unwrap(),
        Bytes::copy_from_slice(bytes),
    )
}

#[test]
fn a_header_is_32_bit_64_bit_or_open() {
    let header = |bytes: &[u8]| BoxHeader::parse(bytes);
    let kind = FourCc(*b"mdat");
    let of = |header_len, size| {
        Some(BoxHeader {
            kind,
            header_len,
            size,
        })
    };
    assert_eq!(header(b"\0\0\0\x20mdat"), of(8, Some(32)));
    assert_eq!(
        header(b"\0\0\0\x01mdat\0\0\0\x01\0\0\0\x02"),
        of(16, Some(0x1_0000_0002))
    );
    assert_eq!(header(b"\0\0\0\0mdat"), of(8, None));
    assert_eq!(header(b"\0\0\0\x20mda"), None);
    assert_eq!(header(b"\0\0\0\x01mdat\0\0\0\x01\0\0\0"), None);
}

#[test]
fn children_come_in_order_with_their_offsets() {
    let outer = top(&boxed(
        b"moov",
        &[boxed(b"free", b"ab"), boxed(b"trak", b"")].concat(),
    ));
    let children: Vec<_> = outer.children(0).map(Result::unwrap).collect();
    let seen: Vec<_> = children
        .iter()
        .map(|child| (child.kind(), child.offset()))
        .collect();
    assert_eq!(seen, [(FourCc(*b"free"), 1008), (FourCc(*b"trak"), 1018)]);
    assert_eq!(children[0].whole(), &Bytes::from(boxed(b"free", b"ab")));
}

#[test]
fn a_child_with_a_64_bit_size_is_read() {
    let outer = top(&boxed(b"moov", b"\0\0\0\x01free\0\0\0\0\0\0\0\x12ab"));
    let child = outer.children(0).next().unwrap().unwrap();
    assert_eq!(child.fields().rest(), "ab");
}

#[test]
fn a_child_that_does_not_fit_is_named_with_its_offset() {
    for (content, reason) in [
        (
            &b"\0\0\0\x0ctrak"[..],
            "size 12 reaches past the end of moov, 8 bytes away",
        ),
        (b"\0\0\0\x07trak", "size 7 is less than its own header"),
        (
            b"\0\0\0\0trak",
            "size 0 (to the end of the file) inside another box",
        ),
        (
            b"\0\0\0\x01trak\0\0\0\0\0\0\0\x0f",
            "size 15 is less than its own header",
        ),
        (
            b"\0\0\0\x01trak\xff\xff\xff\xff\xff\xff\xff\xff",
            "reaches past the end of moov",
        ),
    ] {
        let outer = top(&boxed(b"moov", content));
        let mut children = outer.children(0);
        let error = children.next().unwrap().unwrap_err().to_string();
        assert!(
            error.starts_with("moov/trak at 1008: ") && error.contains(reason),
            "{error}"
        );
        assert!(children.next().is_none());
    }
}

#[test]
fn a_zero_word_ends_a_list_and_other_leftovers_are_wrong() {
    let outer = top(&boxed(b"udta", b"\0\0\0\x08free\0\0\0\0"));
    assert_eq!(outer.children(0).map(Result::unwrap).count(), 1);
    let outer = top(&boxed(b"udta", b"\0\0\0\x08freexyz"));
    let error = outer.children(0).nth(1).unwrap().unwrap_err().to_string();
    assert_eq!(error, "udta at 1016: 3 bytes left over, too few for a box");
}

#[test]
fn a_field_beyond_the_box_is_an_error_with_the_path() {
    let outer = top(&boxed(b"moov", &boxed(b"trak", b"\x01\x02\x03")));
    let child = outer.children(0).next().unwrap().unwrap().numbered(4);
    let mut fields = child.fields();
    assert_eq!(fields.u16().unwrap(), 0x0102);
    assert_eq!(
        fields.u32().unwrap_err().to_string(),
        "moov/trak[4] at 1008: the box is too short: 4 bytes wanted, 1 left"
    );
    assert!(fields.bytes(usize::MAX).is_err());
    assert_eq!(fields.rest(), "\x03");
}

#[test]
fn a_box_that_stands_once_may_not_come_twice() {
    let outer = top(&boxed(
        b"moov",
        &[boxed(b"mvhd", b""), boxed(b"mvhd", b"")].concat(),
    ));
    let mut slot = None;
    let mut children = outer.children(0);
    children.next().unwrap().unwrap().once(&mut slot).unwrap();
    let error = children
        .next()
        .unwrap()
        .unwrap()
        .once(&mut slot)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "moov/mvhd at 1016: a second box of a kind that stands once"
    );
    assert!(
        outer
            .require(None, b"trak")
            .unwrap_err()
            .to_string()
            .contains("has no trak box")
    );
}
