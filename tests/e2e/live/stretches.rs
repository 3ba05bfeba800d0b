//! Start-over, catch-up and films: what a channel sent is there again, from memory or from disk.
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::faults::{pictures, wait_until};
use super::protected::{SECRET, stretches, url_safe};
use super::{Pushing, boxes, later, playlist, push, stream, streams};
use crate::playback::media_playlists;
use crate::support::client::{fetch, fetch_text};
use crate::support::clock::NodeClock;
use crate::support::media::{frames, packets, piped_packets};
use crate::support::{Curl, Node, Serve};

fn a_minute_ago() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() - 60
}

/// A channel with a short window, and with another key for every so many segments.
fn short(rotate_segments: u32, lines: &str) -> Serve {
    Serve::live("", "").mount(&format!(
        "target_duration = \"2s\"\nprotections = [\"clear\", \"cenc\", \"cbcs\"]\n\
         clearkey_licence_server = true\n\
         [mount.keys]\nprovider = \"derived\"\nsecret = \"hex:{SECRET}\"\n\
         [mount.drm]\nrotate_segments = {rotate_segments}\n\
         [mount.live]\nwindow = \"6s\"\n{lines}"
    ))
}

/// A channel that is recorded, and a mount with the films that are made of it.
fn recording(folder: &TempDir) -> Serve {
    recording_under(2, folder)
}

fn recording_under(rotate_segments: u32, folder: &TempDir) -> Serve {
    let folder = folder.path().display();
    let lines = format!(
        "[mount.live.recording]\ndirectory = \"{folder}\"\nharvest_directory = \"{folder}\"\n\
         [[mount.live.channel]]\nname = \"news\"\n\
         [[mount]]\npath = \"/films\"\nroot = \"{folder}\"\n"
    );
    short(rotate_segments, &lines)
}

/// All segments are on disk: five of pictures, six of sound.
fn wait_for_disk(node: &Node) {
    wait_for_metric(
        node,
        "edgepack_recording_segments_total{channel=\"news\",mount=\"live\"} 11",
    );
}

/// Until this is a line of the metrics.
pub(super) fn wait_for_metric(node: &Node, line: &str) {
    let begun = Instant::now();
    loop {
        let metrics = fetch_text(&format!("{}/metrics", node.admin));
        if metrics.lines().any(|it| it == line) {
            return;
        }
        let recorded: Vec<&str> = metrics
            .lines()
            .filter(|line| line.starts_with("edgepack_recording"))
            .collect();
        let patience = Duration::from_secs(20);
        assert!(begun.elapsed() < patience, "{line}: {recorded:#?}");
        std::thread::yield_now();
    }
}

fn pushed(node: &Node) {
    for name in ["video.mp4", "audio.mp4"] {
        push(node, name).expect(200);
    }
    wait_until(node, "ended");
    // Tracks have their names from the first who asks.
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
}

#[test]
fn who_starts_over_gets_what_left_memory_from_disk() {
    let folder = TempDir::new().unwrap();
    let node = recording(&folder).start();
    pushed(&node);
    wait_for_disk(&node);
    let start = a_minute_ago();
    let base = format!("{}/live/news/clear", node.http);
    let source = pictures("video.mp4");
    let live = frames(&playlist(&node, "v180"), "0:v:0", &[]);
    assert!(live.len() < source.len(), "the window holds it all");
    let multivariant = format!("{base}/index.m3u8?start={start}");
    let playlists = media_playlists(&multivariant);
    for playlist in &playlists {
        assert!(playlist.contains("/index.m3u8?start="), "{playlist}");
        let text = fetch_text(playlist);
        assert!(text.contains("#EXT-X-PLAYLIST-TYPE:EVENT"), "{text}");
        assert!(!text.contains("#EXT-X-PART"), "{text}");
        assert!(text.ends_with("#EXT-X-ENDLIST\n"), "{text}");
    }
    assert_eq!(frames(&multivariant, "0:v:0", &[]), source);
    let mpd = format!("{base}/manifest.mpd?start={start}");
    assert_eq!(frames(&mpd, "0:v:0", &[]), source);
    // Some of it: the segments that have a moment of the stretch in them.
    let dates = fetch_text(&playlists[1]);
    let dates: Vec<&str> = dates
        .lines()
        .filter_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"))
        .collect();
    assert_eq!(dates.len(), 5, "{dates:?}");
    let some = format!("{base}/index.m3u8?start={}&end={}", dates[1], dates[3]);
    assert_eq!(frames(&some, "0:v:0", &[]), source[50..150]);
}

/// A hundred seconds, sent at once to a node whose clock stands some minutes back then.
#[test]
fn who_catches_up_gets_more_than_a_minute_from_disk() {
    const TIMES: u64 = 10;
    let Some(clock) = NodeClock::ahead(-300) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let lines = format!(
        "window = \"6s\"\n[mount.live.recording]\ndirectory = \"{}\"",
        folder.path().display()
    );
    let node = clock.of(Serve::live(&lines, "")).start();
    let bytes = stream("video.mp4");
    let (media, end) = (boxes(&bytes, b"moof")[0], boxes(&bytes, b"mfra")[0]);
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..media]);
    for turn in 0..TIMES {
        pushing.send(&later(&bytes[media..end], turn * 10 * 12_800));
    }
    pushing.send(&bytes[end..]);
    assert!(pushing.end().ends_with("200"));
    wait_for_metric(
        &node,
        "edgepack_recording_segments_total{channel=\"news\",mount=\"live\"} 50",
    );
    let base = format!("{}/live/news/clear", node.http);
    fetch(&format!("{base}/index.m3u8"));
    let text = fetch_text(&format!(
        "{base}/v180/index.m3u8?start={}",
        a_minute_ago() - 540
    ));
    let dates: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"))
        .collect();
    assert_eq!(dates.len(), 50, "{text}");
    clock.set(0);
    let source = vec![pictures("video.mp4"); 10].concat();
    for (from, to, shown) in [(0, 49, &source[..2450]), (5, 45, &source[250..2250])] {
        let query = format!("start={}&end={}", dates[from], dates[to]);
        let text = fetch_text(&format!("{base}/v180/index.m3u8?{query}"));
        assert!(text.contains("#EXT-X-PLAYLIST-TYPE:VOD"), "{text}");
        assert_eq!(text.matches("#EXTINF").count(), to - from, "{text}");
        assert!(!text.contains("#EXT-X-GAP"), "{text}");
        assert!(text.ends_with("#EXT-X-ENDLIST\n"), "{text}");
        let mpd = fetch_text(&format!("{base}/manifest.mpd?{query}"));
        assert!(mpd.contains("type=\"static\""), "{mpd}");
        let form = if from == 0 {
            "manifest.mpd"
        } else {
            "index.m3u8"
        };
        let seen = frames(&format!("{base}/{form}?{query}"), "0:v:0", &[]);
        assert_eq!(seen.len(), shown.len(), "{form}?{query}");
        assert!(seen == shown, "{form}?{query}");
    }
}

#[test]
fn stretches_that_are_none_are_refused() {
    let folder = TempDir::new().unwrap();
    let node = recording(&folder).start();
    pushed(&node);
    for form in ["index.m3u8", "manifest.mpd", "v180/index.m3u8"] {
        let ask = |query: &str| {
            let url = format!("{}/live/news/clear/{form}?{query}", node.http);
            Curl::get(&url).run()
        };
        for query in ["end=1800000000", "start=yesterday", "start=5&end=4"] {
            assert_eq!(ask(query).expect(400).reason(), "bad-stretch", "{query}");
        }
        if form != "index.m3u8" {
            let gone = ask("start=1000000000&end=1000000060").expect(404);
            assert_eq!(gone.reason(), "no-such-stretch");
        }
    }
}

#[test]
fn what_an_earlier_life_of_the_node_recorded_decrypts_under_its_keys() {
    let folder = TempDir::new().unwrap();
    let mut node = recording(&folder).start();
    pushed(&node);
    wait_for_disk(&node);
    node.signal("-KILL");
    node.wait_for_exit();
    let node = recording(&folder).start();
    pushed(&node);
    wait_for_disk(&node);
    let start = a_minute_ago();
    for protection in ["cenc", "cbcs"] {
        let base = format!("{}/live/news/{protection}", node.http);
        let playlists = media_playlists(&format!("{base}/index.m3u8?start={start}"));
        for (playlist, file, stream) in [
            (&playlists[1], "video.mp4", "0:v:0"),
            (&playlists[0], "audio.mp4", "0:a:0"),
        ] {
            let (below, _) = playlist.split_once("index.m3u8").unwrap();
            let text = fetch_text(playlist);
            let stretches = stretches(&text);
            assert!(stretches.len() >= 6, "{text}");
            let mut seen = Vec::new();
            for stretch in &stretches {
                let mut bytes = fetch(&format!("{below}{}", stretch.header));
                for segment in &stretch.segments {
                    bytes.extend(fetch(&format!("{below}{segment}")));
                }
                let key = hex::encode(fetch(&format!("{base}/{}.key", stretch.kid)));
                seen.extend(piped_packets(bytes, stream, &["-decryption_key", &key]));
            }
            let source = streams().join(file).display().to_string();
            let source = packets(&source, stream);
            assert_eq!(seen, [&source[..], &source[..]].concat(), "{text}");
        }
    }
}

#[test]
fn a_licence_of_a_stretch_comes_from_a_node_that_never_showed_it() {
    let folder = TempDir::new().unwrap();
    // The first segment's key is its own: it has left the window of whoever begins in the same moment, too.
    let mut node = recording_under(1, &folder).start();
    pushed(&node);
    wait_for_disk(&node);
    let start = a_minute_ago();
    let base = format!("{}/live/news/cenc", node.http);
    let playlist = media_playlists(&format!("{base}/index.m3u8?start={start}"));
    let text = fetch_text(&playlist[0]);
    let kid = stretches(&text)[0].kid.clone();
    let key = fetch(&format!("{base}/{kid}.key"));
    let licence = text
        .split("URI=\"")
        .find(|of| of.contains("/clearkey"))
        .unwrap();
    let licence = licence.split('"').next().unwrap();
    let licence = licence.strip_prefix(&node.http).unwrap().to_owned();
    node.signal("-KILL");
    node.wait_for_exit();
    let node = recording_under(1, &folder).start();
    pushed(&node);
    let ask = |path: &str| {
        let kid = url_safe(&hex::decode(&kid).unwrap());
        let body = format!("{{\"kids\":[\"{kid}\"],\"type\":\"temporary\"}}");
        let url = format!("{}{path}", node.http);
        Curl::get(&url).arg("-d").arg(&body).run()
    };
    let (at_the_edge, _) = licence.split_once('?').unwrap();
    ask(at_the_edge).expect(404);
    let answer: serde_json::Value =
        serde_json::from_slice(&ask(&licence).expect(200).body).unwrap();
    assert_eq!(answer["keys"][0]["k"], url_safe(&key).as_str());
}

#[test]
fn a_film_of_a_recording_is_served_as_it_was_sent() {
    let folder = TempDir::new().unwrap();
    let node = recording(&folder).start();
    pushed(&node);
    wait_for_disk(&node);
    let harvest = |query: &str| {
        let url = format!("{}/channels/live/news/harvest?{query}", node.admin);
        Curl::get(&url).arg("-X").arg("POST").run()
    };
    let start = a_minute_ago();
    let end = start + 3600;
    harvest(&format!("start={start}&end={end}&to=../evening")).expect(400);
    harvest("start=1000000000&end=1000000060&to=evening").expect(404);
    let made = harvest(&format!("start={start}&end={end}&to=evening")).expect(201);
    let film: serde_json::Value = serde_json::from_slice(&made.body).unwrap();
    assert_eq!(film["duration_ms"], 10_000, "{film}");
    assert_eq!(film["tracks"].as_array().unwrap().len(), 2, "{film}");
    let served = format!("{}/films/evening.mp4/clear/index.m3u8", node.http);
    assert_eq!(frames(&served, "0:v:0", &[]), pictures("video.mp4"));
    let sound = |input: &str| packets(input, "0:a:0").len();
    let source = streams().join("audio.mp4").display().to_string();
    assert!(sound(&served).abs_diff(sound(&source)) <= 1);
}

#[test]
fn what_left_the_window_a_moment_ago_is_there_under_its_own_key() {
    let node = short(1, "[[mount.live.channel]]\nname = \"news\"\n").start();
    pushed(&node);
    let base = format!("{}/live/news/cbcs", node.http);
    let text = fetch_text(&format!("{base}/v180/index.m3u8"));
    let first = &stretches(&text)[0].segments[0];
    let (epoch, number) = first.trim_end_matches(".m4s").split_once('-').unwrap();
    let number: u64 = number.parse().unwrap();
    let left = number - 1;
    let mut bytes = fetch(&format!("{base}/v180/init-{epoch}-0.{left}.mp4"));
    let kid = bytes.windows(4).position(|of| of == b"tenc").unwrap();
    // Version 1 with a pattern: version and flags, reserved, pattern, is protected, IV size, KID.
    let kid = hex::encode(&bytes[kid + 12..kid + 28]);
    bytes.extend(fetch(&format!("{base}/v180/{epoch}-{left}.m4s")));
    let key = hex::encode(fetch(&format!("{base}/{kid}.key")));
    let shown = packets(&streams().join("video.mp4").display().to_string(), "0:v:0");
    let shown_then = piped_packets(bytes, "0:v:0", &["-decryption_key", &key]);
    assert_eq!(shown_then.len(), 50);
    assert!(shown.windows(50).any(|of| of == shown_then), "another key");
}

#[test]
fn keys_of_periods_that_nothing_was_sent_in_are_nobodys() {
    let folder = TempDir::new().unwrap();
    let node = recording(&folder).start();
    pushed(&node);
    wait_for_disk(&node);
    let base = format!("{}/live/news/cbcs/v180", node.http);
    let text = fetch_text(&format!("{base}/index.m3u8"));
    let header = &stretches(&text)[0].header;
    fetch(&format!("{base}/{header}"));
    let (stem, period) = header.trim_end_matches(".mp4").rsplit_once('.').unwrap();
    let period: u64 = period.parse().unwrap();
    for other in [period + 5000, period - 5000, 0] {
        let url = format!("{base}/{stem}.{other}.mp4");
        Curl::get(&url).run().expect(404);
    }
}
