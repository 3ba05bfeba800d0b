#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use bytes::Bytes;
use edgepack_isobmff::codec::{AacConfig, AvcConfig, ChannelLayout, VideoInfo};
use edgepack_isobmff::{BoxWriter, FourCc};

/// The key of NIST SP 800-38A.
pub(super) fn key() -> ContentKey {
    ContentKey::from_hex(
        "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "2b7e151628aed2a6abf7158809cf4f3c",
    )
    .unwrap()
}

/// The IV of NIST SP 800-38A for CBC.
pub(super) fn seed() -> IvSeed {
    IvSeed {
        cenc_base: 0x0123_4567_ffff_fffe,
        cbcs: hex("000102030405060708090a0b0c0d0e0f").try_into().unwrap(),
    }
}

pub(super) fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

pub(super) fn aac() -> CodecConfig {
    CodecConfig::Aac(AacConfig {
        object_type_indication: 0x40,
        audio_object_type: 2,
        sample_rate: 48_000,
        channels: 2,
        layout: ChannelLayout::of_cicp(2),
        core_object_type: 2,
        core_sample_rate: 48_000,
        frame_length: 1024,
        audio_specific_config: Bytes::from_static(&[0x11, 0x90]),
    })
}

/// Baseline, CAVLC, frame_num and pic_order_cnt_lsb of 4 bits: the slice header of an IDR picture with first_mb 0,
/// I slice, PPS 0, is `88 84 00 ..` with 22 bits.
pub(super) fn avc(nal_length_size: u8) -> CodecConfig {
    CodecConfig::Avc(AvcConfig {
        format: FourCc(*b"avc1"),
        profile: 66,
        compatibility: 0xc0,
        level: 30,
        nal_length_size,
        // ue: id 0, log2_max_frame_num 4, poc type 0, lsb 4 bits, 1 reference; no gaps; 1 × 1; frames only.
        sps: vec![Bytes::from_static(&[
            0x67,
            66,
            0xc0,
            30,
            0b1111_1010,
            0b0111_1000,
        ])],
        // ue: ids 0, 0; CAVLC, no bottom field order; 1 group; 1 and 1 references; no weights; qp 0, 0, 0; no deblocking control.
        pps: vec![Bytes::from_static(&[
            0x68,
            0b1100_1110,
            0b0011_1000,
            0b1000_0000,
        ])],
        video: VideoInfo::default(),
    })
}

/// first_mb 0, slice type I (7), PPS 0, frame_num 0, idr_pic_id 0, lsb 0, marking 0 0, slice_qp_delta 0: 21 bits, so
/// three bytes after the NAL unit header.
const IDR_HEADER: [u8; 4] = [0x65, 0b1000_1000, 0b1000_0100, 0b0000_1000];

/// A NAL unit with a length field of `field` bytes, an IDR slice of `len` bytes in all.
pub(super) fn idr(field: usize, len: usize) -> Vec<u8> {
    let mut unit = IDR_HEADER.to_vec();
    unit.extend((4..len).map(|i| (i % 251) as u8 | 1));
    nal_unit(field, &unit)
}

fn nal_unit(field: usize, unit: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(unit.len()).unwrap().to_be_bytes()[4 - field..].to_vec();
    bytes.extend_from_slice(unit);
    bytes
}

/// The sample's IV and subsamples.
type Written = (Vec<u8>, Vec<(u16, u32)>);

fn encrypt(scheme: Scheme, codec: &CodecConfig, index: u32, sample: &mut [u8]) -> Result<Written> {
    let mut aux = SegmentAux::new();
    SampleEncryptor::new(scheme, &key(), seed(), codec)?.encrypt(index, sample, &mut aux)?;
    let sample = aux.samples().next().unwrap();
    Ok((
        sample.iv.to_vec(),
        sample
            .subsamples()
            .map(|s| (s.clear, s.protected))
            .collect(),
    ))
}

#[test]
fn cenc_audio_gives_the_known_answers_of_counter_mode() {
    // From `openssl enc -aes-128-ctr` with IV ‖ 0.
    for (index, iv, expected) in [
        (
            0,
            "01234567fffffffe",
            "83d9489559cf6c4d15e90d3c2ef6f5320ecdb4791e048a297b06a676c89940395f3a6148a9",
        ),
        (
            1,
            "01234567ffffffff",
            "695eb7b338d66f4edc7d67631efd4a90313ab2c57be0cbe7e7a862e06dc1dd2b96ae3d54c5",
        ),
    ] {
        let mut sample: Vec<u8> = (0..37).collect();
        let (written, subsamples) = encrypt(Scheme::Cenc, &aac(), index, &mut sample).unwrap();
        assert_eq!(sample, hex(expected));
        assert_eq!(written, hex(iv));
        assert!(subsamples.is_empty());
    }
}

#[test]
fn cbcs_audio_gives_the_known_answers_of_cbc_and_leaves_the_rest_clear() {
    // NIST SP 800-38A, F.2.1, and three bytes more.
    let mut sample = hex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
         30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710aabbcc",
    );
    let (iv, subsamples) = encrypt(Scheme::Cbcs, &aac(), 7, &mut sample).unwrap();
    assert_eq!(
        sample,
        hex(
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2\
             73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7aabbcc"
        )
    );
    assert!(iv.is_empty() && subsamples.is_empty());
}

#[test]
fn cbcs_video_encrypts_one_block_in_ten_and_starts_anew_at_each_slice() {
    let clear = [idr(4, 4 + 16 * 21 + 5), idr(4, 4 + 16)].concat();
    let mut sample = clear.clone();
    let (_, subsamples) = encrypt(Scheme::Cbcs, &avc(4), 0, &mut sample).unwrap();
    assert_eq!(subsamples, [(8, 16 * 21 + 5), (8, 16)]);
    let changed: Vec<_> = (0..21)
        .filter(|i| clear[8 + 16 * i..][..16] != sample[8 + 16 * i..][..16])
        .collect();
    assert_eq!(changed, [0, 10, 20]);
    assert_eq!(
        clear[8 + 16 * 21..][..5 + 8],
        sample[8 + 16 * 21..][..5 + 8]
    );
    // Both slices begin with the same data, and so with the same ciphertext.
    assert_eq!(sample[8..24], sample[sample.len() - 16..]);
}

#[test]
fn cenc_video_counts_on_from_slice_to_slice() {
    let clear = [idr(2, 4 + 35), idr(2, 4 + 32)].concat();
    let mut sample = clear.clone();
    let (_, subsamples) = encrypt(Scheme::Cenc, &avc(2), 0, &mut sample).unwrap();
    // Three bytes over a multiple of 16 lead.
    assert_eq!(subsamples, [(2 + 4 + 3, 32), (2 + 4, 32)]);
    let mut key_stream = vec![0; 64];
    encrypt(Scheme::Cenc, &aac(), 0, &mut key_stream).unwrap();
    let xor: Vec<u8> = clear.iter().zip(&sample).map(|(a, b)| a ^ b).collect();
    assert_eq!([&xor[9..41], &xor[47..]].concat(), key_stream);
    assert!(xor[..9].iter().chain(&xor[41..47]).all(|&byte| byte == 0));
}

#[test]
fn clear_units_lead_the_next_slice_and_a_slice_too_short_joins_them() {
    let sei = nal_unit(4, &[0x06, 5, 4, 1, 2, 3, 4, 0x80]);
    let tiny = idr(4, 4 + 15);
    let mut sample = [&sei[..], &tiny, &idr(4, 4 + 16), &sei].concat();
    let (_, subsamples) = encrypt(Scheme::Cenc, &avc(4), 0, &mut sample).unwrap();
    assert_eq!(subsamples, [(12 + 23 + 8, 16), (12, 0)]);
}

#[test]
fn more_clear_bytes_than_16_bits_count_are_split() {
    let sei = nal_unit(4, &[&[0x06, 5][..], &vec![1; 65_535 * 2]].concat());
    let mut sample = [sei, idr(4, 4 + 16)].concat();
    let (_, subsamples) = encrypt(Scheme::Cenc, &avc(4), 0, &mut sample).unwrap();
    assert_eq!(subsamples, [(65_535, 0), (65_535, 0), (4 + 2 + 8, 16)]);
}

#[test]
fn other_units_than_slices_of_the_base_view_stay_clear() {
    let units: Vec<u8> = [6, 9, 10, 11, 12, 14, 15, 19, 20, 24]
        .iter()
        .flat_map(|kind| nal_unit(4, &[*kind; 40]))
        .collect();
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let mut sample = units.clone();
        let (_, subsamples) = encrypt(scheme, &avc(4), 0, &mut sample).unwrap();
        assert_eq!(subsamples, [(440, 0)]);
        assert_eq!(sample, units);
    }
}

#[test]
fn an_empty_sample_and_empty_units_are_taken_as_they_are() {
    assert_eq!(encrypt(Scheme::Cenc, &avc(4), 0, &mut []).unwrap().1, []);
    assert_eq!(
        encrypt(Scheme::Cenc, &avc(4), 0, &mut [0; 4]).unwrap().1,
        [(4, 0)]
    );
    assert_eq!(encrypt(Scheme::Cbcs, &aac(), 0, &mut []).unwrap().1, []);
}

#[test]
fn a_sample_that_cannot_be_taken_apart_is_refused_with_number_and_reason() {
    let cases: &[(Vec<u8>, &str)] = &[
        (
            vec![0, 0, 0],
            "sample 41: NAL unit at byte 0: bytes left after the last NAL unit",
        ),
        (
            vec![0, 0, 0, 9, 0x65, 1],
            "sample 41: NAL unit at byte 0: NAL unit of 9 bytes where 2 are left",
        ),
        (
            [idr(4, 40), vec![0, 0, 0, 1]].concat(),
            "sample 41: NAL unit at byte 44: NAL unit of 1 bytes where 0 are left",
        ),
        (
            nal_unit(4, &[0xe5, 0x88]),
            "sample 41: NAL unit at byte 0: forbidden_zero_bit is set",
        ),
        (
            nal_unit(4, &[0x65, 0x88]),
            "sample 41: NAL unit at byte 0: NAL unit ends too early",
        ),
        (
            nal_unit(4, &[0x65, 0x88, 0x42, 0, 0]),
            "sample 41: NAL unit at byte 0: PPS 1 is unknown",
        ),
        (
            nal_unit(4, &[0x63, 0x88]),
            "sample 41: NAL unit at byte 0: data partition without a partition A before it",
        ),
        (
            nal_unit(4, &[0x67, 66]),
            "sample 41: NAL unit at byte 0: NAL unit ends too early",
        ),
    ];
    for (sample, expected) in cases {
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            let error = encrypt(scheme, &avc(4), 41, &mut sample.clone()).unwrap_err();
            assert_eq!(&error.to_string(), expected);
        }
    }
}

#[test]
fn a_refused_sample_leaves_no_trace_in_the_auxiliary_information() {
    let mut encryptor = SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &avc(4)).unwrap();
    let mut aux = SegmentAux::new();
    let mut broken = [idr(4, 40), vec![0]].concat();
    encryptor
        .encrypt(0, &mut broken.clone(), &mut aux)
        .unwrap_err();
    assert!(aux.is_empty());
    encryptor.encrypt(0, &mut idr(4, 40), &mut aux).unwrap();
    let before: Vec<_> = aux.samples().map(|sample| sample.iv.to_vec()).collect();
    encryptor.encrypt(1, &mut broken, &mut aux).unwrap_err();
    assert_eq!(
        aux.samples()
            .map(|sample| sample.iv.to_vec())
            .collect::<Vec<_>>(),
        before
    );
}

#[test]
fn parameter_sets_in_a_sample_hold_for_what_follows() {
    let CodecConfig::Avc(mut config) = avc(4) else {
        panic!()
    };
    let sets: Vec<u8> = config
        .sps
        .drain(..)
        .chain(config.pps.drain(..))
        .flat_map(|set| nal_unit(4, &set))
        .collect();
    let codec = CodecConfig::Avc(config);
    encrypt(Scheme::Cbcs, &codec, 0, &mut idr(4, 40)).unwrap_err();
    let mut encryptor = SampleEncryptor::new(Scheme::Cbcs, &key(), seed(), &codec).unwrap();
    let mut aux = SegmentAux::new();
    encryptor
        .encrypt(0, &mut [sets, idr(4, 40)].concat(), &mut aux)
        .unwrap();
    encryptor.encrypt(1, &mut idr(4, 40), &mut aux).unwrap();
}

#[test]
fn a_codec_that_cannot_be_protected_is_refused() {
    for format in [*b"vvc1", *b"mp4v", *b"sowt"] {
        let codec = CodecConfig::Unsupported(FourCc(format));
        let error = SampleEncryptor::new(Scheme::Cbcs, &key(), seed(), &codec).unwrap_err();
        assert!(
            matches!(&error, Error::UnsupportedCodec(name, Scheme::Cbcs) if name.as_bytes() == format),
            "{error}"
        );
    }
    let CodecConfig::Avc(mut config) = avc(4) else {
        panic!()
    };
    config.sps = vec![Bytes::from_static(&[0x67])];
    let error =
        SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &CodecConfig::Avc(config)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "codec configuration: SPS 0: NAL unit ends too early"
    );
    let error = SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &avc(3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "codec configuration: NAL unit lengths of 3 bytes"
    );
}

#[test]
fn the_auxiliary_information_of_audio_is_known_without_its_samples() {
    for (scheme, size) in [(Scheme::Cenc, 8), (Scheme::Cbcs, 0)] {
        let mut encryptor = SampleEncryptor::new(scheme, &key(), seed(), &aac()).unwrap();
        assert_eq!(encryptor.fixed_aux_size(), Some(size));
        let mut aux = SegmentAux::new();
        for index in 100..140 {
            encryptor.encrypt(index, &mut [7; 50], &mut aux).unwrap();
        }
        let boxes = |aux: &SegmentAux| {
            let mut w = BoxWriter::new();
            aux.write_boxes(&mut w);
            w.into_vec()
        };
        assert_eq!(boxes(&encryptor.fixed_aux(100, 40).unwrap()), boxes(&aux));
    }
    let video = SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &avc(4)).unwrap();
    assert!(video.fixed_aux_size().is_none() && video.fixed_aux(0, 1).is_none());
}

#[test]
fn samples_of_two_kinds_do_not_mix_in_one_segment() {
    let mut aux = SegmentAux::new();
    SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &aac())
        .unwrap()
        .encrypt(0, &mut [0; 9], &mut aux)
        .unwrap();
    let mut video = SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &avc(4)).unwrap();
    assert!(matches!(
        video.encrypt(0, &mut idr(4, 40), &mut aux),
        Err(Error::MixedAux)
    ));
    aux.clear();
    video.encrypt(0, &mut idr(4, 40), &mut aux).unwrap();
}

#[test]
fn the_encryptor_does_not_show_its_key() {
    let encryptor = SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &aac()).unwrap();
    let text = format!("{encryptor:?}");
    assert!(!text.contains("2b") && !text.contains("43, 126"), "{text}");
}

#[test]
fn video_says_its_pattern_and_audio_has_none() {
    let track = |scheme, codec| {
        let track = SampleEncryptor::new(scheme, &key(), seed(), &codec)
            .unwrap()
            .track_encryption()
            .clone();
        (
            track.per_sample_iv_size,
            track.constant_iv.is_some(),
            track.crypt_byte_block,
            track.skip_byte_block,
        )
    };
    assert_eq!(track(Scheme::Cenc, avc(4)), (8, false, 0, 0));
    assert_eq!(track(Scheme::Cenc, aac()), (8, false, 0, 0));
    assert_eq!(track(Scheme::Cbcs, avc(4)), (0, true, 1, 9));
    assert_eq!(track(Scheme::Cbcs, aac()), (0, true, 0, 0));
}
