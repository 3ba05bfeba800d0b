//! What viewers see, and what is lost, when encoders fail.
use super::protected::SECRET;
use super::{Pushing, boxes, playlist, push, stream, streams};
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{frames, piped_frames};
use crate::support::{Curl, Node, Serve};

/// Until the operator's port says so of the channel.
pub(super) fn wait_until(node: &Node, health: &str) {
    let url = format!("{}/readyz/live/news", node.admin);
    while !Curl::get(&url).run().text().starts_with(health) {
        std::thread::yield_now();
    }
}

pub(super) fn count(text: &str, tag: &str) -> usize {
    text.lines().filter(|line| line.starts_with(tag)).count()
}

pub(super) fn pictures(name: &str) -> Vec<String> {
    frames(&streams().join(name).display().to_string(), "0:v:0", &[])
}

#[test]
fn a_silent_channel_answers_as_configured_until_media_comes_again() {
    let node = Serve::live("stale_after = \"2s\"\nstale_status = 503", "").start();
    let ready = format!("{}/readyz/live/news", node.admin);
    assert_eq!(Curl::get(&ready).run().expect(503).text(), "waiting\n");
    Curl::get(&format!("{}/readyz/live/sports", node.admin))
        .run()
        .expect(404);
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..moofs[9]]);
    wait_until(&node, "live");
    let multivariant = format!("{}/live/news/clear/index.m3u8", node.http);
    Curl::get(&multivariant).run().expect(200);
    wait_until(&node, "stale");
    let stale = Curl::get(&multivariant).run().expect(503);
    assert_eq!(stale.reason(), "channel-stale");
    Curl::get(&playlist(&node, "v180")).run().expect(503);
    // The node itself is well.
    Curl::get(&format!("{}/readyz", node.admin))
        .run()
        .expect(200);
    pushing.send(&bytes[moofs[9]..moofs[19]]);
    wait_until(&node, "live");
    Curl::get(&multivariant).run().expect(200);
    // `mfra` behind the last chunk says that nothing will follow.
    pushing.send(&bytes[moofs[19]..]);
    wait_until(&node, "ended");
    // Answered when the encoder has been let go.
    assert!(pushing.end().ends_with("200"));
    assert_eq!(
        frames(&playlist(&node, "v180"), "0:v:0", &[]),
        pictures("video.mp4")
    );
    let metrics = fetch_text(&format!("{}/metrics", node.admin));
    let of = "{channel=\"news\",mount=\"live\"}";
    assert!(
        metrics.contains(&format!(
            "edgepack_live_ingest_bytes_total{of} {}",
            bytes.len()
        )),
        "{metrics}"
    );
    assert!(
        metrics.contains(&format!("edgepack_live_encoders{of} 0")),
        "{metrics}"
    );
}

#[test]
fn one_of_two_encoders_dies_and_nothing_is_missing() {
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let [mut first, mut second] =
        ["video.mp4?encoder=a", "video.mp4?encoder=b"].map(|name| Pushing::begin(&node, name));
    first.send(&bytes[..moofs[7]]);
    second.send(&bytes[..moofs[6]]);
    // Both are on the air.
    while node.metric("edgepack_live_ingest_bytes_total") < (moofs[7] + moofs[6]) as f64 {
        std::thread::yield_now();
    }
    // In the middle of a chunk.
    first.send(&bytes[moofs[7]..(moofs[7] + moofs[8]) / 2]);
    drop(first);
    second.send(&bytes[moofs[6]..]);
    assert!(second.end().ends_with("200"));
    wait_until(&node, "ended");
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    let url = playlist(&node, "v180");
    let text = fetch_text(&url);
    assert_eq!(
        count(&text, "#EXT-X-DISCONTINUITY\n") + count(&text, "#EXT-X-GAP"),
        0,
        "{text}"
    );
    assert_eq!(frames(&url, "0:v:0", &[]), pictures("video.mp4"));
}

#[test]
fn an_encoder_that_begins_anew_is_a_discontinuity_in_every_track() {
    let node = Serve::live("", "").start();
    for _ in 0..2 {
        push(&node, "video.mp4").expect(200);
        push(&node, "audio.mp4").expect(200);
    }
    let multivariant = format!("{}/live/news/clear/index.m3u8", node.http);
    let playlists = crate::playback::media_playlists(&multivariant);
    for url in &playlists {
        let text = fetch_text(url);
        assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 1, "{text}");
    }
    // What comes before it and what comes behind, each by itself: times begin anew.
    let folder = playlists[1].trim_end_matches("index.m3u8");
    let text = fetch_text(&playlists[1]);
    let header = text.split("#EXT-X-MAP:URI=\"").nth(1).unwrap();
    let header = fetch(&format!("{folder}{}", header.split('"').next().unwrap()));
    for life in text.split("#EXT-X-DISCONTINUITY\n") {
        let mut bytes = header.clone();
        let segments = life
            .lines()
            .filter(|line| line.ends_with(".m4s") && !line.starts_with('#'));
        segments.for_each(|name| bytes.extend(fetch(&format!("{folder}{name}"))));
        assert_eq!(
            piped_frames(bytes, "0:v:0", &[]),
            pictures("video.mp4"),
            "{text}"
        );
    }
}

#[test]
fn a_hole_is_told_and_not_hidden() {
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut pushing = Pushing::begin(&node, "video.mp4");
    // Four chunks make a segment; the third segment never comes.
    pushing.send(&bytes[..moofs[8]]);
    pushing.send(&bytes[moofs[12]..]);
    assert!(pushing.end().ends_with("200"));
    wait_until(&node, "ended");
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    let text = fetch_text(&playlist(&node, "v180"));
    assert_eq!(count(&text, "#EXT-X-GAP"), 1, "{text}");
    let gap = text.lines().skip_while(|line| *line != "#EXT-X-GAP");
    let name = gap.into_iter().find(|line| line.ends_with(".m4s")).unwrap();
    let url = playlist(&node, "v180").replace("index.m3u8", name);
    Curl::get(&url).run().expect(404);
}

#[test]
fn malformed_media_is_refused_and_the_channel_goes_on() {
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let (moofs, mdats) = (boxes(&bytes, b"moof"), boxes(&bytes, b"mdat"));
    let push_bytes = |bytes: &[u8]| {
        let mut pushing = Pushing::begin(&node, "video.mp4");
        pushing.send(bytes);
        pushing.end()
    };
    assert!(push_bytes(&bytes[..moofs[4]]).ends_with("200"));
    // A part of 1 GiB.
    let mut huge = bytes[moofs[4]..mdats[4]].to_vec();
    huge.extend(0x4000_0000_u32.to_be_bytes());
    huge.extend(b"mdat");
    assert!(push_bytes(&huge).ends_with("413"));
    // Samples that are larger than the media that came.
    let mut short = bytes[moofs[4]..mdats[4]].to_vec();
    short.extend(16_u32.to_be_bytes());
    short.extend(b"mdat12345678");
    assert!(push_bytes(&short).ends_with("400"));
    // Another track's fragment: `tfhd` names a track that the header lacks.
    let mut other = bytes[moofs[4]..moofs[5]].to_vec();
    let tfhd = other.windows(4).position(|it| it == b"tfhd").unwrap();
    other[tfhd + 8..tfhd + 12].copy_from_slice(&77_u32.to_be_bytes());
    assert!(push_bytes(&other).ends_with("412"));
    assert!(push_bytes(&bytes[moofs[4]..]).ends_with("200"));
    wait_until(&node, "ended");
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    assert_eq!(
        frames(&playlist(&node, "v180"), "0:v:0", &[]),
        pictures("video.mp4")
    );
}

/// As encoders send them that open a connection for each file and wait for no answer.
#[test]
fn media_that_are_read_before_their_header_wait_for_it() {
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut media = Pushing::begin(&node, "chunk-stream0-00001.m4s");
    media.send(&bytes[moofs[0]..]);
    let mut header = Pushing::begin(&node, "init-stream0.m4s");
    header.send(&bytes[..moofs[0]]);
    assert!(header.end().ends_with("200"));
    assert!(media.end().ends_with("200"));
    wait_until(&node, "ended");
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    assert_eq!(
        frames(&playlist(&node, "v180"), "0:v:0", &[]),
        pictures("video.mp4")
    );
    // Of another track, whose header never comes.
    let mut alone = Pushing::begin(&node, "chunk-stream1-00001.m4s");
    alone.send(&bytes[moofs[0]..]);
    assert!(alone.answer().ends_with("412"));
}

#[test]
fn a_channel_that_has_not_begun_answers_as_a_stale_one() {
    let start = "?start=1800000000";
    for (status, lines) in [(404, ""), (503, "stale_status = 503\n")] {
        let node = Serve::live("", "")
            .mount(&format!(
                "protections = [\"clear\", \"cenc\"]\n[mount.keys]\nprovider = \"derived\"\n\
                 secret = \"hex:{SECRET}\"\n[mount.live]\n{lines}\
                 [[mount.live.channel]]\nname = \"news\"\n"
            ))
            .start();
        for form in [
            "clear/index.m3u8",
            "cenc/manifest.mpd",
            "cenc/v180/index.m3u8",
        ] {
            for query in ["", start] {
                let url = format!("{}/live/news/{form}{query}", node.http);
                let nothing = Curl::get(&url).run().expect(status);
                assert_eq!(nothing.reason(), "channel-not-begun", "{url}");
            }
        }
    }
}

#[test]
fn a_later_life_has_names_of_its_own() {
    let name = || {
        let node = Serve::live("", "").start();
        push(&node, "video.mp4").expect(200);
        fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
        let text = fetch_text(&playlist(&node, "v180"));
        let mut names = text.lines().filter(|line| line.ends_with(".m4s"));
        names.next().unwrap().split('-').next().unwrap().to_owned()
    };
    assert_ne!(name(), name());
}
