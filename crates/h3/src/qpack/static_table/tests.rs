#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn every_entry_is_found_by_name_and_by_value() {
    for (index, (name, value)) in STATIC_TABLE.iter().enumerate() {
        let (first, exact) = find(name, value.as_bytes()).unwrap();
        assert_eq!(exact.map(usize::from), Some(index), "{name}: {value}");
        let lowest = STATIC_TABLE
            .iter()
            .position(|(other, _)| other == name)
            .unwrap();
        assert_eq!(usize::from(first), lowest, "{name}");
    }
}

#[test]
fn an_unknown_value_still_has_its_name() {
    assert_eq!(find("content-type", b"video/mp4"), Some((44, None)));
    assert_eq!(find("edgepack-reason", b"x"), None);
}

#[test]
fn spots_of_rfc_9204_appendix_a() {
    assert_eq!(STATIC_TABLE[0], (":authority", ""));
    assert_eq!(STATIC_TABLE[25], (":status", "200"));
    assert_eq!(STATIC_TABLE[65], (":status", "206"));
    assert_eq!(STATIC_TABLE[98], ("x-frame-options", "sameorigin"));
}
