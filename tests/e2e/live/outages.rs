//! What viewers see, and what is lost, when the node, the line to it or a clock fails.
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::clocks::dates;
use super::faults::{count, pictures, wait_until};
use super::{Pushing, boxes, later, playlist, stream};
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{frames, piped_frames};
use crate::support::{Curl, Node, Serve};

/// Names of media in a playlist: headers, segments, parts, and the one that is hinted at.
pub(super) fn names(text: &str) -> Vec<String> {
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

pub(super) fn folder(node: &Node) -> String {
    playlist(node, "v180").replace("index.m3u8", "")
}

fn manifests(node: &Node) -> [String; 3] {
    let folder = format!("{}/live/news/clear", node.http);
    [
        format!("{folder}/index.m3u8"),
        format!("{folder}/manifest.mpd"),
        playlist(node, "v180"),
    ]
}

/// Asks for the multivariant playlist, which gives tracks their names, and for that of the pictures.
pub(super) fn shown(node: &Node) -> String {
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    fetch_text(&playlist(node, "v180"))
}

/// Pictures of all segments in a playlist, those behind a gap or a discontinuity by themselves: a decoder begins anew
/// there.
pub(super) fn decoded(node: &Node, text: &str) -> Vec<String> {
    let mut header = Vec::new();
    let mut runs: Vec<Vec<u8>> = Vec::new();
    let (mut is_gap, mut begins) = (false, true);
    for line in text.lines() {
        if let Some(map) = line.strip_prefix("#EXT-X-MAP:URI=\"") {
            header = fetch(&format!(
                "{}{}",
                folder(node),
                map.split('"').next().unwrap()
            ));
            begins = true;
        }
        is_gap |= line == "#EXT-X-GAP";
        begins |= is_gap || line == "#EXT-X-DISCONTINUITY";
        if line.ends_with(".m4s") && !line.starts_with('#') {
            if std::mem::take(&mut is_gap) {
                continue;
            }
            if std::mem::take(&mut begins) {
                runs.push(header.clone());
            }
            let media = fetch(&format!("{}{line}", folder(node)));
            runs.last_mut().unwrap().extend(media);
        }
    }
    let pictures = |run: Vec<u8>| piped_frames(run, "0:v:0", &[]);
    runs.into_iter().flat_map(pictures).collect()
}

/// Until the playlist has so many parts.
pub(super) fn wait_for_parts(node: &Node, least: usize) {
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

    let node = Serve::live("stale_status = 503", "").port(port).start();
    // With nothing to play it says so, and a CDN asks elsewhere.
    for url in manifests(&node) {
        let nothing = Curl::get(&url).run().expect(503);
        assert_eq!(nothing.reason(), "channel-not-begun", "{url}");
        assert_eq!(nothing.header("retry-after"), "1");
    }
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
    for url in manifests(&node) {
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
    let shown = decoded(&node, &text);
    (text, shown)
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

#[test]
fn a_line_that_is_cut_for_twenty_seconds_is_a_discontinuity_and_no_name_means_two_things() {
    const CUT: Duration = Duration::from_secs(20);
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..(moofs[8] + moofs[9]) / 2]);
    wait_until(&node, "live");
    wait_for_parts(&node, 8);
    let begun = Instant::now();
    let before = shown(&node);
    let get = |name: &String| (name.clone(), fetch(&format!("{}{name}", folder(&node))));
    let is_segment = |name: &String| name.matches('.').count() == 1;
    let whole: Vec<_> = names(&before).into_iter().filter(is_segment).collect();
    let whole: Vec<_> = whole.iter().map(get).collect();
    assert_eq!(whole.len(), 3, "{before}");
    // The connection stays, and nothing comes through it: for as long, and no event tells of it.
    std::thread::sleep(CUT / 2);
    if begun.elapsed() < CUT * 2 / 3 {
        for url in manifests(&node) {
            Curl::get(&url).run().expect(200);
        }
    }
    let ready = format!("{}/readyz/live/news", node.admin);
    while !Curl::get(&ready).run().text().starts_with("stale") {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(begun.elapsed() > Duration::from_secs(14));
    for url in manifests(&node) {
        let stale = Curl::get(&url).run().expect(404);
        assert_eq!(stale.reason(), "channel-stale", "{url}");
    }
    // Who has a playlist still gets what it names.
    for (name, media) in &whole {
        assert_eq!(fetch(&format!("{}{name}", folder(&node))), *media, "{name}");
    }
    std::thread::sleep(CUT.saturating_sub(begun.elapsed()));
    // The encoder's time line went on.
    let back = later(&bytes, 20 * 12_800);
    let mut again = Pushing::begin(&node, "video.mp4");
    again.send(&back[..moofs[0]]);
    again.send(&back[moofs[12]..]);
    assert!(again.end().ends_with("200"));
    wait_until(&node, "ended");
    let text = shown(&node);
    assert_eq!(count(&text, "#EXT-X-GAP"), 0, "{text}");
    assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 1, "{text}");
    // All but what could not be sent, and up to the next key frame.
    let shown = decoded(&node, &text);
    let pictures = pictures("video.mp4");
    assert_eq!(shown.len(), 154, "{text}");
    assert_eq!(shown[..100], pictures[..100], "{text}");
    assert_eq!(shown[104..], pictures[200..], "{text}");
    let dates = dates(&text);
    let apart = dates[3] - dates[0];
    assert!((20.0..60.0).contains(&apart), "{dates:?}");
    for (name, media) in &whole {
        assert_eq!(fetch(&format!("{}{name}", folder(&node))), *media, "{name}");
    }
    let mut all = names(&text);
    all.retain(is_segment);
    let listed = all.len();
    all.sort();
    all.dedup();
    // One header, named twice.
    assert_eq!(all.len(), listed - 1, "{text}");
    let mpd = fetch_text(&manifests(&node)[1]);
    assert_eq!(mpd.matches("<Period ").count(), 2, "{mpd}");
}

/// Files of this kind in a recording's folder.
pub(super) fn recorded(dir: &Path, extension: &str) -> Vec<PathBuf> {
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
    let seen = decoded(&node, &text);
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
