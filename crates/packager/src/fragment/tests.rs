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

/// As a sample table sums them up.
fn span(samples: &[RunSample]) -> SampleSpan {
    fn ends<T: Ord>(samples: &[RunSample], of: impl Fn(&RunSample) -> T) -> (T, T) {
        let (least, most) = (samples.iter().map(&of).min(), samples.iter().map(&of).max());
        (least.unwrap(), most.unwrap())
    }
    let first = samples[0];
    SampleSpan {
        first: Sample {
            index: 0,
            offset: 0,
            size: first.size,
            decode_time: 0,
            duration: first.duration,
            composition_offset: first.composition_offset,
            is_sync: first.is_sync,
            description: 0,
        },
        count: u32::try_from(samples.len()).unwrap(),
        bytes: samples.iter().map(|sample| u64::from(sample.size)).sum(),
        sizes: ends(samples, |sample| sample.size),
        durations: ends(samples, |sample| sample.duration),
        composition_offsets: ends(samples, |sample| sample.composition_offset),
        descriptions: (0, 0),
        sync_count: u32::try_from(samples.iter().filter(|sample| sample.is_sync).count()).unwrap(),
    }
}

proptest! {
    #[test]
    fn a_span_is_described_as_its_samples_are(
        samples in prop::collection::vec((1..3_u32, 1..3_u32, -1..2_i32, any::<bool>()), 1..6),
        all_sync in any::<bool>(),
    ) {
        let samples: Vec<RunSample> = samples
            .into_iter()
            .map(|(size, duration, composition_offset, is_sync)| RunSample { size, duration, composition_offset, is_sync })
            .collect();
        let as_written = |sample: &RunSample| RunSample { is_sync: all_sync || sample.is_sync, ..*sample };
        let written: Vec<RunSample> = samples.iter().map(as_written).collect();
        let mut of_span = RunShape::default();
        of_span.of_span(written[0], &span(&samples), all_sync);
        let one_by_one = shape(&written);
        prop_assert_eq!(of_span.trun_flags(), one_by_one.trun_flags());
        prop_assert_eq!(of_span.tfhd_flags(), one_by_one.tfhd_flags());
        prop_assert_eq!(of_span.header_len(), one_by_one.header_len());
        prop_assert_eq!((of_span.count, of_span.payload), (one_by_one.count, one_by_one.payload));
    }
}
