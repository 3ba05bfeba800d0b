#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::Bytes;
use edgepack_isobmff::codec::ChannelLayout;

use super::*;

/// AAC-LC of this configuration.
fn config(audio_specific_config: &[u8]) -> AacConfig {
    AacConfig {
        object_type_indication: 0x40,
        audio_object_type: 2,
        sample_rate: 48_000,
        channels: 2,
        layout: ChannelLayout::default(),
        core_object_type: 2,
        core_sample_rate: 48_000,
        frame_length: 1024,
        audio_specific_config: Bytes::copy_from_slice(audio_specific_config),
    }
}

fn frame(adts: &Adts, sample: &[u8], leads: bool) -> Vec<u8> {
    let mut out = Vec::new();
    adts.write(sample, leads, &mut |bytes| out.extend_from_slice(bytes));
    assert_eq!(adts.frame_len(sample, leads), Ok(out.len()));
    out
}

#[test]
fn a_header_says_profile_rate_channels_and_length() {
    // Those that FFmpeg writes for 44.1 kHz mono, and for 48 kHz stereo.
    let mono = Adts::new(&config(&[0x12, 0x08])).unwrap();
    let header = [0xff, 0xf1, 0x50, 0x40, 0x21, 0x3f, 0xfc];
    assert_eq!(frame(&mono, &[7; 258], true)[..7], header);
    let stereo = Adts::new(&config(&[0x11, 0x90])).unwrap();
    assert_eq!(
        frame(&stereo, &[7; 3], true),
        [0xff, 0xf1, 0x4c, 0x80, 0x01, 0x5f, 0xfc, 7, 7, 7]
    );
}

#[test]
fn spectral_band_replication_is_left_to_the_frames() {
    // Object type 5 at 48 kHz over AAC-LC at 24 kHz, stereo.
    let he = AacConfig {
        audio_object_type: 5,
        core_sample_rate: 24_000,
        ..config(&[0x2b, 0x11, 0x88])
    };
    let adts = Adts::new(&he).unwrap();
    assert_eq!(frame(&adts, &[], false)[..4], [0xff, 0xf1, 0x58, 0x80]);
    assert_eq!(adts.frame_duration(), (1024, 24_000));
}

#[test]
fn mpeg_2_aac_has_its_own_id() {
    let mpeg2 = AacConfig {
        object_type_indication: 0x67,
        ..config(&[0x11, 0x90])
    };
    assert_eq!(frame(&Adts::new(&mpeg2).unwrap(), &[], false)[1], 0xf9);
}

/// 6.1 of FFmpeg's encoder, and the element that FFmpeg's ADTS writer makes of it.
#[test]
fn a_program_configuration_goes_before_frames_that_decoding_starts_with() {
    let specific = hex::decode("118004c848002000c4400d4c61766335392e33372e31303056e500").unwrap();
    let element = hex::decode("a0990900040018880d4c61766335392e33372e313030").unwrap();
    let adts = Adts::new(&config(&specific)).unwrap();
    let leading = frame(&adts, &[0x21, 1, 2], true);
    assert_eq!(
        leading[..4],
        [0xff, 0xf1, 0x4c, 0x00],
        "channel configuration 0"
    );
    assert_eq!(leading[7..], [element, vec![0x21, 1, 2]].concat());
    assert_eq!(frame(&adts, &[0x21, 1, 2], false).len(), 10);
    let own = [ID_PCE << 5, 1, 2];
    assert_eq!(frame(&adts, &own, true)[7..], own);
    assert_eq!(adts.foreseen_len(3), None);
}

#[test]
fn what_a_header_cannot_say_is_refused() {
    let refused = |config: AacConfig, reason: &str| {
        let error = Adts::new(&config).unwrap_err();
        assert!(error.contains(reason), "{error}");
    };
    refused(
        AacConfig {
            frame_length: 960,
            ..config(&[0x11, 0x90])
        },
        "960 samples",
    );
    refused(
        AacConfig {
            core_object_type: 42,
            ..config(&[0x11, 0x90])
        },
        "profile",
    );
    // Index 15: the rate in 24 bits. Channel configuration 12: 7.1.
    refused(config(&[0x17, 0x80, 0x5d, 0xc0, 0x10]), "without an index");
    refused(config(&[0x11, 0xe0]), "above 7");
    refused(config(&[0x11]), "ends early");
}

#[test]
fn a_frame_of_13_bits_of_length_is_the_longest() {
    let adts = Adts::new(&config(&[0x11, 0x90])).unwrap();
    let longest = frame(&adts, &[1; 8184], true);
    assert_eq!(longest.len(), 8191);
    assert_eq!(longest[3..6], [0x83, 0xff, 0xff]);
    assert!(adts.frame_len(&[1; 8185], true).is_err());
}
