use super::*;

fn segments(durations: &[u64]) -> Vec<Segment> {
    let segment = |duration: &u64| Segment {
        first_sample: 0,
        sample_count: 1,
        base_media_decode_time: 0,
        start: 0,
        duration: *duration,
        bytes: 0,
    };
    durations.iter().map(segment).collect()
}

fn weights(bytes: &[u64]) -> Vec<Weight> {
    bytes
        .iter()
        .map(|clear| Weight {
            clear: *clear,
            protection: 0,
        })
        .collect()
}

#[test]
fn the_peak_is_the_heaviest_segment() {
    let found = bandwidths(&segments(&[4, 4, 4]), &weights(&[1000, 4000, 1000]), 1);
    assert_eq!(found, (4000, 8000));
}

#[test]
fn a_short_last_segment_counts_with_its_neighbour() {
    // Alone it would be 8 Mb/s.
    let found = bandwidths(
        &segments(&[4000, 4000, 1]),
        &weights(&[4000, 4000, 1000]),
        1000,
    );
    assert_eq!(found.1, (5000u64 * 8 * 1000).div_ceil(4001));
}

#[test]
fn protection_weighs_in_the_peak_alone() {
    let heavy = [Weight {
        clear: 1000,
        protection: 500,
    }];
    assert_eq!(bandwidths(&segments(&[1]), &heavy, 1), (8000, 12_000));
}

#[test]
fn bits_are_rounded_up() {
    assert_eq!(bandwidths(&segments(&[3]), &weights(&[1]), 1).1, 3);
}
