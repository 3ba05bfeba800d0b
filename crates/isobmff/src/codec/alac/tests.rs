#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::craft::{audio_entry, full, parse_codec};

fn parsed(cookie: &[u8]) -> Result<AlacConfig> {
    match parse_codec(b"soun", audio_entry(b"alac", &full(b"alac", 0, 0, cookie)))? {
        CodecConfig::Alac(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

/// 4096-sample frames of 24 bits, stereo, 44.1 kHz.
const COOKIE: [u8; 24] = [
    0, 0, 0x10, 0, 0, 24, 40, 10, 14, 2, 0, 0, 0, 0, 0x60, 4, 0, 0x20, 0x4c, 0xc0, 0, 0, 0xac, 0x44,
];

#[test]
fn the_cookie_is_read() {
    let config = parsed(&COOKIE).unwrap();
    assert_eq!((config.bit_depth, config.bit_rate), (24, 2_116_800));
    assert_eq!(config.cookie, COOKIE[..]);
    assert_eq!(
        config.audio(),
        AudioInfo {
            sample_rate: 44_100,
            channels: 2,
            layout: ChannelLayout::of_cicp(2),
            frame_length: Some(4096),
        }
    );
}

#[test]
fn channels_stand_in_the_order_of_mpeg() {
    for (channels, cicp) in [(1, 1), (3, 3), (4, 4), (5, 5), (6, 6), (7, 11), (8, 7)] {
        let mut cookie = COOKIE;
        cookie[9] = channels;
        assert_eq!(parsed(&cookie).unwrap().audio().layout.cicp, Some(cicp));
    }
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    let mut silent = COOKIE;
    silent[9] = 0;
    for (cookie, reason) in [(&silent[..], "no channels"), (&COOKIE[..20], "too short")] {
        let error = parsed(cookie).unwrap_err().to_string();
        assert!(
            error.contains("stsd/alac[0]/alac at") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}
