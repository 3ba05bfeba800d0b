#![allow(clippy::unwrap_used)]
use crate::CodecConfig;
use crate::codec::{DolbyVision, VideoRange};
use crate::craft::{AVC_PPS, AVC_SPS, avcc, boxed, parse_codec, visual_entry};

fn record(profile: u16, level: u16, layers: u16, compatibility: u8) -> Vec<u8> {
    let packed = (profile << 9 | level << 3 | 4 | layers).to_be_bytes();
    let start = [1, 0, packed[0], packed[1], compatibility << 4];
    let kind = if profile > 7 { b"dvvC" } else { b"dvcC" };
    boxed(kind, &[&start[..], &[0; 19]].concat())
}

const BASE: u16 = 1;
const ENHANCEMENT: u16 = 2;

fn hvcc() -> Vec<u8> {
    let mut content = vec![
        1, 2, 0x20, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0, 0, 0xfc, 0xfd, 0xfa, 0xfa, 0, 0, 0x0f,
    ];
    content.push(0);
    boxed(b"hvcC", &content)
}

fn colr(transfer: u8) -> Vec<u8> {
    boxed(
        b"colr",
        &[b"nclx", &[0, 9, 0, transfer, 0, 9, 0][..]].concat(),
    )
}

fn hevc(kind: &[u8; 4], children: &[Vec<u8>]) -> CodecConfig {
    let children = [&hvcc()[..], &children.concat()].concat();
    parse_codec(b"vide", visual_entry(kind, &children)).unwrap()
}

#[test]
fn profile_5_has_a_string_of_its_own_and_shows_in_pq() {
    let codec = hevc(b"dvhe", &[record(5, 6, BASE, 0)]);
    assert_eq!(codec.rfc6381().unwrap(), "dvhe.05.06");
    assert_eq!(codec.supplemental_rfc6381(), None);
    let video = codec.video().unwrap();
    assert_eq!(
        video.dolby_vision,
        Some(DolbyVision {
            profile: 5,
            level: 6,
            enhancement_layer: false,
            base_layer: true,
            compatibility_id: 0,
        })
    );
    assert_eq!(video.video_range(), VideoRange::Pq);
    // Whatever its base layer, which nobody can look at, says.
    let codec = hevc(b"dvhe", &[record(5, 6, BASE, 0), colr(1)]);
    assert_eq!(codec.video().unwrap().video_range(), VideoRange::Pq);
}

#[test]
fn profile_8_supplements_the_string_of_its_base_layer() {
    use VideoRange::{Hlg, Pq, Sdr};
    for (kind, compatibility, transfer, string, supplement, range) in [
        (
            b"hvc1",
            1,
            Some(16),
            "hvc1.2.4.L93.90",
            Some("dvh1.08.07/db1p"),
            Pq,
        ),
        (
            b"hvc1",
            1,
            None,
            "hvc1.2.4.L93.90",
            Some("dvh1.08.07/db1p"),
            Pq,
        ),
        (
            b"hvc1",
            2,
            Some(1),
            "hvc1.2.4.L93.90",
            Some("dvh1.08.07/db2g"),
            Sdr,
        ),
        (
            b"hvc1",
            4,
            Some(18),
            "hvc1.2.4.L93.90",
            Some("dvh1.08.07/db4h"),
            Hlg,
        ),
        (
            b"hvc1",
            4,
            Some(14),
            "hvc1.2.4.L93.90",
            Some("dvh1.08.07/db4g"),
            Sdr,
        ),
        (
            b"hvc1",
            4,
            None,
            "hvc1.2.4.L93.90",
            Some("dvh1.08.07/db4h"),
            Hlg,
        ),
        (b"hvc1", 3, None, "hvc1.2.4.L93.90", None, Sdr),
    ] {
        let colour: Vec<Vec<u8>> = transfer.map(colr).into_iter().collect();
        // Parameter sets in the samples: the entry alone speaks.
        let mut codec = hevc(
            b"hev1",
            &[vec![record(8, 7, BASE, compatibility)], colour].concat(),
        );
        if let CodecConfig::Hevc(config) = &mut codec {
            config.format = crate::FourCc(*kind);
        }
        assert_eq!(codec.rfc6381().unwrap(), string);
        assert_eq!(codec.supplemental_rfc6381().as_deref(), supplement);
        assert_eq!(
            codec.video().unwrap().video_range(),
            range,
            "{compatibility} {transfer:?}"
        );
    }
}

#[test]
fn a_supplement_names_the_format_beside_its_base() {
    let codec = hevc(b"hev1", &[record(8, 1, BASE, 1)]);
    assert_eq!(codec.supplemental_rfc6381().unwrap(), "dvhe.08.01/db1p");
    let avc = |kind| {
        let children = [avcc(&[AVC_SPS], &[AVC_PPS]), record(9, 2, BASE, 2)].concat();
        parse_codec(b"vide", visual_entry(kind, &children)).unwrap()
    };
    assert_eq!(avc(b"avc1").rfc6381().unwrap(), "avc1.42c00d");
    assert_eq!(
        avc(b"avc1").supplemental_rfc6381().unwrap(),
        "dva1.09.02/db2g"
    );
    assert_eq!(avc(b"dva1").rfc6381().unwrap(), "dva1.09.02");
    assert_eq!(avc(b"dva1").supplemental_rfc6381(), None);
    let av1 = [
        boxed(b"av1C", &[0x81, 0x08, 0x4c, 0]),
        record(10, 9, BASE, 4),
        colr(18),
    ];
    let codec = parse_codec(b"vide", visual_entry(b"av01", &av1.concat())).unwrap();
    assert_eq!(codec.supplemental_rfc6381().unwrap(), "dav1.10.09/db4h");
}

#[test]
fn two_layers_are_no_supplement() {
    let codec = hevc(b"hev1", &[record(7, 6, BASE | ENHANCEMENT, 6)]);
    assert_eq!(codec.supplemental_rfc6381(), None);
    let codec = hevc(b"hev1", &[record(4, 6, BASE | ENHANCEMENT, 2)]);
    assert_eq!(codec.supplemental_rfc6381(), None);
}

#[test]
fn a_dolby_format_without_its_record_is_an_error() {
    let error = parse_codec(b"vide", visual_entry(b"dvhe", &hvcc())).unwrap_err();
    assert!(
        error.to_string().ends_with("has no dvcC, dvvC or dvwC box"),
        "{error}"
    );
}

#[test]
fn two_views_are_told() {
    let stri = |eyes: u8| {
        let stri = boxed(b"stri", &[0, 0, 0, 0, eyes]);
        boxed(b"vexu", &boxed(b"eyes", &stri))
    };
    let stereo = |child: Vec<u8>| hevc(b"hev1", &[child]).video().unwrap().stereo;
    assert!(stereo(boxed(b"lhvC", &[1; 6])));
    assert!(stereo(stri(3)));
    assert!(!stereo(stri(1)));
    assert!(!stereo(boxed(b"vexu", &boxed(b"proj", &[0; 8]))));
}
