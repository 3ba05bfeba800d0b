//! Titles opened from the index that an earlier process left on disk.
use std::fs;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;

use super::*;

/// A node with a folder of indexes: what it answers, and what it read of the media for that.
async fn manifest(root: &Path, indexes: &Path) -> (Bytes, Arc<VodShared>, u64) {
    let storage = SharedStorage::new(StorageOptions::default()).unwrap();
    let worker = Rc::new(Storage::start(&storage).unwrap());
    let mount = Arc::new(Mount::new("/vod", root));
    let options = VodOptions::from(&Config::default());
    let shared =
        vod_shared(mount, options).with_indexes(Some(IndexCache::open(indexes, 1 << 20).unwrap()));
    let shared = Arc::new(shared);
    let vod = Vod::new(shared.clone(), worker);
    let route = route(Protection::Clear, Leaf::Dash);
    let manifest = vod.get(&route, &request(), None).await.unwrap();
    let Content::Bytes(text) = manifest.content else {
        panic!("a manifest is bytes")
    };
    let indexes = shared.indexes().unwrap();
    indexes.settle();
    let read = storage.stats().reads.operations.load(Relaxed);
    (text, shared, read)
}

fn counts(shared: &VodShared) -> [u64; 4] {
    let stats = shared.indexes().unwrap().stats();
    [&stats.hits, &stats.misses, &stats.writes, &stats.rejected]
        .map(|counter| counter.load(Relaxed))
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test);
}

#[test]
fn a_title_opens_from_its_index_without_a_read_and_is_the_same() {
    let (root, indexes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_media(root.path());
    run(async {
        let (first, node, read) = manifest(root.path(), indexes.path()).await;
        assert_eq!(counts(&node), [0, 1, 1, 0]);
        assert!(read > 0);
        let (assets, bytes) = node.presentations();
        assert_eq!(assets, 1);
        assert!(bytes > 10_000, "{bytes} bytes for an asset");
        drop(node);

        let (again, node, read) = manifest(root.path(), indexes.path()).await;
        assert_eq!(counts(&node), [1, 0, 0, 0]);
        assert_eq!(read, 0);
        assert_eq!(first, again);
    });
}

#[test]
fn an_index_that_makes_no_movie_is_made_anew() {
    let (root, indexes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_media(root.path());
    run(async {
        let (first, node, _) = manifest(root.path(), indexes.path()).await;
        let storage = SharedStorage::new(StorageOptions::default()).unwrap();
        let file = storage.files().open(root.path(), "film.mp4").await.unwrap();
        let cache = node.indexes().unwrap();
        for nonsense in [&b"short"[..], &[7; 400]] {
            cache.put(&file, Bytes::from_static(nonsense));
            cache.settle();
            let (again, node, _) = manifest(root.path(), indexes.path()).await;
            assert_eq!(first, again);
            assert_eq!(counts(&node), [1, 0, 1, 1]);
        }
        // And the one that was written then is good.
        let (_, node, read) = manifest(root.path(), indexes.path()).await;
        assert_eq!((counts(&node), read), ([1, 0, 0, 0], 0));
        assert_eq!(fs::read_dir(indexes.path()).unwrap().count(), 1);
    });
}
