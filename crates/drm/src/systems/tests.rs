#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::{ContentKey, Error, KeyRecord, Said, Scheme, pssh};
use playready::{Algorithm, Header, header_text};
use widevine::WidevineData;

mod dictated;

const KID: KeyId = KeyId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

fn record(said: Vec<Said>) -> KeyRecord {
    KeyRecord {
        said,
        ..ContentKey::new(KID, [0x10; 16]).into()
    }
}

fn all() -> Systems {
    Systems {
        widevine: Some(Widevine::default()),
        playready: Some(PlayReady::default()),
        fairplay: Some(FairPlay::default()),
        w3c_common: true,
        other: vec![],
    }
}

fn made(scheme: Scheme, config: &Systems, said: Vec<Said>) -> Vec<Signal> {
    signals(&record(said), scheme, config, "films/a").unwrap()
}

fn of(signals: &[Signal], system: System) -> &Signal {
    signals
        .iter()
        .find(|signal| signal.system == system)
        .unwrap()
}

#[test]
fn ids_go_there_and_back() {
    for system in [
        System::Widevine,
        System::PlayReady,
        System::FairPlay,
        System::W3cCommon,
        System::Other([7; 16]),
    ] {
        assert_eq!(System::from_id(system.id()), system);
    }
    assert_eq!(
        hex::encode(System::Widevine.id()),
        "edef8ba979d64acea3c827dcd51d21ed"
    );
    assert_eq!(
        System::Other([7; 16]).to_string(),
        "07070707-0707-0707-0707-070707070707"
    );
}

#[test]
fn each_listed_system_is_signalled_once_and_none_else() {
    let systems = |scheme, config: &Systems| -> Vec<System> {
        made(scheme, config, vec![])
            .iter()
            .map(|s| s.system)
            .collect()
    };
    assert_eq!(
        systems(Scheme::Cbcs, &all()),
        [
            System::Widevine,
            System::PlayReady,
            System::FairPlay,
            System::W3cCommon
        ]
    );
    assert_eq!(systems(Scheme::Cbcs, &Systems::default()), []);
    let one = Systems {
        playready: Some(PlayReady::default()),
        ..Systems::default()
    };
    assert_eq!(systems(Scheme::Cenc, &one), [System::PlayReady]);
}

#[test]
fn widevine_says_key_scheme_and_what_is_configured() {
    let config = Systems {
        widevine: Some(Widevine {
            provider: Some("studio".to_owned()),
            content_id: Some("vod:{content}".to_owned()),
            policy: Some("hd".to_owned()),
            licence_url: Some("https://wv/?id={content}".to_owned()),
            pssh_v1: true,
        }),
        ..Systems::default()
    };
    let signals = made(Scheme::Cbcs, &config, vec![]);
    let signal = &signals[0];
    let bytes = signal.pssh.clone().unwrap();
    let boxes = pssh::parse(&bytes).unwrap();
    assert_eq!(
        (boxes[0].version, boxes[0].kids.as_slice()),
        (1, &[KID][..])
    );
    assert_eq!(
        WidevineData::parse(boxes[0].data).unwrap(),
        WidevineData {
            key_ids: vec![KID],
            provider: Some("studio".to_owned()),
            content_id: Some(b"vod:films/a".to_vec()),
            policy: Some("hd".to_owned()),
            protection_scheme: Some(*b"cbcs"),
            ..WidevineData::default()
        }
    );
    assert_eq!(
        signal.licence_url.as_deref(),
        Some("https://wv/?id=films%2Fa")
    );
    let hls = signal.hls.as_ref().unwrap();
    assert!(hls.uri.starts_with("data:text/plain;base64,AAAA"));
    assert!(hls.key_id && !hls.iv);
}

#[test]
fn playready_follows_scheme_and_override() {
    let header = |scheme, version| {
        let config = Systems {
            playready: Some(PlayReady {
                licence_url: Some("https://pr/{kid_uuid}".to_owned()),
                header_version: version,
                ..PlayReady::default()
            }),
            ..Systems::default()
        };
        signals(&record(vec![]), scheme, &config, "a").map(|signals| {
            let signal = &signals[0];
            let bytes = signal.pssh.clone().unwrap();
            assert_eq!(
                pssh::parse(&bytes).unwrap()[0].data,
                signal.pro.as_ref().unwrap()
            );
            let header =
                Header::parse(&header_text(signal.pro.as_ref().unwrap()).unwrap()).unwrap();
            assert_eq!(header.licence_url, signal.licence_url);
            header
        })
    };
    let cenc = header(Scheme::Cenc, None).unwrap();
    assert_eq!(cenc.version, HeaderVersion::V4_0);
    assert!(cenc.keys[0].checksum.is_some());
    let cbcs = header(Scheme::Cbcs, None).unwrap();
    assert_eq!(cbcs.version, HeaderVersion::V4_3);
    assert_eq!(cbcs.keys[0].algorithm, Some(Algorithm::AesCbc));
    assert_eq!(
        cbcs.licence_url.as_deref(),
        Some("https://pr/00010203-0405-0607-0809-0a0b0c0d0e0f")
    );
    assert_eq!(
        header(Scheme::Cenc, Some(HeaderVersion::V4_2))
            .unwrap()
            .version,
        HeaderVersion::V4_2
    );
    assert!(header(Scheme::Cbcs, Some(HeaderVersion::V4_2)).is_err());
}

#[test]
fn fairplay_has_an_address_and_no_box() {
    let signals = made(Scheme::Cbcs, &all(), vec![]);
    let signal = of(&signals, System::FairPlay);
    assert_eq!(signal.pssh, None);
    let hls = signal.hls.as_ref().unwrap();
    assert_eq!(hls.uri, "skd://000102030405060708090a0b0c0d0e0f");
    assert_eq!(hls.key_format, "com.apple.streamingkeydelivery");
    assert!(!hls.iv && !hls.key_id);
}

#[test]
fn a_configuration_is_checked_before_there_are_keys() {
    all().check(Scheme::Cenc).unwrap();
    all().check(Scheme::Cbcs).unwrap();
    let bad = |config: Systems| config.check(Scheme::Cbcs).unwrap_err();
    let fairplay = FairPlay {
        uri: "skd://{key}".to_owned(),
        licence_url: None,
    };
    assert!(matches!(
        bad(Systems {
            fairplay: Some(fairplay),
            ..Systems::default()
        }),
        Error::Template { .. }
    ));
    let playready = PlayReady {
        custom_attributes: Some("<a".to_owned()),
        ..PlayReady::default()
    };
    assert!(matches!(
        bad(Systems {
            playready: Some(playready),
            ..Systems::default()
        }),
        Error::Fragment(_)
    ));
    let playready = PlayReady {
        header_version: Some(HeaderVersion::V4_0),
        ..PlayReady::default()
    };
    assert!(matches!(
        bad(Systems {
            playready: Some(playready),
            ..Systems::default()
        }),
        Error::PlayReady(_)
    ));
}
