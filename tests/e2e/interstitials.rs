//! Interstitials that the operator gives assets.
use std::io::Write;
use std::process::Stdio;

use crate::support::client::{Answer, Curl, fetch_text};
use crate::support::{Node, Serve, media, tools};

const DATE: &str = "#EXT-X-PROGRAM-DATE-TIME:2000-01-01T00:00:00.000Z";
const RANGE: &str = "#EXT-X-DATERANGE:";
const BREAK: &str = "{\"id\":\"break\",\"start\":2.5,\"asset_uri\":\"https://ads.example/1.m3u8\",\
                     \"duration\":15,\"resume_offset\":0,\"restrict\":[\"skip\"]}";
const POST: &str =
    "{\"id\":\"post\",\"cue\":[\"post\"],\"asset_list\":\"https://ads.example/list.json\"}";

fn ask(method: &str, url: &str, body: &str) -> Answer {
    let request = Curl::get(url).arg("-X").arg(method);
    match body {
        "" => request.run(),
        body => {
            let request = request.header("Content-Type: application/json");
            request.arg("--data").arg(body).run()
        }
    }
}

fn list(node: &Node, asset: &str) -> String {
    format!("{}/assets/vod/{asset}/interstitials", node.admin)
}

/// All media playlists that a multivariant playlist names, those of I-frames among them.
fn playlists(node: &Node, asset: &str, name: &str) -> Vec<String> {
    let base = format!("{}/vod/{asset}/clear", node.http);
    let multivariant = fetch_text(&format!("{base}/{name}"));
    let attributes = multivariant.split("URI=\"").skip(1);
    let attributes = attributes.filter_map(|rest| rest.split('"').next());
    let lines = multivariant.lines().filter(|line| !line.starts_with('#'));
    let named = attributes.chain(lines).filter(|uri| !uri.is_empty());
    named.map(|uri| format!("{base}/{uri}")).collect()
}

fn lines<'a>(text: &'a str, tag: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(tag)).collect()
}

#[test]
fn interstitials_of_an_asset_show_up_in_all_its_playlists_and_go_again() {
    let node = Serve::all(media::root()).start();
    let all = [
        playlists(&node, "ladder", "index.m3u8"),
        playlists(&node, "ladder", "index-ts.m3u8"),
        playlists(&node, "ladder", "ondemand.m3u8"),
        playlists(&node, "film.mp4", "index.m3u8"),
    ];
    let [ladder @ .., film] = &all;
    let ladder: Vec<&String> = ladder.iter().flatten().collect();
    assert!(ladder.len() > 6, "{ladder:?}");
    let before: Vec<String> = ladder.iter().map(|url| fetch_text(url)).collect();
    let of_film = fetch_text(&film[0]);
    let first = Curl::get(ladder[0]).run().expect(200);
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));

    let url = list(&node, "ladder");
    ask("POST", &url, BREAK).expect(201);
    ask("POST", &url, BREAK).expect(200);
    ask("POST", &url, POST).expect(201);
    // Who has the old one is given the new one, whatever of it they name.
    for condition in [
        format!("If-None-Match: {etag}"),
        format!("If-Modified-Since: {modified}"),
    ] {
        let again = Curl::get(ladder[0]).header(&condition).run().expect(200);
        assert_ne!(again.header("etag"), etag);
    }
    for url in &ladder {
        let text = fetch_text(url);
        assert_eq!(lines(&text, "#EXT-X-PROGRAM-DATE-TIME"), [DATE], "{text}");
        assert_eq!(
            lines(&text, RANGE),
            [
                "#EXT-X-DATERANGE:ID=\"break\",CLASS=\"com.apple.hls.interstitial\",\
                 START-DATE=\"2000-01-01T00:00:02.500Z\",DURATION=15.000,\
                 X-ASSET-URI=\"https://ads.example/1.m3u8\",X-RESUME-OFFSET=0.000,X-RESTRICT=\"SKIP\"",
                "#EXT-X-DATERANGE:ID=\"post\",CLASS=\"com.apple.hls.interstitial\",\
                 START-DATE=\"2000-01-01T00:00:00.000Z\",\
                 X-ASSET-LIST=\"https://ads.example/list.json\",CUE=\"POST\"",
            ]
        );
    }
    assert_eq!(fetch_text(&film[0]), of_film);
    assert_eq!(node.metric("edgepack_asset_interstitials"), 2.0);
    let shown = ask("GET", &url, "").expect(200).text();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["interstitials"][0]["start"], 2.5);
    let assets = ask("GET", &format!("{}/assets", node.admin), "").text();
    assert_eq!(assets, "[{\"path\":\"/vod/ladder\",\"interstitials\":2}]");

    for id in ["break", "post"] {
        ask("DELETE", &format!("{url}/{id}"), "").expect(204);
        ask("DELETE", &format!("{url}/{id}"), "").expect(404);
    }
    let after: Vec<String> = ladder.iter().map(|url| fetch_text(url)).collect();
    assert_eq!(after, before);
    // The id may be used again at once: nobody loads a playlist of a film twice.
    ask("POST", &url, &BREAK.replace("1.m3u8", "2.m3u8")).expect(201);
}

#[test]
fn what_cannot_be_given_to_an_asset_is_refused() {
    let node = Serve::all(media::root()).start();
    let url = list(&node, "film.mp4");
    for (url, body, status, code) in [
        (list(&node, "none.mp4"), BREAK, 404, "no-such-asset"),
        (list(&node, "../film.mp4"), BREAK, 400, "bad-path"),
        (list(&node, "a%2Fb"), BREAK, 400, "bad-path"),
        (url.clone(), "{\"id\":\"a\"}", 400, "bad-interstitial"),
        (
            url.clone(),
            &BREAK.replace("2.5", "-1"),
            400,
            "bad-interstitial",
        ),
        (
            url.clone(),
            &BREAK.replace("https:", "file:"),
            400,
            "bad-interstitial",
        ),
    ] {
        let answer = ask("POST", &url, body).expect(status);
        assert!(answer.text().contains(&format!("\"{code}\"")), "{url}");
    }
    let from_a_page = |method: &str, url: &str, body: &str| {
        let request = Curl::get(url).arg("-X").arg(method);
        let request = request.header("Origin: https://elsewhere.example");
        let request = request.header("Content-Type: application/json");
        let answer = request.arg("--data").arg(body).run().expect(403);
        assert!(answer.text().contains("from-a-page"));
    };
    from_a_page("POST", &url, BREAK);
    ask("POST", &url, BREAK).expect(201);
    from_a_page("DELETE", &format!("{url}/break"), "");
    ask("POST", &url, &BREAK.replace("2.5", "3")).expect(409);
    assert_eq!(node.metric("edgepack_asset_interstitials"), 1.0);
}

#[test]
fn there_are_as_many_as_the_configuration_allows() {
    let node = Serve::all(media::root())
        .mount("[mount.interstitials]\nmax_per_asset = 1\nmax_assets = 1\n")
        .start();
    let url = list(&node, "film.mp4");
    ask("POST", &url, BREAK).expect(201);
    let more = ask("POST", &url, POST).expect(409).text();
    assert!(more.contains("\"too-many\""), "{more}");
    let other = ask("POST", &list(&node, "sound.mp4"), POST)
        .expect(409)
        .text();
    assert!(other.contains("too-many-assets"), "{other}");
}

#[test]
fn m3u8_parser_reads_the_playlist() {
    let node = Serve::all(media::root()).start();
    ask("POST", &list(&node, "film.mp4"), BREAK).expect(201);
    let playlist = fetch_text(&playlists(&node, "film.mp4", "index.m3u8")[0]);
    let Some(mut script) = tools::node_script("parse-hls.mjs") else {
        return;
    };
    let script = script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut parser = script.spawn().unwrap();
    let mut input = parser.stdin.take().unwrap();
    input.write_all(playlist.as_bytes()).unwrap();
    drop(input);
    let output = parser.wait_with_output().unwrap();
    assert!(output.status.success());
    let parsed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let range = &parsed["dateRanges"][0];
    assert_eq!(range["id"], "break");
    assert_eq!(range["startDate"], "2000-01-01T00:00:02.500Z");
    assert_eq!(range["xAssetUri"], "https://ads.example/1.m3u8");
    let segments = parsed["segments"].as_array().unwrap();
    let dated = |at: usize| segments[at]["programDateTime"].as_f64().unwrap();
    assert_eq!(dated(0), 946_684_800_000.0);
    let length = segments[0]["duration"].as_f64().unwrap() * 1000.0;
    assert!((dated(1) - dated(0) - length).abs() < 1.0, "{parsed}");
}
