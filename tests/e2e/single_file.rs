//! The on-demand profiles: a rendition as one file whose byte ranges are its segments.
use crate::support::client::{Curl, fetch, fetch_text};
use crate::support::media::{frames, piped_frames};
use crate::support::{Serve, media};

fn source(stream: &str) -> Vec<String> {
    let file = media::root().join("film.mp4");
    frames(file.to_str().unwrap(), stream, &[])
}

#[test]
fn both_on_demand_manifests_decode_as_the_source() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/film.mp4/clear", node.http);
    let mpd = format!("{base}/ondemand.mpd");
    assert!(fetch_text(&mpd).contains("SegmentBase"));
    for stream in ["0:v:0", "0:a:0"] {
        assert_eq!(
            frames(&mpd, stream, &[]),
            source(stream),
            "{stream} through DASH"
        );
    }
    let multivariant = fetch_text(&format!("{base}/ondemand.m3u8"));
    let variant = multivariant
        .lines()
        .find(|line| line.starts_with('v'))
        .unwrap();
    assert!(fetch_text(&format!("{base}/{variant}")).contains("#EXT-X-BYTERANGE"));
    assert_eq!(
        frames(&format!("{base}/{variant}"), "0:v:0", &[]),
        source("0:v:0"),
        "through HLS"
    );
}

#[test]
fn the_whole_file_is_the_header_its_index_and_all_segments() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/film.mp4/clear", node.http);
    let multivariant = fetch_text(&format!("{base}/index.m3u8"));
    let variant = multivariant
        .lines()
        .find(|line| line.starts_with('v'))
        .unwrap();
    let track = variant.trim_end_matches("/index.m3u8");
    let whole = Curl::get(&format!("{base}/{track}/media.mp4"))
        .run()
        .expect(200);
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let header = fetch(&format!("{base}/{track}/init.mp4"));
    assert!(whole.body.starts_with(&header));
    let segments: Vec<Vec<u8>> = fetch_text(&format!("{base}/{variant}"))
        .lines()
        .filter(|line| line.ends_with(".m4s"))
        .map(|line| fetch(&format!("{base}/{track}/{line}")))
        .collect();
    assert!(whole.body.ends_with(&segments.concat()));
    assert_eq!(
        piped_frames(whole.body.clone(), "0:v:0", &[]),
        source("0:v:0")
    );

    // Across the border of two segments.
    let border = whole.body.len() - segments.last().unwrap().len();
    let (from, to) = (border - 1000, border + 999);
    let part = Curl::get(&format!("{base}/{track}/media.mp4"))
        .header(&format!("Range: bytes={from}-{to}"))
        .run()
        .expect(206);
    assert_eq!(part.body, whole.body[from..=to]);
    assert_eq!(
        part.header("content-range"),
        format!("bytes {from}-{to}/{}", whole.body.len())
    );
    let head = Curl::get(&format!("{base}/{track}/media.mp4"))
        .arg("-I")
        .run()
        .expect(200);
    assert_eq!(head.header("content-length"), whole.body.len().to_string());
}

#[test]
fn an_encrypted_picture_is_not_offered_as_one_file() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/film.mp4/cenc", node.http);
    let multivariant = fetch_text(&format!("{base}/index.m3u8"));
    let variant = multivariant
        .lines()
        .find(|line| line.starts_with('v'))
        .unwrap();
    let track = variant.trim_end_matches("/index.m3u8");
    let answer = Curl::get(&format!("{base}/{track}/media.mp4"))
        .run()
        .expect(404);
    assert_eq!(answer.reason(), "no-such-form");
}
