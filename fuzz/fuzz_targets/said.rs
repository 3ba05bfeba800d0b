//! Anything that a key server may dictate of a system: signals of it are fit for manifests, or there are none.
#![no_main]
use edgepack_drm::systems::{Playlist, check_fragment, check_hls_lines};
use edgepack_drm::{ContentKey, KeyId, KeyRecord, Said, Scheme, System, Systems, systems};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, Option<Vec<u8>>, [Option<String>; 4])| {
    let (system, pssh, [content_protection, hls_media, hls_multivariant, uri]) = input;
    let system = match system % 5 {
        0 => System::Widevine,
        1 => System::PlayReady,
        2 => System::FairPlay,
        3 => System::W3cCommon,
        _ => System::Other([7; 16]),
    };
    let record = KeyRecord {
        said: vec![Said {
            system_id: system.id(),
            pssh: pssh.map(Into::into),
            content_protection,
            hls_media,
            hls_multivariant,
            uri,
        }],
        ..ContentKey::new(KeyId([1; 16]), [2; 16]).into()
    };
    let config = Systems {
        widevine: Some(Default::default()),
        playready: Some(Default::default()),
        fairplay: Some(Default::default()),
        w3c_common: true,
        other: vec![[7; 16]],
    };
    let Ok(signals) = systems::signals(&record, Scheme::Cbcs, &config, "content") else {
        return;
    };
    for signal in signals {
        if let Some(xml) = signal.content_protection {
            check_fragment(&xml).expect("what was checked");
        }
        if let Some(lines) = signal.hls_media {
            assert_eq!(check_hls_lines(&lines, Playlist::Media).ok(), Some(lines));
        }
        if let Some(lines) = signal.hls_multivariant {
            assert_eq!(
                check_hls_lines(&lines, Playlist::Multivariant).ok(),
                Some(lines)
            );
        }
        if let Some(hls) = signal.hls {
            assert!(hls.uri.chars().all(|c| c.is_ascii_graphic() && c != '"'));
        }
    }
});
