//! Channels: what an encoder pushes is what viewers get, as soon as it is there.
mod captures;
mod client_certificates;
mod clocks;
mod disk;
mod faults;
mod outages;
mod protected;
mod stretches;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::playback::media_playlists;
use crate::support::client::{Answer, fetch, fetch_text};
use crate::support::media::{ffmpeg, frames};
use crate::support::{Curl, Node, Serve};

/// Ten seconds of pictures and of sound as an encoder sends them: a track a stream, chunks of half a second.
pub(super) fn streams() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("live-1");
        if root.join("complete").is_file() {
            return root;
        }
        std::fs::create_dir_all(&root).unwrap();
        let made = |arguments: &[&str], name: &str| {
            let status = ffmpeg()
                .args(arguments)
                .args(["-t", "10", "-f", "mp4", "-frag_duration", "500000"])
                .args(["-movflags", "+cmaf+empty_moov+default_base_moof"])
                .arg(root.join(name))
                .status()
                .unwrap();
            assert!(status.success(), "{name}");
        };
        let video = [
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=25",
            "-c:v",
            "libx264",
        ];
        let rate = [
            "-preset",
            "veryfast",
            "-bf",
            "2",
            "-g",
            "50",
            "-sc_threshold",
            "0",
            "-b:v",
            "400k",
        ];
        made(&[&video[..], &rate[..]].concat(), "video.mp4");
        let audio = [
            "-f",
            "lavfi",
            "-i",
            "sine=440:r=48000",
            "-c:a",
            "aac",
            "-b:a",
            "64k",
        ];
        made(&audio, "audio.mp4");
        std::fs::write(root.join("complete"), "").unwrap();
        root
    })
}

pub(super) fn stream(name: &str) -> Vec<u8> {
    std::fs::read(streams().join(name)).unwrap()
}

pub(super) fn ingest(node: &Node, name: &str) -> String {
    format!("{}/live/news/ingest/{name}", node.http)
}

pub(super) fn put(url: &str, body: &Path) -> Curl {
    let file = format!("@{}", body.display());
    Curl::get(url)
        .arg("-X")
        .arg("PUT")
        .arg("--data-binary")
        .arg(&file)
}

pub(super) fn push(node: &Node, name: &str) -> Answer {
    put(&ingest(node, name), &streams().join(name)).run()
}

pub(super) fn playlist(node: &Node, track: &str) -> String {
    format!("{}/live/news/clear/{track}/index.m3u8", node.http)
}

/// Offsets of the boxes of this type at the top.
pub(super) fn boxes(bytes: &[u8], kind: &[u8; 4]) -> Vec<usize> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some(head) = bytes.get(at..at + 8) {
        if head[4..] == *kind {
            found.push(at);
        }
        at += u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
    }
    found
}

/// The same fragments so many ticks later: TrackFragmentBaseMediaDecodeTimeBox (ISO/IEC 14496-12, 8.8.12).
pub(super) fn later(bytes: &[u8], ticks: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for moof in boxes(&bytes.clone(), b"moof") {
        let at = bytes[moof..]
            .windows(4)
            .position(|it| it == b"tfdt")
            .unwrap();
        // Behind type, version and flags.
        let version = bytes[moof + at + 4];
        let time = moof + at + 8;
        if version == 1 {
            let field = &mut bytes[time..time + 8];
            let sum = u64::from_be_bytes(field.try_into().unwrap()) + ticks;
            field.copy_from_slice(&sum.to_be_bytes());
        } else {
            let field = &mut bytes[time..time + 4];
            let sum = u32::from_be_bytes(field.try_into().unwrap()) + u32::try_from(ticks).unwrap();
            field.copy_from_slice(&sum.to_be_bytes());
        }
    }
    bytes
}

/// A request whose body is sent piece by piece.
pub(super) struct Pushing(TcpStream);

impl Pushing {
    pub(super) fn begin(node: &Node, name: &str) -> Self {
        let address = node.http.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "POST /live/news/ingest/{name} HTTP/1.1\r\nHost: {address}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        .unwrap();
        Self(stream)
    }

    pub(super) fn send(&mut self, bytes: &[u8]) {
        write!(self.0, "{:x}\r\n", bytes.len()).unwrap();
        self.0.write_all(bytes).unwrap();
        self.0.write_all(b"\r\n").unwrap();
    }

    pub(super) fn end(mut self) -> String {
        self.0.write_all(b"0\r\n\r\n").unwrap();
        self.answer()
    }

    /// Without having ended it.
    pub(super) fn answer(mut self) -> String {
        let mut head = [0; 12];
        self.0.read_exact(&mut head).unwrap();
        String::from_utf8_lossy(&head).into_owned()
    }
}

#[test]
fn pushed_tracks_decode_as_they_were_encoded() {
    let node = Serve::live("", "").start();
    push(&node, "video.mp4").expect(200);
    push(&node, "audio.mp4").expect(200);
    let multivariant = format!("{}/live/news/clear/index.m3u8", node.http);
    let playlists = media_playlists(&multivariant);
    let [audio, video] = playlists.as_slice() else {
        panic!("{playlists:?}")
    };
    let pictures = frames(
        &streams().join("video.mp4").display().to_string(),
        "0:v:0",
        &[],
    );
    assert_eq!(pictures.len(), 250);
    assert_eq!(frames(video, "0:v:0", &[]), pictures);
    let sound = frames(
        &streams().join("audio.mp4").display().to_string(),
        "0:a:0",
        &[],
    );
    assert_eq!(frames(audio, "0:a:0", &[]), sound);
}

#[test]
fn parts_make_up_their_segment() {
    let node = Serve::live("", "").start();
    push(&node, "video.mp4").expect(200);
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    let url = playlist(&node, "v180");
    let folder = url.trim_end_matches("index.m3u8");
    let text = fetch_text(&url);
    let segment = text
        .lines()
        .rfind(|line| line.ends_with(".m4s") && !line.starts_with('#'));
    let segment = segment.unwrap();
    let stem = segment.trim_end_matches("m4s");
    let parts: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split("URI=\"").nth(1)?.split('"').next())
        .filter(|uri| uri.starts_with(stem))
        .collect();
    assert!(parts.len() >= 4, "{text}");
    let joined: Vec<u8> = parts
        .iter()
        .flat_map(|part| fetch(&format!("{folder}{part}")))
        .collect();
    assert_eq!(joined, fetch(&format!("{folder}{segment}")));
}

#[test]
fn a_blocked_reload_is_answered_by_the_part_it_waits_for() {
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    // Whole segments of two seconds, and the beginning of the third.
    let cut = moofs[9];
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..cut]);
    let multivariant = format!("{}/live/news/clear/index.m3u8", node.http);
    // Headers and media are taken as they come: the first answer that is one says that they have.
    while Curl::get(&multivariant).run().status != 200 {
        std::thread::yield_now();
    }
    let url = playlist(&node, "v180");
    let hint = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("#EXT-X-PRELOAD-HINT"))?;
        let name = line.split("URI=\"").nth(1)?.split('"').next()?.to_owned();
        let (number, part) = name
            .split_once('-')?
            .1
            .trim_end_matches(".m4s")
            .split_once('.')?;
        Some((
            name.clone(),
            number.parse::<u64>().ok()?,
            part.parse::<u64>().ok()?,
        ))
    };
    let (name, number, part) = hint(&fetch_text(&url)).unwrap();
    let waiting = format!("{url}?_HLS_msn={number}&_HLS_part={part}");
    let hinted = format!("{}{name}", url.trim_end_matches("index.m3u8"));
    let (text, media) = std::thread::scope(|scope| {
        let text = scope.spawn(|| fetch_text(&waiting));
        let media = scope.spawn(|| fetch(&hinted));
        pushing.send(&bytes[cut..moofs[11]]);
        (text.join().unwrap(), media.join().unwrap())
    });
    assert!(text.contains(&format!("URI=\"{name}\"")), "{text}");
    assert_eq!(boxes(&media, b"moof").len(), 1);
    assert!(pushing.end().ends_with("200"));
    for (query, status) in [
        ("_HLS_part=1".to_owned(), 400),
        (format!("_HLS_msn={}", number + 5), 400),
        (format!("_HLS_msn={}", number - 1), 200),
    ] {
        Curl::get(&format!("{url}?{query}")).run().expect(status);
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_code_and_the_channel_lives_on() {
    let node = Serve::live("", "bearer = \"s3cret\"").start();
    let dir = tempfile::TempDir::new().unwrap();
    let authorized = |url: &str, body: &[u8]| {
        let file = dir.path().join("body");
        std::fs::write(&file, body).unwrap();
        put(url, &file).header("Authorization: Bearer s3cret").run()
    };
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    push(&node, "video.mp4").expect(403);
    let elsewhere = format!("{}/live/sports/ingest/video.mp4", node.http);
    authorized(&elsewhere, &bytes).expect(404);
    let url = ingest(&node, "video.mp4");
    authorized(&url, &bytes[moofs[0]..moofs[1]]).expect(412);
    authorized(&url, b"this is a text, and no movie at all").expect(415);
    // A fragment whose media does not follow.
    let mdats = boxes(&bytes, b"mdat");
    let mut broken = bytes[..mdats[0]].to_vec();
    broken.extend(&bytes[moofs[1]..moofs[2]]);
    authorized(&url, &broken).expect(400);
    Curl::get(&url).run().expect(405);
    Curl::get(&format!("{}/live/news/clear/index.m3u8", node.http))
        .run()
        .expect(404);
    authorized(&url, &bytes).expect(200);
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
}

#[test]
fn a_manifest_has_a_short_tag_that_tells_whether_it_changed() {
    let node = Serve::live("", "").start();
    push(&node, "video.mp4").expect(200);
    let folder = format!("{}/live/news/clear", node.http);
    for name in ["index.m3u8", "manifest.mpd"] {
        let url = format!("{folder}/{name}");
        let first = Curl::get(&url).run().expect(200);
        let tag = first.header("etag");
        assert!(tag.len() < 100, "{name}: {tag}");
        let again = Curl::get(&url)
            .header(&format!("If-None-Match: {tag}"))
            .run();
        again.expect(304);
    }
}
