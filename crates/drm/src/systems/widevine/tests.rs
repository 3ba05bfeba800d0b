#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use proptest::prelude::*;

fn refusal(bytes: &[u8]) -> String {
    WidevineData::parse(bytes).unwrap_err().to_string()
}

#[test]
fn a_key_id_and_the_scheme_are_what_packagers_write() {
    let data = WidevineData {
        key_ids: vec![KeyId([
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        ])],
        protection_scheme: Some(*b"cenc"),
        ..WidevineData::default()
    };
    assert_eq!(
        hex::encode(data.to_bytes()),
        "1210000102030405060708090a0b0c0d0e0f48e3dc959b06"
    );
}

#[test]
fn unknown_fields_are_passed_over_and_the_last_of_a_kind_counts() {
    // Field 5 as text, 8 as bytes, 10 as eight bytes, 11 as four, 16 as number; the provider twice.
    let bytes = hex::decode(
        "2a0161 420100 510102030405060708 5d01020304 8001ff01 1a0161 1a0162".replace(' ', ""),
    )
    .unwrap();
    let data = WidevineData::parse(&bytes).unwrap();
    assert_eq!(
        data,
        WidevineData {
            provider: Some("b".to_owned()),
            ..WidevineData::default()
        }
    );
}

#[test]
fn what_is_no_message_is_refused_with_its_place() {
    assert_eq!(
        refusal(&[0x12, 2, 0, 0]),
        "Widevine data at 0: a key id is not 16 bytes"
    );
    assert_eq!(
        refusal(&[8, 1, 0x12, 16, 0]),
        "Widevine data at 2: ends too early"
    );
    assert_eq!(refusal(&[8]), "Widevine data at 0: ends too early");
    assert_eq!(
        refusal(&[0x0a, 0]),
        "Widevine data at 0: a field of another type"
    );
    assert_eq!(refusal(&[0x0b]), "Widevine data at 0: an unknown wire type");
    assert_eq!(
        refusal(&[0, 0]),
        "Widevine data at 0: a field without a number"
    );
    assert_eq!(
        refusal(&[0x1a, 1, 0xff]),
        "Widevine data at 0: text that is not UTF-8"
    );
    assert_eq!(
        refusal(&[&[0x48][..], &[0xff; 9], &[1]].concat()),
        "Widevine data at 0: a number beyond 32 bits"
    );
    assert_eq!(
        refusal(&[&[0x48][..], &[0xff; 9], &[2]].concat()),
        "Widevine data at 0: a number beyond 64 bits"
    );
    assert!(WidevineData::parse(&[&[0x12, 16][..], &[0; 16]].concat().repeat(MAX_KIDS)).is_ok());
    assert!(
        refusal(&[&[0x12, 16][..], &[0; 16]].concat().repeat(MAX_KIDS + 1)).contains("too many")
    );
    assert!(refusal(&vec![0; MAX_BYTES + 1]).contains("too long"));
}

prop_compose! {
    fn any_data()(
        algorithm: Option<u64>,
        key_ids in proptest::collection::vec(any::<[u8; 16]>().prop_map(KeyId), 0..4),
        provider in proptest::option::of(".{0,8}"),
        content_id: Option<Vec<u8>>,
        policy in proptest::option::of(".{0,8}"),
        crypto_period_index: Option<u32>,
        protection_scheme: Option<[u8; 4]>,
    ) -> WidevineData {
        WidevineData {
            algorithm, key_ids, provider, content_id, policy, crypto_period_index, protection_scheme,
        }
    }
}

proptest! {
    #[test]
    fn any_message_reads_as_it_was_written(data in any_data()) {
        prop_assert_eq!(WidevineData::parse(&data.to_bytes()).unwrap(), data);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        if let Ok(data) = WidevineData::parse(&bytes) {
            prop_assert_eq!(WidevineData::parse(&data.to_bytes()).unwrap(), data);
        }
    }
}
