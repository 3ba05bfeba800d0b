#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::craft::{audio_entry, bits, boxed, digits, parse_codec};

fn parsed(text: &str) -> Result<Ac4Config> {
    let dac4 = boxed(b"dac4", &bits(text));
    match parse_codec(b"soun", audio_entry(b"ac-4", &dac4))? {
        CodecConfig::Ac4(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

/// Version 1 of the box, of bit stream version 2, with one presentation; 48 kHz.
fn start(frame_rate_index: u32) -> String {
    ["001 0000010 1 ", &digits(frame_rate_index, 4), "000000001 "].concat()
}

/// No program id, bit rates, and the bits that make whole bytes of it: 24 + 1 + 66 + 5.
fn bit_rates() -> String {
    ["0 ", &"0".repeat(66), " 00000 "].concat()
}

/// Presentation version and length, configuration 31, mdcompat 3, no id, and what follows up to the channel mode.
fn presentation(version: u32) -> String {
    [
        &digits(version, 8),
        "00001010 11111 011 0 00 00 00000 0000000000 ",
    ]
    .concat()
}

#[test]
fn the_first_presentation_says_channels_and_compatibility() {
    // Channel mode and mask: stereo, 5.1, 7.1.4 with top pairs.
    for (mode, mask, channels, cicp) in [
        ("00001 ", 0x01, 2, Some(2)),
        ("00100 ", 0x47, 6, Some(6)),
        ("00110 ", 0x4f, 8, Some(12)),
        ("01100 1 10 ", 0x7f, 12, Some(19)),
        ("00111 ", 0x02_0007, 7, None),
    ] {
        let config = parsed(
            &[
                &start(13),
                &bit_rates(),
                &presentation(1),
                "1 ",
                mode,
                &digits(mask, 24),
                "0000",
            ]
            .concat(),
        )
        .unwrap();
        assert_eq!(config.rfc6381(), "ac-4.02.01.03");
        assert_eq!(
            config.audio(),
            AudioInfo {
                sample_rate: 48_000,
                channels,
                layout: ChannelLayout {
                    ac4_mask: Some(mask),
                    cicp,
                    ..ChannelLayout::default()
                },
                frame_length: Some(2048),
            }
        );
    }
}

#[test]
fn objects_leave_the_channels_to_the_entry() {
    let config = parsed(&[&start(2), &bit_rates(), &presentation(2), "0 0000"].concat()).unwrap();
    assert_eq!(config.rfc6381(), "ac-4.02.02.03");
    assert_eq!((config.channels, config.channel_mask), (2, None));
    assert_eq!(config.frame_length, Some(1920));
}

#[test]
fn a_programme_id_is_passed() {
    let id = ["1 ", &digits(7, 16), "1 ", &"01".repeat(64), " "].concat();
    // 24 + 146 + 66 bits, and 4 to whole bytes.
    let text = [
        &start(3),
        &id,
        &"0".repeat(66),
        " 0000 ",
        &presentation(1),
        "0 0000",
    ]
    .concat();
    let config = parsed(&text).unwrap();
    assert_eq!(config.rfc6381(), "ac-4.02.01.03");
    assert_eq!(config.frame_length, None);
}

#[test]
fn the_first_version_of_presentations_has_no_channels() {
    // Bit stream version 0 has no program id: 24 + 66 bits, and 6 to whole bytes.
    let text = [
        "001 0000000 0 1101 000000001 ",
        &"0".repeat(66),
        " 000000 00000000 00000010 00001 010 00",
    ]
    .concat();
    let config = parsed(&text).unwrap();
    assert_eq!(config.rfc6381(), "ac-4.00.00.02");
    assert_eq!((config.sample_rate, config.channels), (44_100, 2));
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    let none = ["001 0000010 1 1101 000000000 ", &bit_rates()].concat();
    for (text, reason) in [
        (start(13), "it ends early"),
        (none, "no presentation"),
        (
            [start(13), bit_rates(), presentation(9)].concat(),
            "a presentation version",
        ),
    ] {
        let error = parsed(&text).unwrap_err().to_string();
        assert!(
            error.contains("stsd/ac-4[0]/dac4 at") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}

#[test]
fn the_first_form_of_the_box_is_not_read() {
    let dac4 = boxed(b"dac4", &bits("000 0000000 1 1101 000000001"));
    let codec = parse_codec(b"soun", audio_entry(b"ac-4", &dac4)).unwrap();
    assert!(matches!(codec, CodecConfig::Unsupported(named) if &named.0 == b"ac-4"));
}
