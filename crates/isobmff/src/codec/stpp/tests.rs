#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::codec::TextFormat;
use crate::craft::{boxed, full, parse_codec};

fn parsed(strings: &[u8], children: &[u8]) -> Result<StppConfig> {
    let entry = boxed(
        b"stpp",
        &[&[0, 0, 0, 0, 0, 0, 0, 1], strings, children].concat(),
    );
    match parse_codec(b"subt", entry)? {
        CodecConfig::Stpp(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

const TTML: &str = "http://www.w3.org/ns/ttml";

fn string(namespace: &str, schema: &str, children: &[u8]) -> String {
    let strings = format!("{namespace}\0{schema}\0\0");
    parsed(strings.as_bytes(), children).unwrap().rfc6381()
}

#[test]
fn the_string_names_a_profile_that_the_entry_names() {
    assert_eq!(string(TTML, "", &[]), "stpp");
    for (profile, name) in [
        (
            "http://www.w3.org/ns/ttml/profile/imsc1/text",
            "stpp.ttml.im1t",
        ),
        (
            "http://www.w3.org/ns/ttml/profile/imsc1/image",
            "stpp.ttml.im1i",
        ),
        (
            "http://www.w3.org/ns/ttml/profile/imsc1.1/text",
            "stpp.ttml.im2t",
        ),
        (
            "http://www.w3.org/ns/ttml/profile/imsc1.1/image",
            "stpp.ttml.im2i",
        ),
        ("urn:ebu:tt:distribution:2014-01", "stpp.ttml.etd1"),
    ] {
        assert_eq!(string(TTML, profile, &[]), name);
        assert_eq!(string(&format!("{TTML} {profile}"), "", &[]), name);
    }
}

#[test]
fn a_mime_type_names_the_profile_first() {
    let mime = full(
        b"mime",
        0,
        0,
        b"application/ttml+xml;codecs=\"im1t|etd1\"\0",
    );
    assert_eq!(string(TTML, "", &mime), "stpp.ttml.im1t");
    let mime = full(b"mime", 0, 0, b"application/ttml+xml;codecs=im2t");
    let imsc1 = "http://www.w3.org/ns/ttml/profile/imsc1/text";
    assert_eq!(string(TTML, imsc1, &mime), "stpp.ttml.im2t");
    let mime = full(b"mime", 0, 0, b"application/ttml+xml\0");
    assert_eq!(string(TTML, imsc1, &mime), "stpp.ttml.im1t");
}

#[test]
fn the_strings_are_kept() {
    let config = parsed(b"a b\0c\0image/png\0", &boxed(b"btrt", &[0; 12])).unwrap();
    assert_eq!(
        config,
        StppConfig {
            namespace: "a b".to_owned(),
            schema_location: "c".to_owned(),
            auxiliary_mime_types: "image/png".to_owned(),
            content_type: None,
        }
    );
    assert_eq!(CodecConfig::Stpp(config).text(), Some(TextFormat::Ttml));
    // Some writers leave the third one out.
    assert_eq!(parsed(b"a\0\0", &[]).unwrap().namespace, "a");
}

#[test]
fn a_string_without_its_end_is_an_error() {
    for strings in [&b"a"[..], b"a\0b", b"a\0b\0c"] {
        let error = parsed(strings, &[]).unwrap_err().to_string();
        assert!(
            error.contains("stsd/stpp[0] at") && error.ends_with("a string without its end"),
            "{error}"
        );
    }
}
