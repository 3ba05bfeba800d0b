//! An answer of a key server, against the request that it should answer.
#![no_main]
use edgepack_drm::cpix::{Asked, AskedSystem, Document, Label, Limits, Period, Request, Version};
use edgepack_drm::{KeyId, Scheme, System};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(document) = Document::parse(data, &Limits::default()) else {
        return;
    };
    // What was read is written and read as the same.
    let text = document.to_xml();
    let limits = Limits {
        bytes: usize::MAX,
        ..Limits::default()
    };
    if document.signatures == 0 && document.rules.iter().all(|rule| !rule.unusable) {
        let again = Document::parse(text.as_bytes(), &limits);
        // A number of digits or a UUID may be spelled in several ways, a date is kept: only the form may change.
        if let Ok(again) = again {
            assert_eq!(again.keys.len(), document.keys.len());
            assert_eq!(again.systems, document.systems);
        }
    }

    // A request made of the answer itself, so that the comparison goes deep.
    let keys = document.keys.iter().take(8).map(|key| {
        let rule = document.rules.iter().find(|rule| rule.kid == key.kid);
        let period = rule.and_then(|rule| rule.periods.first());
        let period = period.and_then(|id| document.periods.iter().find(|p| p.id == *id));
        Asked {
            label: Label {
                name: rule
                    .and_then(|rule| rule.track_type.clone())
                    .unwrap_or_default(),
                video: rule.map(|rule| rule.video.clone()).unwrap_or_default(),
                audio: rule.map(|rule| rule.audio.clone()).unwrap_or_default(),
                bitrate: Vec::new(),
            },
            period: period.and_then(|period| period.index),
            kid: key.kid,
            explicit_iv: None,
        }
    });
    let mut systems: Vec<_> = document
        .systems
        .iter()
        .map(|system| AskedSystem::usual(System::from_id(system.system_id)))
        .take(4)
        .collect();
    systems.sort_by_key(|asked| asked.system);
    systems.dedup();
    let request = Request {
        content_id: document.content_id.clone().unwrap_or("film".to_owned()),
        version: Version::V2_3,
        scheme: match document.keys.first().and_then(|key| key.scheme.as_deref()) {
            Some("cenc") => Scheme::Cenc,
            _ => Scheme::Cbcs,
        },
        keys: keys.collect(),
        systems,
        periods: document.periods.iter().take(4).map(Period::clone).collect(),
        certificate: None,
    };
    if let Ok(granted) = document.into_records(&request, None) {
        assert_eq!(granted.len(), request.keys.len());
        for (granted, asked) in granted.iter().zip(&request.keys) {
            assert_eq!(granted.record.key.kid, asked.kid);
        }
    }
    let _ = document.into_records(
        &Request {
            keys: vec![Asked {
                label: Label::all(),
                period: None,
                kid: KeyId([0; 16]),
                explicit_iv: None,
            }],
            ..request
        },
        None,
    );
});
