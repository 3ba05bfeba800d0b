#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

const UUID: &str = "00010203-0405-0607-0809-0a0b0c0d0e0f";

#[test]
fn a_key_id_reads_and_prints_as_a_uuid_in_byte_order() {
    let id: KeyId = UUID.parse().unwrap();
    assert_eq!(id.0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    assert_eq!(id.to_string(), UUID);
    assert_eq!(UUID.to_uppercase().parse::<KeyId>().unwrap(), id);
    assert_eq!(id.to_hex().parse::<KeyId>().unwrap(), id);
    assert_eq!(format!("{id:?}"), format!("KeyId({UUID})"));
}

#[test]
fn text_that_is_no_key_id_is_refused() {
    for text in [
        "",
        "0001",
        "00010203-0405-0607-0809-0a0b0c0d0e0g",
        "000102030-405-0607-0809-0a0b0c0d0e0f",
        "{0001020304050607-08090a0b0c0d0e0f}}",
        "00010203040506070809-0a0b0c0d0e0f---",
        "éééééééééééééééé",
    ] {
        assert!(matches!(text.parse::<KeyId>(), Err(Error::KeyId)), "{text}");
    }
}

#[test]
fn a_key_shows_itself_neither_in_debug_nor_in_errors() {
    let key = ContentKey::from_hex(UUID, "101112131415161718191a1b1c1d1e1f").unwrap();
    assert_eq!(key.expose()[..3], [0x10, 0x11, 0x12]);
    assert_eq!(
        format!("{key:?}"),
        format!("ContentKey {{ kid: KeyId({UUID}), .. }}")
    );
    let refused = ContentKey::from_hex(UUID, "5ec7e7").unwrap_err();
    assert!(!refused.to_string().contains("5ec7e7"));
    assert!(!format!("{refused:?}").contains("5ec7e7"));
}

#[test]
fn clones_share_one_copy_of_the_key() {
    let key = ContentKey::new(KeyId([1; 16]), [2; 16]);
    assert!(Arc::ptr_eq(&key.key, &key.clone().key));
}
