//! What is written is read as it was.
use crate::KeyId;
use crate::cpix::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use zeroize::Zeroizing;

fn text() -> impl Strategy<Value = String> {
    "[ -~\t\n\u{a0}-\u{2ff}\u{1f600}-\u{1f64f}]{0,20}"
}

fn id() -> impl Strategy<Value = KeyId> {
    any::<[u8; 16]>().prop_map(KeyId)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..50)
}

fn encrypted() -> impl Strategy<Value = Encrypted> {
    (text(), bytes(), option::of(bytes())).prop_map(|(algorithm, value, mac)| Encrypted {
        algorithm,
        value,
        mac,
    })
}

fn secret() -> impl Strategy<Value = Secret> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(|key| Secret::Plain(Zeroizing::new(key.to_vec()))),
        encrypted().prop_map(Secret::Encrypted),
    ]
}

prop_compose! {
    fn key()(
        kid in id(),
        explicit_iv in option::of(any::<[u8; 16]>()),
        scheme in option::of(text()),
        hdcp_level in option::of(text()),
        secret in option::of(secret()),
    ) -> Key {
        Key { kid, explicit_iv, scheme, hdcp_level, secret }
    }
}

prop_compose! {
    fn system()(
        system_id in any::<[u8; 16]>(),
        kid in id(),
        names in (option::of(text()), option::of(text())),
        pssh in option::of(bytes()),
        texts in [option::of(text()), option::of(text()), option::of(text()), option::of(text())],
        smooth in option::of(text()),
    ) -> DrmSystem {
        let [content_protection, hls_media, hls_multivariant, uri] = texts;
        DrmSystem {
            name: names.0,
            allowed_cpc: names.1,
            pssh: pssh.map(Into::into),
            content_protection,
            hls_media,
            hls_multivariant,
            smooth,
            uri,
            ..DrmSystem::new(system_id, kid)
        }
    }
}

prop_compose! {
    fn delivery()(
        certificates in vec(bytes(), 0..3),
        document_keys in vec((secret(), vec(id(), 0..3)), 0..3),
        mac in option::of((text(), encrypted())),
    ) -> Delivery {
        Delivery {
            id: None,
            certificates: certificates.into_iter().map(Into::into).collect(),
            document_keys: document_keys
                .into_iter()
                .map(|(secret, encrypts)| DocumentKey { secret, encrypts })
                .collect(),
            mac: mac.map(|(algorithm, key)| MacMethod {
                algorithm,
                key: Secret::Encrypted(Encrypted { mac: None, ..key }),
            }),
        }
    }
}

prop_compose! {
    fn rule()(
        kid in id(),
        track_type in option::of(text()),
        names in (vec(text(), 0..3), vec(text(), 0..3)),
        video in vec((any::<[Option<u32>; 4]>(), any::<[Option<bool>; 2]>()), 0..3),
        audio in vec(any::<[Option<u32>; 2]>(), 0..3),
        bitrate in vec(any::<[Option<u32>; 2]>(), 0..3),
    ) -> UsageRule {
        UsageRule {
            track_type,
            periods: names.0,
            labels: names.1,
            video: video
                .into_iter()
                .map(|([min_pixels, max_pixels, min_fps, max_fps], [hdr, wcg])| VideoFilter {
                    min_pixels, max_pixels, hdr, wcg, min_fps, max_fps,
                })
                .collect(),
            audio: audio
                .into_iter()
                .map(|[min_channels, max_channels]| AudioFilter { min_channels, max_channels })
                .collect(),
            bitrate: bitrate
                .into_iter()
                .map(|[min_bitrate, max_bitrate]| BitrateFilter { min_bitrate, max_bitrate })
                .collect(),
            ..UsageRule::new(kid)
        }
    }
}

fn periods() -> impl Strategy<Value = Vec<Period>> {
    let time = || option::of((0..253_402_300_800_u64).prop_map(DateTime::from_unix));
    vec((option::of(any::<u32>()), time(), time()), 0..3).prop_map(|periods| {
        let named = periods.into_iter().enumerate();
        named
            .map(|(number, (index, start, end))| Period {
                id: format!("p{number}"),
                index,
                start,
                end,
            })
            .collect()
    })
}

prop_compose! {
    fn document()(
        texts in (option::of(text()), prop_oneof![Just(None), Just(Some("2.3")), Just(Some("2.4"))]),
        deliveries in vec(delivery(), 0..3),
        keys in vec(key(), 0..4),
        systems in vec(system(), 0..4),
        periods in periods(),
        rules in vec(rule(), 0..4),
    ) -> Document {
        Document {
            content_id: texts.0,
            version: texts.1.map(str::to_owned),
            deliveries, keys, systems, periods, rules,
            signatures: 0,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_document_that_is_written_reads_as_it_was(document in document()) {
        let xml = document.to_xml();
        prop_assert_eq!(xml.capacity(), xml.len(), "text that grew");
        let read = Document::parse(xml.as_bytes(), &Limits::default());
        prop_assert_eq!(read, Ok(document));
    }

    #[test]
    fn nothing_makes_the_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Document::parse(&bytes, &Limits::default());
    }

    #[test]
    fn a_damaged_document_is_read_or_refused(
        document in document(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = document.to_xml().as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Document::parse(&bytes, &Limits::default());
        let _ = Document::parse(&bytes[..at], &Limits::default());
    }
}
