#![allow(clippy::unwrap_used, clippy::panic)]
use crate::CodecConfig;
use crate::codec::TextFormat;
use crate::craft::{boxed, parse_codec};

#[test]
fn the_header_of_the_file_is_kept() {
    let header = b"WEBVTT\nSTYLE\n::cue { color: lime }\n";
    let entry = |children: &[u8]| boxed(b"wvtt", &[&[0, 0, 0, 0, 0, 0, 0, 1], children].concat());
    let children = [boxed(b"vlab", b"label"), boxed(b"vttC", header)].concat();
    let codec = parse_codec(b"text", entry(&children)).unwrap();
    assert_eq!(
        (codec.rfc6381().unwrap().as_str(), codec.text()),
        ("wvtt", Some(TextFormat::WebVtt))
    );
    let CodecConfig::Wvtt(config) = codec else {
        panic!("{codec:?}")
    };
    assert_eq!(config.header, header[..]);
    let error = parse_codec(b"text", entry(&[])).unwrap_err().to_string();
    assert!(error.ends_with("has no vttC box"), "{error}");
}
