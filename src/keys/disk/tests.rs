#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_drm::Said;
use tempfile::TempDir;

use super::super::testing::{Fake, keys, record, request, store};
use super::super::{KeyError, KeyStore};
use super::*;
use crate::config::{Keys, Secret};

fn cache(folder: &TempDir, byte: u8) -> KeyCache {
    KeyCache {
        dir: folder.path().join("keys"),
        key: Secret::new([byte; 32]),
    }
}

fn given() -> Vec<Given> {
    let mut first = record("film", "HD", 0, 0);
    first.explicit_iv = Some([7; 16]);
    first.said = vec![Said {
        system_id: [3; 16],
        pssh: Some(Bytes::from_static(b"box")),
        content_protection: Some("<a/>".into()),
        hls_media: None,
        hls_multivariant: Some(String::new()),
        uri: Some("skd://é".into()),
    }];
    let second = record("film", "AUDIO", 3, 0);
    vec![
        Given {
            label: "HD".into(),
            period: 0,
            record: first,
        },
        Given {
            label: "AUDIO".into(),
            period: 3,
            record: second,
        },
    ]
}

fn files(folder: &TempDir) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.path().join("keys")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn written(folder: &TempDir) -> (Disk, PathBuf) {
    let disk = Disk::open("vod", &cache(folder, 1), 10).unwrap();
    disk.write(&request("film"), &given(), SystemTime::now())
        .unwrap();
    let files = files(folder);
    assert_eq!(files.len(), 1, "{files:?}");
    (disk, files[0].clone())
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, path) = written(&folder);
    let stored = disk.read(&request("film")).unwrap().unwrap();
    assert!(stored.written.elapsed().unwrap() < Duration::from_secs(60));
    for (read, written) in stored.given.iter().zip(given()) {
        assert_eq!((&read.label, read.period), (&written.label, written.period));
        assert_eq!(read.record.key.kid, written.record.key.kid);
        assert_eq!(read.record.key.expose(), written.record.key.expose());
        assert_eq!(read.record.explicit_iv, written.record.explicit_iv);
        assert_eq!(read.record.said, written.record.said);
    }
    assert!(disk.read(&request("other")).unwrap().is_none());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let bytes = std::fs::read(&path).unwrap();
    for given in given() {
        let key = given.record.key.expose();
        assert!(!bytes.windows(16).any(|window| window == key));
    }
}

#[test]
fn no_two_files_of_the_same_keys_are_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, path) = written(&folder);
    let first = std::fs::read(&path).unwrap();
    disk.write(&request("film"), &given(), SystemTime::now())
        .unwrap();
    assert_ne!(first, std::fs::read(&path).unwrap());
    assert_eq!(files(&folder).len(), 1);
}

#[test]
fn a_file_that_was_touched_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, path) = written(&folder);
    let good = std::fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        assert!(
            matches!(disk.read(&request("film")), Err(Error::NotGenuine { .. })),
            "{at}"
        );
    }
    for length in [0, 7, 8, 20, 24, 30, good.len() - 1] {
        std::fs::write(&path, &good[..length]).unwrap();
        assert!(disk.read(&request("film")).is_err(), "{length}");
    }
    std::fs::write(&path, [&good[..], b"x"].concat()).unwrap();
    assert!(disk.read(&request("film")).is_err());
    std::fs::write(&path, &good).unwrap();
    assert!(disk.read(&request("film")).is_ok());
}

#[test]
fn a_file_is_good_for_its_own_request_mount_and_cache_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, path) = written(&folder);
    let other = disk.path(&disk.identity(&request("other")));
    std::fs::copy(&path, &other).unwrap();
    assert!(matches!(
        disk.read(&request("other")),
        Err(Error::NotGenuine { .. })
    ));
    let other_key = Disk::open("vod", &cache(&folder, 2), 10).unwrap();
    assert!(matches!(
        other_key.read(&request("film")),
        Err(Error::NotGenuine { .. })
    ));
    let other_mount = Disk::open("live", &cache(&folder, 1), 10).unwrap();
    assert!(other_mount.read(&request("film")).unwrap().is_none());
}

#[test]
fn files_beyond_the_limit_and_abandoned_ones_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open("vod", &cache(&folder, 1), 10).unwrap();
    for content in 0..15 {
        let request = request(&format!("film{content}"));
        disk.write(&request, &given(), SystemTime::now()).unwrap();
    }
    let unfinished = folder.path().join("keys/a.b.part");
    File::create(&unfinished)
        .unwrap()
        .set_modified(SystemTime::now() - 2 * ABANDONED)
        .unwrap();
    let fresh = folder.path().join("keys/a.c.part");
    File::create(&fresh).unwrap();
    Disk::open("vod", &cache(&folder, 1), 10).unwrap();
    assert_eq!(files(&folder).len(), 11);
    assert!(!unfinished.exists() && fresh.exists());
}

fn store_on(folder: &TempDir, fake: &Arc<Fake>) -> KeyStore {
    let keys = Keys {
        cache: Some(cache(folder, 1)),
        ..keys()
    };
    store(fake, keys)
}

async fn until_written(folder: &TempDir) {
    while !files(folder).iter().any(|path| {
        path.extension()
            .is_some_and(|extension| extension == "keys")
    }) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn keys_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new();
    let before = store_on(&folder, &fake)
        .get(&request("film"))
        .await
        .unwrap();
    until_written(&folder).await;
    fake.fail(KeyError::Failed(500));
    let store = store_on(&folder, &fake);
    let after = store.get(&request("film")).await.unwrap();
    assert!(before.is_same(&after));
    assert_eq!(fake.asked(), 1);
    assert_eq!(store.report(1)["keys"][0]["source"], "disk");
}

#[tokio::test]
async fn keys_past_their_time_serve_from_disk_only_when_the_provider_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open("vod static ", &cache(&folder, 1), 10).unwrap();
    let fake = Fake::new();
    let given: Vec<_> = fake_given(&fake).await;
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    disk.write(&request("film"), &given, long_ago).unwrap();
    fake.fail(KeyError::Failed(500));
    let asked = fake.asked();
    let store = store_on(&folder, &fake);
    let stale = store.get(&request("film")).await.unwrap();
    assert_eq!(fake.asked(), asked + 1);
    assert!(!stale.is_fresh());
    fake.work();
    let fresh = store_on(&folder, &fake)
        .get(&request("film"))
        .await
        .unwrap();
    assert_eq!(fake.asked(), asked + 2);
    assert!(fresh.is_fresh());
}

async fn fake_given(fake: &Fake) -> Vec<Given> {
    use super::super::Provider as _;
    fake.fetch(&request("film")).await.unwrap()
}

#[tokio::test]
async fn a_refused_file_costs_a_request_and_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new();
    store_on(&folder, &fake)
        .get(&request("film"))
        .await
        .unwrap();
    until_written(&folder).await;
    let path = files(&folder)[0].clone();
    std::fs::write(&path, b"epkeys1\nrubbish").unwrap();
    store_on(&folder, &fake)
        .get(&request("film"))
        .await
        .unwrap();
    assert_eq!(fake.asked(), 2);
    while std::fs::metadata(&path).unwrap().len() < 100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
