#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn shape(samples: &[RunSample]) -> RunShape {
    let mut shape = RunShape::default();
    samples.iter().for_each(|sample| shape.add(*sample));
    shape
}

fn sample(size: u32, is_sync: bool) -> RunSample {
    RunSample {
        size,
        duration: 512,
        composition_offset: 0,
        is_sync,
    }
}

fn trun_flags(samples: &[RunSample]) -> u32 {
    shape(samples).trun_flags()
}

#[test]
fn what_all_samples_share_is_not_repeated() {
    assert_eq!(
        trun_flags(&[sample(7, true), sample(7, true)]),
        TRUN_DATA_OFFSET
    );
}

#[test]
fn one_group_of_pictures_needs_the_first_samples_flags_alone() {
    let samples = [sample(7, true), sample(7, false), sample(7, false)];
    assert_eq!(
        trun_flags(&samples),
        TRUN_DATA_OFFSET | TRUN_FIRST_SAMPLE_FLAGS
    );
    assert_eq!(
        shape(&samples).sync_pattern(),
        SyncPattern::FirstThen(false)
    );
}

#[test]
fn two_groups_of_pictures_need_flags_per_sample() {
    let samples = [
        sample(7, true),
        sample(7, false),
        sample(7, true),
        sample(7, false),
    ];
    assert_eq!(trun_flags(&samples), TRUN_DATA_OFFSET | TRUN_FLAGS);
}

#[test]
fn media_beyond_4_gib_gets_a_64_bit_size() {
    let samples = [sample(u32::MAX, true), sample(u32::MAX, true)];
    let header = header(1, 0, &samples, &shape(&samples), None, None);
    let mdat = &header[header.len() - 16..];
    assert_eq!(mdat[..8], *b"\0\0\0\x01mdat");
    assert_eq!(mdat[8..], (u64::from(u32::MAX) * 2 + 16).to_be_bytes());
    assert_eq!(header.len() as u64, shape(&samples).header_len());
}

proptest! {
    #[test]
    fn the_length_is_known_without_writing(samples in prop::collection::vec(
        (0u32..3, 1u32..3, -1i32..2, any::<bool>()).prop_map(|(size, duration, composition_offset, is_sync)| {
            RunSample { size, duration, composition_offset, is_sync }
        }),
        1..5,
    )) {
        let shape = shape(&samples);
        let header = header(1, 0, &samples, &shape, None, None);
        prop_assert_eq!(header.len() as u64, shape.header_len());
    }
}
