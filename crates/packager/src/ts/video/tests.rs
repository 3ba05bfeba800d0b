#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::{AvcConfig, DolbyVision, HevcConfig, VideoInfo};

use super::*;

const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x0a];
const PPS: &[u8] = &[0x68, 0xcb];
const IDR: &[u8] = &[0x65, 1, 2];
const SLICE: &[u8] = &[0x41, 3];
const DELIMITER: &[u8] = &[0x09, 0x30];
const ANY_SLICES: &[u8] = &[0x09, 0xf0];

fn avc(nal_length_size: u8) -> CodecConfig {
    CodecConfig::Avc(AvcConfig {
        format: FourCc(*b"avc1"),
        profile: 66,
        compatibility: 0xc0,
        level: 10,
        nal_length_size,
        sps: vec![Bytes::from_static(SPS)],
        pps: vec![Bytes::from_static(PPS)],
        video: VideoInfo::default(),
    })
}

fn hevc(video: VideoInfo) -> CodecConfig {
    CodecConfig::Hevc(HevcConfig {
        format: FourCc(*b"hvc1"),
        general_profile_space: 0,
        general_tier_flag: false,
        general_profile_idc: 1,
        general_profile_compatibility_flags: 6 << 28,
        general_constraint_indicator_flags: [0; 6],
        general_level_idc: 60,
        nal_length_size: 4,
        vps: vec![Bytes::from_static(&[0x40, 1, 7])],
        sps: vec![Bytes::from_static(&[0x42, 1, 8])],
        pps: vec![Bytes::from_static(&[0x44, 1, 9])],
        layer_sets: Vec::new(),
        video,
    })
}

fn sample(length_size: usize, units: &[&[u8]]) -> Vec<u8> {
    let unit =
        |unit: &&[u8]| [&(unit.len() as u32).to_be_bytes()[4 - length_size..], unit].concat();
    units.iter().flat_map(unit).collect()
}

/// The units of the access unit that the sample becomes.
fn converted(codec: &CodecConfig, sample: &[u8], entry: bool) -> Vec<Vec<u8>> {
    let stream = VideoStream::new(codec).unwrap();
    let unit = stream.survey(sample, entry).unwrap();
    let mut out = Vec::new();
    stream.write(&unit, sample, &mut |bytes| out.extend_from_slice(bytes));
    assert_eq!(out.len(), unit.len);
    let mut units: Vec<Vec<u8>> = Vec::new();
    for at in 0..out.len() {
        if out[at..].starts_with(&START_CODE) {
            units.push(Vec::new());
        }
        units.last_mut().expect("a start code").push(out[at]);
    }
    units.iter().map(|unit| unit[4..].to_vec()).collect()
}

#[test]
fn a_delimiter_and_parameter_sets_are_added_where_decoding_can_start() {
    for size in [1u8, 2, 4] {
        let length_size = usize::from(size);
        let idr = sample(length_size, &[IDR]);
        assert_eq!(
            converted(&avc(size), &idr, false),
            [ANY_SLICES, SPS, PPS, IDR]
        );
        let slice = sample(length_size, &[SLICE]);
        assert_eq!(
            converted(&avc(size), &slice, true),
            [ANY_SLICES, SPS, PPS, SLICE]
        );
        assert_eq!(converted(&avc(size), &slice, false), [ANY_SLICES, SLICE]);
    }
}

#[test]
fn what_the_sample_has_is_not_doubled() {
    let units = [DELIMITER, SPS, PPS, IDR];
    assert_eq!(converted(&avc(4), &sample(4, &units), true), units);
    // Half of them is none: decoders want both from one place.
    let halved = sample(4, &[DELIMITER, SPS, IDR]);
    assert_eq!(
        converted(&avc(4), &halved, true),
        [DELIMITER, SPS, PPS, SPS, IDR]
    );
}

#[test]
fn only_the_first_delimiter_before_the_slices_stays() {
    let sei = &[0x06, 5][..];
    let late = sample(4, &[sei, DELIMITER, SPS, PPS, IDR]);
    assert_eq!(
        converted(&avc(4), &late, true),
        [ANY_SLICES, sei, SPS, PPS, IDR]
    );
    // Two fields in one sample are two access units.
    let fields = [DELIMITER, SLICE, DELIMITER, SLICE];
    assert_eq!(converted(&avc(4), &sample(4, &fields), false), fields);
}

#[test]
fn an_hevc_delimiter_has_the_temporal_id_of_the_picture() {
    let codec = hevc(VideoInfo::default());
    let slice = &[0x02, 0x03, 9][..];
    let got = converted(&codec, &sample(4, &[slice]), false);
    assert_eq!(got, [&[0x46, 0x03, 0x50][..], slice]);
}

#[test]
fn hevc_parameter_sets_stand_before_each_intra_random_access_point() {
    let codec = hevc(VideoInfo::default());
    let cra = &[0x2a, 0x01, 9][..];
    let sets = [&[0x40, 1, 7][..], &[0x42, 1, 8], &[0x44, 1, 9]];
    let got = converted(&codec, &sample(4, &[cra]), false);
    assert_eq!(got, [&[0x46, 1, 0x50][..], sets[0], sets[1], sets[2], cra]);
    let in_band = [&[0x46, 1, 0x10][..], sets[0], sets[1], sets[2], cra];
    assert_eq!(converted(&codec, &sample(4, &in_band), true), in_band);
}

#[test]
fn empty_units_and_empty_samples_leave_nothing() {
    assert_eq!(
        converted(&avc(4), &sample(4, &[&[], SLICE, &[]]), false),
        [ANY_SLICES, SLICE]
    );
    for nothing in [Vec::new(), sample(4, &[&[]])] {
        assert!(converted(&avc(4), &nothing, true).is_empty());
    }
}

#[test]
fn a_unit_that_the_sample_does_not_hold_is_refused() {
    let stream = VideoStream::new(&avc(4)).unwrap();
    let sample = sample(4, &[SLICE, IDR]);
    for (end, reason) in [
        (sample.len() - 1, "beyond its end"),
        (8, "within the length"),
    ] {
        let error = stream.survey(&sample[..end], true).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_base_layer_for_dolby_vision_alone_is_refused() {
    let video = |compatibility_id| VideoInfo {
        dolby_vision: Some(DolbyVision {
            profile: 5,
            level: 6,
            enhancement_layer: false,
            base_layer: true,
            compatibility_id,
        }),
        ..VideoInfo::default()
    };
    assert!(VideoStream::new(&hevc(video(4))).is_ok());
    let error = VideoStream::new(&hevc(video(0))).unwrap_err().to_string();
    assert!(
        error.contains("cannot be carried in MPEG-TS: its base layer"),
        "{error}"
    );
}

#[test]
fn other_codecs_are_refused_by_name() {
    let error = VideoStream::new(&CodecConfig::Unsupported(FourCc(*b"mp4v"))).unwrap_err();
    assert_eq!(error.to_string(), "mp4v cannot be carried in MPEG-TS");
}
