//! What lets a viewer find a place: key frames by themselves, sheets of thumbnails.
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::support::client::{Curl, fetch, fetch_text};
use crate::support::media::{ffmpeg, frames, piped_frames};
use crate::support::{KEY_HEX, Serve, media, tools};

/// The URI of the first line that holds all of `marks`.
fn uri_of(playlist: &str, marks: &[&str]) -> String {
    let line = playlist
        .lines()
        .find(|line| marks.iter().all(|mark| line.contains(mark)))
        .unwrap_or_else(|| panic!("no {marks:?} in\n{playlist}"));
    line.split("URI=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

fn key_frames(node: &str, protection: &str) -> Vec<u8> {
    let base = format!("{node}/vod/ladder/{protection}");
    let multivariant = fetch_text(&format!("{base}/index.m3u8"));
    let uri = uri_of(&multivariant, &["#EXT-X-I-FRAME-STREAM-INF", "640x360"]);
    let playlist = fetch_text(&format!("{base}/{uri}"));
    assert!(playlist.contains("#EXT-X-I-FRAMES-ONLY"), "{playlist}");
    let track = uri.trim_end_matches("/iframes.m3u8");
    let mut bytes = fetch(&format!("{base}/{track}/init.mp4"));
    let names: Vec<&str> = playlist
        .lines()
        .filter(|line| line.ends_with(".m4s"))
        .collect();
    // A GOP of two seconds.
    assert_eq!(names.len() as u32, media::LADDER_SECONDS / 2);
    for name in names {
        bytes.extend(fetch(&format!("{base}/{track}/{name}")));
    }
    bytes
}

fn source_key_frames() -> Vec<String> {
    let source = media::root().join("ladder/high.mp4");
    frames(source.to_str().unwrap(), "0:v:0", &["-skip_frame", "nokey"])
}

#[test]
fn each_key_frame_is_a_fragment_that_decodes_by_itself() {
    let node = Serve::all(media::root()).start();
    assert_eq!(
        piped_frames(key_frames(&node.http, "clear"), "0:v:0", &[]),
        source_key_frames()
    );
}

#[test]
fn key_frames_of_encrypted_renditions_decrypt_to_the_same_pictures() {
    let node = Serve::all(media::root()).start();
    for protection in ["cenc", "cbcs"] {
        let served = key_frames(&node.http, protection);
        assert!(
            served
                .windows(4)
                .any(|window| window == b"senc" || window == b"encv")
        );
        assert_eq!(
            piped_frames(served, "0:v:0", &["-decryption_key", KEY_HEX]),
            source_key_frames(),
            "{protection}"
        );
    }
}

/// A film with three sheets of 2 × 2 thumbnails, one thumbnail a second.
fn with_thumbnails() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("thumbnails-1");
        let film = root.join("film");
        if !root.join("complete").is_file() {
            // What an interrupted run left is made again.
            let _ = std::fs::remove_dir_all(&root);
            std::fs::create_dir_all(&film).unwrap();
            let source = "testsrc2=s=320x180:r=25:d=12";
            let mut video = ffmpeg();
            video
                .args([
                    "-f",
                    "lavfi",
                    "-i",
                    source,
                    "-c:v",
                    "libx264",
                    "-preset",
                    "ultrafast",
                ])
                .args(["-g", "50", "-pix_fmt", "yuv420p"])
                .arg(film.join("video.mp4"));
            tools::output(&mut video);
            let mut sheets = ffmpeg();
            sheets
                .args([
                    "-f",
                    "lavfi",
                    "-i",
                    source,
                    "-vf",
                    "fps=1,scale=80:45,tile=2x2",
                ])
                .args(["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"])
                .arg(film.join("thumbs.mp4"));
            tools::output(&mut sheets);
            let description = "[[track]]\nfile = \"video.mp4\"\n[[track]]\nfile = \"thumbs.mp4\"\n\
                               tiles = { columns = 2, rows = 2, interval = \"1s\" }\n";
            std::fs::write(film.join("asset.toml"), description).unwrap();
            std::fs::write(root.join("complete"), "").unwrap();
        }
        root
    })
}

#[test]
fn sheets_of_thumbnails_leave_as_pictures_that_all_three_lists_name() {
    let node = Serve::all(with_thumbnails()).start();
    let base = format!("{}/vod/film/clear", node.http);
    let multivariant = fetch_text(&format!("{base}/index.m3u8"));
    let uri = uri_of(&multivariant, &["#EXT-X-IMAGE-STREAM-INF"]);
    let playlist = fetch_text(&format!("{base}/{uri}"));
    assert!(playlist.contains("LAYOUT=2x2"), "{playlist}");
    let sheets: Vec<&str> = playlist
        .lines()
        .filter(|line| line.ends_with(".jpg"))
        .collect();
    assert_eq!(sheets, ["1.jpg", "2.jpg", "3.jpg"]);

    let track = uri.rsplit_once('/').unwrap().0;
    let mpd = fetch_text(&format!("{base}/manifest.mpd"));
    assert!(
        mpd.contains("thumbnail_tile") && mpd.contains(track),
        "{mpd}"
    );
    let sprites = fetch_text(&format!("{base}/{track}/thumbnails.vtt"));
    assert_eq!(sprites.matches("#xywh=").count(), 12, "{sprites}");
    assert!(
        sprites.contains("00:00:05.000 --> 00:00:06.000\n2.jpg#xywh=80,0,80,45"),
        "{sprites}"
    );

    let sheet = Curl::get(&format!("{base}/{track}/2.jpg"))
        .run()
        .expect(200);
    assert_eq!(sheet.header("content-type"), "image/jpeg");
    let source = with_thumbnails().join("film/thumbs.mp4");
    let pictures = frames(source.to_str().unwrap(), "0:v:0", &[]);
    assert_eq!(
        piped_frames(sheet.body, "0:v:0", &["-f", "mjpeg"]),
        pictures[1..2]
    );
}
