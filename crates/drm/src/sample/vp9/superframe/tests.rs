#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn sizes(sample: &[u8]) -> Vec<usize> {
    frames(sample).unwrap().sizes().collect()
}

#[test]
fn an_index_says_the_frames() {
    // Two frames, sizes of two bytes.
    let marker = 0b1100_1001;
    let index = [marker, 3, 0, 1, 0, marker];
    assert_eq!(sizes(&[&[1; 4][..], &index].concat()), [3, 1]);
}

#[test]
fn a_sample_without_a_whole_index_is_one_frame() {
    let marker = 0b1100_1001;
    assert_eq!(sizes(&[]), [0]);
    assert_eq!(sizes(&[1, 2, 3]), [3]);
    assert_eq!(sizes(&[3, 0, 1, 0, marker]), [5]);
    assert_eq!(sizes(&[1, 1, marker + 1, 3, 0, 1, 0, marker]), [8]);
}

#[test]
fn an_index_that_does_not_add_up_is_refused() {
    let marker = 0b1100_0001;
    let reason = frames(&[1, 1, 1, 1, marker, 3, 2, marker]).unwrap_err();
    assert_eq!(reason.0, "superframe of 4 bytes whose index counts 5");
}
