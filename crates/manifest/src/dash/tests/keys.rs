//! ContentProtection.
use bytes::Bytes;
use edgepack_drm::{Signal, System, pssh};
use edgepack_packager::Rotation;
use edgepack_packager::protection::Every;

use super::*;
use crate::sample::{fairplay, kid, ladder, scheduled, silent, w3c_common, widevine};
use crate::{Method, Protection};

const EVERY_TWO: Option<Every> = Some(Every::Segments(2));

fn under<'a>(presentation: &'a Presentation, protection: &'a Protection) -> View<'a> {
    View {
        protection: Some(protection),
        ..View::new(presentation)
    }
}

fn written(presentation: &Presentation, protection: &Protection) -> String {
    mpd_with(under(presentation, protection), Template::Number)
}

#[test]
fn one_header_with_sample_groups_is_one_period_that_names_all_keys() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Cbcs, EVERY_TWO, 0, Rotation::SampleGroups);
    let kids = [kid(1, 0), kid(1, 1)];
    for kid in kids {
        let signals = vec![widevine(kid), w3c_common(kid)];
        protection.signals.insert(kid, signals);
    }
    let mpd = written(&ladder, &protection);
    assert_eq!(elements(&mpd, "Period").len(), 1);
    let set = elements(&mpd, "AdaptationSet")[0];
    let scheme = elements(set, "ContentProtection")[0];
    assert_eq!(
        attribute(scheme, "cenc:default_KID"),
        Some("01000000-0000-0000-0000-000000000000")
    );
    let boxes = |element: &str| {
        let text = elements(element, "cenc:pssh");
        assert_eq!(text.len(), 1);
        let text = text[0].split(['>', '<']).nth(2).unwrap();
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap()
    };
    assert_eq!(boxes(scheme), pssh::w3c_common(&kids));
    let both = boxes(elements(set, "ContentProtection")[1]);
    let both = pssh::parse(&both).unwrap();
    assert_eq!(
        both.iter().flat_map(|b| b.kids.clone()).collect::<Vec<_>>(),
        kids
    );
}

#[test]
fn a_clear_lead_is_no_period() {
    let ladder = ladder();
    let protection = scheduled(&ladder, Method::Cenc, None, 5000, Rotation::NewHeader);
    let none = scheduled(&ladder, Method::Cenc, None, 0, Rotation::NewHeader);
    assert_eq!(written(&ladder, &protection), written(&ladder, &none));
}

#[test]
fn each_system_says_what_it_needs() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Cbcs, None, 0, Rotation::NewHeader);
    let kid = kid(1, 0);
    let playready = Signal {
        pssh: Some(Bytes::from_static(b"pssh")),
        pro: Some(Bytes::from_static(b"pro")),
        ..silent(System::PlayReady)
    };
    let signals = vec![
        widevine(kid),
        playready,
        fairplay(kid),
        // Nothing is known of it but its id.
        silent(System::Other([9; 16])),
        w3c_common(kid),
    ];
    protection.signals.insert(kid, signals);
    let mpd = written(&ladder, &protection);
    assert!(mpd.contains("xmlns:mspr=\"urn:microsoft:playready\""));
    let set = elements(&mpd, "AdaptationSet")[0];
    let protections = elements(set, "ContentProtection");
    let schemes: Vec<_> = protections
        .iter()
        .map(|element| attribute(element, "schemeIdUri").unwrap())
        .collect();
    assert_eq!(
        schemes,
        [
            "urn:mpeg:dash:mp4protection:2011",
            "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
            "urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95",
            "urn:uuid:94ce86fb-07ff-4f43-adb8-93d2fa968ca2",
            "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e"
        ]
    );
    assert!(protections[1].contains("<dashif:Laurl>https://wv.test/?a=1&amp;b=2</dashif:Laurl>"));
    assert!(protections[2].contains("<cenc:pssh>cHNzaA==</cenc:pssh>"));
    assert!(protections[2].contains("<mspr:pro>cHJv</mspr:pro>"));
}

#[test]
fn what_a_key_server_dictates_stands_in_place_of_ours() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Cbcs, None, 0, Rotation::NewHeader);
    let kid = kid(1, 0);
    let dictated = Signal {
        content_protection: Some("<mspr:pro>b3RoZXI=</mspr:pro>".to_owned()),
        ..widevine(kid)
    };
    protection.signals.insert(kid, vec![dictated]);
    protection.clear_key = None;
    let mpd = written(&ladder, &protection);
    let set = elements(&mpd, "AdaptationSet")[0];
    let system = elements(set, "ContentProtection")[1];
    assert_eq!(
        system.split_once('>').unwrap().1.trim_start(),
        "<mspr:pro>b3RoZXI=</mspr:pro>\n      </ContentProtection>"
    );
    assert!(mpd.contains("xmlns:mspr="));
}

#[test]
fn dash_knows_common_encryption_only() {
    let ladder = ladder();
    for method in [Method::Aes128, Method::SampleAes] {
        let protection = scheduled(&ladder, method, None, 0, Rotation::NewHeader);
        assert_eq!(
            mpd(under(&ladder, &protection), Template::Number),
            Err(Error::NothingToOffer { form: "DASH" })
        );
    }
    let rotated = scheduled(&ladder, Method::Cenc, EVERY_TWO, 0, Rotation::NewHeader);
    let lead = scheduled(&ladder, Method::Cenc, None, 4000, Rotation::NewHeader);
    for protection in [rotated, lead] {
        assert_eq!(
            mpd_ondemand(under(&ladder, &protection), &[]),
            Err(Error::NothingToOffer {
                form: "single files"
            })
        );
    }
}
