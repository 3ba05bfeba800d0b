#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::craft::{audio_entry, bits, boxed, parse_codec};

fn config(content: &[u8]) -> Result<Ac3Config> {
    match parse_codec(b"soun", audio_entry(b"ac-3", &boxed(b"dac3", content)))? {
        CodecConfig::Ac3(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_configuration_says_rate_channels_and_bit_rate() {
    // fscod 1, bsid 8, bsmod 0, acmod 7, lfeon, bit_rate_code 15: as ffmpeg writes it for 44.1 kHz, 5.1, 448 kbit/s.
    let config = config(&[0x50, 0x3d, 0xe0]).unwrap();
    assert_eq!(config.bit_rate, Some(448_000));
    assert_eq!(
        config.audio(),
        AudioInfo {
            sample_rate: 44_100,
            channels: 6,
            layout: ChannelLayout {
                cicp: Some(6),
                dolby_map: Some(0xf801),
                ..ChannelLayout::default()
            },
            frame_length: Some(1536),
        }
    );
}

#[test]
fn every_coding_mode_has_its_channels_and_codes() {
    // acmod, lfeon; channels, map, ChannelConfiguration.
    for (mode, low_frequency, channels, map, cicp) in [
        ("000", "0", 2, 0xa000, Some(8)),
        ("001", "0", 1, 0x4000, Some(1)),
        ("010", "0", 2, 0xa000, Some(2)),
        ("011", "0", 3, 0xe000, Some(3)),
        ("100", "0", 3, 0xa100, Some(9)),
        ("101", "0", 4, 0xe100, Some(4)),
        ("110", "0", 4, 0xb800, Some(10)),
        ("111", "0", 5, 0xf800, Some(5)),
        ("111", "1", 6, 0xf801, Some(6)),
        ("010", "1", 3, 0xa001, None),
    ] {
        let content = bits(&format!("00 01000 000 {mode} {low_frequency} 01010 00000"));
        let audio = config(&content).unwrap().audio();
        assert_eq!(audio.sample_rate, 48_000);
        assert_eq!(
            (audio.channels, audio.layout.dolby_map, audio.layout.cicp),
            (channels, Some(map), cicp),
            "{mode} {low_frequency}"
        );
    }
}

#[test]
fn low_rates_are_those_of_their_bit_stream_identification() {
    let rate = |code: &str, identification: u32| {
        let content = bits(&format!(
            "{code} {identification:05b} 000 010 0 00000 00000"
        ));
        config(&content).unwrap().sample_rate
    };
    assert_eq!(
        (rate("00", 8), rate("00", 9), rate("10", 10)),
        (48_000, 24_000, 8_000)
    );
}

#[test]
fn a_reserved_rate_is_that_of_the_entry() {
    let dac3 = boxed(b"dac3", &bits("11 01000 000 010 0 01010 00000"));
    let mut entry = audio_entry(b"ac-3", &dac3);
    entry[32..36].copy_from_slice(&(22_050_u32 << 16).to_be_bytes());
    let codec = parse_codec(b"soun", entry).unwrap();
    assert_eq!(codec.audio().unwrap().sample_rate, 22_050);
    let error = parse_codec(b"soun", audio_entry(b"ac-3", &dac3)).unwrap_err();
    assert!(error.to_string().ends_with("a sample rate of 0"), "{error}");
}

#[test]
fn a_short_box_is_an_error_that_names_it() {
    let error = config(&[0x50, 0x3d]).unwrap_err().to_string();
    assert!(error.contains("stsd/ac-3[0]/dac3 at"), "{error}");
    let error = parse_codec(b"soun", audio_entry(b"ac-3", b"")).unwrap_err();
    assert!(error.to_string().ends_with("has no dac3 box"), "{error}");
}
