//! Documents that no honest server sends.
use super::support::{AUDIO, HD, answer, request};
use crate::KeyId;
use crate::cpix::*;

fn parse(text: &str) -> Result<Document> {
    Document::parse(text.as_bytes(), &Limits::default())
}

fn cpix(content: &str) -> String {
    format!(
        "<CPIX xmlns='urn:dashif:org:cpix' xmlns:p='urn:ietf:params:xml:ns:keyprov:pskc'>{content}</CPIX>"
    )
}

fn key(attributes: &str, plain: &str) -> String {
    format!(
        "<ContentKey kid='{AUDIO}'{attributes}><Data><p:Secret><p:PlainValue>{plain}</p:PlainValue>\
         </p:Secret></Data></ContentKey>"
    )
}

fn keys(content: &str) -> String {
    cpix(&format!("<ContentKeyList>{content}</ContentKeyList>"))
}

const PLAIN: &str = "AAECAwQFBgcICQoLDA0ODw==";

#[test]
fn base64_may_be_broken_into_lines_but_not_broken() {
    let lines = format!("\n  {}\r\n\t{} ", &PLAIN[..7], &PLAIN[7..]);
    let document = parse(&keys(&key("", &lines))).unwrap();
    let expected: Vec<u8> = (0..16).collect();
    let secret = document.keys[0].secret.clone();
    assert!(secret == Some(Secret::Plain(expected.into())));
    for rubbish in [
        "AAEC",
        "AAECAwQFBgcICQoLDA0ODxA=",
        "AAECAwQFBgcICQoLDA0ODw=",
        "AAECAwQFBgcICQoLDA0ODw",
        "AAECAwQFBgcICQoLDA0ODw===",
        "AAECAwQFBgcICQoL*A0ODw==",
        "AAECAwQFBgcICQoL<x/>DA0ODw==",
        "",
    ] {
        let error = parse(&keys(&key("", rubbish))).unwrap_err();
        let of = matches!(error, Error::Key { kid: AUDIO, .. });
        assert!(of, "{rubbish}: {error}");
        assert!(rubbish.is_empty() || !error.to_string().contains(rubbish));
    }
}

#[test]
fn twins_are_refused() {
    let one = key("", PLAIN);
    let kid = Some(AUDIO);
    let element = "ContentKey";
    let error = parse(&keys(&format!("{one}{one}"))).unwrap_err();
    assert_eq!(error, Error::Duplicate { element, kid });
    let lists = cpix("<ContentKeyList/><ContentKeyList/>");
    assert!(matches!(parse(&lists), Err(Error::Duplicate { .. })));
    let system = format!(
        "<DRMSystem kid='{HD}' systemId='edef8ba9-79d6-4ace-a3c8-27dcd51d21ed'></DRMSystem>"
    );
    let systems = cpix(&format!("<DRMSystemList>{system}{system}</DRMSystemList>"));
    let (element, kid) = ("DRMSystem", Some(HD));
    assert_eq!(parse(&systems), Err(Error::Duplicate { element, kid }));
    for second in [
        "<HLSSignalingData playlist='media'/>",
        "<HLSSignalingData/>",
    ] {
        let inside = format!("<HLSSignalingData playlist='media'/>{second}</DRMSystem>");
        let system = system.replace("</DRMSystem>", &inside);
        let systems = cpix(&format!("<DRMSystemList>{system}</DRMSystemList>"));
        assert!(matches!(parse(&systems), Err(Error::Duplicate { .. })));
    }
    let twice = key("", PLAIN).replace("<p:Secret>", "<p:Secret><p:PlainValue/>");
    assert!(parse(&keys(&twice)).is_err());
}

#[test]
fn names_count_in_their_namespace_alone() {
    let foreign = "<ContentKeyList xmlns='urn:other'><ContentKey/></ContentKeyList>";
    assert_eq!(parse(&cpix(foreign)).unwrap().keys, []);
    assert!(parse("<CPIX xmlns='urn:dashif:org:cpix:2'/>").is_err());
    assert!(parse("<CPIX/>").is_err());
    // A value outside of its namespace is none.
    let outside = key("", PLAIN).replace("p:PlainValue", "PlainValue");
    assert!(parse(&keys(&outside)).is_err());
    // An attribute of another namespace is not `kid`.
    let attribute = key("", PLAIN).replace(" kid=", " xmlns:q='q' q:kid=");
    assert!(parse(&keys(&attribute)).is_err());
}

#[test]
fn ids_and_numbers_are_strict() {
    for kid in [
        "",
        "a1",
        "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
        "{a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1}",
    ] {
        let text = keys(&key("", PLAIN)).replace(&AUDIO.to_string(), kid);
        assert!(parse(&text).is_err(), "{kid}");
    }
    for iv in ["AAECAw==", "x", "f45bcebb-f0df-4a34-bf4e-c24edfcf628"] {
        let text = keys(&key(&format!(" explicitIV='{iv}'"), PLAIN));
        assert!(parse(&text).is_err(), "{iv}");
    }
    let rule = |filter: &str| {
        let list = "ContentKeyUsageRuleList";
        cpix(&format!(
            "<{list}><ContentKeyUsageRule kid='{AUDIO}'>{filter}</ContentKeyUsageRule></{list}>"
        ))
    };
    for filter in [
        "<VideoFilter minPixels='-1'/>",
        "<VideoFilter minPixels='4294967296'/>",
        "<VideoFilter hdr='yes'/>",
        "<AudioFilter minChannels='two'/>",
        "<KeyPeriodFilter/>",
        "<LabelFilter/>",
    ] {
        assert!(parse(&rule(filter)).is_err(), "{filter}");
    }
    let unknown = parse(&rule("<x:Filter xmlns:x='urn:other'/>")).unwrap();
    assert!(unknown.rules[0].unusable);
    for period in ["start='yesterday'", "end='2026-01-01'", "index='x'"] {
        let list =
            format!("<ContentKeyPeriodList><ContentKeyPeriod {period}/></ContentKeyPeriodList>");
        assert!(parse(&cpix(&list)).is_err(), "{period}");
    }
}

#[test]
fn a_rule_with_an_unknown_filter_gives_no_key() {
    let request = request();
    let text = answer(&request).to_xml();
    let text = text.replace(
        "<cpix:AudioFilter/>",
        "<cpix:AudioFilter/><cpix:MoodFilter/>",
    );
    let error = parse(&text)
        .unwrap()
        .into_records(&request, None)
        .unwrap_err();
    let kid = AUDIO;
    assert!(
        matches!(error, Error::Key { kid: of, .. } if of == kid),
        "{error}"
    );
}

#[test]
fn more_of_anything_than_is_allowed_is_refused() {
    let limits = Limits::default();
    let of = |text: &str| match parse(text) {
        Err(Error::Limit { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let many =
        |count: usize, item: &dyn Fn(usize) -> String| -> String { (0..count).map(item).collect() };
    let kid = |n: usize| KeyId((n as u128).to_be_bytes());
    let text = many(limits.keys + 1, &|n| {
        format!("<ContentKey kid='{}'/>", kid(n))
    });
    assert_eq!(of(&keys(&text)), "ContentKey");
    let text = many(limits.systems + 1, &|n| {
        format!("<DRMSystem kid='{}' systemId='{}'/>", kid(n), kid(n))
    });
    assert_eq!(
        of(&cpix(&format!("<DRMSystemList>{text}</DRMSystemList>"))),
        "DRMSystem"
    );
    let text = many(limits.periods + 1, &|_| "<ContentKeyPeriod/>".to_owned());
    let list = "ContentKeyPeriodList";
    assert_eq!(
        of(&cpix(&format!("<{list}>{text}</{list}>"))),
        "ContentKeyPeriod"
    );
    let text = many(limits.rules + 1, &|_| "<VideoFilter/>".to_owned());
    let list = "ContentKeyUsageRuleList";
    let rule = format!("<ContentKeyUsageRule kid='{AUDIO}'>{text}</ContentKeyUsageRule>");
    assert_eq!(
        of(&cpix(&format!("<{list}>{rule}</{list}>"))),
        "filters of a usage rule"
    );
    let text = many(limits.signatures + 1, &|_| {
        "<s:Signature xmlns:s='http://www.w3.org/2000/09/xmldsig#'/>".to_owned()
    });
    assert_eq!(of(&cpix(&text)), "signatures");
}

#[test]
fn errors_carry_nothing_of_the_document() {
    let secret = "c2VjcmV0IHNlY3JldCE=";
    for text in [
        keys(&key("", secret)),
        keys(&key(&format!(" explicitIV='{secret}'"), PLAIN)),
        format!("<CPIX xmlns='{secret}'>"),
        cpix(&format!("<{}:x/>", &secret[..4])),
        cpix(&format!("&{};", &secret[..8])),
        format!("<!DOCTYPE {}>", &secret[..8]),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains(&secret[..4]),
            "{error:?}"
        );
        assert!(!error.code().is_empty());
    }
}
