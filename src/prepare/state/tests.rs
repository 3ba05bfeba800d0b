#![allow(clippy::unwrap_used)]
use super::*;

fn make(workshop: &mut Workshop, output: &str, key: &str, content: &str) {
    std::fs::write(workshop.unfinished(output), content).unwrap();
    workshop.finish(output, key).unwrap();
}

#[test]
fn what_was_made_is_there_for_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let mut workshop = Workshop::open(dir.path()).unwrap();
    assert!(!workshop.has("a.mp4", "k"));
    make(&mut workshop, "a.mp4", "k", "content");
    assert!(workshop.has("a.mp4", "k"));
    drop(workshop);

    let workshop = Workshop::open(dir.path()).unwrap();
    assert!(workshop.has("a.mp4", "k"));
    assert!(!workshop.has("a.mp4", "other settings"));
    assert!(peek(dir.path()).unwrap()("a.mp4", "k"));
    std::fs::write(dir.path().join("a.mp4"), "cut").unwrap();
    assert!(!workshop.has("a.mp4", "k"), "of another length");
    std::fs::remove_file(dir.path().join("a.mp4")).unwrap();
    assert!(!workshop.has("a.mp4", "k"), "gone");
}

#[test]
fn unfinished_files_are_thrown_away() {
    let dir = tempfile::tempdir().unwrap();
    let workshop = Workshop::open(dir.path()).unwrap();
    let unfinished = workshop.unfinished("a.mp4");
    std::fs::write(&unfinished, "half").unwrap();
    drop(workshop);
    Workshop::open(dir.path()).unwrap();
    assert!(!unfinished.exists());
}

#[test]
fn one_run_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Workshop::open(dir.path()).unwrap();
    assert!(matches!(Workshop::open(dir.path()), Err(Error::Busy(_))));
}

#[test]
fn files_of_others_are_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.mp4"), "mine").unwrap();
    let mut workshop = Workshop::open(dir.path()).unwrap();
    assert!(matches!(
        workshop.check_ours("a.mp4"),
        Err(Error::NotOurs(_))
    ));
    make(&mut workshop, "b.mp4", "k", "");
    assert!(workshop.check_ours("b.mp4").is_ok());
}

#[test]
fn a_description_is_replaced_until_somebody_changes_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut workshop = Workshop::open(dir.path()).unwrap();
    let text = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(
        workshop.describe("asset.toml", "one").unwrap(),
        "asset.toml"
    );
    assert_eq!(
        workshop.describe("asset.toml", "two").unwrap(),
        "asset.toml"
    );
    assert_eq!(text("asset.toml"), "two");
    std::fs::write(dir.path().join("asset.toml"), "mine").unwrap();
    assert_eq!(
        workshop.describe("asset.toml", "three").unwrap(),
        "asset.toml.new"
    );
    assert_eq!(
        (text("asset.toml"), text("asset.toml.new")),
        ("mine".into(), "three".into())
    );
}

#[test]
fn a_state_that_is_damaged_counts_as_none() {
    let dir = tempfile::tempdir().unwrap();
    make(
        &mut Workshop::open(dir.path()).unwrap(),
        "a.mp4",
        "k",
        "content",
    );
    std::fs::write(dir.path().join(FOLDER).join(STATE_FILE), "{\"outputs\":").unwrap();
    let workshop = Workshop::open(dir.path()).unwrap();
    assert!(!workshop.has("a.mp4", "k"));
    assert!(matches!(
        workshop.check_ours("a.mp4"),
        Err(Error::NotOurs(_))
    ));
}

#[test]
fn loudness_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let measured = Measured {
        integrated: Some(-23.5),
        true_peak: None,
    };
    let mut workshop = Workshop::open(dir.path()).unwrap();
    workshop.set_loudness("k", measured).unwrap();
    drop(workshop);
    let workshop = Workshop::open(dir.path()).unwrap();
    assert_eq!(workshop.loudness("k"), Some(measured));
}

#[test]
fn sources_are_told_apart_by_content() {
    let dir = tempfile::tempdir().unwrap();
    let of = |content: &[u8]| {
        let path = dir.path().join("source");
        std::fs::write(&path, content).unwrap();
        identity(&path).unwrap()
    };
    let mut film = vec![7; 1 << 20];
    let one = of(&film);
    assert_eq!(of(&film), one);
    film[1 << 19] ^= 1;
    let last = film.len() - 1;
    film[last] ^= 1;
    assert_ne!(of(&film), one);
    assert_ne!(of(b""), of(b"a"));
}
