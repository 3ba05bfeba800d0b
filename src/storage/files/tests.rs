#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Weak;

use futures_util::future::join_all;
use tempfile::TempDir;

use super::*;

fn files(change: impl FnOnce(&mut StorageOptions)) -> Files {
    let mut options = StorageOptions::default();
    change(&mut options);
    Files::new(&options, Arc::default())
}

fn opened(files: &Files) -> u64 {
    files.known.stats.opened.load(Relaxed)
}

fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test)
}

fn code(outcome: Result<Arc<SourceFile>, StorageError>) -> &'static str {
    match outcome {
        Ok(file) => panic!("{file:?}"),
        Err(error) => error.fault().code,
    }
}

#[test]
fn a_path_that_is_not_plainly_relative_is_refused() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("a.mp4"), "a").unwrap();
    let files = files(|_| ());
    let long = "a/".repeat(3000) + "a";
    let odd = [
        "",
        "/a.mp4",
        "a.mp4/",
        "./a.mp4",
        "x/../a.mp4",
        "..",
        "../a.mp4",
        "x//a.mp4",
        "a\0.mp4",
        &long,
    ];
    for path in odd {
        assert_eq!(
            code(run(files.open(dir.path(), path))),
            "bad-path",
            "{path:?}"
        );
    }
    assert_eq!(
        run(files.open(dir.path(), "a.mp4")).unwrap().version().len,
        1
    );
}

#[test]
fn links_are_followed_inside_the_root_and_never_out_of_it() {
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret.mp4"), "secret").unwrap();
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    fs::write(dir.path().join("real/a.mp4"), "a").unwrap();
    symlink(
        dir.path().join("real/a.mp4"),
        dir.path().join("absolute.mp4"),
    )
    .unwrap();
    symlink("real/a.mp4", dir.path().join("relative.mp4")).unwrap();
    symlink("real", dir.path().join("folder")).unwrap();
    symlink(outside.path(), dir.path().join("out")).unwrap();
    symlink(
        outside.path().join("secret.mp4"),
        dir.path().join("out.mp4"),
    )
    .unwrap();
    symlink("loop.mp4", dir.path().join("loop.mp4")).unwrap();
    let root = outside.path().join("root");
    symlink(dir.path(), &root).unwrap();
    let files = files(|_| ());
    for root in [dir.path(), &root] {
        for path in ["absolute.mp4", "relative.mp4", "folder/a.mp4", "real/a.mp4"] {
            assert_eq!(
                run(files.open(root, path)).unwrap().version().len,
                1,
                "{path}"
            );
        }
        for path in ["out.mp4", "out/secret.mp4"] {
            assert_eq!(
                code(run(files.open(root, path))),
                "asset-outside-root",
                "{path}"
            );
        }
        assert_eq!(code(run(files.open(root, "loop.mp4"))), "no-such-asset");
    }
}

#[test]
fn what_is_no_regular_file_is_neither_opened_nor_waited_for() {
    let dir = TempDir::new().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(dir.path().join("a.mp4"))
        .status();
    assert!(made.unwrap().success());
    fs::create_dir(dir.path().join("folder.mp4")).unwrap();
    fs::write(dir.path().join("b.mp4"), "").unwrap();
    let files = files(|_| ());
    for path in ["a.mp4", "folder.mp4", "missing.mp4", "b.mp4/c.mp4"] {
        assert_eq!(
            code(run(files.open(dir.path(), path))),
            "no-such-asset",
            "{path}"
        );
    }
    let gone = run(files.open(&dir.path().join("nowhere"), "a.mp4"));
    assert_eq!(
        code(gone),
        "storage-error",
        "a missing root is the node's fault"
    );
}

#[test]
fn a_folder_is_its_media_files_in_order() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("show/one");
    fs::create_dir_all(folder.join("extra.mp4")).unwrap();
    for name in [
        "b.mp4",
        "a.MOV",
        "c.m4a",
        "d.m4v",
        "notes.txt",
        ".hidden.mp4",
        "mp4",
        ".mp4",
    ] {
        fs::write(folder.join(name), name).unwrap();
    }
    let files = files(|_| ());
    let names = &run(files.list(dir.path(), "show/one")).unwrap().names;
    assert_eq!(names, &["a.MOV", "b.mp4", "c.m4a", "d.m4v"]);
    let found = run(files.find(dir.path(), "show/one")).unwrap();
    let names: Vec<_> = found.iter().map(|file| file.name()).collect();
    assert_eq!(names, ["a.MOV", "b.mp4", "c.m4a", "d.m4v"]);
    let one = run(files.find(dir.path(), "show/one/b.mp4")).unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(run(files.find(dir.path(), "show")).unwrap().len(), 0);
    let listed = run(files.list(dir.path(), "show/one/b.mp4"));
    assert_eq!(listed.unwrap_err().fault().code, "no-such-asset");
}

#[test]
fn a_folder_of_more_files_than_an_asset_can_have_is_refused() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("many")).unwrap();
    for i in 0..=MAX_FOLDER_FILES {
        fs::write(dir.path().join(format!("many/{i}.mp4")), "").unwrap();
    }
    let error = run(files(|_| ()).list(dir.path(), "many")).unwrap_err();
    assert_eq!(error.fault().code, "too-many-files");
}

#[test]
fn a_file_removed_after_its_folder_was_listed_is_missed_once() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("show")).unwrap();
    fs::write(dir.path().join("show/a.mp4"), "a").unwrap();
    fs::write(dir.path().join("show/b.mp4"), "b").unwrap();
    let files = files(|options| options.revalidate_ms = 60_000);
    assert_eq!(run(files.list(dir.path(), "show")).unwrap().names.len(), 2);
    fs::remove_file(dir.path().join("show/a.mp4")).unwrap();
    assert!(matches!(
        run(files.find(dir.path(), "show")),
        Err(StorageError::NotFound { .. })
    ));
    assert_eq!(run(files.find(dir.path(), "show")).unwrap().len(), 1);
}

#[test]
fn a_file_stays_open_while_it_is_the_same_and_is_opened_anew_when_it_is_not() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.mp4");
    fs::write(&path, "old").unwrap();
    let files = files(|options| options.revalidate_ms = 0);
    let first = run(files.open(dir.path(), "a.mp4")).unwrap();
    let second = run(files.open(dir.path(), "a.mp4")).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(opened(&files), 1);
    fs::write(dir.path().join("new"), "newer").unwrap();
    fs::rename(dir.path().join("new"), &path).unwrap();
    let third = run(files.open(dir.path(), "a.mp4")).unwrap();
    assert_ne!(first.version(), third.version());
    assert_eq!((third.version().len, opened(&files)), (5, 2));
    assert!(third.version().modified().unwrap() <= std::time::SystemTime::now());
}

#[test]
fn a_file_is_taken_for_granted_for_its_time_unless_a_read_found_it_changed() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.mp4");
    fs::write(&path, "old").unwrap();
    let files = files(|options| options.revalidate_ms = 60_000);
    let first = run(files.open(dir.path(), "a.mp4")).unwrap();
    fs::write(&path, "newer").unwrap();
    let same = run(files.open(dir.path(), "a.mp4")).unwrap();
    assert!(Arc::ptr_eq(&first, &same));
    first.mark_stale();
    assert_eq!(
        run(files.open(dir.path(), "a.mp4")).unwrap().version().len,
        5
    );
}

#[test]
fn a_file_that_was_removed_is_not_served_from_memory() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.mp4");
    fs::write(&path, "old").unwrap();
    let files = files(|options| options.revalidate_ms = 0);
    assert!(run(files.open(dir.path(), "a.mp4")).is_ok());
    fs::remove_file(&path).unwrap();
    assert_eq!(code(run(files.open(dir.path(), "a.mp4"))), "no-such-asset");
}

#[test]
fn of_many_who_ask_at_once_most_get_what_the_first_found() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("a.mp4"), "a").unwrap();
    let files = files(|_| ());
    run(async {
        let asks = (0..2_000).map(|_| files.open(dir.path(), "a.mp4"));
        assert!(join_all(asks).await.iter().all(Result::is_ok));
    });
    assert!(
        opened(&files) <= 2 * MAX_LOOKUPS as u64,
        "{}",
        opened(&files)
    );
}

#[test]
fn a_caller_who_leaves_in_the_middle_of_a_look_does_not_stop_later_ones() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.mp4");
    fs::write(&path, "old").unwrap();
    let files = files(|options| options.revalidate_ms = 0);
    run(async {
        files.open(dir.path(), "a.mp4").await.unwrap();
        let all = Arc::clone(&files.known.lookups)
            .acquire_many_owned(MAX_LOOKUPS as u32)
            .await;
        {
            let look = std::pin::pin!(files.open(dir.path(), "a.mp4"));
            assert!(futures_util::FutureExt::now_or_never(look).is_none());
        }
        drop(all);
        fs::write(&path, "newer").unwrap();
        assert_eq!(
            files.open(dir.path(), "a.mp4").await.unwrap().version().len,
            5
        );
    });
}

#[test]
fn no_more_files_stay_open_than_allowed() {
    let dir = TempDir::new().unwrap();
    let files = files(|options| options.max_open_files = 10);
    let seen: Vec<Weak<SourceFile>> = (0..100)
        .map(|i| {
            let name = format!("{i}.mp4");
            fs::write(dir.path().join(&name), "a").unwrap();
            Arc::downgrade(&run(files.open(dir.path(), &name)).unwrap())
        })
        .collect();
    let open = seen.iter().filter(|file| file.strong_count() > 0).count();
    assert!(open <= 10, "{open}");
}
