#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::{Pushed, folder_of_segment, is_folders_header, pushed};

fn key(stream: &str) -> String {
    match pushed(stream) {
        Pushed::Track(key) => key,
        Pushed::Manifest => panic!("{stream} is no media"),
    }
}

#[test]
fn header_and_segments_of_a_track_share_a_key() {
    for (header, media) in [
        ("init-stream0.m4s", "chunk-stream0-00017.m4s"),
        ("init_0.mp4", "seg_0_17.m4s"),
        ("v360/init.mp4", "v360/17.m4s"),
        ("v360/init.mp4", "v360/segment-17.m4s"),
        ("a-en/init-1.mp4", "a-en/1-00000044.m4s"),
        ("Streams(video1)", "Streams(video1)"),
        ("video-1080.cmfv", "video-1080.cmfv"),
    ] {
        assert_eq!(key(header), key(media), "{header} and {media}");
    }
}

#[test]
fn tracks_have_different_keys() {
    let headers = [
        "init-stream0.m4s",
        "init-stream1.m4s",
        "init_0.mp4",
        "init_1.mp4",
        "v360/init.mp4",
        "v180/init.mp4",
        "Streams(video1)",
        "Streams(video2)",
        "Streams(v180-2.cmfv)",
        "Streams(v180-3.cmfv)",
        "video.cmfv",
        "audio.cmfa",
    ];
    let mut keys: Vec<String> = headers.map(key).to_vec();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), headers.len(), "{keys:?}");
}

#[test]
fn manifests_of_the_encoder_are_told_apart() {
    assert_eq!(pushed("manifest.mpd"), Pushed::Manifest);
    assert_eq!(pushed("v360/index.m3u8"), Pushed::Manifest);
}

#[test]
fn a_segment_that_names_no_track_is_of_the_folders_header() {
    for (header, media) in [
        ("init.mp4", "live17.m4s"),
        ("v/init_0.mp4", "v/17.m4s"),
        ("v/init.mp4", "v/live0.m4s"),
    ] {
        let folder = folder_of_segment(media).unwrap();
        assert!(is_folders_header(&key(header), folder), "{header}, {media}");
    }
    for media in ["chunk-stream1-00001.m4s", "seg_1_17.m4s", "audio.cmfa"] {
        assert_eq!(folder_of_segment(media), None, "{media}");
    }
    for (header, folder) in [
        ("init-stream0.m4s", ""),
        ("v/init.mp4", ""),
        ("video.cmfv", ""),
        ("vv/init.mp4", "v"),
    ] {
        assert!(!is_folders_header(&key(header), folder), "{header}");
    }
}
