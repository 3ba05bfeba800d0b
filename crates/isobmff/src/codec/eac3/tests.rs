#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::craft::{audio_entry, bits, boxed, parse_codec};

fn parsed(text: &str) -> Result<Eac3Config> {
    let dec3 = boxed(b"dec3", &bits(text));
    match parse_codec(b"soun", audio_entry(b"ec-3", &dec3))? {
        CodecConfig::Eac3(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

/// 640 kbit/s, independent substreams less one.
const ONE: &str = "0001010000000 000";
const TWO: &str = "0001010000000 001";
/// 48 kHz, bsid 16, asvc, bsmod, 3/2 with low frequencies.
const FIVE_ONE: &str = "00 10000 0 0 000 111 1 000";
const STEREO: &str = "00 10000 0 0 000 010 0 000";

#[test]
fn a_configuration_says_rate_channels_and_bit_rate() {
    let config = parsed(&format!("{ONE} {FIVE_ONE} 0000 0")).unwrap();
    assert_eq!(config.bit_rate, 640_000);
    assert_eq!(
        config.audio(),
        AudioInfo {
            sample_rate: 48_000,
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
fn dependent_substreams_add_channels() {
    // chan_loc from LFE2, bit 8, down to Lc/Rc, bit 0.
    for (locations, channels, map, cicp) in [
        ("000000010", 8, 0xfa01, Some(12)),
        ("000000001", 8, 0xfc01, Some(7)),
        ("000000100", 7, 0xf901, Some(11)),
        ("001000000", 8, 0xf811, Some(14)),
        ("000010000", 8, 0xf841, None),
        ("100000000", 7, 0xf803, None),
    ] {
        let audio = parsed(&format!("{ONE} {FIVE_ONE} 0001 {locations}"))
            .unwrap()
            .audio();
        assert_eq!(
            (audio.channels, audio.layout.dolby_map, audio.layout.cicp),
            (channels, Some(map), cicp),
            "{locations}"
        );
    }
}

#[test]
fn joint_object_coding_is_told_with_its_complexity() {
    let config = parsed(&format!("{ONE} {FIVE_ONE} 0000 0 0000000 1 00010000")).unwrap();
    assert_eq!(config.audio().layout.joc_complexity, Some(16));
    assert_eq!(config.audio().layout.dolby_map, Some(0xf801));
    // Padding, and an extension that says no.
    for tail in ["00000000", "00000000 00010000"] {
        let config = parsed(&format!("{ONE} {FIVE_ONE} 0000 0 {tail}")).unwrap();
        assert_eq!(config.joc_complexity, None);
    }
}

#[test]
fn the_first_programme_counts() {
    let config = parsed(&format!("{TWO} {FIVE_ONE} 0001 000000010 {STEREO} 0000 0")).unwrap();
    assert_eq!(config.independent_substreams, 2);
    assert_eq!(config.dependent_substreams, 1);
    assert_eq!(config.channels.count(), 8);
}

#[test]
fn half_rates_are_those_of_the_entry() {
    let dec3 = boxed(
        b"dec3",
        &bits(&format!("{ONE} 11 10000 0 0 000 010 0 000 0000 0")),
    );
    let mut entry = audio_entry(b"ec-3", &dec3);
    entry[32..36].copy_from_slice(&(24_000_u32 << 16).to_be_bytes());
    let codec = parse_codec(b"soun", entry).unwrap();
    assert_eq!(codec.audio().unwrap().sample_rate, 24_000);
}

#[test]
fn a_short_box_is_an_error_that_names_it() {
    let error = parsed(&format!("{TWO} {FIVE_ONE} 0000 0"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("stsd/ec-3[0]/dec3 at") && error.ends_with("it ends early"),
        "{error}"
    );
}
