//! One set of bytes, whatever protocol and client; ranges and preconditions of it.
use crate::playback::media_playlists;
use crate::support::client::fetch;
use crate::support::{Curl, Node, Serve, media, tools};

fn start() -> (Node, String) {
    let node = Serve::all(media::root()).start();
    let playlists = media_playlists(&format!("{}/vod/ladder/clear/index.m3u8", node.http));
    let path = playlists[1]
        .replace(&node.http, "")
        .replace("index.m3u8", "1.m4s");
    (node, path)
}

#[test]
fn http_1_and_2_bring_the_same_bytes_plain_and_over_tls() {
    let (node, path) = start();
    let plain = Curl::get(&format!("{}{path}", node.http)).run().expect(200);
    let tls = Curl::get(&format!("{}{path}", node.https))
        .arg("--http1.1")
        .run()
        .expect(200);
    let h2 = Curl::get(&format!("{}{path}", node.https))
        .arg("--http2")
        .run()
        .expect(200);
    assert_eq!(
        (
            plain.version.as_str(),
            tls.version.as_str(),
            h2.version.as_str()
        ),
        ("1.1", "1.1", "2")
    );
    assert!(plain.body == tls.body && plain.body == h2.body);
    assert_eq!(plain.header("etag"), h2.header("etag"));
    assert_eq!(plain.header("content-length"), plain.body.len().to_string());
    let port = node.https.rsplit(':').next().unwrap();
    assert!(
        h2.header("alt-svc").contains(&format!("h3=\":{port}\"")),
        "{:?}",
        h2.headers
    );
}

#[test]
fn aioquic_brings_the_same_bytes_and_ranges_over_http_3() {
    let (node, path) = start();
    let Some(_) = tools::python() else { return };
    let expected = fetch(&format!("{}{path}", node.http));
    for (range, expected) in [
        (None, &expected[..]),
        (Some("100-199"), &expected[100..200]),
    ] {
        let out = tempfile::NamedTempFile::new().unwrap();
        let mut python = tools::python().unwrap();
        python
            .arg(tools::repository().join("tests/aioquic/fetch.py"))
            .arg(format!("{}{path}", node.https));
        python.args(["--insecure", "--out"]).arg(out.path());
        if let Some(range) = range {
            python.args(["--range", range]);
        }
        let answer: serde_json::Value = serde_json::from_str(&tools::output(&mut python)).unwrap();
        assert_eq!(answer["status"], if range.is_some() { 206 } else { 200 });
        assert!(std::fs::read(out.path()).unwrap() == expected, "{range:?}");
    }
}

#[test]
fn ranges_are_slices_of_the_whole_over_every_protocol() {
    let (node, path) = start();
    let url = format!("{}{path}", node.http);
    let whole = fetch(&url);
    let length = whole.len();
    for (base, version) in [
        (&node.http, "--http1.1"),
        (&node.https, "--http1.1"),
        (&node.https, "--http2"),
    ] {
        for (range, from, to) in [
            ("0-0", 0, 1),
            ("100-299", 100, 300),
            ("-500", length - 500, length),
            ("5000-", 5000, length),
        ] {
            let answer = Curl::get(&format!("{base}{path}"))
                .arg(version)
                .arg("-r")
                .arg(range)
                .run()
                .expect(206);
            assert!(answer.body == whole[from..to], "{range}");
            assert_eq!(
                answer.header("content-range"),
                format!("bytes {from}-{}/{length}", to - 1)
            );
        }
    }
    let several = Curl::get(&url)
        .arg("-r")
        .arg("0-9,100-109")
        .run()
        .expect(206);
    assert!(
        several
            .header("content-type")
            .starts_with("multipart/byteranges; boundary=")
    );
    let text = String::from_utf8_lossy(&several.body).into_owned();
    assert!(
        text.contains(&format!("content-range: bytes 100-109/{length}"))
            || text.contains(&format!("Content-Range: bytes 100-109/{length}")),
        "{text}"
    );
    let outside = Curl::get(&url)
        .arg("-r")
        .arg(&format!("{length}-"))
        .run()
        .expect(416);
    assert_eq!(outside.header("content-range"), format!("bytes */{length}"));
}

#[test]
fn head_tells_the_length_and_brings_nothing() {
    let (node, path) = start();
    for protection in ["clear", "cenc", "cbcs"] {
        let playlists =
            media_playlists(&format!("{}/vod/ladder/{protection}/index.m3u8", node.http));
        for playlist in playlists {
            let url = playlist.replace("index.m3u8", "2.m4s");
            let head = Curl::get(&url).arg("-I").run().expect(200);
            assert_eq!(
                head.header("content-length"),
                fetch(&url).len().to_string(),
                "{url}"
            );
            assert!(head.body.is_empty());
        }
    }
    let refused = Curl::get(&format!("{}{path}", node.http))
        .arg("-X")
        .arg("DELETE")
        .run()
        .expect(405);
    assert!(refused.header("allow").contains("GET"));
}

#[test]
fn preconditions_are_obeyed_and_media_is_immutable() {
    let (node, path) = start();
    let url = format!("{}{path}", node.http);
    let first = Curl::get(&url).run().expect(200);
    assert!(first.header("cache-control").contains("immutable"));
    assert_eq!(first.header("content-type"), "video/mp4");
    let etag = first.header("etag");
    Curl::get(&url)
        .header(&format!("If-None-Match: {etag}"))
        .run()
        .expect(304);
    Curl::get(&url)
        .header("If-None-Match: \"other\"")
        .run()
        .expect(200);
    let modified = first.header("last-modified");
    Curl::get(&url)
        .header(&format!("If-Modified-Since: {modified}"))
        .run()
        .expect(304);
    Curl::get(&url)
        .arg("-r")
        .arg("0-9")
        .header(&format!("If-Range: {etag}"))
        .run()
        .expect(206);
    Curl::get(&url)
        .arg("-r")
        .arg("0-9")
        .header("If-Range: \"other\"")
        .run()
        .expect(200);
    let manifest = Curl::get(&format!("{}/vod/ladder/clear/index.m3u8", node.http))
        .run()
        .expect(200);
    assert!(!manifest.header("cache-control").contains("immutable"));
    assert_eq!(
        manifest.header("content-type"),
        "application/vnd.apple.mpegurl"
    );
}

#[test]
fn pages_of_other_origins_may_read() {
    let (node, path) = start();
    let url = format!("{}{path}", node.http);
    let answer = Curl::get(&url)
        .header("Origin: https://player.example")
        .run()
        .expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let preflight = Curl::get(&url)
        .arg("-X")
        .arg("OPTIONS")
        .header("Origin: https://player.example")
        .header("Access-Control-Request-Method: GET")
        .header("Access-Control-Request-Headers: range")
        .run();
    assert!(preflight.status == 200 || preflight.status == 204);
    assert!(
        preflight
            .header("access-control-allow-headers")
            .to_ascii_lowercase()
            .contains("range")
    );
}

#[test]
fn a_thousand_viewers_of_one_segment_are_one_fill() {
    let (node, path) = start();
    let mut h2load = std::process::Command::new("h2load");
    h2load
        .args(["-n", "1000", "-c", "50", "-m", "10"])
        .arg(format!("{}{path}", node.https));
    let report = tools::output(&mut h2load);
    assert!(
        report.contains("1000 succeeded, 0 failed, 0 errored"),
        "{report}"
    );
    let fills = node.metric("edgepack_cache_fills_total");
    assert!((fills - 1.0).abs() < 0.1, "{fills} fills");
}

#[test]
fn both_storage_engines_serve_the_same() {
    let (node, path) = start();
    let pread = Serve::all(media::root())
        .section("[storage]\nengine = \"pread\"")
        .start();
    assert!(fetch(&format!("{}{path}", node.http)) == fetch(&format!("{}{path}", pread.http)));
}
