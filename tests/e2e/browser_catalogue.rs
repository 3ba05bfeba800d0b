//! Real players in headless Chromium against all that a title can have: codecs, forms, languages, subtitles, seams.
//!
//! What is heard is told by its pitch, what is seen by the height of the picture and the text on it.
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::browser::spki;
use crate::support::media::ffmpeg;
use crate::support::{Node, Serve, tools};
use crate::{codecs, stitched};

/// Pitch of the sounds, in Hz.
const ENGLISH: u32 = 440;
const GERMAN: u32 = 330;
const BUMPER: u32 = 880;

/// A player with a manifest that it opens and the form of the media behind that.
struct Way(&'static str, &'static str, &'static str);

const HLS: Way = Way("hls", "hls", "cmaf");
const HLS_TS: Way = Way("hls", "hls", "ts");
const HLS_FILE: Way = Way("hls", "hls", "file");
const DASH: Way = Way("dash", "dash", "number");
const DASH_TIME: Way = Way("dash", "dash", "time");
const DASH_FILE: Way = Way("dash", "dash", "file");
const SHAKA: Way = Way("shaka", "dash", "number");
const SHAKA_FILE: Way = Way("shaka", "dash", "file");
const SHAKA_HLS: Way = Way("shaka", "hls", "cmaf");

fn start(root: &Path) -> Node {
    Serve::all(root).section("[player]\nenabled = true").start()
}

/// Goes through the steps (see `tests/node/steps.mjs`) and fails where they do not come true, or anything is amiss.
/// `None` where the tools are missing.
fn act(node: &Node, asset: &str, protection: &str, way: &Way, steps: &Value) -> Option<Value> {
    if !tools::available("chromium", Path::new("/usr/bin/chromium").exists()) {
        return None;
    }
    let Way(player, manifest, form) = way;
    let mut command = tools::node_script("play.mjs")?;
    command
        .arg(format!(
            "{}/player/#asset=/vod/{asset}&protection={protection}&player={player}&manifest={manifest}&form={form}\
             &autoplay=1",
            node.https
        ))
        .args(["--do", &steps.to_string(), "--timeout", "40", "--spki", &spki(node)]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let result: Value = serde_json::from_str(&said).unwrap_or_else(|error| {
        panic!("{error}: {said}{}", String::from_utf8_lossy(&output.stderr))
    });
    assert!(
        output.status.success(),
        "{asset} as {player} {manifest} {form}: {} {}\n{}",
        result["waited"],
        result["errors"],
        result["log"]
    );
    Some(result)
}

/// The same in several ways at once: most of the time goes by at the speed of playback.
fn act_each(
    node: &Node,
    protection: &str,
    steps: &Value,
    plays: &[(&str, &Way)],
) -> Vec<Option<Value>> {
    // What two cores bear.
    const AT_ONCE: usize = 4;
    let play = |(asset, way): &(&str, &Way)| act(node, asset, protection, way, steps);
    let mut results = Vec::new();
    for some in plays.chunks(AT_ONCE) {
        results.extend(std::thread::scope(|scope| {
            let running: Vec<_> = some
                .iter()
                .map(|each| scope.spawn(move || play(each)))
                .collect();
            let finished: Vec<_> = running
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect();
            finished
        }));
    }
    results
}

/// `plain/`: two rungs, two languages, subtitles in both, sheets of thumbnails.
fn plain() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("catalogue-1");
        if !root.join("complete").is_file() {
            // What an interrupted run left is made again.
            let _ = std::fs::remove_dir_all(&root);
            make(&root.join("plain"));
            std::fs::write(root.join("complete"), "").unwrap();
        }
        root
    })
}

fn make(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let picture = || "testsrc2=s=640x360:r=25:d=14".to_owned();
    let avc =
        "-c:v libx264 -preset veryfast -bf 2 -g 50 -keyint_min 50 -sc_threshold 0 -pix_fmt yuv420p";
    let tiles = "-vf fps=1,scale=80:45,tile=2x2 -c:v mjpeg -pix_fmt yuvj420p";
    let tone = |hertz: u32| format!("sine=f={hertz}:r=48000:d=14");
    for (input, options, name) in [
        (picture(), format!("{avc} -b:v 800k"), "high.mp4"),
        (
            picture(),
            format!("-vf scale=320:180 {avc} -b:v 250k"),
            "low.mp4",
        ),
        (picture(), tiles.to_owned(), "thumbs.mp4"),
        (
            tone(ENGLISH),
            "-c:a aac -b:a 96k -ac 2".to_owned(),
            "english.mp4",
        ),
        (
            tone(GERMAN),
            "-c:a aac -b:a 96k -ac 2".to_owned(),
            "german.mp4",
        ),
    ] {
        let mut command = ffmpeg();
        command
            .args(["-f", "lavfi", "-i", &input])
            .args(options.split(' '))
            .arg(folder.join(name));
        tools::output(&mut command);
    }
    for (name, first, second) in [
        ("english.vtt", "One to four", "Over <i>the</i> seam"),
        ("german.vtt", "Eins bis vier", "Über die Naht"),
    ] {
        let text = format!(
            "WEBVTT\n\n00:01.000 --> 00:04.000\n{first}\n\n00:06.000 --> 00:09.000\n{second}\n"
        );
        std::fs::write(folder.join(name), text).unwrap();
    }
    let description = r#"
[[track]]
file = "high.mp4"
[[track]]
file = "low.mp4"
[[track]]
file = "english.mp4"
language = "en"
name = "English"
default = true
[[track]]
file = "german.mp4"
language = "de"
name = "Deutsch"
[[track]]
file = "english.vtt"
language = "en"
name = "English"
[[track]]
file = "german.vtt"
language = "de"
name = "Deutsch"
[[track]]
file = "thumbs.mp4"
tiles = { columns = 2, rows = 2, interval = "1s" }
"#;
    std::fs::write(folder.join("asset.toml"), description).unwrap();
}

#[test]
fn pictures_of_every_codec_that_chromium_decodes_are_played_to_the_end() {
    let node = start(codecs::root());
    for (name, way) in [
        ("avc-open-gop", &HLS),
        ("avc-odd-rate", &SHAKA),
        ("av1", &HLS),
        ("av1", &DASH),
        ("vp9", &HLS),
        ("vp9", &SHAKA),
    ] {
        // Past the first boundary of two segments, which lies at 4 s or before.
        let steps = json!([{"until": {"more": 4.5, "height": 180}}, {"until": {"ended": true}}]);
        act(&node, &format!("{name}.mp4"), "clear", way, &steps);
    }
}

#[test]
fn sound_of_every_codec_that_chromium_decodes_is_heard() {
    let node = start(codecs::root());
    for (name, way) in [
        ("aac-44100", &SHAKA),
        ("opus", &HLS),
        ("opus", &DASH),
        ("flac", &HLS),
        ("flac", &SHAKA),
        // Chromium decodes MP3 by itself, but not inside MP4.
        ("mp3", &HLS_TS),
    ] {
        let steps = json!([{"until": {"time": 4.5, "tone": 440}}]);
        act(&node, &format!("{name}.mp4"), "clear", way, &steps);
    }
}

#[test]
fn rungs_and_languages_are_switched_while_playing() {
    let node = start(plain());
    for way in [&HLS, &DASH, &SHAKA, &SHAKA_HLS] {
        let steps = json!([
            {"until": {"time": 0.5, "tone": ENGLISH}},
            {"pin": 180},
            {"until": {"height": 180, "tone": ENGLISH}},
            {"selectAudio": "de"},
            {"until": {"audio": "de", "tone": GERMAN, "height": 180}},
            {"pin": 360},
            {"until": {"height": 360, "tone": GERMAN}},
        ]);
        act(&node, "plain", "clear", way, &steps);
    }
}

#[test]
fn subtitles_are_shown_at_their_time() {
    let node = start(plain());
    // WebVTT through HLS, IMSC1 through DASH.
    for way in [&HLS, &SHAKA_HLS, &SHAKA, &DASH] {
        let steps = json!([
            {"until": {"time": 0.2}},
            {"selectText": "en"},
            {"until": {"time": 1, "cue": "One to four"}},
            {"selectText": "de"},
            {"until": {"time": 6, "cue": "Über die Naht"}},
            {"selectText": null},
            {"until": {"cue": ""}},
        ]);
        let Some(result) = act(&node, "plain", "clear", way, &steps) else {
            return;
        };
        let shown = |step: usize| result["steps"][step]["seen"]["time"].as_f64().unwrap();
        assert!((1.0..4.0).contains(&shown(1)), "{result}");
        assert!((6.0..9.0).contains(&shown(2)), "{result}");
    }
}

#[test]
fn transport_streams_play_over_their_seams_with_another_rung_language_and_subtitles() {
    let node = start(plain());
    let steps = json!([
        {"until": {"time": 0.2, "tone": ENGLISH}},
        {"selectText": "de"},
        {"pin": 180},
        {"until": {"height": 180, "request": "/v180[^/]*/[0-9]+\\.ts$"}},
        {"selectAudio": "de"},
        {"until": {"tone": GERMAN, "request": "\\.aac$"}},
        {"until": {"time": 6, "cue": "Über die Naht"}},
        {"seek": 12},
        {"until": {"ended": true}},
    ]);
    act(&node, "plain", "clear", &HLS_TS, &steps);
}

#[test]
fn single_files_play_by_their_ranges() {
    let node = start(plain());
    for way in [&HLS_FILE, &DASH_FILE, &SHAKA_FILE] {
        let steps = json!([
            {"until": {"time": 1, "tone": ENGLISH}},
            {"selectAudio": "de"},
            {"until": {"tone": GERMAN, "request": "/a-de[^/]*/media\\.mp4$"}},
            {"seek": 11},
            {"until": {"time": 11.2, "more": 0.5}},
            {"seek": 5},
            {"until": {"before": 9, "more": 0.5, "tone": GERMAN}},
        ]);
        let Some(result) = act(&node, "plain", "clear", way, &steps) else {
            return;
        };
        let files = result["requests"].as_array().unwrap().iter();
        let mut files = files.filter(|request| {
            request["url"]
                .as_str()
                .is_some_and(|url| url.ends_with("/media.mp4"))
        });
        assert!(files.all(|request| request["status"] == 206), "{result}");
    }
}

#[test]
fn seeking_lands_and_plays_on() {
    let node = start(plain());
    for way in [&HLS, &HLS_TS, &DASH, &DASH_TIME, &SHAKA] {
        let steps = json!([
            {"until": {"time": 0.5}},
            {"seek": 10.3},
            {"until": {"time": 10.3, "before": 13, "more": 0.5}},
            {"seek": 3.9},
            {"until": {"time": 3.9, "before": 8, "more": 0.5}},
            {"seek": 13},
            {"until": {"ended": true}},
        ]);
        act(&node, "plain", "clear", way, &steps);
    }
}

#[test]
fn trick_play_fetches_key_frames_and_playback_goes_on_after_it() {
    let node = start(plain());
    for way in [&SHAKA, &SHAKA_HLS] {
        let steps = json!([
            {"until": {"time": 0.5}},
            {"trick": 4},
            {"until": {"time": 4, "request": "/i[0-9]+\\.m4s$"}},
            {"trick": 1},
            {"until": {"more": 0.5, "tone": ENGLISH}},
            {"seek": 13},
            {"until": {"ended": true}},
        ]);
        act(&node, "plain", "clear", way, &steps);
    }
}

/// Two seconds of bumper, six of film, the bumper again.
fn over_both_seams() -> Value {
    json!([
        {"until": {"time": 0.5, "tone": BUMPER}},
        {"until": {"time": 2.5, "before": 8, "tone": ENGLISH}},
        {"until": {"time": 8.4, "tone": BUMPER}},
        {"until": {"time": 9.9, "ended": true}},
    ])
}

#[test]
fn a_stitched_asset_plays_over_its_seams_in_every_player() {
    let node = start(stitched::root());
    for way in [&HLS, &DASH, &SHAKA, &SHAKA_HLS] {
        act(&node, "film", "clear", way, &over_both_seams());
    }
}

#[test]
fn a_stitched_asset_plays_over_its_seams_in_every_form() {
    let node = start(stitched::root());
    for way in [&HLS_TS, &HLS_FILE, &DASH_TIME, &SHAKA_FILE] {
        act(&node, "film", "clear", way, &over_both_seams());
    }
}

#[test]
fn a_protected_stitched_asset_plays_over_its_seams() {
    let node = start(stitched::root());
    act(&node, "film", "cbcs", &SHAKA, &over_both_seams());
    act(&node, "film", "cenc", &DASH, &over_both_seams());
}

#[test]
fn a_language_of_the_film_is_chosen_between_its_bumpers_and_subtitles_move_with_their_clip() {
    let node = start(stitched::root());
    for way in [&HLS, &DASH, &SHAKA] {
        let steps = json!([
            {"until": {"time": 2.2, "tone": ENGLISH}},
            {"selectText": "en"},
            {"until": {"time": 3, "before": 4.5, "cue": "shown a second in"}},
            {"selectAudio": "de"},
            {"until": {"before": 8, "tone": GERMAN}},
            {"until": {"time": 8.4, "tone": BUMPER}},
            {"seek": 4.5},
            {"until": {"before": 8, "tone": GERMAN}},
        ]);
        act(&node, "film", "clear", way, &steps);
    }
}
