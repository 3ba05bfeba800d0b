//! What viewers see, and what is lost, when the node, the line to it or a clock fails.
use std::path::{Path, PathBuf};

use super::faults::{count, pictures, wait_until};
use super::{Pushing, boxes, playlist, stream};
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{frames, piped_frames};
use crate::support::{Curl, Node, Serve};

/// Names of media in a playlist: headers, segments, parts, and the one that is hinted at.
fn names(text: &str) -> Vec<String> {
    let uris = text
        .split("URI=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let segments = text.lines().filter(|line| !line.starts_with('#'));
    let names = uris.chain(segments).filter(|name| !name.contains('/'));
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn folder(node: &Node) -> String {
    playlist(node, "v180").replace("index.m3u8", "")
}

/// Asks for the multivariant playlist, which gives tracks their names, and for that of the pictures.
fn shown(node: &Node) -> String {
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    fetch_text(&playlist(node, "v180"))
}

/// Until the playlist has so many parts.
fn wait_for_parts(node: &Node, least: usize) {
    while count(&shown(node), "#EXT-X-PART:") < least {
        std::thread::yield_now();
    }
}

#[test]
fn a_node_killed_in_the_middle_of_a_segment_goes_on_under_other_names() {
    let mut node = Serve::live("", "").start();
    let port = node.http.rsplit(':').next().unwrap().parse().unwrap();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut pushing = Pushing::begin(&node, "video.mp4");
    // Two segments, a part of the third, and half a chunk.
    pushing.send(&bytes[..(moofs[9] + moofs[10]) / 2]);
    wait_until(&node, "live");
    wait_for_parts(&node, 9);
    let before = names(&shown(&node));
    node.signal("-KILL");
    node.wait_for_exit();
    drop(pushing);

    let node = Serve::live("", "").port(port).start();
    // With nothing to play it says so, and a CDN asks elsewhere.
    Curl::get(&format!("{}/live/news/clear/index.m3u8", node.http))
        .run()
        .expect(404);
    let mut again = Pushing::begin(&node, "video.mp4");
    again.send(&bytes[..moofs[0]]);
    again.send(&bytes[moofs[10]..]);
    assert!(again.end().ends_with("200"));
    wait_until(&node, "ended");
    let after = names(&shown(&node));
    for name in &before {
        assert!(!after.contains(name), "{name}");
        Curl::get(&format!("{}{name}", folder(&node)))
            .run()
            .expect(404);
    }
    // From the next key frame on, which is the fourth segment's.
    assert_eq!(
        frames(&playlist(&node, "v180"), "0:v:0", &[]),
        pictures("video.mp4")[150..]
    );
}

/// The line breaks in the middle of a chunk, or goes silent; what the encoder made meanwhile is lost. What the playlist
/// says of it then, and the pictures that can be had.
fn after_a_cut(max_gap: &str, is_silent: bool) -> (String, Vec<String>) {
    let lines = format!(
        "stale_after = \"2s\"\nstale_status = 503\ningest_timeout = \"1s\"\nmax_gap = \"{max_gap}\""
    );
    let node = Serve::live(&lines, "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..(moofs[8] + moofs[9]) / 2]);
    wait_until(&node, "live");
    shown(&node);
    let silent = match is_silent {
        true => Some(pushing),
        false => {
            drop(pushing);
            None
        }
    };
    wait_until(&node, "stale");
    for url in [
        format!("{}/live/news/clear/index.m3u8", node.http),
        format!("{}/live/news/clear/manifest.mpd", node.http),
        playlist(&node, "v180"),
    ] {
        let stale = Curl::get(&url).run().expect(503);
        assert_eq!(stale.reason(), "channel-stale", "{url}");
    }
    if let Some(silent) = silent {
        // It was answered long ago.
        assert!(silent.answer().ends_with("408"));
    }
    let mut again = Pushing::begin(&node, "video.mp4");
    again.send(&bytes[..moofs[0]]);
    again.send(&bytes[moofs[12]..]);
    assert!(again.end().ends_with("200"));
    wait_until(&node, "ended");
    let text = shown(&node);
    let header = names(&text).into_iter().find(|it| it.starts_with("init"));
    let header = fetch(&format!("{}{}", folder(&node), header.unwrap()));
    // What comes before the cut and what comes behind, each by itself: a decoder begins anew there.
    let mut stretches = vec![header.clone()];
    let mut is_gap = false;
    for line in text.lines() {
        if line == "#EXT-X-DISCONTINUITY" || line == "#EXT-X-GAP" {
            is_gap = line == "#EXT-X-GAP";
            stretches.push(header.clone());
        }
        if line.ends_with(".m4s") && !line.starts_with('#') {
            let url = format!("{}{line}", folder(&node));
            match std::mem::take(&mut is_gap) {
                true => drop(Curl::get(&url).run().expect(404)),
                false => stretches.last_mut().unwrap().extend(fetch(&url)),
            }
        }
    }
    let pictures = |stretch: Vec<u8>| piped_frames(stretch, "0:v:0", &[]);
    (text, stretches.into_iter().flat_map(pictures).collect())
}

#[test]
fn a_line_that_is_cut_costs_what_was_made_meanwhile() {
    let pictures = pictures("video.mp4");
    // Eight chunks of 13 pictures, the last of which are not in the order in which they are shown; then from the next
    // key frame on.
    let is_all_that_came = |shown: &[String], text: &str| {
        assert_eq!(shown.len(), 154, "{text}");
        assert_eq!(shown[..100], pictures[..100], "{text}");
        assert_eq!(shown[104..], pictures[200..], "{text}");
    };
    std::thread::scope(|scope| {
        let [gap, silent, longer] = [("10s", false), ("10s", true), ("1s", false)]
            .map(|(gap, is_silent)| scope.spawn(move || after_a_cut(gap, is_silent)));
        for cut in [gap, silent] {
            let (text, shown) = cut.join().unwrap();
            assert_eq!(count(&text, "#EXT-X-GAP"), 1, "{text}");
            assert_eq!(count(&text, "#EXT-X-DISCONTINUITY\n"), 0, "{text}");
            is_all_that_came(&shown, &text);
        }
        // Longer than `max_gap`: another time line.
        let (text, shown) = longer.join().unwrap();
        assert_eq!(count(&text, "#EXT-X-GAP"), 0, "{text}");
        assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 1, "{text}");
        is_all_that_came(&shown, &text);
    });
}

/// ProducerReferenceTimeBox (ISO/IEC 14496-12, 8.16.5), version 1.
fn producer_time(unix_s: f64, media_time: u64) -> Vec<u8> {
    let ntp = ((unix_s + 2_208_988_800.0) * 4_294_967_296.0) as u64;
    let mut bytes = 32_u32.to_be_bytes().to_vec();
    bytes.extend(b"prft");
    bytes.extend([1, 0, 0, 24]);
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(ntp.to_be_bytes());
    bytes.extend(media_time.to_be_bytes());
    bytes
}

/// Unix times of a playlist's segments, seconds.
fn dates(text: &str) -> Vec<f64> {
    let dates = text
        .lines()
        .filter_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"));
    let seconds = |date: &str| {
        let date = date.split_once('T').unwrap().1.trim_end_matches('Z');
        let fields: Vec<f64> = date.split(':').map(|it| it.parse().unwrap()).collect();
        fields[0] * 3600.0 + fields[1] * 60.0 + fields[2]
    };
    dates.map(seconds).collect()
}

#[test]
fn an_encoders_clock_that_steps_moves_nothing_that_was_said() {
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let begun = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..moofs[0]]);
    for (at, piece) in moofs.iter().enumerate() {
        let step = match at {
            0..6 => 0.0,
            6..12 => 10.0,
            _ => -10.0,
        };
        let time = u64::try_from(at).unwrap() * 6400;
        pushing.send(&producer_time(begun + step + 0.5 * at as f64, time));
        pushing.send(&bytes[*piece..moofs.get(at + 1).copied().unwrap_or(bytes.len())]);
    }
    assert!(pushing.end().ends_with("200"));
    wait_until(&node, "ended");
    let text = shown(&node);
    assert_eq!(count(&text, "#EXT-X-GAP"), 0, "{text}");
    assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 0, "{text}");
    let dates = dates(&text);
    assert_eq!(dates.len(), 5, "{text}");
    for pair in dates.windows(2) {
        let apart = (pair[1] - pair[0]).rem_euclid(86_400.0);
        assert!((apart - 2.0).abs() < 0.01, "{dates:?}");
    }
    assert_eq!(
        frames(&playlist(&node, "v180"), "0:v:0", &[]),
        pictures("video.mp4")
    );
}

/// Files of this kind in a recording's folder.
fn recorded(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(tracks) = std::fs::read_dir(dir.join("live/news")) else {
        return Vec::new();
    };
    let folders = tracks.flatten().map(|track| track.path());
    let files = folders.filter_map(|folder| std::fs::read_dir(folder).ok());
    let files = files.flat_map(|files| files.flatten().map(|file| file.path()));
    files
        .filter(|file| file.extension().is_some_and(|it| it == extension))
        .collect()
}

#[test]
fn a_recording_outlives_a_node_that_is_killed_in_the_middle_of_a_segment() {
    const RECORD: u64 = 84;
    let dir = tempfile::TempDir::new().unwrap();
    let lines = format!(
        "[mount.live.recording]\ndirectory = \"{}\"",
        dir.path().display()
    );
    let begun = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        - 60;
    let mut node = Serve::live(&lines, "").start();
    let port = node.http.rsplit(':').next().unwrap().parse().unwrap();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..(moofs[9] + moofs[10]) / 2]);
    wait_until(&node, "live");
    wait_for_parts(&node, 9);
    // The header and two segments are on disk.
    let lengths = || {
        recorded(dir.path(), "idx")
            .into_iter()
            .map(|file| std::fs::metadata(file).unwrap().len())
    };
    while lengths().sum::<u64>() < 3 * RECORD {
        std::thread::yield_now();
    }
    let text = shown(&node);
    let whole: Vec<String> = names(&text)
        .into_iter()
        .filter(|name| name.matches('.').count() == 1)
        .collect();
    let before: Vec<(String, Vec<u8>)> = whole
        .into_iter()
        .map(|name| (format!("{}{name}", folder(&node)), name))
        .map(|(url, name)| (name, fetch(&url)))
        .collect();
    assert_eq!(before.len(), 3, "{text}");
    let parts: Vec<String> = names(&text)
        .into_iter()
        .filter(|name| name.matches('.').count() == 2)
        .collect();
    node.signal("-KILL");
    node.wait_for_exit();
    drop(pushing);

    let node = Serve::live(&lines, "").port(port).start();
    let mut again = Pushing::begin(&node, "video.mp4");
    again.send(&bytes[..moofs[0]]);
    again.send(&bytes[moofs[10]..]);
    assert!(again.end().ends_with("200"));
    wait_until(&node, "ended");
    // What was whole is what it was; parts, and the segment under way, are no more.
    let now = shown(&node);
    for (name, media) in &before {
        assert!(!now.contains(name), "{now}");
        assert_eq!(fetch(&format!("{}{name}", folder(&node))), *media, "{name}");
    }
    for part in &parts {
        Curl::get(&format!("{}{part}", folder(&node)))
            .run()
            .expect(404);
    }
    // Who goes back sees all but what was under way when the node died.
    let back = format!("{}?start={begun}", playlist(&node, "v180"));
    while count(&fetch_text(&back), "#EXTINF") < 4 {
        std::thread::yield_now();
    }
    let text = fetch_text(&back);
    let mut seen = Vec::new();
    for life in text.split("#EXT-X-DISCONTINUITY\n") {
        let header = life.split("#EXT-X-MAP:URI=\"").nth(1).unwrap();
        let header = header.split('"').next().unwrap();
        let segments = life
            .lines()
            .filter(|line| line.ends_with(".m4s") && !line.starts_with('#'));
        let media: Vec<u8> = std::iter::once(header)
            .chain(segments)
            .flat_map(|name| fetch(&format!("{}{name}", folder(&node))))
            .collect();
        seen.extend(piped_frames(media, "0:v:0", &[]));
    }
    let pictures = pictures("video.mp4");
    assert_eq!(
        seen,
        [&pictures[..100], &pictures[150..]].concat(),
        "{text}"
    );
    // And so does who reads the folder.
    drop(node);
    let mut files = recorded(dir.path(), "mp4");
    files.sort();
    let on_disk: Vec<String> = files
        .iter()
        .flat_map(|file| piped_frames(std::fs::read(file).unwrap(), "0:v:0", &[]))
        .collect();
    assert_eq!(on_disk, seen);
}
