#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Digits are grouped by field.
#![allow(clippy::unusual_byte_groupings)]
use crate::sample::SampleEncryptor;
use crate::sample::nal::written::Bits;
use crate::sample::tests::{key, seed};
use crate::{Result, Scheme, SegmentAux};
use bytes::Bytes;
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::{Av1Config, CodecConfig, VideoInfo};

const SEQUENCE_HEADER: u8 = 1;
const FRAME_HEADER: u8 = 3;
const TILE_GROUP: u8 = 4;
const METADATA: u8 = 5;
const FRAME: u8 = 6;
const REDUNDANT_FRAME_HEADER: u8 = 7;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

fn obu(kind: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap();
    let mut size = vec![len];
    if len > 127 {
        size = vec![len, 1];
    }
    [&[kind << 3 | 2][..], &size, payload].concat()
}

/// A still picture of 128 × 128, superblocks of 64, 8 bit 4:2:0, without any tool that a frame could use.
fn sequence() -> Vec<u8> {
    let mut w = Bits::default();
    // seq_profile, still_picture, reduced_still_picture_header, seq_level_idx.
    w.u(10, 0b000_11_00000);
    w.u(8, 0x66);
    w.u(7, 127);
    w.u(7, 127);
    // Superblocks, intra tools, superres, cdef, restoration.
    w.u(6, 0);
    // color_config, film_grain_params_present, trailing bit.
    w.u(9, 1);
    obu(SEQUENCE_HEADER, &w.bytes())
}

/// Its frame, in four tiles whose sizes have one byte.
fn frame_header() -> Bits {
    let mut w = Bits::default();
    // disable_cdf_update, allow_screen_content_tools, render_and_frame_size_different.
    w.u(3, 0b100);
    // Uniform, two columns, two rows, context_update_tile_id, tile_size_bytes_minus_1.
    w.u(7, 0b111_11_00);
    // base_q_idx; no deltas, matrices, segments, delta_q.
    w.u(8, 100);
    w.u(6, 0);
    // Loop filter levels, sharpness, deltas.
    w.u(16, 0);
    // tx_mode_select, reduced_tx_set.
    w.u(2, 0b10);
    w
}

/// Tiles of these sizes, with their fields, behind a tile group's header.
fn tiles(header: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut bytes = header.to_vec();
    for (i, &size) in sizes.iter().enumerate() {
        if i + 1 < sizes.len() {
            bytes.push(u8::try_from(size - 1).unwrap());
        }
        bytes.extend(std::iter::repeat_n(0xaa, size));
    }
    bytes
}

fn encrypt(scheme: Scheme, config_obus: &[u8], sample: &[u8]) -> Result<Vec<(u16, u32)>> {
    let codec = CodecConfig::Av1(Av1Config {
        format: FourCc(*b"av01"),
        profile: 0,
        level: 0,
        high_tier: false,
        bit_depth: 8,
        monochrome: false,
        subsampling_x: true,
        subsampling_y: true,
        chroma_sample_position: 0,
        codecs_colour: (1, 1, 1, false),
        config_obus: Bytes::copy_from_slice(config_obus),
        video: VideoInfo::default(),
    });
    let mut aux = SegmentAux::new();
    let mut sample = sample.to_vec();
    SampleEncryptor::new(scheme, &key(), seed(), &codec)?.encrypt(0, &mut sample, &mut aux)?;
    let sample = aux.samples().next().unwrap();
    Ok(sample
        .subsamples()
        .map(|s| (s.clear, s.protected))
        .collect())
}

#[test]
fn every_tile_is_a_subsample_from_its_first_byte_on_under_cbcs() {
    let frame = [frame_header().bytes(), tiles(&[0], &[10, 16, 40, 33])].concat();
    let sample = [sequence(), obu(FRAME, &frame)].concat();
    let before = u16::try_from(sequence().len() + 2 + 6 + 1 + 1).unwrap();
    assert_eq!(
        encrypt(Scheme::Cbcs, &[], &sample).unwrap(),
        [(before, 10), (1, 16), (1, 40), (0, 33)]
    );
}

#[test]
fn protection_ends_with_the_tile_under_cenc_and_short_tiles_stay_clear() {
    let frame = [frame_header().bytes(), tiles(&[0], &[10, 16, 40, 33])].concat();
    let sample = obu(FRAME, &frame);
    assert_eq!(
        encrypt(Scheme::Cenc, &sequence(), &sample).unwrap(),
        [(2 + 6 + 1 + 1 + 10 + 1, 16), (1 + 8, 32), (1, 32)]
    );
}

#[test]
fn tile_groups_go_on_where_the_last_one_ended_and_all_else_is_clear() {
    let mut header = frame_header();
    header.flag(true);
    // tile_start_and_end_present_flag, tg_start, tg_end.
    let groups = [
        tiles(&[0b1_00_01_000], &[20, 20]),
        tiles(&[0b1_10_10_000], &[20]),
        tiles(&[0b1_11_11_000], &[20]),
    ];
    let sample = [
        obu(2, &[]),
        obu(METADATA, &[1; 20]),
        obu(FRAME_HEADER, &header.bytes()),
        obu(TILE_GROUP, &groups[0]),
        obu(REDUNDANT_FRAME_HEADER, &header.bytes()),
        obu(TILE_GROUP, &groups[1]),
        // The last may go without its size.
        [&[TILE_GROUP << 3][..], &groups[2]].concat(),
    ]
    .concat();
    assert_eq!(
        encrypt(Scheme::Cbcs, &sequence(), &sample).unwrap(),
        [
            (2 + 22 + 8 + 2 + 1 + 1, 20),
            (0, 20),
            (8 + 2 + 1, 20),
            (1 + 1, 20)
        ]
    );
    let padded = [sample[..sample.len() - 22].to_vec(), obu(PADDING, &[1; 30])].concat();
    let subsamples = encrypt(Scheme::Cbcs, &sequence(), &padded).unwrap();
    assert_eq!(subsamples.last(), Some(&(32, 0)));
}

#[test]
fn what_cannot_be_taken_apart_is_refused_with_its_reason() {
    let header = frame_header().bytes();
    let frame = |rest: &[u8]| obu(FRAME, &[&header[..], rest].concat());
    let cases: &[(Vec<u8>, &[u8], &str)] = &[
        (
            frame(&tiles(&[0], &[16; 4])),
            &[],
            "frame header without a sequence header before it",
        ),
        (
            obu(TILE_GROUP, &[0; 20]),
            &sequence(),
            "tile group without a frame header",
        ),
        (
            frame(&tiles(&[0b1_01_11_000], &[16; 3])),
            &sequence(),
            "tiles 1 to 3 of 4 out of turn",
        ),
        (
            frame(&[0, 200, 1, 1]),
            &sequence(),
            "tile of 201 bytes goes past the end",
        ),
        (
            frame(&[0, 0, 1, 0, 1, 0, 1]),
            &sequence(),
            "no bytes are left for the last tile",
        ),
        (
            frame(&[1]),
            &sequence(),
            "tile group header ends where no byte alignment is",
        ),
        (
            obu(TILE_LIST, &[0; 4]),
            &sequence(),
            "tile lists are not supported",
        ),
        (
            vec![FRAME << 3 | 2, 9, 1],
            &[],
            "size 9 where 1 bytes are left",
        ),
        (vec![0x80], &[], "obu_forbidden_bit is set"),
    ];
    for (sample, config_obus, reason) in cases {
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            let error = encrypt(scheme, config_obus, sample).unwrap_err();
            let expected = format!("sample 0: OBU at byte 0: {reason}");
            assert_eq!(error.to_string(), expected);
        }
    }
    let error = encrypt(Scheme::Cenc, &[0x0a, 9], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "codec configuration: configOBUs: size 9 where 0 bytes are left"
    );
}
