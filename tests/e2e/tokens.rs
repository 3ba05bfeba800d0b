//! Who may fetch what: the token in its four places, and why it is refused.
use std::process::Command;

use crate::playback::media_playlists;
use crate::support::media::{self, frames};
use crate::support::{Curl, KEY_HEX, KID_HEX, Node, Serve};

const SECRET: &str = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldCE=";

fn start() -> Node {
    Serve::all(media::root())
        .mount(&format!(
            "protections = [\"clear\", \"cenc\"]\nclearkey_licence_server = true\n\
             [mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n\
             [mount.token]\nrequired = true\nkeys = [{{ id = \"k1\", algorithm = \"HS256\", secret = \"{SECRET}\" }}]\n"
        ))
        .section("[log]\naccess = \"stdout\"")
        .start()
}

fn mint(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_edgepack"))
        .args([
            "token",
            "mint",
            "--alg",
            "HS256",
            "--key-id",
            "k1",
            "--secret-env",
            "TEST_SECRET",
        ])
        .args(arguments)
        .env("TEST_SECRET", SECRET)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_token_opens_in_path_query_cookie_and_header() {
    let node = start();
    let token = mint(&["--exp", "1h"]);
    let path = "/vod/ladder/clear/index.m3u8";
    let url = format!("{}{path}", node.http);
    Curl::get(&format!("{}/t/{token}{path}", node.http))
        .run()
        .expect(200);
    Curl::get(&format!("{url}?token={token}")).run().expect(200);
    Curl::get(&url)
        .arg("-b")
        .arg(&format!("token={token}"))
        .run()
        .expect(200);
    Curl::get(&url)
        .header(&format!("Authorization: Bearer {token}"))
        .run()
        .expect(200);
}

#[test]
fn a_path_token_is_inherited_by_everything_a_player_fetches() {
    let node = start();
    let url = format!(
        "{}/t/{}/vod/ladder/clear/index.m3u8",
        node.http,
        mint(&["--exp", "1h"])
    );
    let playlists = media_playlists(&url);
    let source = media::root().join("ladder/low.mp4").display().to_string();
    assert_eq!(
        frames(&playlists[2], "0:v:0", &[]),
        frames(&source, "0:v:0", &[])
    );
}

#[test]
fn every_refusal_says_why() {
    let node = start();
    let path = "/vod/ladder/clear/index.m3u8";
    let ask = |token: &str| Curl::get(&format!("{}{path}?token={token}", node.http)).run();
    let missing = Curl::get(&format!("{}{path}", node.http)).run().expect(401);
    assert_eq!(missing.reason(), "token-missing");
    assert!(missing.text().contains("token-missing"));
    assert!(!missing.header("www-authenticate").is_empty());
    assert_eq!(ask("nonsense").expect(403).reason(), "token-malformed");
    assert_eq!(
        ask(&mint(&["--exp=-1h"])).expect(403).reason(),
        "token-expired"
    );
    assert_eq!(
        ask(&mint(&["--exp", "2h", "--nbf", "1h"]))
            .expect(403)
            .reason(),
        "token-not-yet-valid"
    );
    assert_eq!(
        ask(&mint(&["--exp", "1h", "--path", "/vod/film.mp4"]))
            .expect(403)
            .reason(),
        "token-path"
    );
    let token = mint(&["--exp", "1h"]);
    let (head, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", "A".repeat(43));
    assert_eq!(ask(&forged).expect(403).reason(), "token-signature");
    // A segment asked for without a token is refused although it is cached.
    let open = media_playlists(&format!(
        "{}/t/{token}/vod/ladder/clear/index.m3u8",
        node.http
    ))[1]
        .replace("index.m3u8", "1.m4s");
    Curl::get(&open).run().expect(200);
    Curl::get(&open.replace(&format!("/t/{token}"), ""))
        .run()
        .expect(401);
}

#[test]
fn licences_obey_the_token_policy() {
    let node = start();
    let url = format!("{}/vod/ladder/cenc/clearkey", node.http);
    let body = "{\"kids\":[\"EBESExQVFhcYGRobHB0eHw\"]}";
    Curl::get(&url).arg("-d").arg(body).run().expect(401);
    Curl::get(&format!("{}/vod/ladder/cenc/{KID_HEX}.key", node.http))
        .run()
        .expect(401);
    Curl::get(&format!("{url}?token={}", mint(&["--exp", "1h"])))
        .arg("-d")
        .arg(body)
        .run()
        .expect(200);
}

#[test]
fn the_log_never_holds_a_whole_token() {
    let node = start();
    let token = mint(&["--exp", "1h"]);
    Curl::get(&format!(
        "{}/t/{token}/vod/ladder/clear/index.m3u8",
        node.http
    ))
    .run()
    .expect(200);
    Curl::get(&format!(
        "{}/vod/ladder/clear/index.m3u8?token={token}",
        node.http
    ))
    .run()
    .expect(200);
    Curl::get(&format!(
        "{}/vod/no-such/clear/index.m3u8?token={token}",
        node.http
    ))
    .run()
    .expect(404);
    let signature = token.rsplit('.').next().unwrap();
    let mut seen = 0;
    while seen < 3 {
        let line = node.next_line();
        assert!(
            !line.contains(&token) && !line.contains(signature),
            "{line}"
        );
        seen += usize::from(line.contains("\"status\""));
    }
}
