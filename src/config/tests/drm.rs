//! `[mount.drm]`.
use edgepack_drm::systems::{FairPlay, HeaderVersion};
use edgepack_packager::protection::Every;
use edgepack_packager::{HdcpLevel, Kind, Rotation};

use super::faults::{assert_fault, with};
use super::*;

#[test]
fn every_value_arrives() {
    let folder = folder();
    let config = parse_in(&folder, FULL).unwrap();
    let drm = &config.mounts[0].drm;
    assert_eq!(drm.clear_lead, Duration::from_secs(10));
    assert_eq!(drm.rotate, Some(Every::Segments(100)));
    assert_eq!(drm.rotation, Rotation::SampleGroups);
    assert_eq!(
        drm.key_uri.as_deref(),
        Some("https://keys.example.com/{kid}")
    );
    let systems = &drm.systems;
    assert!(!systems.w3c_common);
    assert_eq!(systems.other[0][..2], [0x5e, 0x62]);
    let widevine = systems.widevine.as_ref().unwrap();
    assert_eq!(widevine.provider.as_deref(), Some("shop"));
    assert!(widevine.pssh_v1);
    let playready = systems.playready.as_ref().unwrap();
    assert_eq!(playready.header_version, Some(HeaderVersion::V4_3));
    assert_eq!(playready.domain_service.unwrap()[..2], [1, 0x23]);
    let fairplay = FairPlay {
        uri: "skd://shop/{kid}".to_owned(),
        licence_url: Some("https://licence.example.com/f".to_owned()),
    };
    assert_eq!(systems.fairplay, Some(fairplay));
    let [hd, audio] = &drm.labels[..] else {
        panic!("two labels")
    };
    assert_eq!(
        (hd.name.as_str(), hd.kind, hd.height.max, hd.hdr),
        ("HD", Some(Kind::Video), Some(1080), Some(false))
    );
    assert_eq!(hd.restrictions.hdcp_level, Some(HdcpLevel::Type0));
    assert_eq!(
        hd.restrictions.allowed_cpc,
        [
            (
                "com.microsoft.playready".to_owned(),
                vec!["SL2000".to_owned(), "SL3000".to_owned()]
            ),
            (
                "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed".to_owned(),
                vec![]
            )
        ]
    );
    assert_eq!((audio.kind, audio.channels.max), (None, Some(6)));
    assert_eq!(config.mounts[1].drm, Drm::default());
}

#[test]
fn what_does_not_go_together_is_named() {
    for (from, to, key, words) in [
        (
            "uri = \"skd://shop/{kid}\"",
            "uri = \"https://shop/{kid}\"",
            "mount[0].drm.fairplay.uri",
            "no skd:// address",
        ),
        (
            "key_uri = \"https://keys.example.com/{kid}\"",
            "key_uri = \"https://keys.example.com/one\"",
            "mount[0].drm.key_uri",
            "where each key is",
        ),
        (
            "name = \"AUDIO\"",
            "name = \"A B\"",
            "mount[0].drm.label[1].name",
            "no plain name",
        ),
        (
            "name = \"AUDIO\"",
            "name = \"HD\"",
            "mount[0].drm.label[1].name",
            "other restrictions",
        ),
        (
            "kind = \"video\"",
            "kind = \"text\"",
            "mount[0].drm.label[0].kind",
            "are not encrypted",
        ),
        (
            "min_height = 577",
            "min_height = 1081",
            "mount[0].drm.label[0].min_height",
            "1081 is above `max_height`, 1080",
        ),
    ] {
        assert_fault(from, to, key, words);
    }
}

/// Of the systems' own settings the crate that makes their data knows best.
#[test]
fn what_a_system_cannot_say_is_found_before_a_viewer_asks() {
    for (from, to, words) in [
        (
            "header_version = \"4.3.0.0\"",
            "header_version = \"4.1.0.0\"",
            "4.1",
        ),
        (
            "custom_attributes = \"<A></A>\"",
            "custom_attributes = \"<A>\"",
            "",
        ),
    ] {
        let faults = with(from, to);
        let [fault] = &faults[..] else {
            panic!("{to}: {faults:#?}")
        };
        assert_eq!(fault.key, "mount[0].drm", "{to}");
        assert!(fault.to_string().contains(words), "{fault}");
    }
}

#[test]
fn keys_rotate_by_time_or_by_segments() {
    assert_eq!(with("rotate_segments = 100", "rotate_every = \"10m\""), []);
    let both = with(
        "rotate_segments = 100",
        "rotate_segments = 100\nrotate_every = \"10m\"",
    );
    assert!(both[0].to_string().contains("keep one of them"), "{both:?}");
}
