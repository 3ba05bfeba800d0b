#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Digits are grouped by field.
#![allow(clippy::unusual_byte_groupings)]
use crate::sample::SampleEncryptor;
use crate::sample::nal::written::Bits;
use crate::sample::tests::{key, seed};
use crate::{Result, Scheme, SegmentAux};
use edgepack_isobmff::FourCc;
use edgepack_isobmff::codec::{CodecConfig, VideoInfo, VpxConfig};

const HEADER: usize = 14;
/// Shows frame 3.
const SHOW_EXISTING: u8 = 0b10_00_1_011;

/// A key frame of 64 × 64 whose header has 14 bytes, and that many more.
fn key_frame(more: usize) -> Vec<u8> {
    let mut w = Bits::default();
    // frame_marker, profile, show_existing_frame, frame_type, show_frame, error_resilient_mode.
    w.u(8, 0b10_00_0_0_1_0);
    w.u(24, 0x49_83_42);
    w.u(4, 2);
    w.u(32, 0x003f_003f);
    // Render size, contexts.
    w.u(5, 0b0_10_00);
    write_rest(&mut w);
    [w.bytes(), vec![0xaa; more]].concat()
}

/// An inter frame as large as its second reference.
fn inter_frame(more: usize) -> Vec<u8> {
    let mut w = Bits::default();
    w.u(8, 0b10_00_0_1_1_0);
    // reset_frame_context, refresh_frame_flags.
    w.u(10, 1);
    w.u(12, 0b000_0_001_0_010_0);
    // found_ref, render size, allow_high_precision_mv, is_filter_switchable.
    w.u(5, 0b01_0_1_1);
    w.u(4, 0);
    write_rest(&mut w);
    [w.bytes(), vec![0xaa; more]].concat()
}

/// From the loop filter on.
fn write_rest(w: &mut Bits) {
    w.u(10, 0);
    w.u(8, 60);
    // Deltas, segments, tile rows.
    w.u(5, 0);
    w.u(16, 5);
}

fn encrypt(scheme: Scheme, samples: &[Vec<u8>]) -> Result<Vec<(u16, u32)>> {
    let codec = CodecConfig::Vp9(VpxConfig {
        format: FourCc(*b"vp09"),
        profile: 0,
        level: 10,
        bit_depth: 8,
        chroma_subsampling: 1,
        colour: (1, 1, 1, false),
        video: VideoInfo::default(),
    });
    let mut encryptor = SampleEncryptor::new(scheme, &key(), seed(), &codec)?;
    let mut aux = SegmentAux::new();
    for (index, sample) in (0..).zip(samples) {
        encryptor.encrypt(index, &mut sample.clone(), &mut aux)?;
    }
    let sample = aux.samples().last().unwrap();
    Ok(sample
        .subsamples()
        .map(|s| (s.clear, s.protected))
        .collect())
}

#[test]
fn whole_blocks_behind_the_header_are_protected_under_both_schemes() {
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        assert_eq!(
            encrypt(scheme, &[key_frame(40)]).unwrap(),
            [(HEADER as u16 + 8, 32)]
        );
        // 78 bits of header.
        assert_eq!(
            encrypt(scheme, &[key_frame(40), inter_frame(16)]).unwrap(),
            [(10, 16)]
        );
    }
}

#[test]
fn each_frame_of_a_superframe_has_its_header_clear_and_so_has_the_index() {
    let marker = 0b110_00_010;
    let (first, second) = (key_frame(32), inter_frame(17));
    let index = [marker, first.len() as u8, second.len() as u8, 1, marker];
    let superframe = [&first[..], &second, &[SHOW_EXISTING], &index].concat();
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        assert_eq!(
            encrypt(scheme, std::slice::from_ref(&superframe)).unwrap(),
            [(HEADER as u16, 32), (10 + 1, 16), (1 + 5, 0)]
        );
    }
}

#[test]
fn what_cannot_be_taken_apart_is_refused_with_its_reason() {
    let mut without_sync = key_frame(20);
    without_sync[1] = 0;
    for (frame, reason) in [
        (inter_frame(20), "refers to a frame that was not seen"),
        (without_sync, "frame_sync_code is not 0x498342"),
        (key_frame(0)[..9].to_vec(), "header ends too early"),
        (vec![0; 20], "frame_marker is not 2"),
        (vec![0b10_11_1_000], "profile 4 and above are reserved"),
    ] {
        let error = encrypt(Scheme::Cenc, &[frame]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("sample 0: frame at byte 0: {reason}")
        );
    }
}
