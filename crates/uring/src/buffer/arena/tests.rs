#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn take(arena: &mut Arena, bytes: usize) -> Extent {
    if let Some(extent) = arena.take(bytes) {
        return extent;
    }
    arena.grow(Arena::growth(bytes)).unwrap();
    arena.take(bytes).unwrap()
}

fn address(extent: &mut Extent) -> usize {
    extent.part.as_mut_ptr() as usize
}

#[test]
fn freed_neighbours_merge_and_serve_a_larger_buffer() {
    let mut arena = Arena::default();
    let mut extents: Vec<_> = (0..4).map(|_| take(&mut arena, CHUNK_BYTES / 4)).collect();
    assert!(arena.take(1).is_none(), "the chunk is full");
    let first = address(&mut extents[1]);
    let (b, c) = (extents.remove(1), extents.remove(1));
    assert!(arena.free(c, usize::MAX).is_none());
    assert!(arena.free(b, usize::MAX).is_none());
    let mut merged = arena.take(CHUNK_BYTES / 2).unwrap();
    assert_eq!(address(&mut merged), first);
}

#[test]
fn the_smallest_hole_that_fits_is_filled() {
    let mut arena = Arena::default();
    let sizes = [5, 1, 9, 1, 3, 1].map(|pages| pages * PAGE);
    let mut extents = sizes.map(|bytes| Some(take(&mut arena, bytes)));
    let mut hole = address(extents[4].as_mut().unwrap());
    for i in [0, 2, 4] {
        arena.free(extents[i].take().unwrap(), usize::MAX);
    }
    assert_eq!(address(&mut arena.take(3 * PAGE - 1).unwrap()), hole);
    hole = address(extents[1].as_mut().unwrap()) - 5 * PAGE;
    assert_eq!(address(&mut arena.take(4 * PAGE).unwrap()), hole);
}

#[test]
fn a_wholly_free_chunk_goes_back_when_more_than_wanted_is_mapped() {
    let mut arena = Arena::default();
    let (a, b) = (
        take(&mut arena, CHUNK_BYTES),
        take(&mut arena, 3 * CHUNK_BYTES + 1),
    );
    assert_eq!(arena.mapped_bytes(), 4 * CHUNK_BYTES + HUGE_PAGE);
    assert!(arena.free(b, CHUNK_BYTES).is_some());
    assert_eq!(arena.mapped_bytes(), CHUNK_BYTES);
    assert!(
        arena.free(a, CHUNK_BYTES).is_none(),
        "kept for the next taker"
    );
    assert!(arena.take(CHUNK_BYTES).is_some());
}

#[test]
fn chunks_lie_at_huge_page_boundaries_and_start_zeroed() {
    let mut arena = Arena::default();
    let mut extent = take(&mut arena, HUGE_PAGE);
    assert_eq!(address(&mut extent) % HUGE_PAGE, 0);
    assert!(extent.part.as_slice().iter().all(|byte| *byte == 0));
}

/// Sizes as of a ladder's segments, evicted in random order: what is mapped stays close to what
/// is in use.
#[test]
fn churn_does_not_fragment_beyond_a_quarter() {
    const BUDGET: usize = 512 << 20;
    let mut arena = Arena::default();
    let mut live: Vec<Extent> = Vec::new();
    let (mut out, mut seed) = (0, 1u64);
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    for _ in 0..30_000 {
        let mean = [64 << 10, 64 << 10, 400 << 10, 1_500 << 10, 3_100 << 10][random(5)];
        let bytes = mean / 2 + random(mean);
        while out + Arena::occupied(bytes) > BUDGET {
            let gone = live.swap_remove(random(live.len()));
            out -= gone.part.len();
            arena.free(gone, BUDGET);
        }
        let extent = take(&mut arena, bytes);
        out += extent.part.len();
        live.push(extent);
        assert!(
            arena.mapped_bytes() <= BUDGET + BUDGET / 4,
            "{} MiB",
            arena.mapped_bytes() >> 20
        );
    }
}

proptest! {
    /// The promise the slices rest on: no two live extents share a byte, and all is accounted for.
    #[test]
    fn live_extents_never_overlap(steps in proptest::collection::vec((any::<bool>(), 0usize..3_000_000, any::<prop::sample::Index>()), 1..120)) {
        let mut arena = Arena::default();
        let mut live: Vec<Extent> = Vec::new();
        for (give_back, bytes, which) in steps {
            if give_back && !live.is_empty() {
                let gone = live.swap_remove(which.index(live.len()));
                arena.free(gone, 20 << 20);
            } else {
                let extent = take(&mut arena, bytes);
                prop_assert!(extent.part.len() >= bytes);
                live.push(extent);
            }
            let mut taken: Vec<_> = live
                .iter_mut()
                .map(|extent| (address(extent), extent.part.len()))
                .collect();
            taken.sort_unstable();
            prop_assert!(taken.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
            let out: usize = taken.iter().map(|(_, len)| len).sum();
            let free: usize = arena.free.values().map(|pages| pages * PAGE).sum();
            prop_assert_eq!(out + free, arena.mapped_bytes());
            prop_assert_eq!(arena.free.len(), arena.by_size.len());
        }
    }
}
