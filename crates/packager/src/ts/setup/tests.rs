#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::Bytes;
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::ChannelLayout;

use super::*;

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
fn what_does_not_fit_or_has_no_form_is_refused() {
    let large = aac(2, vec![0; MAX_SETUP_DATA + 1]);
    let unknown = CodecConfig::Unsupported(FourCc(*b"Opus"));
    for codec in [large, unknown] {
        let error = EncryptedAudio::new(&codec, FORM).unwrap_err();
        assert!(
            error.to_string().contains("packed audio under SAMPLE-AES"),
            "{error}"
        );
    }
}
