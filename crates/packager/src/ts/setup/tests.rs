#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::Bytes;
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::ChannelLayout;

use super::*;
use crate::craft::{Entry, TrackSpec, build, source};

const FORM: Form = Form::EncryptedPackedAudio;

fn aac(audio_object_type: u8, audio_specific_config: Vec<u8>) -> CodecConfig {
    CodecConfig::Aac(AacConfig {
        object_type_indication: 0x40,
        audio_object_type,
        sample_rate: 48_000,
        channels: 2,
        layout: ChannelLayout::default(),
        core_object_type: 2,
        core_sample_rate: 48_000,
        frame_length: 1024,
        audio_specific_config: Bytes::from(audio_specific_config),
    })
}

fn eac3(specific: &'static [u8]) -> CodecConfig {
    let track = TrackSpec {
        entries: vec![Entry::Eac3(specific)],
        ..TrackSpec::audio(48_000, 50)
    };
    let p = build(vec![source("a.mp4", &[track])], 2000).unwrap();
    p.codec(&p.renditions[0]).unwrap().clone()
}

fn information(codec: &CodecConfig, first_frame: &[u8]) -> Vec<u8> {
    let setup = EncryptedAudio::new(codec, FORM).unwrap();
    let information = setup.information(first_frame);
    assert_eq!(information.len(), setup.information_len(first_frame.len()));
    information
}

#[test]
fn aac_is_named_by_its_profile_and_set_up_by_its_configuration() {
    for (object_type, name) in [(2, b"zaac"), (5, b"zach"), (29, b"zacp")] {
        let information = information(&aac(object_type, vec![0x11, 0x90]), &[9; 20]);
        assert_eq!(information, [&name[..], &[0, 0, 1, 2, 0x11, 0x90]].concat());
    }
}

#[test]
fn e_ac_3_is_set_up_by_the_content_of_its_specific_box() {
    // 5.1; 7.1 with a dependent substream; the same with objects.
    for specific in [
        &[0x18, 0x00, 0x20, 0x0f, 0x00][..],
        &[0x18, 0x00, 0x20, 0x0f, 0x02, 0x02],
        &[0x18, 0x00, 0x20, 0x0f, 0x02, 0x02, 0x01, 0x10],
    ] {
        let information = information(&eac3(specific), &[9; 20]);
        assert_eq!(information[..7], *b"zec3\0\0\x01");
        assert_eq!(usize::from(information[7]), specific.len());
        assert_eq!(information[8..], *specific);
    }
}

#[test]
fn what_does_not_fit_or_has_no_form_is_refused() {
    let large = aac(2, vec![0; MAX_SETUP_DATA + 1]);
    let two_programmes = eac3(&[0x18, 0x01, 0x20, 0x0f, 0x00, 0x20, 0x04, 0x00]);
    let unknown = CodecConfig::Unsupported(FourCc(*b"Opus"));
    for codec in [large, two_programmes, unknown] {
        let error = EncryptedAudio::new(&codec, FORM).unwrap_err();
        assert!(
            error.to_string().contains("packed audio under SAMPLE-AES"),
            "{error}"
        );
    }
}
