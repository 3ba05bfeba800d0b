#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn boxed(kind: &[u8; 4], payload: usize) -> Vec<u8> {
    let mut bytes = (8 + payload as u32).to_be_bytes().to_vec();
    bytes.extend(kind);
    bytes.resize(8 + payload, 7);
    bytes
}

proptest! {
    #[test]
    fn chunks_are_counted_however_the_bytes_come(
        sizes in prop::collection::vec((0usize..40, 0usize..300), 1..6),
        step in 1usize..50,
    ) {
        let mut bytes = boxed(b"styp", 8);
        for &(moof, mdat) in &sizes {
            bytes.extend(boxed(b"moof", moof));
            bytes.extend(boxed(b"mdat", mdat));
        }
        let mut chunks = Chunks::default();
        for piece in bytes.chunks(step) {
            chunks.push(piece);
        }
        prop_assert_eq!(chunks.complete() as usize, sizes.len());
    }

    #[test]
    fn whatever_comes_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Chunks::default().push(&bytes);
    }
}

#[test]
fn a_chunk_counts_when_its_last_byte_is_there() {
    let bytes = [boxed(b"moof", 10), boxed(b"mdat", 20)].concat();
    let mut chunks = Chunks::default();
    chunks.push(&bytes[..bytes.len() - 1]);
    assert_eq!(chunks.complete(), 0);
    chunks.push(&bytes[bytes.len() - 1..]);
    assert_eq!(chunks.complete(), 1);
}
