use super::*;

/// (duration, bytes) each.
fn stretches(of: &[(u64, u64)]) -> Vec<Stretch> {
    of.iter()
        .map(|(duration, clear)| Stretch {
            duration: *duration,
            clear: *clear,
            protection: 0,
        })
        .collect()
}

#[test]
fn the_peak_is_the_heaviest_segment() {
    let found = bandwidths(&stretches(&[(4, 1000), (4, 4000), (4, 1000)]), 1);
    assert_eq!(found, (4000, 8000));
}

#[test]
fn a_short_last_segment_counts_with_its_neighbour() {
    // Alone it would be 8 Mb/s.
    let found = bandwidths(&stretches(&[(4000, 4000), (4000, 4000), (1, 1000)]), 1000);
    assert_eq!(found.1, (5000u64 * 8 * 1000).div_ceil(4001));
}

#[test]
fn protection_weighs_in_the_peak_alone() {
    let heavy = [Stretch {
        duration: 1,
        clear: 1000,
        protection: 500,
    }];
    assert_eq!(bandwidths(&heavy, 1), (8000, 12_000));
}

#[test]
fn bits_are_rounded_up() {
    assert_eq!(bandwidths(&stretches(&[(3, 1)]), 1).1, 3);
}
