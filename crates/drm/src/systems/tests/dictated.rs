//! What key servers say.
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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
    format!("data:text/plain;base64,{}", STANDARD.encode(bytes))
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
