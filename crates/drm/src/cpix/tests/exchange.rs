//! Requests and their answers.
use super::support::{AUDIO, HD, answer, asked, key_of, request, rotating};
use crate::cpix::*;
use crate::{KeyId, Scheme, System};

fn ask(request: &Request, answer: &Document) -> Result<Vec<Granted>> {
    let text = answer.to_xml();
    Document::parse(text.as_bytes(), &Limits::default())?.into_records(request, None)
}

/// What a change to a good answer leads to.
fn altered(request: &Request, alter: impl FnOnce(&mut Document)) -> Error {
    let mut document = answer(request);
    alter(&mut document);
    ask(request, &document).unwrap_err()
}

#[test]
fn a_good_answer_gives_every_key_that_was_asked_for() {
    let request = request();
    let granted = ask(&request, &answer(&request)).unwrap();
    let labels: Vec<_> = granted.iter().map(|granted| &*granted.label).collect();
    assert_eq!(labels, ["AUDIO", "HD"]);
    for (granted, kid) in granted.iter().zip([AUDIO, HD]) {
        assert_eq!(granted.record.key.kid, kid);
        assert_eq!(granted.record.key.expose(), &key_of(kid));
        let said = &granted.record.said;
        let systems: Vec<_> = said.iter().map(|s| System::from_id(s.system_id)).collect();
        assert_eq!(
            systems,
            [System::Widevine, System::PlayReady, System::FairPlay]
        );
        assert!(said[0].pssh.is_some() && said[2].pssh.is_none());
        let multivariant = said[2].hls_multivariant.as_deref();
        let line = "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://1\"\n";
        assert_eq!(multivariant, Some(line));
    }
}

#[test]
fn keys_of_crypto_periods_are_told_apart_by_index() {
    let request = rotating();
    let mut document = answer(&request);
    // A server may name the periods as it likes.
    for period in &mut document.periods {
        period.id = format!("other-{}", period.index.unwrap());
    }
    for rule in &mut document.rules {
        rule.periods[0] = rule.periods[0].replace("period", "other");
    }
    let granted = ask(&request, &document).unwrap();
    let periods: Vec<_> = granted.iter().map(|granted| granted.period).collect();
    assert_eq!(periods, [Some(7), Some(7), Some(8), Some(8)]);
}

#[test]
fn keys_of_swapped_periods_are_refused() {
    let error = altered(&rotating(), |document| {
        document.periods[0].index = Some(8);
        document.periods[1].index = Some(7);
    });
    assert!(matches!(error, Error::Key { .. }), "{error}");
}

#[test]
fn labels_may_share_one_key() {
    let mut request = request();
    request.keys = vec![asked("AUDIO", AUDIO), asked("SD", AUDIO), asked("HD", HD)];
    let granted = ask(&request, &answer(&request)).unwrap();
    assert_eq!(granted[1].label, "SD");
    assert_eq!(granted[1].record.key.kid, AUDIO);
}

#[test]
fn a_key_under_another_id_is_refused_by_its_id() {
    let other = KeyId([0xcc; 16]);
    let error = altered(&request(), |document| document.keys[1].kid = other);
    assert_eq!(error, Error::Unasked { kid: other });
    assert_eq!(error.fault(), Fault::Unfit);
    assert!(error.to_string().contains(&other.to_string()));
}

#[test]
fn what_was_asked_for_and_is_not_there_is_named() {
    let missing = |alter: fn(&mut Document)| match altered(&request(), alter) {
        Error::Missing { element, .. } => element,
        other => panic!("{other}"),
    };
    assert_eq!(missing(|d| drop(d.keys.pop())), "ContentKey");
    assert_eq!(missing(|d| d.keys[0].secret = None), "Data");
    assert_eq!(
        missing(|d| d.keys[0].scheme = None),
        "commonEncryptionScheme"
    );
    assert_eq!(missing(|d| drop(d.systems.pop())), "DRMSystem");
    assert_eq!(missing(|d| d.systems[0].pssh = None), "PSSH");
    assert_eq!(
        missing(|d| d.systems[0].pssh = Some(bytes::Bytes::new())),
        "PSSH"
    );
    assert_eq!(
        missing(|d| d.systems[1].content_protection = None),
        "ContentProtectionData"
    );
    assert_eq!(
        missing(|d| d.systems[2].hls_multivariant = None),
        "HLSSignalingData"
    );
    assert_eq!(missing(|d| d.rules.clear()), "ContentKeyUsageRule");
}

#[test]
fn a_changed_contract_is_refused() {
    let changed = |alter: fn(&mut Document)| match altered(&request(), alter) {
        Error::Key { kid, element, .. } => (kid, element),
        other => panic!("{other}"),
    };
    let rule = "ContentKeyUsageRule";
    assert_eq!(
        changed(|d| d.rules[1].track_type = Some("UHD1".to_owned())),
        (HD, rule)
    );
    assert_eq!(
        changed(|d| d.rules[1].video[0].max_pixels = None),
        (HD, rule)
    );
    assert_eq!(
        changed(|d| d.rules[0].labels.push("x".to_owned())),
        (AUDIO, rule)
    );
    assert_eq!(
        changed(|d| {
            let mut rule = d.rules[0].clone();
            rule.track_type = Some("VIDEO".to_owned());
            d.rules.push(rule);
        }),
        (AUDIO, rule)
    );
    assert_eq!(
        changed(|d| d.keys[1].scheme = Some("cenc".to_owned())),
        (HD, "commonEncryptionScheme")
    );
}

#[test]
fn rules_whose_keys_are_exchanged_are_refused() {
    let error = altered(&request(), |document| {
        let (audio, hd) = (document.rules[0].kid, document.rules[1].kid);
        document.rules[0].kid = hd;
        document.rules[1].kid = audio;
    });
    assert!(matches!(error, Error::Key { .. }), "{error}");
}

#[test]
fn an_answer_to_another_request_is_refused() {
    let error = altered(&request(), |document| {
        document.content_id = Some("another film".to_owned());
    });
    let attribute = "contentId";
    assert_eq!(error, Error::OtherRequest { attribute });
    let error = altered(&request(), |document| {
        document.version = Some("2.4".to_owned());
    });
    let attribute = "version";
    assert_eq!(error, Error::OtherRequest { attribute });
}

#[test]
fn an_iv_of_the_server_is_taken_over() {
    let request = request();
    let mut document = answer(&request);
    document.keys[0].explicit_iv = Some([9; 16]);
    let granted = ask(&request, &document).unwrap();
    assert_eq!(granted[0].record.explicit_iv, Some([9; 16]));
    assert_eq!(granted[1].record.explicit_iv, None);
}

#[test]
fn signals_that_would_break_manifests_are_refused() {
    let element = |alter: fn(&mut Document)| match altered(&request(), alter) {
        Error::Key {
            element, reason, ..
        } => (element, reason),
        other => panic!("{other}"),
    };
    let media = |line: &'static str| {
        let mut document = answer(&request());
        document.systems[0].hls_media = Some(line.to_owned());
        ask(&request(), &document).unwrap_err()
    };
    for line in [
        "#EXT-X-KEY:METHOD=NONE",
        "#EXT-X-KEY:METHOD=SAMPLE-AES\n#EXT-X-ENDLIST",
        "#EXT-X-KEY:METHOD=SAMPLE-AES\nhttps://example.com/segment.mp4",
        "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES",
        "#EXT-X-KEY:METHOD=SAMPLE-AES\n#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES",
        "#EXT-X-KEY:METHOD=SAMPLE-AES\u{0}",
        "#PROPRIETARY",
    ] {
        let error = media(line);
        let refused = matches!(
            error,
            Error::Key {
                element: "HLSSignalingData",
                ..
            }
        );
        assert!(refused, "{line}: {error}");
    }
    let (name, reason) = element(|d| d.systems[0].pssh = d.systems[1].pssh.clone());
    assert_eq!((name, reason), ("PSSH", "of another DRM system"));
    let (name, _) = element(|d| d.systems[0].pssh = Some(vec![0; 7].into()));
    assert_eq!(name, "PSSH");
    for xml in [
        "</fragment><fragment>",
        "<pssh xmlns=\"urn:mpeg:cenc:2013\">",
        "<undeclared:pssh/>",
        "text alone",
        "<!DOCTYPE x><x/>",
        "<?target data?><x/>",
    ] {
        let mut document = answer(&request());
        document.systems[0].content_protection = Some(xml.to_owned());
        let error = ask(&request(), &document).unwrap_err();
        let refused = matches!(
            error,
            Error::Key {
                element: "ContentProtectionData",
                ..
            }
        );
        assert!(refused, "{xml}: {error}");
    }
    let (name, reason) = element(|d| {
        let xml = &mut d.systems[0].content_protection;
        *xml = Some("<p:pssh xmlns:p=\"urn:mpeg:cenc:2013\">AAAA</p:pssh>".to_owned());
    });
    let told = ("ContentProtectionData", "cenc:pssh is not the box in PSSH");
    assert_eq!((name, reason), told);
}

#[test]
fn a_request_that_breaks_speke_is_not_written() {
    let refused = |alter: fn(&mut Request)| {
        let mut request = request();
        alter(&mut request);
        matches!(request.to_xml(), Err(Error::Request(_)))
    };
    assert!(refused(|r| r.content_id.clear()));
    assert!(refused(|r| r.content_id.push('\u{1}')));
    assert!(refused(|r| r.keys.clear()));
    assert!(refused(|r| r.scheme = Scheme::Cenc));
    assert!(refused(|r| r.systems.push(r.systems[0])));
    assert!(refused(|r| r.keys.push(r.keys[0].clone())));
    assert!(refused(|r| r.keys[0].label.audio.clear()));
    assert!(refused(|r| r.keys[0].label.name.push_str("+AUDIO2")));
    assert!(refused(|r| r.keys[0].period = Some(1)));
    assert!(refused(|r| r.periods.push(Period::default())));
}

#[test]
fn the_request_is_what_speke_shows() {
    let mut request = rotating();
    request.keys.truncate(1);
    request.periods.truncate(1);
    request.systems.truncate(1);
    request.keys[0].explicit_iv = Some([1; 16]);
    let xml = request.to_xml().unwrap();
    let kid = request.keys[0].kid;
    let expected = format!(
        "<cpix:ContentKeyList><cpix:ContentKey kid=\"{kid}\" explicitIV=\"AQEBAQEBAQEBAQEBAQEBAQ==\" \
         commonEncryptionScheme=\"cbcs\"></cpix:ContentKey></cpix:ContentKeyList>\
         <cpix:DRMSystemList><cpix:DRMSystem kid=\"{kid}\" \
         systemId=\"edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\"><cpix:PSSH></cpix:PSSH>\
         <cpix:ContentProtectionData></cpix:ContentProtectionData>\
         <cpix:HLSSignalingData playlist=\"media\"></cpix:HLSSignalingData>\
         <cpix:HLSSignalingData playlist=\"master\"></cpix:HLSSignalingData>\
         </cpix:DRMSystem></cpix:DRMSystemList>\
         <cpix:ContentKeyPeriodList><cpix:ContentKeyPeriod id=\"period-7\" index=\"7\"/>\
         </cpix:ContentKeyPeriodList><cpix:ContentKeyUsageRuleList>\
         <cpix:ContentKeyUsageRule kid=\"{kid}\" intendedTrackType=\"AUDIO\">\
         <cpix:KeyPeriodFilter periodId=\"period-7\"/><cpix:AudioFilter/></cpix:ContentKeyUsageRule>\
         </cpix:ContentKeyUsageRuleList></cpix:CPIX>\n"
    );
    let start = xml.find("<cpix:ContentKeyList>").unwrap();
    assert_eq!(&xml[start..], expected);
    assert!(xml.contains("version=\"2.3\""));
}
