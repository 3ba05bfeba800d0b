#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_uring::{Pool, PoolOptions};

use super::*;

fn range(offset: u64, len: u64) -> FileRange {
    FileRange { offset, len }
}

fn gathered(ranges: &[FileRange], file: &[u8], front: usize) -> Vec<u8> {
    let run = Run::of(ranges, 16 << 10, file.len() as u64).unwrap();
    let options = PoolOptions {
        max_bytes: 1 << 20,
        max_idle_bytes: 0,
    };
    let indent = run.indent(front);
    assert_eq!(indent % BLOCK as usize, 0);
    assert!(indent + run.skip >= front);
    assert_eq!((run.blocks.0 % BLOCK, run.blocks.1 % BLOCK), (0, 0));
    let mut buf = Pool::new(options)
        .take(indent + run.len() as usize)
        .unwrap();
    assert!(buf.indent(indent));
    for (offset, len) in std::iter::once(run.blocks).chain(run.rest) {
        assert!(buf.extend_from_slice(&file[offset as usize..(offset + len) as usize]));
    }
    let mut gathered = run.gather(buf).unwrap();
    assert!(gathered.prepend(&vec![0xee; front]));
    let content = gathered.freeze();
    assert!(content[..front].iter().all(|byte| *byte == 0xee));
    content[front..].to_vec()
}

#[test]
fn the_wanted_bytes_become_the_content_wherever_blocks_begin() {
    let file: Vec<u8> = (0..300_001usize)
        .map(|i| (i * 13 + i / 8191) as u8)
        .collect();
    let cases: [&[FileRange]; 5] = [
        &[range(0, 65_536)],
        &[range(4095, 70_000)],
        // To the end of the file, which is no block's.
        &[range(200_000, 100_001)],
        &[range(100, 40_000), range(41_000, 7), range(43_000, 60_000)],
        &[range(150_000, 80_000), range(231_000, 69_001)],
    ];
    for ranges in cases {
        let wanted = ranges.iter().flat_map(|range| {
            file[range.offset as usize..(range.offset + range.len) as usize].to_vec()
        });
        let wanted: Vec<u8> = wanted.collect();
        for front in [0, 1, 96, 5000] {
            assert!(gathered(ranges, &file, front) == wanted, "{ranges:?}");
        }
    }
}

#[test]
fn short_and_scattered_ranges_are_no_runs() {
    let of = |ranges: &[FileRange]| Run::of(ranges, 16 << 10, 1 << 20);
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[range(0, 65_535)]), None);
    assert_eq!(of(&[range(0, 100_000), range(200_000, 100_000)]), None);
    assert_eq!(of(&[range(1 << 20, 100_000)]), None);
    assert!(of(&[range(0, 65_536)]).is_some());
}
