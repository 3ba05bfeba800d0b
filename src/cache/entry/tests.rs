#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::Duration;

use futures_util::FutureExt;
use proptest::prelude::*;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

fn fault(code: &'static str) -> Fault {
    Fault {
        status: StatusCode::BAD_GATEWAY,
        blame: Blame::Asset,
        code,
        message: "m".into(),
        detail: "d".into(),
        retry_after_s: None,
    }
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

async fn read_all(mut reader: EntryReader) -> Result<Vec<u8>, &'static str> {
    let mut got = Vec::new();
    while let Some(slice) = reader.next().await {
        got.extend_from_slice(&slice.map_err(|fault| fault.code)?);
    }
    Ok(got)
}

fn multi_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn entry_filler_and_reader_cross_threads() {
    fn is_send_sync<T: Send + Sync>() {}
    is_send_sync::<Entry>();
    fn is_send<T: Send>() {}
    is_send::<Filler>();
    is_send::<EntryReader>();
}

#[test]
fn a_complete_entry_answers_any_range_with_slices_of_the_same_buffers() {
    let (first, second) = (Bytes::from(content(100)), Bytes::from(content(50)));
    let entry = Entry::complete(vec![first.clone(), Bytes::new(), second.clone()]);
    assert_eq!(entry.len_if_complete(), Some(150));
    let slices = entry.slices(90..110).unwrap();
    assert_eq!(slices.len(), 2);
    assert_eq!(slices[0].as_ptr(), first[90..].as_ptr());
    assert_eq!(slices[1].as_ptr(), second.as_ptr());
    assert_eq!(slices[1].len(), 10);
    assert_eq!(entry.slices(20..20).unwrap(), Vec::<Bytes>::new());
    assert_eq!(entry.slices(100..150).unwrap().len(), 1);
    assert!(entry.slices(100..151).is_none());
}

#[test]
fn a_growing_entry_has_no_length_and_no_slices() {
    let (entry, mut filler) = Entry::filling();
    filler.push(Bytes::from_static(b"abc"));
    assert_eq!(entry.len_if_complete(), None);
    assert_eq!(entry.slices(0..1), None);
    assert_eq!(entry.buffered(), 3);
    filler.finish();
    assert_eq!(entry.len_if_complete(), Some(3));
    assert_eq!(entry.buffered(), 3);
}

#[test]
fn a_reader_gets_what_is_there_and_waits_for_the_rest() {
    let (entry, mut filler) = Entry::filling();
    let mut reader = entry.reader(2..u64::MAX);
    assert!(reader.next().now_or_never().is_none());
    filler.push(Bytes::from_static(b"ab"));
    assert!(
        reader.next().now_or_never().is_none(),
        "offset 2 is not there"
    );
    filler.push(Bytes::from_static(b"cd"));
    assert_eq!(
        reader.next().now_or_never().unwrap().unwrap().unwrap(),
        "cd"
    );
    assert!(reader.next().now_or_never().is_none());
    filler.finish();
    assert!(reader.next().now_or_never().unwrap().is_none());
}

#[test]
fn a_promised_end_that_never_comes_is_a_fault() {
    let entry = Entry::complete(vec![Bytes::from_static(b"abcd")]);
    let got = read_all(entry.reader(0..5)).now_or_never().unwrap();
    assert_eq!(got, Err("fill-short"));
    let got = read_all(entry.reader(0..4)).now_or_never().unwrap();
    assert_eq!(got.unwrap(), b"abcd");
}

#[test]
fn a_dropped_filler_fails_the_entry() {
    let (entry, mut filler) = Entry::filling();
    filler.push(Bytes::from_static(b"abc"));
    drop(filler);
    let fault = entry.fault().unwrap();
    assert_eq!((fault.code, fault.status.as_u16()), ("fill-abandoned", 500));
    assert_eq!(entry.buffered(), 0, "its bytes are let go");
    let got = read_all(entry.reader(0..u64::MAX)).now_or_never().unwrap();
    assert_eq!(got, Err("fill-abandoned"));
}

#[test]
fn started_waits_for_the_first_byte_and_tells_an_early_failure() {
    let (entry, mut filler) = Entry::filling();
    assert!(entry.started().now_or_never().is_none());
    filler.push(Bytes::from_static(b"a"));
    assert!(entry.started().now_or_never().unwrap().is_ok());
    let (entry, filler) = Entry::filling();
    filler.fail(fault("no-such-sample"));
    let seen = entry.started().now_or_never().unwrap().unwrap_err();
    assert_eq!(seen.code, "no-such-sample");
}

/// Every reader starts elsewhere, some stop early; the filler never pauses for them.
#[test]
fn many_readers_at_different_offsets_follow_it_as_it_grows() {
    multi_thread().block_on(async {
        let whole = content(200_000);
        let (entry, mut filler) = Entry::filling();
        let mut readers = Vec::new();
        for i in 0..200u64 {
            let start = i * 997 % 200_000;
            let end = if i % 3 == 0 {
                (start + 20_000).min(200_000)
            } else {
                u64::MAX
            };
            let reader = entry.reader(start..end);
            readers.push((start, end, tokio::spawn(read_all(reader))));
        }
        let waiting = tokio::spawn({
            let entry = Arc::clone(&entry);
            async move { entry.completed().await.map_err(|fault| fault.code) }
        });
        let source = Bytes::from(whole.clone());
        let feeding = tokio::spawn(async move {
            let mut at = 0;
            let mut step = 1;
            while at < source.len() {
                let to = (at + step).min(source.len());
                filler.push(source.slice(at..to));
                at = to;
                step = step * 5 % 1_733 + 1;
                tokio::task::yield_now().await;
            }
            filler.finish();
        });
        for (start, end, reader) in readers {
            let got = tokio::time::timeout(PATIENCE, reader)
                .await
                .unwrap()
                .unwrap();
            let want = &whole[start as usize..(end.min(200_000)) as usize];
            assert_eq!(got.unwrap(), want);
        }
        feeding.await.unwrap();
        assert_eq!(waiting.await.unwrap(), Ok(200_000));
    });
}

#[test]
fn a_failure_midway_is_seen_by_all_who_read_and_all_who_come_later() {
    multi_thread().block_on(async {
        let (entry, mut filler) = Entry::filling();
        let readers: Vec<_> = (0..100u64)
            .map(|i| tokio::spawn(read_all(entry.reader(i * 10..u64::MAX))))
            .collect();
        let waiting = tokio::spawn({
            let entry = Arc::clone(&entry);
            async move { entry.completed().await.map_err(|fault| fault.code) }
        });
        for _ in 0..50 {
            filler.push(Bytes::from(content(10)));
            tokio::task::yield_now().await;
        }
        filler.fail(fault("asset-truncated"));
        for reader in readers {
            let got = tokio::time::timeout(PATIENCE, reader)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(got, Err("asset-truncated"));
        }
        assert_eq!(waiting.await.unwrap(), Err("asset-truncated"));
        assert_eq!(read_all(entry.reader(0..1)).await, Err("asset-truncated"));
    });
}

#[test]
fn a_reader_dropped_while_it_waits_disturbs_nobody() {
    multi_thread().block_on(async {
        let (entry, mut filler) = Entry::filling();
        let mut leaving = entry.reader(0..u64::MAX);
        let staying = tokio::spawn(read_all(entry.reader(0..u64::MAX)));
        assert!(leaving.next().now_or_never().is_none());
        drop(leaving);
        filler.push(Bytes::from_static(b"abc"));
        filler.finish();
        assert_eq!(staying.await.unwrap().unwrap(), b"abc");
        assert_eq!(Arc::strong_count(&entry), 1, "nobody keeps the entry alive");
    });
}

/// The window between a reader's look and its wait, crossed many times from two threads.
#[test]
fn no_wakeup_is_lost() {
    multi_thread().block_on(async {
        for _ in 0..2_000 {
            let (entry, mut filler) = Entry::filling();
            let reader = tokio::spawn(read_all(entry.reader(0..u64::MAX)));
            let completed = tokio::spawn(async move { entry.completed().await.is_ok() });
            let feeding = tokio::spawn(async move {
                filler.push(Bytes::from_static(b"a"));
                filler.push(Bytes::from_static(b"b"));
                filler.finish();
            });
            let got = tokio::time::timeout(PATIENCE, reader).await.expect("woken");
            assert_eq!(got.unwrap().unwrap(), b"ab");
            let done = tokio::time::timeout(PATIENCE, completed)
                .await
                .expect("woken");
            assert!(done.unwrap());
            feeding.await.unwrap();
        }
    });
}

proptest! {
    #[test]
    fn slices_cover_exactly_the_range(
        lens in proptest::collection::vec(0usize..60, 0..20),
        a in 0u64..1_000,
        b in 0u64..1_000,
    ) {
        let whole: Vec<u8> = content(lens.iter().sum());
        let source = Bytes::from(whole.clone());
        let mut at = 0;
        let chunks = lens.iter().map(|len| { at += len; source.slice(at - len..at) }).collect();
        let entry = Entry::complete(chunks);
        let range = a.min(b)..a.max(b);
        let got = entry.slices(range.clone());
        if range.end > whole.len() as u64 {
            prop_assert!(got.is_none());
        } else {
            let want = &whole[range.start as usize..range.end as usize];
            prop_assert_eq!(got.unwrap().concat(), want);
            let read = read_all(entry.reader(range)).now_or_never().unwrap();
            prop_assert_eq!(read.unwrap(), want);
        }
    }
}
