//! The crate `pssh-box`: its bytes are ours as far as it writes them, and it reads ours.
//!
//! Of PlayReady it writes version 4.0 alone, with the KID before PROTECTINFO; the order of children does not matter
//! (PlayReady Header Specification, 3.6.2), ours is that of shaka-packager.
use crate::{KID, LICENCE_URL, SECOND_KID, signal, systems};
use edgepack_drm::systems::playready::{self, Header, HeaderKey};
use edgepack_drm::systems::widevine::WidevineData;
use edgepack_drm::systems::{PlayReady, Widevine};
use edgepack_drm::{KeyId, Scheme, System, Systems, pssh};
use pssh_box::playready::{PlayReadyKid, ProtectInfo};
use pssh_box::{DRMKeyId, PsshBox, PsshData, ToBytes};

fn theirs(kid: &str) -> DRMKeyId {
    DRMKeyId::try_from(kid).unwrap()
}

fn ours(kid: &str) -> KeyId {
    kid.parse().unwrap()
}

#[test]
fn widevine_boxes_of_both_versions_equal() {
    for (scheme, number) in [(Scheme::Cenc, 0x6365_6e63), (Scheme::Cbcs, 0x6362_6373)] {
        for pssh_v1 in [false, true] {
            let config = Systems {
                widevine: Some(Widevine {
                    provider: Some("studio".to_owned()),
                    content_id: Some("{content}".to_owned()),
                    policy: Some("hd".to_owned()),
                    licence_url: None,
                    pssh_v1,
                }),
                ..Systems::default()
            };
            let mut expected = PsshBox::new_widevine();
            expected.version = u8::from(pssh_v1);
            if pssh_v1 {
                expected.add_key_id(theirs(KID));
            }
            let PsshData::Widevine(data) = &mut expected.pssh_data else {
                panic!("another system")
            };
            data.key_id = vec![hex::decode(KID).unwrap()];
            data.provider = Some("studio".to_owned());
            data.content_id = Some(b"content".to_vec());
            data.policy = Some("hd".to_owned());
            data.protection_scheme = Some(number);
            let pssh = signal(&config, scheme, System::Widevine).pssh.unwrap();
            assert_eq!(hex::encode(&pssh), hex::encode(expected.to_bytes()));
            assert_eq!(pssh_box::from_bytes(&pssh).unwrap()[0], expected);
        }
    }
}

#[test]
fn widevine_data_of_several_keys_and_rotation_equals() {
    let mut expected = PsshBox::new_widevine();
    let PsshData::Widevine(data) = &mut expected.pssh_data else {
        panic!("another system")
    };
    data.algorithm = Some(1);
    data.key_id = vec![hex::decode(KID).unwrap(), hex::decode(SECOND_KID).unwrap()];
    data.crypto_period_index = Some(300);
    let bytes = expected.pssh_data.to_bytes();
    let made = WidevineData {
        algorithm: Some(1),
        key_ids: vec![ours(KID), ours(SECOND_KID)],
        crypto_period_index: Some(300),
        ..WidevineData::default()
    };
    assert_eq!(hex::encode(made.to_bytes()), hex::encode(&bytes));
    assert_eq!(WidevineData::parse(&bytes).unwrap(), made);
}

#[test]
fn common_boxes_equal() {
    let expected = PsshBox {
        version: 1,
        flags: 0,
        system_id: pssh_box::COMMON_SYSTEM_ID,
        key_ids: vec![theirs(KID), theirs(SECOND_KID)],
        pssh_data: PsshData::CommonEnc(vec![]),
    };
    assert_eq!(
        pssh::w3c_common(&[ours(KID), ours(SECOND_KID)]),
        expected.to_bytes()
    );
}

#[test]
fn playready_boxes_of_version_4_0_equal() {
    for pssh_v1 in [false, true] {
        let config = Systems {
            playready: Some(PlayReady {
                licence_url: Some(LICENCE_URL.to_owned()),
                pssh_v1,
                ..PlayReady::default()
            }),
            ..Systems::default()
        };
        let made = signal(&config, Scheme::Cenc, System::PlayReady);
        let pro = made.pro.unwrap();
        let header = Header::parse(&playready::header_text(&pro).unwrap()).unwrap();

        let mut expected = PsshBox::new_playready();
        expected.version = u8::from(pssh_v1);
        if pssh_v1 {
            expected.add_key_id(theirs(KID));
        }
        let PsshData::PlayReady(data) = &mut expected.pssh_data else {
            panic!("another system")
        };
        let wrm = &mut data.record[0].record_value.data;
        wrm.protect_info = Some(ProtectInfo {
            keylen: Some(16),
            algid: Some("AESCTR".to_owned()),
            kids: vec![],
        });
        wrm.kids = vec![PlayReadyKid {
            // The GUID of the key id, in memory order.
            content: hex::decode("030201000504070608090a0b0c0d0e0f").unwrap(),
            ..PlayReadyKid::default()
        }];
        wrm.checksum = Some(header.keys[0].checksum.unwrap().to_vec());
        wrm.la_url = Some(LICENCE_URL.to_owned());

        let pssh = made.pssh.unwrap();
        assert_eq!(pssh_box::from_bytes(&pssh).unwrap()[0], expected);
        let protect_info =
            utf16("<PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO>");
        let kid = utf16("<KID>AwIBAAUEBwYICQoLDA0ODw==</KID>");
        let swapped = replace(
            &expected.to_bytes(),
            &[&kid[..], &protect_info].concat(),
            &[&protect_info[..], &kid].concat(),
        );
        assert_eq!(hex::encode(&pssh), hex::encode(swapped));
    }
}

#[test]
fn objects_of_later_versions_are_framed_the_same() {
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let keys = [KID, SECOND_KID].map(|kid| HeaderKey::without_checksum(ours(kid), scheme));
        let object = playready::object(&Header::new(scheme, keys.to_vec())).unwrap();
        let read = pssh_box::playready::parse_pssh_data(&object).unwrap();
        assert_eq!(read.record.len(), 1);
        let header = &read.record[0].record_value;
        let version = match scheme {
            Scheme::Cenc => "4.2.0.0",
            Scheme::Cbcs => "4.3.0.0",
        };
        assert_eq!(header.version, version);
    }
    let made = signal(&systems(), Scheme::Cbcs, System::PlayReady);
    let boxes = pssh_box::from_bytes(&made.pssh.unwrap()).unwrap();
    assert_eq!(boxes[0].system_id, pssh_box::PLAYREADY_SYSTEM_ID);
    let PsshData::PlayReady(data) = &boxes[0].pssh_data else {
        panic!("another system")
    };
    assert_eq!(
        data.record[0].record_value.data.la_url.as_deref(),
        Some(LICENCE_URL)
    );
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}
