//! Each fault is a clear error that names its cause, and disturbs nobody else.
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::node::run;
use crate::support::{Curl, Serve, media};

#[test]
fn what_is_not_media_is_the_assets_fault() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("text.mp4"), "this is not a film").unwrap();
    fs::write(root.path().join("empty.mp4"), "").unwrap();
    let whole = fs::read(media::root().join("film.mp4")).unwrap();
    fs::write(root.path().join("cut.mp4"), &whole[..whole.len() / 2]).unwrap();
    fs::create_dir(root.path().join("folder")).unwrap();
    fs::copy(media::root().join("film.mp4"), root.path().join("good.mp4")).unwrap();
    let node = Serve::all(root.path()).start();
    let ask = |asset: &str| Curl::get(&format!("{}/vod/{asset}/clear/index.m3u8", node.http)).run();
    for asset in ["text.mp4", "empty.mp4", "cut.mp4"] {
        let answer = ask(asset).expect(502);
        assert_eq!(answer.reason(), "bad-source", "{asset}");
        assert!(!answer.text().contains(root.path().to_str().unwrap()));
    }
    assert_eq!(ask("folder").expect(404).reason(), "empty-asset");
    assert_eq!(ask("nowhere.mp4").expect(404).reason(), "no-such-asset");
    ask("good.mp4").expect(200);
}

#[test]
fn paths_that_lead_out_are_refused() {
    let root = TempDir::new().unwrap();
    let inside = root.path().join("inside");
    fs::create_dir(&inside).unwrap();
    fs::copy(
        media::root().join("film.mp4"),
        root.path().join("secret.mp4"),
    )
    .unwrap();
    std::os::unix::fs::symlink(root.path().join("secret.mp4"), inside.join("link.mp4")).unwrap();
    let node = Serve::all(&inside).start();
    for path in [
        "/vod/../secret.mp4/clear/index.m3u8",
        "/vod/%2e%2e/secret.mp4/clear/index.m3u8",
        "/vod/..%2fsecret.mp4/clear/index.m3u8",
        "/vod/a%00.mp4/clear/index.m3u8",
        "/vod//etc/passwd/clear/index.m3u8",
        "/vod/link.mp4/clear/index.m3u8",
    ] {
        let answer = Curl::get(&format!("{}{path}", node.http)).run();
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.status
        );
        assert!(!answer.reason().is_empty(), "{path}");
    }
}

#[test]
fn what_nobody_serves_is_named() {
    let node = Serve::all(media::root()).start();
    let ask = |path: &str| {
        Curl::get(&format!("{}{path}", node.http))
            .run()
            .expect(404)
            .reason()
            .to_owned()
    };
    assert_eq!(ask("/elsewhere/film.mp4/clear/index.m3u8"), "no-such-mount");
    assert_eq!(
        ask("/vod/film.mp4/aes128/index.m3u8"),
        "protection-not-offered"
    );
    assert_eq!(
        ask("/vod/film.mp4/clear/v180-00000000/1.m4s"),
        "no-such-track"
    );
    let playlist =
        crate::playback::media_playlists(&format!("{}/vod/film.mp4/clear/index.m3u8", node.http))
            .pop()
            .unwrap();
    assert_eq!(
        Curl::get(&playlist.replace("index.m3u8", "99.m4s"))
            .run()
            .expect(404)
            .reason(),
        "no-such-segment"
    );
}

#[test]
fn garbage_on_the_wire_ends_that_connection_only() {
    let node = Serve::all(media::root()).start();
    let tls = node.https.replace("https://localhost", "127.0.0.1");
    let plain = node.http.replace("http://", "");
    for address in [&tls, &plain] {
        let mut stream = TcpStream::connect(address.as_str()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(&[0x5a; 3000]).unwrap();
        let mut rest = Vec::new();
        // Closed, or reset: either way it ends, and not because patience does.
        if let Err(error) = stream.read_to_end(&mut rest) {
            let patience = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!patience, "{address}: {error}");
        }
    }
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for length in [1, 20, 1200] {
        udp.send_to(&vec![0xc3; length], tls.as_str()).unwrap();
    }
    Curl::get(&format!("{}/vod/film.mp4/clear/index.m3u8", node.https))
        .run()
        .expect(200);
}

#[test]
fn oversized_headers_are_refused() {
    let node = Serve::all(media::root()).start();
    let big = format!("X-Big: {}", "a".repeat(60_000));
    for (base, version) in [(&node.http, "--http1.1"), (&node.https, "--http2")] {
        let url = format!("{base}/vod/film.mp4/clear/index.m3u8");
        match Curl::get(&url).arg(version).header(&big).try_run() {
            Ok(answer) => assert_eq!(answer.status, 431, "{version}"),
            // HTTP/2 may refuse the stream instead.
            Err(error) => assert!(
                version == "--http2" && error.contains("92"),
                "{version}: {error}"
            ),
        }
        Curl::get(&url).arg(version).run().expect(200);
    }
}

#[test]
fn check_lists_every_fault_of_a_configuration() {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("edgepack.toml");
    fs::write(
        &config,
        "[listen]\nhttps = [\"127.0.0.1:8443\"]\n[tls]\ncertificate = \"missing.pem\"\nprivate_key = \"missing.key\"\n\
         [[mount]]\npath = \"/vod\"\nroot = \"/no/such/folder\"\nprotections = [\"cenc\"]\n[mount.key]\nkid = \"12\"\nkey = \"zz\"\n",
    )
    .unwrap();
    let (code, stdout, stderr) = run(&["check", "--config", config.to_str().unwrap()]);
    let all = format!("{stdout}{stderr}");
    assert_eq!(code, 1, "{all}");
    for word in [
        "missing.pem",
        "missing.key",
        "/no/such/folder",
        "kid",
        "edgepack.toml",
    ] {
        assert!(all.contains(word), "{word} is not in:\n{all}");
    }
    fs::write(&config, "[listen]\nhtttp = [\"127.0.0.1:8080\"]\n").unwrap();
    let (code, stdout, stderr) = run(&["check", "--config", config.to_str().unwrap()]);
    let all = format!("{stdout}{stderr}");
    assert_eq!(code, 1);
    assert!(
        all.contains("htttp") && all.contains("http") && all.contains(":2"),
        "{all}"
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("edgepack.toml");
    let address = taken.local_addr().unwrap().to_string();
    let root = media::root().display().to_string();
    fs::write(&config, format!("[listen]\nhttp = [\"{address}\"]\n[admin]\nlisten = \"127.0.0.1:0\"\n[[mount]]\npath = \"/vod\"\nroot = \"{root}\"\n")).unwrap();
    let (code, stdout, stderr) = run(&["serve", "--config", config.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(
        format!("{stdout}{stderr}").contains(&address),
        "{stdout}{stderr}"
    );
}
