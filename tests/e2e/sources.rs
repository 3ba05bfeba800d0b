//! Files that change while they are served: a clear error, then the new version, never a mix.
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::playback::{media_playlists, rendition};
use crate::support::media::{self, frames};
use crate::support::{Curl, Node, Serve};

fn start(root: &Path) -> Node {
    Serve::all(root)
        .section("[storage]\nrevalidate = \"0ms\"")
        .start()
}

fn digest_of(playlist: &str) -> Vec<String> {
    let file = tempfile::NamedTempFile::with_suffix(".mp4").unwrap();
    fs::write(file.path(), rendition(playlist)).unwrap();
    frames(&file.path().display().to_string(), "0:v:0", &[])
}

#[test]
fn a_replaced_file_is_served_anew_and_its_old_addresses_are_gone() {
    let root = TempDir::new().unwrap();
    let (old, new) = (
        media::root().join("ladder/low.mp4"),
        media::root().join("film.mp4"),
    );
    let asset = root.path().join("a.mp4");
    fs::copy(&old, &asset).unwrap();
    let node = start(root.path());
    let url = format!("{}/vod/a.mp4/clear/index.m3u8", node.http);
    let before = media_playlists(&url).pop().unwrap();
    assert_eq!(
        digest_of(&before),
        frames(&old.display().to_string(), "0:v:0", &[])
    );

    fs::copy(&new, root.path().join("incoming")).unwrap();
    fs::rename(root.path().join("incoming"), &asset).unwrap();
    let gone = Curl::get(&before.replace("index.m3u8", "2.m4s"))
        .run()
        .expect(404);
    assert_eq!(gone.reason(), "no-such-track");
    let after = media_playlists(&url).pop().unwrap();
    assert_ne!(before, after);
    assert_eq!(
        digest_of(&after),
        frames(&new.display().to_string(), "0:v:0", &[])
    );
}

#[test]
fn a_file_truncated_in_place_is_an_error_and_its_neighbour_plays_on() {
    let root = TempDir::new().unwrap();
    let asset = root.path().join("a.mp4");
    fs::copy(media::root().join("ladder/low.mp4"), &asset).unwrap();
    fs::copy(
        media::root().join("ladder/low.mp4"),
        root.path().join("b.mp4"),
    )
    .unwrap();
    let node = start(root.path());
    let playlist = media_playlists(&format!("{}/vod/a.mp4/clear/index.m3u8", node.http))
        .pop()
        .unwrap();
    Curl::get(&playlist.replace("index.m3u8", "1.m4s"))
        .run()
        .expect(200);

    let length = fs::metadata(&asset).unwrap().len();
    fs::OpenOptions::new()
        .write(true)
        .open(&asset)
        .unwrap()
        .set_len(length / 2)
        .unwrap();
    let answer = Curl::get(&playlist.replace("index.m3u8", "4.m4s"))
        .run()
        .expect(502);
    assert!(!answer.reason().is_empty());
    assert!(
        !answer.text().contains(root.path().to_str().unwrap()),
        "{}",
        answer.text()
    );
    let neighbour = media_playlists(&format!("{}/vod/b.mp4/clear/index.m3u8", node.http))
        .pop()
        .unwrap();
    Curl::get(&neighbour.replace("index.m3u8", "4.m4s"))
        .run()
        .expect(200);

    fs::copy(
        media::root().join("ladder/low.mp4"),
        root.path().join("incoming"),
    )
    .unwrap();
    fs::rename(root.path().join("incoming"), &asset).unwrap();
    let healed = media_playlists(&format!("{}/vod/a.mp4/clear/index.m3u8", node.http))
        .pop()
        .unwrap();
    Curl::get(&healed.replace("index.m3u8", "4.m4s"))
        .run()
        .expect(200);
}

#[test]
fn a_rung_added_to_a_folder_appears() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("film");
    fs::create_dir(&folder).unwrap();
    fs::copy(media::root().join("ladder/low.mp4"), folder.join("low.mp4")).unwrap();
    let node = start(root.path());
    let url = format!("{}/vod/film/clear/index.m3u8", node.http);
    assert_eq!(media_playlists(&url).len(), 1);
    fs::copy(
        media::root().join("ladder/high.mp4"),
        folder.join("high.mp4"),
    )
    .unwrap();
    assert_eq!(media_playlists(&url).len(), 3);
}
