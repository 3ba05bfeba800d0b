//! A channel in headless Chromium, a few seconds behind the clock that is burnt into its picture.
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::browser::{DASH, HLS, Page, Play, SHAKA, SHAKA_HLS, Way, each};
use crate::support::client::fetch_text;
use crate::support::media::ffmpeg;
use crate::support::{Curl, Node, Serve, tools};

const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// The clock in the picture: a tenth of a second, and how many bits of it.
const UNIT_S: f64 = 0.1;
const BITS: u32 = 12;
/// What a picture may be behind, in seconds, where nothing else is done.
const TARGET_S: f64 = 3.0;
/// The same beside a whole suite of tests.
const BUSY_S: f64 = 5.0;
/// How far what a player tells may be from what the picture shows: encoding, and how often either is looked at.
const TRUTH_S: f64 = 0.5;

/// Segments of 2 s in parts of half a second, another key every 6 s.
fn start() -> Node {
    let mount = format!(
        "target_duration = \"2s\"\nprotections = [\"clear\", \"cbcs\"]\nclearkey_licence_server = true\n\
         [mount.keys]\nprovider = \"derived\"\nsecret = \"hex:{SECRET}\"\n\
         [mount.drm]\nrotate_every = \"6s\"\n\
         [mount.live]\n[[mount.live.channel]]\nname = \"news\"\n"
    );
    Serve::live("", "")
        .mount(&mount)
        .section("[player]\nenabled = true")
        .start()
}

/// An encoder at work; ends with its owner.
struct Encoder(Child);

impl Drop for Encoder {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Encoder {
    /// Two rungs and a sound, for `seconds` at most.
    fn push(node: &Node, seconds: u32) -> Self {
        let mut command = ffmpeg();
        for input in ["testsrc2=s=320x180:r=25", "sine=440:r=48000"] {
            command.args(["-re", "-f", "lavfi", "-i", input]);
        }
        let graph = format!("[0:v]{},split[a][b];[b]scale=-2:90[c]", bars());
        command.args(["-filter_complex", &graph]);
        command.args(["-map", "[a]", "-map", "[c]", "-map", "1:a"]);
        command.args(["-t", &seconds.to_string()]);
        let video = "-c:v libx264 -preset ultrafast -tune zerolatency -g 50 -keyint_min 50 -sc_threshold 0 \
                     -b:v:0 500k -b:v:1 150k -c:a aac -b:a 64k";
        let chunks = "-f dash -ldash 1 -streaming 1 -use_template 1 -use_timeline 0 -seg_duration 2 \
                      -frag_type duration -frag_duration 0.5 -method PUT -http_persistent 1";
        command.args(video.split_whitespace());
        command.args(chunks.split_whitespace());
        command.args(["-adaptation_sets", "id=0,streams=v id=1,streams=a"]);
        command.arg(format!("{}/live/news/ingest/manifest.mpd", node.http));
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let encoder = Self(child);
        encoder.on_air(node);
        encoder
    }

    /// Waits for the first segments, of all tracks.
    fn on_air(&self, node: &Node) {
        let begun = std::time::Instant::now();
        let url = format!("{}/live/news/clear/index.m3u8", node.http);
        while Curl::get(&url).run().status != 200 || media_playlists(&url) < 3 {
            assert!(begun.elapsed() < Duration::from_secs(30), "no channel");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn media_playlists(multivariant: &str) -> usize {
    fetch_text(multivariant).matches("/index.m3u8").count()
}

/// The time in Gray code, so that a bar that changes a little before its neighbour changes the time by one unit only.
fn bars() -> String {
    let mut filters = String::from("drawbox=x=0:y=0:w=iw:h=ih/4:color=black:t=fill");
    for bit in 0..BITS {
        // The highest as it is.
        let (half, whole) = match bit + 1 {
            BITS => (0, 1_u32 << bit),
            _ => (1 << bit, 2 << bit),
        };
        filters.push_str(&format!(
            ",drawbox=x=iw*{bit}/{BITS}:y=0:w=iw/{BITS}:h=ih/4:color=white:t=fill:\
             enable='mod(floor((floor(time(0)/{UNIT_S})+{half})/{whole}),2)'"
        ));
    }
    filters
}

/// Settles, is looked at, and plays on for so many seconds without standing or jumping.
fn steps(seconds: u32, (protection, way): (&str, &Way)) -> Value {
    let clock = json!({"clock": {"every": UNIT_S, "bits": BITS}});
    let mut steps = vec![json!({"until": {"more": 2, "latency": BUSY_S}})];
    // Going to another rung within the last segment before another key, Shaka Player asks for one segment too many under
    // the old one.
    if protection == "cbcs" && *way == SHAKA {
        steps.push(json!({"pin": 180}));
    }
    steps.push(clock.clone());
    steps.push(json!({"watch": {"seconds": seconds, "latency": BUSY_S}}));
    steps.push(clock);
    Value::Array(steps)
}

/// What was watched, where the player told the truth.
fn watched(page: &Page, (protection, way): (&str, &Way), result: &Value) -> Result<Value, String> {
    let over = result["protocols"][page.protocol()].as_u64();
    assert!(over.is_some_and(|requests| requests > 0), "{result}");
    let done = result["steps"].as_array().unwrap();
    let watched = done.iter().find(|step| step.get("watch").is_some());
    let seen = &watched.unwrap()["seen"];
    println!("{protection} {way:?} {}: {seen}", page.protocol());
    let mut clocks = done.iter().filter(|step| step.get("clock").is_some());
    match clocks.find(|clock| !agrees_with_the_picture(clock)) {
        Some(clock) => Err(format!("{protection} {way:?}: {clock}")),
        None => Ok(seen.clone()),
    }
}

fn play<'a>((protection, way): (&'a str, &'a Way), steps: &'a Value) -> Play<'a> {
    Play {
        asset: "/live/news",
        protection,
        way,
        steps,
    }
}

/// Whether what the player tells of its latency is what the picture shows.
fn agrees_with_the_picture(clock: &Value) -> bool {
    let burnt = |name: &str| clock["burnt"][name].as_f64().unwrap();
    let shown = burnt("least") - TRUTH_S..=burnt("most") + TRUTH_S;
    let mut told = clock["told"].as_array().unwrap().iter();
    told.all(|told| shown.contains(&told.as_f64().unwrap()))
}

#[test]
fn players_stay_seconds_behind_the_burnt_in_clock_in_the_clear_and_across_keys() {
    let node = start();
    let _encoder = Encoder::push(&node, 180);
    let ways = [
        ("clear", &HLS),
        ("cbcs", &DASH),
        ("clear", &DASH),
        ("cbcs", &SHAKA),
        ("clear", &SHAKA),
        ("cbcs", &HLS),
    ];
    let page = Page::of(&node);
    each(&ways, |&way| {
        let result = play(way, &steps(10, way)).act(&page);
        result.map(|result| watched(&page, way, &result).unwrap())
    });
}

/// Five minutes of each: `make live-soak`.
#[test]
#[ignore = "takes half an hour"]
fn soak_players_for_five_minutes_each() {
    const SECONDS: u32 = 300;
    let ways = [
        ("clear", &HLS),
        ("cbcs", &DASH),
        ("clear", &DASH),
        ("cbcs", &SHAKA),
        ("clear", &SHAKA),
        ("cbcs", &HLS),
        ("clear", &SHAKA_HLS),
        ("cbcs", &SHAKA_HLS),
    ];
    if !tools::available(
        "chromium",
        std::path::Path::new("/usr/bin/chromium").exists(),
    ) {
        return;
    }
    let wanted = std::env::var("LIVE_SOAK_SECONDS").ok();
    let seconds = wanted.map_or(SECONDS, |seconds| seconds.parse().unwrap());
    let node = start();
    let _encoder = Encoder::push(&node, (seconds + 60) * 8);
    let over_http3 = [("clear", &HLS), ("cbcs", &SHAKA)];
    let mut faults = Vec::new();
    for (page, ways) in [
        (Page::of(&node), &ways[..]),
        (Page::over_http3(&node), &over_http3),
    ] {
        let found = each(ways, |&way| {
            let result = match play(way, &steps(seconds, way)).act_once(&page)? {
                Ok(result) => result,
                Err(fault) => return Some(fault),
            };
            let seen = match watched(&page, way, &result) {
                Ok(seen) => seen,
                Err(fault) => return Some(fault),
            };
            let median = seen["latency"]["median"].as_f64();
            let is_near = median.is_some_and(|median| median <= TARGET_S);
            (!is_near).then(|| format!("{way:?}: {median:?} s behind"))
        });
        faults.extend(found.into_iter().flatten());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
