//! PlayReady headers are canonical XML (PlayReady Header Specification, 3.2.1): libxml2 changes nothing in them.
use crate::{key, systems};
use edgepack_drm::Scheme;
use edgepack_drm::systems::playready::{Header, HeaderKey};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Canonical XML with comments; of which there are none.
fn canonical(xml: &str) -> Option<String> {
    let child = Command::new("xmllint")
        .args(["--nonet", "--c14n", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        assert!(
            std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
            "a tool is missing; run `make test`"
        );
        println!("skipped: no xmllint");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    input.write_all(xml.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{xml}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

/// XML as operators write it.
const CUSTOM: &[&str] = &[
    "<a/>",
    "<b z='1' a=\"2\" m=\"3\"/> <c><d/></c>",
    "<b xmlns:y='urn:a' xmlns:x='urn:b' x:a='' y:a='' a='' z=''/>",
    "<p:a xmlns:p='urn:u'><p:b xmlns:p='urn:u'/><p:b xmlns:p='urn:v' p:c=''/><p:b xmlns='urn:w' xmlns:p='urn:v'/></p:a>",
    "<a xmlns=''><b xmlns=''/><b xmlns='urn:u'><c xmlns=''/><c xmlns='urn:u'/></b></a>",
    "<a b='&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;>'>&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;</a>",
    "<a b=' \t\n\r\n x'>\t\r\n\n\r</a>",
    "<a>x<![CDATA[<b>&amp;]]>]]</a>",
    "<é ü='ß'>\u{1f511}</é>",
    "<a xmlns:x='urn:a' x:b='' xml:lang='en' b=''/>",
];

#[test]
fn headers_are_canonical_whatever_their_custom_attributes() {
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        for custom in CUSTOM {
            let header = Header {
                licence_url: Some("https://a/?b=1&c=<\">\r".to_owned()),
                custom_attributes: Some((*custom).to_owned()),
                ..Header::new(scheme, vec![HeaderKey::new(&key(), scheme)])
            };
            let ours = header.to_xml().unwrap();
            let raw = {
                let (before, rest) = ours.split_once("<CUSTOMATTRIBUTES xmlns=\"\">").unwrap();
                let (_, after) = rest.split_once("</CUSTOMATTRIBUTES>").unwrap();
                format!("{before}<CUSTOMATTRIBUTES xmlns=\"\">{custom}</CUSTOMATTRIBUTES>{after}")
            };
            let Some(theirs) = canonical(&raw) else {
                return;
            };
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn headers_without_custom_attributes_are_canonical() {
    for keys in 1..=2 {
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            let keys = vec![HeaderKey::new(&key(), scheme); keys];
            let header = Header {
                domain_service: Some([7; 16]),
                licence_ui_url: systems().playready.unwrap().licence_url,
                ..Header::new(scheme, keys)
            };
            let ours = header.to_xml().unwrap();
            let Some(theirs) = canonical(&ours) else {
                return;
            };
            assert_eq!(ours, theirs);
        }
    }
}
