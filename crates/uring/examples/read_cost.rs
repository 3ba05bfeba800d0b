//! What a warm read costs, by way of reading. Run pinned to one core, optimised:
//! `taskset -c 0 cargo run --release -p edgepack-uring --example read_cost`
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use edgepack_uring::{FileRange, Pool, PoolOptions, Ring, RingOptions};
use futures_util::future::join_all;
use tokio::task::LocalSet;

const FILE_BYTES: u64 = 96 << 20;
const IN_FLIGHT: u64 = 16;

fn main() {
    let mut file = tempfile::tempfile_in(".").unwrap();
    let block: Vec<u8> = (0..1 << 20).map(|i: u32| (i % 251) as u8).collect();
    for _ in 0..FILE_BYTES >> 20 {
        file.write_all(&block).unwrap();
    }
    file.sync_all().unwrap();
    let file = Arc::new(file);
    for round in 0..3 {
        println!("round {round}: wall and CPU in µs per read");
        for (name, len, count) in [("64 KB", 64 << 10, 20_000), ("3 MB", 3 << 20, 1_500)] {
            compare(name, len, count, &file);
        }
    }
    println!("audio of an interleaved file: 170 × 400 B, µs per segment");
    for gap in [2, 4, 8, 16, 32, 64, 128] {
        interleaved(gap << 10, 400, 170, &file);
    }
    println!("video of it: 96 × 16 KB, gaps of 400 B");
    interleaved(400, 16 << 10, 96, &file);
    cold(&file);
}

/// Each lane holds its buffer until its next turn, so that all write to equally cold memory.
fn compare(name: &str, len: u64, count: u64, file: &Arc<File>) {
    let pool = Pool::new(PoolOptions {
        max_bytes: 1 << 30,
        max_idle_bytes: 1 << 28,
    });
    let take = move || (Arc::clone(file), pool.take(len as usize).unwrap());
    let take = &take;
    let figures = in_ring(0, |ring| {
        run(count, move |i| {
            let (file, buf) = take();
            let wanted = FileRange {
                offset: offset(i, len),
                len,
            };
            let read = ring.read(file, &[wanted], buf);
            async move {
                let _held = read.await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    });
    println!("  {name:>5}  ring                   {figures}");
    let figures = plain(run(count, move |i| {
        let (file, mut buf) = take();
        async move {
            let read = |to: &mut [u8]| file.read_exact_at(to, offset(i, len));
            buf.extend_with(len as usize, read).unwrap().unwrap();
            tokio::task::yield_now().await;
        }
    }));
    println!("  {name:>5}  pread on the worker    {figures}");
    let figures = plain(run(count, move |i| {
        let (file, mut buf) = take();
        async move {
            let read = move || {
                let read = |to: &mut [u8]| file.read_exact_at(to, offset(i, len));
                buf.extend_with(len as usize, read).unwrap().unwrap();
                buf
            };
            let _held = tokio::task::spawn_blocking(read).await.unwrap();
            tokio::task::yield_now().await;
        }
    }));
    println!("  {name:>5}  pread, blocking pool   {figures}");
}

fn interleaved(gap: u64, len: u64, ranges: u64, file: &Arc<File>) {
    let pool = Pool::new(PoolOptions {
        max_bytes: 1 << 30,
        max_idle_bytes: 1 << 28,
    });
    let cost = |gap_limit: usize| {
        let (file, pool) = (Arc::clone(file), pool.clone());
        in_ring(gap_limit, |ring| {
            run(1_000, move |i| {
                let start = i % 16 * 4096;
                let wanted: Vec<_> = (0..ranges)
                    .map(|n| FileRange {
                        offset: start + n * (len + gap),
                        len,
                    })
                    .collect();
                let buf = pool.take((ranges * len) as usize).unwrap();
                let read = ring.read(Arc::clone(&file), &wanted, buf);
                async move { drop(read.await.unwrap()) }
            })
        })
    };
    println!(
        "  gap {:>5.1} KB   apart {}   over {}",
        gap as f64 / 1024.0,
        cost(0),
        cost(gap as usize)
    );
}

fn cold(file: &Arc<File>) {
    println!("cold, from the disk, 16 in flight");
    for (name, len, count) in [("64 KB", 64 << 10, 1_500), ("3 MB", 3 << 20, 32)] {
        // SAFETY: advice about an open file.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        let pool = Pool::new(PoolOptions {
            max_bytes: 1 << 30,
            max_idle_bytes: 1 << 28,
        });
        let figures = in_ring(0, |ring| {
            let file = Arc::clone(file);
            run(count, move |i| {
                let (file, buf) = (Arc::clone(&file), pool.take(len as usize).unwrap());
                let read = ring.read(
                    file,
                    &[FileRange {
                        offset: i * len,
                        len,
                    }],
                    buf,
                );
                async move { drop(read.await.unwrap()) }
            })
        });
        println!("  {name:>5}  ring {figures}");
    }
}

fn offset(i: u64, len: u64) -> u64 {
    i * 7_919 * 4096 % (FILE_BYTES - len)
}

/// `count` reads, `IN_FLIGHT` at a time.
async fn run<F: Future<Output = ()>>(count: u64, read: impl Fn(u64) -> F) -> Figures {
    let (wall, cpu) = (Instant::now(), cpu_time());
    let lane = async |lane: u64| {
        for i in (lane..count).step_by(IN_FLIGHT as usize) {
            read(i).await;
        }
    };
    join_all((0..IN_FLIGHT).map(lane)).await;
    let per_read = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    Figures {
        wall: per_read(wall.elapsed()),
        cpu: per_read(cpu_time() - cpu),
    }
}

fn plain(work: impl Future<Output = Figures>) -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, work)
}

fn in_ring<F: Future<Output = Figures>>(gap_limit: usize, work: impl FnOnce(Ring) -> F) -> Figures {
    plain(async {
        let options = RingOptions {
            gap_limit,
            ..Default::default()
        };
        let (ring, driver) = Ring::new(options, Arc::default()).unwrap();
        tokio::task::spawn_local(driver);
        work(ring).await
    })
}

struct Figures {
    wall: f64,
    cpu: f64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:8.1} wall {:8.1} cpu", self.wall, self.cpu)
    }
}

fn cpu_time() -> Duration {
    // SAFETY: a zeroed rusage is a valid one, and the kernel fills it in.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}
