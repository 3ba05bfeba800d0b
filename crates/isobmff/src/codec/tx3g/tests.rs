#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::codec::TextFormat;
use crate::craft::{boxed, parse_codec};

/// All forced, centred at the bottom, on transparent black, box of 20x320 at (10, 200), bold and underlined yellow.
const FIELDS: [u8; 38] = [
    0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0, 1, 0xff, 0, 0, 0, 0, 0, 200, 0, 10, 0, 220, 1, 0x4a, 0,
    0, 0, 0, 0, 1, 5, 18, 255, 255, 0, 255,
];

fn parsed(content: &[u8]) -> Result<CodecConfig> {
    parse_codec(b"sbtl", boxed(b"tx3g", content))
}

#[test]
fn the_default_style_is_read() {
    let ftab = boxed(b"ftab", b"\0\x01\0\x01\x05Serif");
    let codec = parsed(&[&FIELDS[..], &ftab].concat()).unwrap();
    assert_eq!(codec.text(), Some(TextFormat::TimedText));
    assert_eq!(codec.rfc6381().unwrap(), "tx3g");
    let CodecConfig::Tx3g(config) = codec else {
        panic!("{codec:?}")
    };
    assert!(config.all_forced());
    assert_eq!(
        (
            config.horizontal_justification,
            config.vertical_justification
        ),
        (1, -1)
    );
    assert_eq!(
        config.text_box,
        TextBox {
            top: 200,
            left: 10,
            bottom: 220,
            right: 330
        }
    );
    let style = config.style;
    assert!(style.bold() && !style.italic() && style.underline());
    assert_eq!((style.font_id, style.font_size), (1, 18));
    assert_eq!(style.colour, [255, 255, 0, 255]);
}

#[test]
fn a_short_entry_is_an_error_that_names_it() {
    let error = parsed(&FIELDS[..37]).unwrap_err().to_string();
    assert!(
        error.contains("stsd/tx3g[0] at") && error.contains("too short"),
        "{error}"
    );
}
