//! Segments from a disk, the page cache dropped: a pool of threads with `pread` beside one ring, through the page cache
//! and around it.
//!
//! `cargo bench -p edgepack-uring --bench cold`; with `COLD_DIR` on the file system to be measured (the folder of builds
//! otherwise), `COLD_MIB` the size of the file (512), `COLD_KIB` that of a segment (3072), `COLD_DEPTH` the reads at a
//! time (16), `COLD_ROUNDS` the rounds (5), `COLD_RANDOM` set to have the kernel read what is asked for and nothing ahead. Ways alternate; medians and extremes are quoted. The last column is what came
//! from the disk, so that one sees whether the cache was cold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    missing_docs
)]
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use edgepack_uring::{FileRange, Pool, PoolOptions, ReadStats, Ring, RingOptions};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::task::LocalSet;

const BLOCK: u64 = 4096;

#[derive(Clone, Copy)]
enum Way {
    Pread { threads: usize, direct: bool },
    Ring { direct: bool },
}

const WAYS: [(&str, Way); 6] = [
    (
        "pread, 8 threads",
        Way::Pread {
            threads: 8,
            direct: false,
        },
    ),
    (
        "pread, 16 threads",
        Way::Pread {
            threads: 16,
            direct: false,
        },
    ),
    ("io_uring", Way::Ring { direct: false }),
    (
        "pread, 8 threads, O_DIRECT",
        Way::Pread {
            threads: 8,
            direct: true,
        },
    ),
    (
        "pread, 16 threads, O_DIRECT",
        Way::Pread {
            threads: 16,
            direct: true,
        },
    ),
    ("io_uring, O_DIRECT", Way::Ring { direct: true }),
];

struct Bench {
    path: PathBuf,
    segments: Vec<FileRange>,
    depth: usize,
    pool: Pool,
}

struct Figure {
    seconds: f64,
    cpu: f64,
    from_disk: u64,
}

fn main() {
    let dir = std::env::var("COLD_DIR").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").to_owned());
    let bytes = number("COLD_MIB", 512) << 20;
    let segment = number("COLD_KIB", 3072) << 10;
    let depth = usize::try_from(number("COLD_DEPTH", 16)).unwrap();
    let rounds = number("COLD_ROUNDS", 5);
    let path = Path::new(&dir).join("edgepack-cold.bin");
    make(&path, bytes);
    let bench = Bench {
        segments: scattered(bytes, segment),
        depth,
        pool: Pool::new(PoolOptions {
            max_bytes: usize::try_from(segment + 2 * BLOCK).unwrap() * (depth + 16) * 2,
            max_idle_bytes: usize::MAX,
        }),
        path,
    };
    let mut figures: Vec<Vec<Figure>> = WAYS.iter().map(|_| Vec::new()).collect();
    // One more, uncounted, touches the buffers.
    for round in 0..=rounds {
        for ((_, way), figures) in WAYS.iter().zip(&mut figures) {
            let figure = bench.run(*way);
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    let count = bench.segments.len() as f64;
    println!(
        "{count} segments of {} KiB, {depth} at a time",
        segment >> 10
    );
    println!("| way | segments/s | MB/s | CPU ms/segment | from disk |\n|---|---|---|---|---|");
    for ((name, _), figures) in WAYS.iter().zip(&figures) {
        let mut rates: Vec<f64> = figures
            .iter()
            .map(|figure| count / figure.seconds)
            .collect();
        rates.sort_by(f64::total_cmp);
        let rate = rates[rates.len() / 2];
        let mut cpu: Vec<f64> = figures
            .iter()
            .map(|figure| figure.cpu * 1e3 / count)
            .collect();
        cpu.sort_by(f64::total_cmp);
        let disk = figures
            .iter()
            .map(|figure| figure.from_disk)
            .min()
            .unwrap_or(0);
        println!(
            "| {name} | {rate:.0} ({:.0}–{:.0}) | {:.0} | {:.2} | {:.0} % |",
            rates[0],
            rates[rates.len() - 1],
            rate * segment as f64 / 1e6,
            cpu[cpu.len() / 2],
            disk as f64 * 100.0 / (count * segment as f64)
        );
    }
    std::fs::remove_file(&bench.path).unwrap();
}

impl Bench {
    fn run(&self, way: Way) -> Figure {
        drop_from_cache(&self.path);
        let direct = matches!(
            way,
            Way::Pread { direct: true, .. } | Way::Ring { direct: true }
        );
        let mut options = OpenOptions::new();
        options.read(true);
        if direct {
            options.custom_flags(libc::O_DIRECT);
        }
        let file = Arc::new(options.open(&self.path).unwrap());
        if std::env::var_os("COLD_RANDOM").is_some() {
            advise(&file, libc::POSIX_FADV_RANDOM);
        }
        let reads: Vec<FileRange> = self
            .segments
            .iter()
            .map(|range| if direct { blocks(*range) } else { *range })
            .collect();
        let (disk, cpu, began) = (read_bytes(), cpu_time(), Instant::now());
        match way {
            Way::Pread { threads, .. } => self.pread(&file, &reads, threads.min(self.depth)),
            Way::Ring { direct } => self.ring(&file, &reads, direct),
        }
        Figure {
            seconds: began.elapsed().as_secs_f64(),
            cpu: (cpu_time() - cpu).as_secs_f64(),
            from_disk: read_bytes() - disk,
        }
    }

    fn pread(&self, file: &Arc<File>, reads: &[FileRange], threads: usize) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(range) = reads.get(next.fetch_add(1, Relaxed)) {
                        let len = usize::try_from(range.len).unwrap();
                        let mut buf = self.pool.take(len).unwrap();
                        let read = |to: &mut [u8]| file.read_exact_at(to, range.offset);
                        buf.extend_with(len, read).unwrap().unwrap();
                    }
                });
            }
        });
    }

    fn ring(&self, file: &Arc<File>, reads: &[FileRange], direct: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        LocalSet::new().block_on(&runtime, async {
            let (ring, driver) =
                Ring::new(RingOptions::default(), Arc::new(ReadStats::default())).unwrap();
            tokio::task::spawn_local(driver);
            let mut under_way = FuturesUnordered::new();
            for range in reads {
                if under_way.len() >= self.depth {
                    let read: Result<_, edgepack_uring::ReadError> =
                        under_way.next().await.unwrap();
                    drop(read.unwrap());
                }
                let buf = self.pool.take(usize::try_from(range.len).unwrap()).unwrap();
                let file = Arc::clone(file);
                under_way.push(match direct {
                    false => ring.read(file, &[*range], buf),
                    true => ring.read_direct(file, &[*range], buf),
                });
            }
            while let Some(read) = under_way.next().await {
                drop(read.unwrap());
            }
        });
    }
}

/// The blocks that hold it.
fn blocks(range: FileRange) -> FileRange {
    let offset = range.offset - range.offset % BLOCK;
    let end = (range.offset + range.len).next_multiple_of(BLOCK);
    FileRange {
        offset,
        len: end - offset,
    }
}

/// All of the file but its ends, in an order that no read-ahead foresees; media begins at odd bytes.
fn scattered(bytes: u64, segment: u64) -> Vec<FileRange> {
    let count = (bytes - BLOCK) / segment;
    let mut step = count / 2 + 1;
    while gcd(step, count) != 1 {
        step += 1;
    }
    (0..count)
        .map(|index| FileRange {
            offset: (index * step % count) * segment + 1001,
            len: segment,
        })
        .collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn make(path: &Path, bytes: u64) {
    let mut file = File::create(path).unwrap();
    let mut state = 1u64;
    let mut block = vec![0u8; 1 << 20];
    for _ in 0..bytes >> 20 {
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&block).unwrap();
    }
    file.sync_all().unwrap();
}

fn drop_from_cache(path: &Path) {
    advise(&File::open(path).unwrap(), libc::POSIX_FADV_DONTNEED);
}

fn advise(file: &File, advice: i32) {
    // SAFETY: advice about an open descriptor touches no memory of this process.
    let refused = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, advice) };
    assert_eq!(refused, 0);
}

/// Of this process, from the disk.
fn read_bytes() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("read_bytes: "));
    line.unwrap().parse().unwrap()
}

/// User and system time of this process.
fn cpu_time() -> Duration {
    // SAFETY: zeros are a good value of these integers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes one `rusage`, which this is.
    let refused = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    assert_eq!(refused, 0);
    let of = |time: libc::timeval| {
        let seconds = u64::try_from(time.tv_sec).unwrap();
        Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(time.tv_usec).unwrap())
    };
    of(usage.ru_utime) + of(usage.ru_stime)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(default, |value| value.parse().expect(name))
}
