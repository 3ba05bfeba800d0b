#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::fs;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use tempfile::TempDir;

use super::*;
use crate::storage::{SharedStorage, StorageOptions};

/// Media files, and a folder for their indexes.
struct Place {
    media: TempDir,
    indexes: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            media: tempfile::tempdir().unwrap(),
            indexes: tempfile::tempdir().unwrap(),
        }
    }

    fn open(&self, budget: u64) -> IndexCache {
        IndexCache::open(self.indexes.path(), budget).unwrap()
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.media.path().join(name), content).unwrap();
    }

    /// As it stands on disk.
    async fn file(&self, name: &str) -> Arc<SourceFile> {
        let storage = SharedStorage::new(StorageOptions::default()).unwrap();
        let found = storage.files().open(self.media.path(), name).await;
        found.unwrap()
    }

    async fn new_file(&self, name: &str) -> Arc<SourceFile> {
        self.write(name, name);
        self.file(name).await
    }

    /// The files of the cache, by name.
    fn kept(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.indexes.path()).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }
}

fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test)
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Relaxed)
}

const MIB: u64 = 1 << 20;

#[test]
fn what_was_put_is_there_after_a_restart() {
    run(async {
        let place = Place::new();
        let file = place.new_file("film.mp4").await;
        let cache = place.open(MIB);
        assert_eq!(cache.get(&file).await, None);
        cache.put(&file, Bytes::from_static(b"tables"));
        cache.settle();
        assert_eq!(cache.get(&file).await.unwrap(), "tables");
        drop(cache);

        let cache = place.open(MIB);
        assert_eq!(count(&cache.stats().bytes), 80 + 6);
        // Opened anew, as the next process would.
        let file = place.file("film.mp4").await;
        assert_eq!(cache.get(&file).await.unwrap(), "tables");
        let other = place.new_file("other.mp4").await;
        assert_eq!(cache.get(&other).await, None);
        let stats = cache.stats();
        assert_eq!((count(&stats.hits), count(&stats.misses)), (1, 1));
    });
}

#[test]
fn another_version_of_the_file_is_a_miss() {
    run(async {
        let place = Place::new();
        let old = place.new_file("film.mp4").await;
        let cache = place.open(MIB);
        cache.put(&old, Bytes::from_static(b"old"));
        cache.settle();

        place.write("film.mp4", "longer than before");
        let longer = place.file("film.mp4").await;
        assert_eq!(cache.get(&longer).await, None);

        // Of the same length and age, but another file.
        let content = fs::read(place.media.path().join("film.mp4")).unwrap();
        let modified = fs::metadata(place.media.path().join("film.mp4"))
            .unwrap()
            .modified()
            .unwrap();
        cache.put(&longer, Bytes::from_static(b"longer"));
        cache.settle();
        fs::write(place.media.path().join("twin"), content).unwrap();
        fs::rename(
            place.media.path().join("twin"),
            place.media.path().join("film.mp4"),
        )
        .unwrap();
        let handle = fs::File::open(place.media.path().join("film.mp4")).unwrap();
        handle.set_modified(modified).unwrap();
        let twin = place.file("film.mp4").await;
        assert_eq!(twin.version().mtime_ns, longer.version().mtime_ns);
        assert_eq!(cache.get(&twin).await, None);
        assert_eq!(cache.get(&longer).await.unwrap(), "longer");
    });
}

#[test]
fn a_damaged_file_is_never_believed() {
    run(async {
        let place = Place::new();
        let file = place.new_file("film.mp4").await;
        let cache = place.open(MIB);
        cache.put(&file, Bytes::from_static(b"tables"));
        cache.settle();
        let path = place.kept().remove(0);
        let good = fs::read(&path).unwrap();
        let mut damaged: Vec<Vec<u8>> = (0..good.len())
            .map(|at| {
                let mut bytes = good.clone();
                bytes[at] ^= 1;
                bytes
            })
            .collect();
        damaged.extend([vec![], good[..79].to_vec(), good[..85].to_vec()]);
        damaged.push([&good[..], b"x"].concat());
        let cases = damaged.len() as u64;
        for bytes in damaged {
            fs::write(&path, &bytes).unwrap();
            assert_eq!(cache.get(&file).await, None, "{bytes:?}");
            assert!(!path.exists());
        }
        assert_eq!(count(&cache.stats().rejected), cases);

        fs::write(&path, &good).unwrap();
        assert_eq!(cache.get(&file).await.unwrap(), "tables");
    });
}

#[test]
fn a_file_of_another_key_is_never_believed() {
    run(async {
        let place = Place::new();
        let (one, other) = (place.new_file("1.mp4").await, place.new_file("2.mp4").await);
        let cache = place.open(MIB);
        cache.put(&one, Bytes::from_static(b"one"));
        cache.settle();
        let path = place.kept().remove(0);
        let foreign = path.with_file_name(Key::of(&other).file_name());
        fs::rename(&path, &foreign).unwrap();
        assert_eq!(cache.get(&other).await, None);
        assert!(!foreign.exists());
        assert_eq!(count(&cache.stats().rejected), 1);
    });
}

#[test]
fn what_its_owner_can_make_nothing_of_is_discarded() {
    run(async {
        let place = Place::new();
        let file = place.new_file("film.mp4").await;
        let cache = place.open(MIB);
        cache.put(&file, Bytes::from_static(b"of another release"));
        cache.discard(&file);
        cache.settle();
        assert!(place.kept().is_empty());
        assert_eq!(count(&cache.stats().rejected), 1);
        assert_eq!(count(&cache.stats().bytes), 0);
    });
}

/// Makes the cache's file of `file` look unused for so long.
fn age(place: &Place, file: &SourceFile, days: u64) {
    let path = place.indexes.path().join(Key::of(file).file_name());
    let then = SystemTime::now() - Duration::from_secs(days * 86_400);
    fs::File::open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn the_least_recently_used_go_when_there_is_too_much() {
    run(async {
        let place = Place::new();
        let cache = place.open(9000);
        let mut files = Vec::new();
        for (name, days) in [("a", 5), ("b", 4), ("c", 3), ("d", 2)] {
            let file = place.new_file(name).await;
            cache.put(&file, vec![0; 2000].into());
            cache.settle();
            age(&place, &file, days);
            files.push(file);
        }
        // The oldest is used again.
        assert!(cache.get(&files[0]).await.is_some());
        let last = place.new_file("e").await;
        cache.put(&last, vec![0; 2000].into());
        cache.settle();
        let mut kept = Vec::new();
        for file in files.iter().chain([&last]) {
            kept.push(cache.get(file).await.is_some());
        }
        // Down to seven eighths of the budget.
        assert_eq!(kept, [true, false, false, true, true]);
        let stats = cache.stats();
        assert_eq!(
            (count(&stats.evictions), count(&stats.bytes)),
            (2, 3 * 2080)
        );
    });
}

#[test]
fn a_smaller_budget_is_kept_from_the_start_on_and_other_files_are_left_alone() {
    run(async {
        let place = Place::new();
        let cache = place.open(MIB);
        for name in ["a", "b", "c", "d"] {
            let file = place.new_file(name).await;
            cache.put(&file, vec![0; 2000].into());
        }
        cache.settle();
        let foreign = ["film.mp4", "0123.index", ".index-writing-1-1"];
        for name in foreign {
            fs::write(place.indexes.path().join(name), vec![0; 50_000]).unwrap();
        }
        let abandoned = place.indexes.path().join(".index-writing-2-2");
        fs::write(&abandoned, "left by a crash").unwrap();
        let then = SystemTime::now() - Duration::from_secs(7200);
        fs::File::open(&abandoned)
            .unwrap()
            .set_modified(then)
            .unwrap();

        let cache = place.open(5000);
        assert_eq!(count(&cache.stats().evictions), 2);
        assert_eq!(count(&cache.stats().bytes), 2 * 2080);
        assert_eq!(place.kept().len(), 2 + foreign.len());
        assert!(!abandoned.exists());
    });
}

#[test]
fn nodes_may_share_a_folder() {
    run(async {
        let place = Place::new();
        let (first, second) = (place.open(10_000), place.open(10_000));
        let mut files = Vec::new();
        for number in 0..20 {
            let file = place.new_file(&number.to_string()).await;
            for cache in [&first, &second] {
                cache.put(&file, vec![number; 1000].into());
            }
            files.push(file);
        }
        first.settle();
        second.settle();
        let sizes = place
            .kept()
            .into_iter()
            .map(|path| path.metadata().unwrap().len());
        let total: u64 = sizes.sum();
        // Each looks again after a sixteenth of the budget.
        assert!((5000..=11_250).contains(&total), "{total} bytes");
        for (number, file) in files.iter().enumerate() {
            for cache in [&first, &second] {
                if let Some(value) = cache.get(file).await {
                    assert_eq!(value, vec![number as u8; 1000]);
                }
            }
        }
        for cache in [&first, &second] {
            assert_eq!(count(&cache.stats().errors), 0);
            assert_eq!(count(&cache.stats().rejected), 0);
        }
    });
}

#[test]
fn a_full_queue_and_what_cannot_fit_are_dropped_and_counted() {
    run(async {
        let place = Place::new();
        let file = place.new_file("film.mp4").await;
        let cache = place.open(1000);
        cache.put(&file, vec![0; 921].into());
        cache.settle();
        let stats = cache.stats();
        assert_eq!((count(&stats.dropped), count(&stats.writes)), (1, 0));
        assert!(place.kept().is_empty());

        // A disk that takes nothing: the writer waits at the first job.
        let (jobs, _queue) = sync_channel(QUEUE_MAX);
        let cache = IndexCache { jobs, ..cache };
        for _ in 0..QUEUE_MAX + 3 {
            cache.put(&file, Bytes::from_static(b"x"));
        }
        assert_eq!(count(&cache.stats().dropped), 1 + 3);
        assert_eq!(count(&cache.queued_bytes), QUEUE_MAX as u64);
    });
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_at_the_start() {
    let place = Place::new();
    let not_a_folder = place.indexes.path().join("file");
    fs::write(&not_a_folder, "").unwrap();
    for dir in [&not_a_folder, &not_a_folder.join("below")] {
        let error = IndexCache::open(dir, MIB).unwrap_err().to_string();
        assert!(
            error.starts_with("cache.index_dir: ") && error.contains("cannot be made"),
            "{error}"
        );
    }
    // Not even root may write there.
    let error = IndexCache::open(Path::new("/proc"), MIB).unwrap_err();
    assert!(
        error.to_string().contains("cannot be written to"),
        "{error}"
    );

    let nested = place.indexes.path().join("a/b");
    IndexCache::open(&nested, MIB).unwrap();
    assert!(nested.is_dir());
}
