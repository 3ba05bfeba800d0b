//! What viewers see when a clock is set, the node's or an encoder's.
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::faults::{count, pictures, wait_until};
use super::outages::{names, shown, wait_for_parts};
use super::{Pushing, boxes, playlist, push, stream};
use crate::support::client::fetch_text;
use crate::support::clock::NodeClock;
use crate::support::media::frames;
use crate::support::{Curl, Serve};

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
pub(super) fn dates(text: &str) -> Vec<f64> {
    let dates = text
        .lines()
        .filter_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"));
    dates.map(unix_s).collect()
}

fn unix_s(date: &str) -> f64 {
    let time = humantime::parse_rfc3339(date.trim()).unwrap();
    time.duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

fn now_s() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs_f64()
}

/// Segments of two seconds, one behind the other.
fn are_even(dates: &[f64]) -> bool {
    let mut pairs = dates.windows(2);
    pairs.all(|pair| (pair[1] - pair[0] - 2.0).abs() < 0.01)
}

#[test]
fn an_encoders_clock_that_steps_moves_nothing_that_was_said() {
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let begun = now_s();
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
    assert!(are_even(&dates), "{dates:?}");
    assert_eq!(
        frames(&playlist(&node, "v180"), "0:v:0", &[]),
        pictures("video.mp4")
    );
}

/// The node's clock is set by so many seconds in the middle of a segment.
fn after_a_step(seconds: i64) {
    let Some(clock) = NodeClock::ahead(0) else {
        return;
    };
    // A silence of the clock's alone is none.
    let node = clock.of(Serve::live("stale_after = \"8s\"", "")).start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..moofs[9]]);
    wait_until(&node, "live");
    wait_for_parts(&node, 9);
    let before = shown(&node);
    let first = before.split("#EXT-X-MEDIA-SEQUENCE:").nth(1).unwrap();
    let first: usize = first.lines().next().unwrap().parse().unwrap();
    let growing = first + count(&before, "#EXTINF");
    let folder = format!("{}/live/news/clear", node.http);
    let waiting = format!("{}?_HLS_msn={growing}", playlist(&node, "v180"));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| fetch_text(&waiting));
        while node.metric("edgepack_live_waiting_requests") < 1.0 {
            std::thread::yield_now();
        }
        clock.set(seconds);
        // Who waits does so for media.
        pushing.send(&bytes[moofs[9]..moofs[12]]);
        let text = waits.join().unwrap();
        assert_eq!(count(&text, "#EXTINF"), growing - first + 1, "{text}");
    });
    for form in ["index.m3u8", "manifest.mpd", "v180/index.m3u8"] {
        Curl::get(&format!("{folder}/{form}")).run().expect(200);
    }
    let by = unix_s(&fetch_text(&format!("{folder}/time"))) - now_s();
    assert!((by - seconds as f64).abs() < 5.0, "{by}");
    pushing.send(&bytes[moofs[12]..]);
    assert!(pushing.end().ends_with("200"));
    wait_until(&node, "ended");
    let text = shown(&node);
    assert_eq!(count(&text, "#EXT-X-GAP"), 0, "{text}");
    assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 0, "{text}");
    let (said, all) = (dates(&before), dates(&text));
    assert_eq!(all[..said.len()], said);
    assert!(all.len() == 5 && are_even(&all), "{all:?}");
    assert_eq!(
        frames(&playlist(&node, "v180"), "0:v:0", &[]),
        pictures("video.mp4")
    );
    let mpd = fetch_text(&format!("{folder}/manifest.mpd"));
    assert_eq!(mpd.matches("<Period ").count(), 1, "{mpd}");
    // The next time line goes by the clock as it is, but begins no earlier than the last ended.
    push(&node, "video.mp4").expect(200);
    let text = shown(&node);
    let dates = dates(&text);
    assert_eq!(dates.len(), 10, "{text}");
    assert_eq!(dates[..5], all, "{text}");
    assert!(dates[5] > all[4] + 1.99 && are_even(&dates[5..]), "{text}");
}

#[test]
fn a_nodes_clock_that_steps_moves_nothing_that_was_said() {
    std::thread::scope(|scope| {
        for seconds in [10, -10] {
            scope.spawn(move || after_a_step(seconds));
        }
    });
}

#[test]
fn a_node_that_comes_back_with_its_clock_set_back_names_nothing_twice() {
    let Some(clock) = NodeClock::ahead(0) else {
        return;
    };
    let recordings = TempDir::new().unwrap();
    let lines = format!(
        "[mount.live.recording]\ndirectory = \"{}\"",
        recordings.path().display()
    );
    let life = || {
        let mut node = clock.of(Serve::live(&lines, "")).start();
        push(&node, "video.mp4").expect(200);
        while node.metric("edgepack_recording_segments_total") < 5.0 {
            std::thread::yield_now();
        }
        let text = shown(&node);
        node.signal("-KILL");
        node.wait_for_exit();
        names(&text)
    };
    let before = life();
    clock.set(-10);
    let after = life();
    assert!(after.iter().all(|name| !before.contains(name)), "{after:?}");
}
