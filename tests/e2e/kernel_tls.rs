//! `tls.kernel`: the kernel seals where it has TLS, the node where it has not.
use std::path::Path;

use crate::playback::media_playlists;
use crate::support::client::fetch;
use crate::support::{Curl, Serve, media};

/// The kernel's own statistics, which come with its module.
const STATISTICS: &str = "/proc/net/tls_stat";

#[test]
fn the_metrics_say_who_seals_and_the_bytes_do_not_tell() {
    let node = Serve::all(media::root()).tls("kernel = \"auto\"").start();
    let playlists = media_playlists(&format!("{}/vod/ladder/clear/index.m3u8", node.http));
    let path = playlists[1]
        .replace(&node.http, "")
        .replace("index.m3u8", "1.m4s");
    let expected = fetch(&format!("{}{path}", node.http));
    for version in ["--http1.1", "--http2"] {
        let answer = Curl::get(&format!("{}{path}", node.https))
            .arg(version)
            .arg("--tlsv1.3")
            .run()
            .expect(200);
        assert!(answer.body == expected, "{version}");
    }
    let metrics = ["", "_connections_total", "_refused_total"]
        .map(|name| node.metric(&format!("edgepack_tls_kernel{name}")));
    if Path::new(STATISTICS).exists() {
        assert_eq!(metrics, [1.0, 2.0, 0.0]);
        assert!(node.written().contains("the kernel seals"));
    } else {
        assert_eq!(metrics, [0.0, 0.0, 0.0]);
        assert!(node.written().contains("the node seals records itself"));
    }
}

#[test]
fn unasked_the_node_seals() {
    let node = Serve::all(media::root()).start();
    Curl::get(&format!("{}/vod/ladder/clear/index.m3u8", node.https))
        .run()
        .expect(200);
    assert_eq!(node.metric("edgepack_tls_kernel"), 0.0);
    assert_eq!(node.metric("edgepack_tls_kernel_connections_total"), 0.0);
}
