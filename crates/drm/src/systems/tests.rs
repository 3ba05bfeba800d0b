#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::{ContentKey, Error, KeyRecord, Said, Scheme, pssh};
use playready::{Algorithm, Header, header_text};
use widevine::WidevineData;

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

fn said(system: System) -> Said {
    Said {
        system_id: system.id(),
        ..Said::default()
    }
}

fn refusal(said: Said) -> String {
    signals(&record(vec![said]), Scheme::Cbcs, &all(), "a")
        .unwrap_err()
        .to_string()
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
fn fairplay_is_left_out_under_cenc_whoever_speaks_of_it() {
    let said = Said {
        uri: Some("skd://x".to_owned()),
        ..said(System::FairPlay)
    };
    let signals = made(Scheme::Cenc, &all(), vec![said]);
    assert!(
        signals
            .iter()
            .all(|signal| signal.system != System::FairPlay)
    );
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
fn what_the_key_server_says_goes_first() {
    let theirs = pssh::pssh_v0(&System::Widevine.id(), b"theirs");
    let line = "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://theirs\"";
    let signals = made(
        Scheme::Cbcs,
        &all(),
        vec![
            Said {
                pssh: Some(theirs.clone().into()),
                ..said(System::Widevine)
            },
            Said {
                uri: Some("skd://theirs".to_owned()),
                hls_media: Some(line.to_owned()),
                content_protection: Some("<a/>".to_owned()),
                ..said(System::FairPlay)
            },
        ],
    );
    let widevine = of(&signals, System::Widevine);
    assert_eq!(widevine.pssh.as_ref().unwrap(), &theirs);
    assert_eq!(
        widevine.hls.as_ref().unwrap().uri,
        data_uri_of(&theirs),
        "HLS says the same as DASH"
    );
    let fairplay = of(&signals, System::FairPlay);
    assert_eq!(fairplay.hls.as_ref().unwrap().uri, "skd://theirs");
    assert_eq!(
        fairplay.hls_media.as_deref(),
        Some(format!("{line}\n").as_str())
    );
    assert_eq!(fairplay.hls_multivariant, None);
    assert_eq!(fairplay.content_protection.as_deref(), Some("<a></a>"));
}

fn data_uri_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    format!(
        "data:text/plain;base64,{}",
        base64::engine::general_purpose::STANDARD.encode(bytes)
    )
}

#[test]
fn the_object_of_a_playready_box_is_the_servers() {
    let ours = made(Scheme::Cbcs, &all(), vec![]);
    let theirs = of(&ours, System::PlayReady).clone();
    let config = Systems {
        playready: Some(PlayReady {
            licence_url: Some("https://ours/".to_owned()),
            ..PlayReady::default()
        }),
        ..Systems::default()
    };
    let by_box = Said {
        pssh: theirs.pssh.clone(),
        ..said(System::PlayReady)
    };
    assert_eq!(made(Scheme::Cbcs, &config, vec![by_box])[0].pro, theirs.pro);
    let by_xml = Said {
        content_protection: Some(format!(
            "<cenc:pssh>\n{}\n</cenc:pssh>",
            data_uri_of(theirs.pssh.as_ref().unwrap())
                .split_once(',')
                .unwrap()
                .1
        )),
        ..said(System::PlayReady)
    };
    let signals = made(Scheme::Cbcs, &config, vec![by_xml]);
    assert_eq!(signals[0].pro, theirs.pro);
    assert_eq!(signals[0].pssh, theirs.pssh);
    assert_eq!(signals[0].hls, theirs.hls);
}

#[test]
fn systems_that_are_not_listed_are_not_signalled() {
    let other = Said {
        content_protection: Some("<x xmlns=\"u\"/>".to_owned()),
        ..said(System::Other([7; 16]))
    };
    assert!(
        made(
            Scheme::Cenc,
            &Systems::default(),
            vec![other.clone(), said(System::Widevine)]
        )
        .is_empty()
    );
    let listed = Systems {
        other: vec![[7; 16], [7; 16], [8; 16], System::Widevine.id()],
        ..Systems::default()
    };
    let signals = made(Scheme::Cenc, &listed, vec![other]);
    assert_eq!(signals.len(), 1, "nobody says anything of the second");
    assert_eq!(signals[0].system, System::Other([7; 16]));
    assert_eq!(signals[0].hls, None);
}

#[test]
fn a_lying_key_server_is_refused() {
    let with_pssh = |bytes: Vec<u8>| Said {
        pssh: Some(bytes.into()),
        ..said(System::Widevine)
    };
    assert_eq!(
        refusal(with_pssh(pssh::w3c_common(&[KID]))),
        "the key server's pssh for Widevine: a box of another system, W3C common"
    );
    assert_eq!(
        refusal(with_pssh(pssh::pssh_v1(
            &System::Widevine.id(),
            &[KeyId([9; 16])],
            b""
        ))),
        "the key server's pssh for Widevine: does not name the key 00010203-0405-0607-0809-0a0b0c0d0e0f"
    );
    assert_eq!(
        refusal(with_pssh(vec![])),
        "the key server's pssh for Widevine: 0 boxes"
    );
    assert!(refusal(with_pssh(vec![0; 9])).contains("pssh at 0"));
    assert!(
        refusal(Said {
            pssh: Some(pssh::pssh_v0(&System::PlayReady.id(), b"no object").into()),
            ..said(System::PlayReady)
        })
        .starts_with("the key server's PlayReady object for PlayReady: ")
    );
    assert!(
        refusal(Said {
            content_protection: Some("</ContentProtection>".to_owned()),
            ..said(System::FairPlay)
        })
        .starts_with("the key server's ContentProtection for FairPlay: XML: ")
    );
    assert!(
        refusal(Said {
            content_protection: Some("<cenc:pssh>!</cenc:pssh>".to_owned()),
            ..said(System::Widevine)
        })
        .ends_with("pssh is not base64")
    );
    assert!(
        refusal(Said {
            hls_multivariant: Some("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"a\"".to_owned()),
            ..said(System::FairPlay)
        })
        .contains("HLS lines")
    );
    assert!(
        refusal(Said {
            hls_media: Some("#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"a\"".to_owned()),
            ..said(System::Widevine)
        })
        .ends_with("METHOD=SAMPLE-AES-CTR for media of another scheme")
    );
    assert_eq!(
        refusal(Said {
            uri: Some("skd://\"\n#EXT".to_owned()),
            ..said(System::FairPlay)
        }),
        "the key server's URI for FairPlay: no URI"
    );
}

#[test]
fn empty_words_of_a_key_server_are_none() {
    let empty = Said {
        content_protection: Some(" ".to_owned()),
        hls_media: Some(String::new()),
        hls_multivariant: Some("\n".to_owned()),
        uri: Some(String::new()),
        ..said(System::FairPlay)
    };
    assert_eq!(
        made(Scheme::Cbcs, &all(), vec![empty]),
        made(Scheme::Cbcs, &all(), vec![])
    );
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
