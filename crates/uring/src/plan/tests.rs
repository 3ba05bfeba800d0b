#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn range(offset: u64, len: u64) -> FileRange {
    FileRange { offset, len }
}

#[test]
fn neighbours_in_the_file_become_one_plain_read() {
    let operations = plan(&[range(100, 50), range(150, 1), range(151, 9)], 0).unwrap();
    assert_eq!(
        operations,
        [Operation {
            offset: 100,
            dest: 0,
            parts: vec![Part::Wanted(60)]
        }]
    );
}

#[test]
fn small_gaps_are_read_over_and_large_ones_are_not() {
    let operations = plan(&[range(0, 10), range(14, 6), range(25, 5)], 4).unwrap();
    assert_eq!(
        operations,
        [
            Operation {
                offset: 0,
                dest: 0,
                parts: vec![Part::Wanted(10), Part::Gap(4), Part::Wanted(6)]
            },
            Operation {
                offset: 25,
                dest: 16,
                parts: vec![Part::Wanted(5)]
            },
        ]
    );
}

#[test]
fn ranges_that_go_back_or_overlap_are_read_apart() {
    let operations = plan(&[range(50, 10), range(0, 10), range(5, 10)], 1000).unwrap();
    let starts: Vec<_> = operations.iter().map(|op| (op.offset, op.dest)).collect();
    assert_eq!(starts, [(50, 0), (0, 10), (5, 20)]);
}

#[test]
fn an_operation_keeps_to_the_kernels_limits() {
    let many: Vec<_> = (0..2000).map(|i| range(i * 10, 5)).collect();
    let operations = plan(&many, 100).unwrap();
    assert!(operations.iter().all(|op| op.parts.len() < MAX_IOVECS));
    assert_eq!(operations.len(), 4);
    let long = plan(&[range(7, 5 << 30)], 0).unwrap();
    assert!(long.iter().all(|op| op.span() <= MAX_SPAN_BYTES));
    assert_eq!(long.iter().map(Operation::wanted).sum::<u64>(), 5 << 30);
}

#[test]
fn a_range_no_file_can_have_is_refused() {
    for (offset, len) in [
        (u64::MAX, 1),
        (u64::MAX, u64::MAX),
        (1 << 63, 1),
        (1, u64::MAX >> 1),
    ] {
        let refused = plan(&[range(0, 1), range(offset, len)], 0);
        assert!(
            matches!(refused, Err(ReadError::RangeOverflow { .. })),
            "{offset} {len}"
        );
    }
}

#[test]
fn nothing_wanted_is_nothing_to_do() {
    assert_eq!(plan(&[], 0).unwrap(), []);
    assert_eq!(plan(&[range(5, 0), range(1 << 40, 0)], 0).unwrap(), []);
}

proptest! {
    /// Walks the operations as the kernel would and sees which file byte lands where.
    #[test]
    fn the_destination_is_covered_exactly(
        ranges in proptest::collection::vec((0u64..5_000, 0u64..300), 0..60),
        sorted in any::<bool>(),
        gap_limit in 0u64..200,
    ) {
        let mut ranges: Vec<_> = ranges.into_iter().map(|(offset, len)| range(offset, len)).collect();
        if sorted {
            ranges.sort_by_key(|range| range.offset);
        }
        let want: Vec<u64> = ranges.iter().flat_map(|r| r.offset..r.offset + r.len).collect();
        let mut got = Vec::new();
        for operation in plan(&ranges, gap_limit).unwrap() {
            prop_assert_eq!(operation.dest, got.len() as u64);
            prop_assert!(matches!(operation.parts.first(), Some(Part::Wanted(_))));
            prop_assert!(matches!(operation.parts.last(), Some(Part::Wanted(_))));
            let mut at = operation.offset;
            for part in &operation.parts {
                match part {
                    Part::Wanted(len) => {
                        prop_assert!(*len > 0);
                        got.extend(at..at + len);
                        at += len;
                    }
                    Part::Gap(len) => {
                        prop_assert!(*len > 0 && *len <= gap_limit);
                        at += len;
                    }
                }
            }
            prop_assert_eq!(at, operation.offset + operation.span());
        }
        prop_assert_eq!(got, want);
    }
}
