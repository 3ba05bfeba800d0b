//! `edgepack demo` as a new user meets it.
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::playback::media_playlists;
use crate::support::client::fetch_text;
use crate::support::node::run;
use crate::support::{Curl, media};

/// Ends with its owner.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_demo_serves_a_ladder_open_and_behind_a_token_and_a_channel_whose_encoder_ends_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgepack"))
        .args([
            "demo",
            "--http-port",
            "0",
            "--https-port",
            "0",
            "--admin-port",
            "0",
            "--dir",
        ])
        .arg(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let mut demo = Demo(child);
    let mut said = BufReader::new(stdout).lines().map_while(Result::ok);
    let listening = said
        .find(|line| line.starts_with('{'))
        .expect("the demo says where it listens");
    let listening: serde_json::Value = serde_json::from_str(&listening).unwrap();
    let http = format!("http://{}", listening["http"][0].as_str().unwrap());

    let offer: serde_json::Value =
        serde_json::from_str(&fetch_text(&format!("{http}/player/config.json"))).unwrap();
    let mounts = offer["mounts"].as_array().unwrap();
    assert_eq!(mounts.len(), 3, "{offer}");
    let open = media_playlists(&format!("{http}/vod/demo/clear/index.m3u8"));
    assert_eq!(open.len(), 4, "three rungs and a sound: {open:?}");
    let seconds: f64 = fetch_text(&open[1])
        .lines()
        .filter_map(|line| {
            line.strip_prefix("#EXTINF:")?
                .split(',')
                .next()?
                .parse::<f64>()
                .ok()
        })
        .sum();
    assert!(seconds >= 60.0, "{seconds}");
    for protection in ["cenc", "cbcs"] {
        Curl::get(&format!("{http}/vod/demo/{protection}/manifest.mpd"))
            .run()
            .expect(200);
        Curl::get(&format!("{http}/members/demo/{protection}/manifest.mpd"))
            .run()
            .expect(401);
        let token = mounts[1]["token"]["demo_token"].as_str().unwrap();
        Curl::get(&format!(
            "{http}/t/{token}/members/demo/{protection}/manifest.mpd"
        ))
        .run()
        .expect(200);
    }
    let first = media::frames(&open[3], "0:v:0", &["-t", "1"]);
    assert_eq!(first.len(), 25);

    let files: Vec<String> = [
        "video-1080p.mp4",
        "video-720p.mp4",
        "video-360p.mp4",
        "audio-en.mp4",
    ]
    .map(|file| {
        dir.path()
            .join("media/demo")
            .join(file)
            .display()
            .to_string()
    })
    .to_vec();
    let mut arguments = vec!["inspect"];
    arguments.extend(files.iter().map(String::as_str));
    let (code, report, _) = run(&arguments);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(code, 0);
    assert_eq!(
        report["presentation"]["misalignments"]
            .as_array()
            .map(Vec::len),
        Some(0),
        "{report}"
    );

    let channel = &mounts[2]["assets"][0];
    assert_eq!(channel["live"], true, "{offer}");
    is_on_air(&http);
    let encoders = children(demo.0.id());
    assert_eq!(encoders.len(), 1, "{encoders:?}");
    let pid = demo.0.id().to_string();
    let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(told.success());
    let status = demo.0.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(
        !Path::new(&format!("/proc/{}", encoders[0])).exists(),
        "the encoder outlives the demo"
    );
}

/// The channel shows what was a few seconds ago, in two rungs and with sound.
fn is_on_air(http: &str) {
    let multivariant = format!("{http}/live/clock/clear/index.m3u8");
    let begun = Instant::now();
    while Curl::get(&multivariant).run().status != 200 || media_playlists(&multivariant).len() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no channel");
        std::thread::sleep(Duration::from_millis(100));
    }
    for playlist in media_playlists(&multivariant) {
        let text = fetch_text(&playlist);
        let mut dates = text
            .lines()
            .filter_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"));
        let newest = humantime::parse_rfc3339(dates.next_back().unwrap()).unwrap();
        let age = SystemTime::now().duration_since(newest).unwrap();
        assert!(age < Duration::from_secs(10), "{age:?}: {text}");
    }
}

/// Processes that this one has started and that run.
fn children(parent: u32) -> Vec<u32> {
    let line = format!("PPid:\t{parent}");
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.ok()?;
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        status.lines().any(|of| of == line).then_some(pid)
    });
    processes.collect()
}
