#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::StreamExt;
use proptest::prelude::*;

use super::*;
use crate::cache::Entry;

/// What the parts hold, one after the other: byte `n` of the whole is `n` modulo 251.
fn whole(length: u64) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn of_lengths(lengths: &[u64]) -> Arc<PartIndex> {
    Arc::new(PartIndex::new(lengths.iter().copied()).unwrap())
}

/// A buffer that tells when it goes.
struct Counted(Vec<u8>, Arc<std::sync::atomic::AtomicUsize>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Parts in chunks of three bytes, what was opened, and how many parts are in memory.
#[derive(Clone, Default)]
struct Shelf {
    opened: Rc<RefCell<Vec<usize>>>,
    held: Arc<std::sync::atomic::AtomicUsize>,
}

impl Shelf {
    fn opener(&self, index: &Arc<PartIndex>) -> OpenPart {
        let (shelf, index) = (self.clone(), Arc::clone(index));
        Box::new(move |part| {
            let entry = shelf.take(&index, part);
            Box::pin(async move { Ok(entry.into()) })
        })
    }

    fn take(&self, index: &PartIndex, part: usize) -> Arc<Entry> {
        self.opened.borrow_mut().push(part);
        let start = if part == 0 {
            0
        } else {
            index.ends[part - 1] as usize
        };
        let end = index.ends[part] as usize;
        self.held.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let bytes = Counted(whole(end as u64)[start..].to_vec(), Arc::clone(&self.held));
        let bytes = Bytes::from_owner(bytes);
        let chunks = (0..bytes.len())
            .step_by(3)
            .map(|at| bytes.slice(at..bytes.len().min(at + 3)))
            .collect();
        Entry::complete(chunks)
    }

    fn opened(&self) -> Vec<usize> {
        self.opened.borrow().clone()
    }

    fn held(&self) -> usize {
        self.held.load(std::sync::atomic::Ordering::Relaxed)
    }
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future)
}

async fn start(shelf: &Shelf, index: &Arc<PartIndex>, pieces: Vec<Piece>) -> PartsReader {
    let opener = shelf.opener(index);
    let started = PartsReader::start(Arc::clone(index), opener, pieces).await;
    started.unwrap().0
}

#[test]
fn an_index_finds_the_part_of_a_byte() {
    let index = of_lengths(&[4, 0, 3, 1]);
    assert_eq!((index.len(), index.parts()), (8, 4));
    assert_eq!(index.part_at(0), Some((0, 0..4)));
    assert_eq!(index.part_at(3), Some((0, 0..4)));
    assert_eq!(index.part_at(4), Some((2, 4..7)));
    assert_eq!(index.part_at(7), Some((3, 7..8)));
    assert_eq!(index.part_at(8), None);
    assert!(PartIndex::new([]).unwrap().is_empty());
    assert_eq!(PartIndex::new([u64::MAX, 1]), None);
}

#[test]
fn the_next_part_is_made_while_one_is_read_and_not_before() {
    run(async {
        let (shelf, index) = (Shelf::default(), of_lengths(&[6, 6, 6, 6]));
        let mut reader = start(&shelf, &index, vec![Piece::Span(0..24)]).await;
        assert_eq!(shelf.opened(), [0], "before anything is read");
        for (read, opened) in [
            (0, vec![0, 1]),
            (3, vec![0, 1]),
            (6, vec![0, 1, 2]),
            (9, vec![0, 1, 2]),
            (12, vec![0, 1, 2, 3]),
            (15, vec![0, 1, 2, 3]),
            (18, vec![0, 1, 2, 3]),
            (21, vec![0, 1, 2, 3]),
        ] {
            let slice = reader.next().await.unwrap().unwrap();
            assert_eq!(slice, whole(24)[read..read + 3]);
            assert_eq!(shelf.opened(), opened, "at byte {read}");
            assert!(shelf.held() <= 2, "{} at byte {read}", shelf.held());
        }
        assert!(reader.next().await.is_none());
        assert_eq!(shelf.held(), 0);
    });
}

#[test]
fn a_reader_that_is_dropped_opens_nothing_more() {
    run(async {
        let (shelf, index) = (Shelf::default(), of_lengths(&[6; 100]));
        let mut reader = start(&shelf, &index, vec![Piece::Span(0..600)]).await;
        reader.next().await.unwrap().unwrap();
        drop(reader);
        assert_eq!(shelf.opened(), [0, 1]);
        assert_eq!(shelf.held(), 0);
    });
}

#[test]
fn only_the_parts_of_a_span_are_opened() {
    run(async {
        let (shelf, index) = (Shelf::default(), of_lengths(&[10; 10]));
        let reader = start(&shelf, &index, vec![Piece::Span(35..51)]).await;
        let read: Vec<_> = reader.map(Result::unwrap).collect().await;
        assert_eq!(read.concat(), whole(100)[35..51]);
        assert_eq!(shelf.opened(), [3, 4, 5]);
    });
}

#[test]
fn the_cache_is_named_where_one_part_was_enough() {
    let status = |span: Range<u64>| {
        let index = of_lengths(&[10, 10]);
        let open: OpenPart = Box::new(|_| {
            let entry = Entry::complete(vec![Bytes::from_static(&[0; 10])]);
            let cache = Some(CacheStatus::Hit);
            Box::pin(std::future::ready(Ok(Source { entry, cache })))
        });
        run(PartsReader::start(index, open, vec![Piece::Span(span)]))
            .unwrap()
            .1
    };
    assert_eq!(status(10..20), Some(CacheStatus::Hit));
    assert_eq!(status(9..20), None);
}

fn fault() -> Fault {
    Fault::new(StatusCode::BAD_GATEWAY, Blame::Asset, "bad-source", "")
}

/// Ten bytes each; `outcome` decides about each opening.
fn of_ten(outcome: impl Fn(usize) -> Result<usize, Fault> + 'static) -> OpenPart {
    Box::new(move |part| {
        let outcome = outcome(part)
            .map(|length| Entry::complete(vec![Bytes::from(vec![part as u8; length])]).into());
        Box::pin(std::future::ready(outcome))
    })
}

/// The bytes read, and the code of the fault that ended it.
fn read_all(parts: usize, open: OpenPart) -> (usize, Option<&'static str>) {
    run(async {
        let index = of_lengths(&vec![10; parts]);
        let pieces = vec![Piece::Span(0..index.len())];
        let (mut reader, _) = match PartsReader::start(index, open, pieces).await {
            Ok(started) => started,
            Err(fault) => return (0, Some(fault.code)),
        };
        let mut read = 0;
        while let Some(slice) = reader.next().await {
            match slice {
                Ok(slice) => read += slice.len(),
                Err(error) => {
                    assert!(reader.next().await.is_none(), "an error is the end");
                    let fault = error.get_ref().unwrap().downcast_ref::<Fault>();
                    return (read, Some(fault.unwrap().code));
                }
            }
        }
        (read, None)
    })
}

#[test]
fn a_part_that_cannot_be_had_is_an_error_and_never_an_early_end() {
    let broken_at =
        |bad: usize| of_ten(move |part| if part == bad { Err(fault()) } else { Ok(10) });
    assert_eq!(read_all(3, broken_at(0)), (0, Some("bad-source")));
    assert_eq!(read_all(3, broken_at(2)), (20, Some("bad-source")));
    assert_eq!(read_all(3, broken_at(3)), (30, None));
}

#[test]
fn a_part_of_another_length_than_promised_is_an_error() {
    for length in [9, 11] {
        let lying = of_ten(move |part| Ok(if part == 1 { length } else { 10 }));
        assert_eq!(read_all(2, lying), (10, Some("internal")));
    }
}

#[test]
fn what_failed_for_the_moment_when_made_early_is_tried_again_in_its_turn() {
    let tries = Rc::new(Cell::new(0));
    let counted = Rc::clone(&tries);
    let busy = move |times: usize| {
        let counted = Rc::clone(&counted);
        counted.set(0);
        of_ten(move |part| {
            if part == 1 {
                counted.set(counted.get() + 1);
                if counted.get() <= times {
                    return Err(Fault::unavailable("storage-busy", "", 1));
                }
            }
            Ok(10)
        })
    };
    assert_eq!(read_all(2, busy(1)), (20, None));
    assert_eq!(tries.get(), 2);
    assert_eq!(read_all(2, busy(9)), (10, Some("storage-busy")));
    assert_eq!(tries.get(), 2);
}

proptest! {
    #[test]
    fn any_pieces_come_out_as_they_lie_in_the_whole(
        lengths in prop::collection::vec(0..20_u64, 1..12),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..5),
    ) {
        let index = of_lengths(&lengths);
        let data = whole(index.len());
        let mut expected = Vec::new();
        let mut pieces = Vec::new();
        for (from, to) in cuts {
            let (from, to) = (from.index(data.len() + 1), to.index(data.len() + 1));
            let (from, to) = (from.min(to), from.max(to));
            pieces.push(Piece::Inline(Bytes::from_static(b"<>")));
            pieces.push(Piece::Span(from as u64..to as u64));
            expected.extend_from_slice(b"<>");
            expected.extend_from_slice(&data[from..to]);
        }
        let shelf = Shelf::default();
        let read: Vec<Bytes> = run(async {
            let reader = start(&shelf, &index, pieces).await;
            reader.map(Result::unwrap).collect().await
        });
        prop_assert_eq!(read.concat(), expected);
    }
}
