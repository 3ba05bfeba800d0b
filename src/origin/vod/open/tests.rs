use super::*;

#[test]
fn probes_lie_within_the_file_in_order_and_reach_both_ends() {
    for len in [
        1,
        4096,
        PROBES * PROBE_BYTES,
        PROBES * PROBE_BYTES + 1,
        1 << 20,
        1 << 45,
    ] {
        let ranges = probe_ranges(len);
        assert_eq!(ranges.first().map(|range| range.0), Some(0));
        assert_eq!(
            ranges.last().map(|(offset, bytes)| offset + bytes),
            Some(len)
        );
        for pair in ranges.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{pair:?} of {len}");
        }
        assert!(ranges.iter().map(|range| range.1).sum::<u64>() <= PROBES * PROBE_BYTES);
    }
}
