//! Manifests as independent parsers and the schema see them.
use std::io::Write;
use std::process::{Command, Stdio};

use crate::playback::media_playlists;
use crate::support::client::fetch_text;
use crate::support::{Serve, media, tools};

const PROTECTIONS: [&str; 3] = ["clear", "cenc", "cbcs"];

fn pipe(mut command: Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}\n{input}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_mpd_validates_against_the_schema() {
    let Some(schemas) = tools::schemas() else {
        return;
    };
    let node = Serve::all(media::root()).start();
    for asset in ["ladder", "film.mp4", "sound.mp4"] {
        for protection in PROTECTIONS {
            let mpd = fetch_text(&format!(
                "{}/vod/{asset}/{protection}/manifest.mpd",
                node.http
            ));
            validate(&mpd, &schemas);
        }
    }
}

pub(crate) fn validate(mpd: &str, schemas: &std::path::Path) {
    let mut xmllint = Command::new("xmllint");
    xmllint
        .args(["--noout", "--nonet", "--schema"])
        .arg(schemas.join("DASH-MPD.xsd"))
        .arg("-");
    pipe(xmllint, mpd);
}

#[test]
fn every_playlist_parses_in_m3u8_parser() {
    let node = Serve::all(media::root()).start();
    for protection in PROTECTIONS {
        let url = format!("{}/vod/ladder/{protection}/index.m3u8", node.http);
        let mut seconds = Vec::new();
        for playlist in media_playlists(&url) {
            let Some(command) = tools::node_script("parse-hls.mjs") else {
                return;
            };
            let parsed: serde_json::Value =
                serde_json::from_str(&pipe(command, &fetch_text(&playlist))).unwrap();
            let segments = parsed["segments"].as_array().unwrap().clone();
            assert_eq!(segments.len(), 4, "{playlist}");
            let total: f64 = segments
                .iter()
                .map(|segment| segment["duration"].as_f64().unwrap())
                .sum();
            seconds.push(total);
            assert_eq!(parsed["endList"], true);
        }
        let ladder = f64::from(media::LADDER_SECONDS);
        assert!(
            seconds.iter().all(|total| (total - ladder).abs() < 0.05),
            "{seconds:?}"
        );
        let Some(command) = tools::node_script("parse-hls.mjs") else {
            return;
        };
        let parsed: serde_json::Value =
            serde_json::from_str(&pipe(command, &fetch_text(&url))).unwrap();
        assert_eq!(parsed["playlists"].as_array().unwrap().len(), 2);
    }
}

/// The media playlists of one manifest as `parse-{hls,mpd}.mjs` prints them.
fn parsed(script: &str, manifest: &str) -> Option<serde_json::Value> {
    let command = tools::node_script(script)?;
    Some(serde_json::from_str(&pipe(command, manifest)).unwrap())
}

/// `{track}/{n}.m4s` and milliseconds of every segment, wherever in the parsed manifest it stands.
fn segments(value: &serde_json::Value, track: &str, found: &mut Vec<(String, i64)>) {
    match value {
        serde_json::Value::Object(fields) => {
            if let (Some(uri), Some(duration)) = (
                fields.get("uri").and_then(|uri| uri.as_str()),
                fields
                    .get("duration")
                    .and_then(|duration| duration.as_f64()),
            ) && uri.ends_with(".m4s")
            {
                let name = if uri.contains('/') {
                    uri.to_owned()
                } else {
                    format!("{track}/{uri}")
                };
                found.push((name, (duration * 1000.0).round() as i64));
            }
            fields
                .values()
                .for_each(|value| segments(value, track, found));
        }
        serde_json::Value::Array(items) => {
            items.iter().for_each(|value| segments(value, track, found));
        }
        _ => {}
    }
}

#[test]
fn dash_and_hls_list_the_same_segments_to_independent_parsers() {
    let node = Serve::all(media::root()).start();
    // mpd-parser makes no playlist of an MPD without video.
    for asset in ["ladder", "film.mp4"] {
        for protection in PROTECTIONS {
            let base = format!("{}/vod/{asset}/{protection}", node.http);
            let Some(mpd) = parsed(
                "parse-mpd.mjs",
                // The parser takes trick-mode sets for ordinary ones.
                &fetch_text(&format!("{base}/manifest.mpd?trick=no")),
            ) else {
                return;
            };
            let mut dash = Vec::new();
            segments(&mpd, "", &mut dash);
            let mut hls = Vec::new();
            for playlist in media_playlists(&format!("{base}/index.m3u8")) {
                let Some(parsed) = parsed("parse-hls.mjs", &fetch_text(&playlist)) else {
                    return;
                };
                segments(&parsed, playlist.rsplit('/').nth(1).unwrap(), &mut hls);
            }
            dash.sort();
            dash.dedup();
            hls.sort();
            assert!(!hls.is_empty(), "{base}");
            let close =
                |(a, b): (&(String, i64), &(String, i64))| a.0 == b.0 && (a.1 - b.1).abs() <= 1;
            assert!(
                dash.len() == hls.len() && dash.iter().zip(&hls).all(close),
                "{base}\n{dash:?}\n{hls:?}"
            );
        }
    }
}

#[test]
fn announced_bandwidths_are_not_below_what_the_segments_take() {
    let node = Serve::all(media::root()).start();
    for protection in PROTECTIONS {
        let base = format!("{}/vod/ladder/{protection}", node.http);
        let multivariant = fetch_text(&format!("{base}/index.m3u8"));
        let bandwidths: Vec<f64> = multivariant
            .lines()
            .filter(|line| line.starts_with("#EXT-X-STREAM-INF:"))
            .map(|line| {
                line.split(":BANDWIDTH=")
                    .nth(1)
                    .unwrap()
                    .split(',')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect();
        let playlists = media_playlists(&format!("{base}/index.m3u8"));
        let peak = |playlist: &String| -> f64 {
            let folder = playlist.trim_end_matches("index.m3u8");
            let text = fetch_text(playlist);
            let durations = text.lines().filter_map(|line| {
                line.strip_prefix("#EXTINF:")?
                    .split(',')
                    .next()?
                    .parse::<f64>()
                    .ok()
            });
            durations
                .enumerate()
                // RFC 8216bis, 4.4.6.2: segments between half and one and a half target durations count.
                .filter(|(_, duration)| *duration >= 2.0)
                .map(|(index, duration)| {
                    let bytes =
                        crate::support::client::fetch(&format!("{folder}{}.m4s", index + 1)).len();
                    bytes as f64 * 8.0 / duration
                })
                .fold(0.0, f64::max)
        };
        let audio = peak(&playlists[0]);
        for (bandwidth, playlist) in bandwidths.iter().zip(&playlists[1..]) {
            let real = peak(playlist) + audio;
            assert!(
                *bandwidth >= real * 0.999 && *bandwidth < real * 1.2,
                "{bandwidth} for {real} in {playlist}"
            );
        }
    }
}
