#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;

use super::*;

fn files(max_bytes: usize, max_files: usize) -> MemFiles {
    MemFiles::new(MemFileOptions {
        max_bytes,
        max_files,
    })
    .unwrap()
}

fn content(len: usize, seed: usize) -> Bytes {
    (0..len)
        .map(|at| (at.wrapping_mul(31).wrapping_add(seed) >> 3) as u8)
        .collect()
}

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().unwrap().0, client)
}

#[test]
fn chunks_stand_in_the_file_one_after_the_other() {
    let files = files(1 << 20, 10);
    let file = files.store(&[content(10_000, 1), content(5, 2)]).unwrap();
    let bytes = file.bytes();
    assert_eq!(bytes[..10_000], content(10_000, 1));
    assert_eq!(bytes[10_000..], content(5, 2));
    assert_eq!(file.range_of(&bytes[9_999..]), Some(9_999..10_005));
    assert_eq!(file.range_of(&content(5, 2)), None, "equal, and elsewhere");
    assert!(files.store(&[]).unwrap().is_empty());
}

#[test]
fn the_bounds_hold_and_are_given_back_with_the_last_slice() {
    let files = files(3 * 4096, 2);
    let first = files.store(&[content(5_000, 1)]).unwrap();
    let slice = first.bytes().slice(4_000..4_001);
    drop(first);
    assert!(matches!(
        files.store(&[content(4_097, 2)]),
        Err(MemFileError::Full { bytes: 8_192, .. })
    ));
    let _second = files.store(&[content(4_096, 3)]).unwrap();
    assert_eq!(
        files.usage(),
        MemFileUsage {
            bytes: 3 * 4096,
            files: 2,
            refused: 1
        }
    );
    drop(slice);
    assert_eq!(files.usage().bytes, 4096);
    let _third = files.store(&[content(1, 4)]).unwrap();
    assert!(files.store(&[content(1, 5)]).is_err(), "a third file");
}

/// Whoever else counts memory is asked, and told when it is free again.
#[test]
fn files_keep_within_a_quota_that_is_not_theirs_alone() {
    #[derive(Default)]
    struct OnePage(AtomicUsize);
    impl Quota for OnePage {
        fn may_map(&self, bytes: usize) -> bool {
            let before = self.0.fetch_add(bytes, Ordering::Relaxed);
            let fits = before + bytes <= PAGE;
            if !fits {
                self.0.fetch_sub(bytes, Ordering::Relaxed);
            }
            fits
        }
        fn unmapped(&self, bytes: usize) {
            self.0.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
    let quota = Arc::new(OnePage::default());
    let options = MemFileOptions {
        max_bytes: 1 << 20,
        max_files: 10,
    };
    let files = MemFiles::with_quota(options, Arc::<OnePage>::clone(&quota)).unwrap();
    let first = files.store(&[content(100, 1)]).unwrap();
    let refused = files.store(&[content(100, 2)]);
    assert!(matches!(refused, Err(MemFileError::NoMemory { .. })));
    assert_eq!(files.usage().files, 1);
    assert_eq!(quota.0.load(Ordering::Relaxed), PAGE);
    drop(first);
    assert_eq!(quota.0.load(Ordering::Relaxed), 0);
    assert!(files.store(&[content(100, 3)]).is_ok());
}

#[test]
fn nobody_can_write_to_a_file_that_is_sent_from() {
    let file = files(1 << 20, 10).store(&[content(5_000, 1)]).unwrap();
    let path = format!(
        "/proc/self/fd/{}",
        std::os::fd::AsRawFd::as_raw_fd(&file.0.mapped.file)
    );
    let opened = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    let error = std::os::unix::fs::FileExt::write_at(&opened, &[0; 8], 0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert!(opened.set_len(100).is_err());
    assert_eq!(file.bytes(), content(5_000, 1));
}

/// A socket refers to pages it was given. The reader comes when their file is long gone, and the memory
/// was handed out again many times over.
#[test]
fn bytes_in_flight_stay_what_they_were_when_their_file_is_gone() {
    let files = files(8 << 20, 10);
    let (server, mut client) = pair();
    server.set_nonblocking(true).unwrap();
    let file = files.store(&[content(1 << 20, 1)]).unwrap();
    let mut sent = 0;
    while sent < file.len() {
        match file.send(sent..file.len(), server.as_fd()) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(sent > 64 * 1024, "{sent}");
    drop(file);
    for seed in 2..100 {
        drop(files.store(&[content(1 << 20, seed)]).unwrap());
    }
    drop(server);
    let mut received = Vec::new();
    client.read_to_end(&mut received).unwrap();
    assert_eq!(received.len(), sent);
    assert!(received == content(1 << 20, 1)[..sent]);
}

#[test]
fn a_range_is_sent_from_its_start_to_its_end() {
    let file = files(1 << 20, 10).store(&[content(9_000, 1)]).unwrap();
    let (server, mut client) = pair();
    assert_eq!(file.send(4_090..4_100, server.as_fd()).unwrap(), 10);
    assert_eq!(file.send(8_990..20_000, server.as_fd()).unwrap(), 10);
    drop(server);
    let mut received = Vec::new();
    client.read_to_end(&mut received).unwrap();
    let whole = content(9_000, 1);
    assert_eq!(received, [&whole[4_090..4_100], &whole[8_990..]].concat());
}
