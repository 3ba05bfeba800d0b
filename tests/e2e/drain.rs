//! SIGTERM: what is under way is finished, nothing new begins, the process ends well.
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::playback::media_playlists;
use crate::support::client::fetch;
use crate::support::{Curl, Serve, media};

#[test]
fn a_stop_finishes_what_is_under_way() {
    let mut node = Serve::all(media::root()).start();
    let url = media_playlists(&format!("{}/vod/ladder/clear/index.m3u8", node.http))[1]
        .replace("index.m3u8", "1.m4s");
    let expected = fetch(&url);
    let address = node.http.replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        url.replace(&node.http, "")
    )
    .unwrap();
    let mut first = [0; 1];
    stream.read_exact(&mut first).unwrap();

    node.signal("-TERM");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(&expected), "the response was cut");
    assert_eq!(node.wait_for_exit().code(), Some(0));
    Curl::get(&url).try_run().unwrap_err();
}

#[test]
fn health_and_readiness_are_told_on_the_admin_port() {
    let node = Serve::all(media::root()).start();
    Curl::get(&format!("{}/healthz", node.admin))
        .run()
        .expect(200);
    Curl::get(&format!("{}/readyz", node.admin))
        .run()
        .expect(200);
    fetch(&format!("{}/vod/film.mp4/clear/index.m3u8", node.http));
    assert!(node.metric("edgepack_requests_total") >= 1.0);
}
