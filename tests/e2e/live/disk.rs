//! What viewers see, and what a recording has, when the disk is full.
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::faults::{count, pictures, wait_until};
use super::outages::{decoded, recorded, shown, wait_for_parts};
use super::stretches::wait_for_metric;
use super::{Pushing, boxes, playlist, push, stream};
use crate::support::client::{fetch, fetch_text};
use crate::support::media::piped_frames;
use crate::support::volume::Volume;
use crate::support::{Curl, Node, Serve};

const SEGMENTS: &str = "edgepack_recording_segments_total{channel=\"news\",mount=\"live\"}";
const LOST: &str =
    "edgepack_recording_lost_segments_total{channel=\"news\",mount=\"live\",reason=\"disk\"}";
const FAILING: &str = "edgepack_recording_failing{channel=\"news\",mount=\"live\"}";

/// Recorded below this folder, with a window of three segments.
fn recording(folder: &Path) -> Serve {
    let folder = folder.display();
    let lines = format!(
        "window = \"6s\"\n[mount.live.recording]\ndirectory = \"{folder}\"\nverify = \"all\""
    );
    Serve::live(&lines, "")
}

fn started_over(node: &Node, start: u64) -> String {
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    fetch_text(&format!("{}?start={start}", playlist(node, "v180")))
}

/// The recording, taken along.
fn copy(from: &Path) -> TempDir {
    let to = TempDir::new().unwrap();
    for file in ["mp4", "idx"].iter().flat_map(|kind| recorded(from, kind)) {
        let copied = to.path().join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(copied.parent().unwrap()).unwrap();
        std::fs::copy(file, copied).unwrap();
    }
    to
}

#[test]
fn a_full_disk_costs_the_recording_what_came_meanwhile_and_viewers_nothing() {
    let Some(volume) = Volume::new() else {
        return;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let start = now.as_secs() - 60;
    let node = volume.of(recording(volume.folder())).start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let pictures = pictures("video.mp4");
    // Chunks of 13 pictures, segments of 50: the first one is whole.
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..moofs[4]]);
    wait_for_metric(&node, &format!("{SEGMENTS} 1"));
    volume.fill(&node);
    pushing.send(&bytes[moofs[4]..moofs[12]]);
    wait_for_metric(&node, &format!("{LOST} 2"));
    wait_for_metric(&node, &format!("{FAILING} 1"));
    // Viewers have what came, to the last part.
    wait_until(&node, "live");
    wait_for_parts(&node, 12);
    let text = shown(&node);
    assert_eq!(count(&text, "#EXT-X-GAP"), 0, "{text}");
    assert_eq!(decoded(&node, &text), pictures[..150], "{text}");
    let mpd = format!("{}/live/news/clear/manifest.mpd", node.http);
    Curl::get(&mpd).run().expect(200);

    volume.make_room(&node);
    pushing.send(&bytes[moofs[12]..]);
    assert!(pushing.end().ends_with("200"));
    wait_for_metric(&node, &format!("{SEGMENTS} 3"));
    wait_for_metric(&node, &format!("{FAILING} 0"));
    wait_for_metric(&node, &format!("{LOST} 2"));
    // The third segment is in memory still.
    let text = started_over(&node, start);
    assert_eq!(count(&text, "#EXT-X-GAP"), 1, "{text}");
    assert_eq!(
        decoded(&node, &text),
        [&pictures[..50], &pictures[100..]].concat(),
        "{text}"
    );
    let log = node.written();
    for said in ["the recording cannot be written", "can be written again"] {
        assert_eq!(log.matches(said).count(), 1, "{log}");
    }

    // What is on disk is whole: for who reads the file, and for the next process.
    let taken = copy(&volume.seen_from_outside(&node));
    drop(node);
    let on_disk: Vec<String> = recorded(taken.path(), "mp4")
        .iter()
        .flat_map(|file| piped_frames(std::fs::read(file).unwrap(), "0:v:0", &[]))
        .collect();
    let kept = [&pictures[..50], &pictures[150..]].concat();
    assert_eq!(on_disk, kept);
    let node = recording(taken.path()).start();
    push(&node, "video.mp4").expect(200);
    wait_for_metric(&node, &format!("{SEGMENTS} 5"));
    let text = started_over(&node, start);
    assert_eq!(count(&text, "#EXT-X-GAP"), 2, "{text}");
    assert_eq!(decoded(&node, &text), [kept, pictures].concat(), "{text}");
}
