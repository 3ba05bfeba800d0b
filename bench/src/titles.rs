//! What a catalogue costs: opening a two-hour ladder, its manifests, and the memory it holds.
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use rustix::fs::{Advice, fadvise};

use crate::Result;
use crate::client::{Client, Transport};
use crate::node::Edgepack;
use crate::report::{NOTHING, Table, Unit, median, spread, verdict};
use crate::server::Server;

/// Rungs of the ladder; the sound is a file of its own.
const RUNGS: [u32; 6] = [36, 54, 72, 90, 108, 144];
const FILES: f64 = 7.0;
/// The same files under so many names: every one is opened as if it were another title.
const TITLES: usize = 9;
const CLIP_SECONDS: u32 = 60;
const CLIPS: u32 = 120;
/// Requests of one figure for manifests that are made anew, and for ready ones.
const ANEW: usize = 200;
const READY: usize = 4_000;
const ROUNDS: usize = 5;

struct Row {
    name: &'static str,
    unit: Unit,
    figures: Vec<f64>,
    /// None: measured for the record.
    target: Option<f64>,
}

pub(crate) async fn measure(dir: &Path, root: &Path, server: &Edgepack) -> Result<Table> {
    make(dir, root)?;
    eprintln!("titles …");
    let client = server.client(Transport::Http1).await?;
    let mut rows = open(root, server, &client).await?;
    rows.extend(manifests(server, &client).await?);
    let mut table = Table::new(
        "Titles",
        &["path", "unit", "edgepack", "target", "met"],
        "A ladder of two hours, six rungs and sound; server CPU but where it says wall; median (least to most).",
    );
    for row in rows {
        let figure = median(row.figures.iter().copied());
        table.line(vec![
            row.name.to_owned(),
            row.unit.name().to_owned(),
            spread(&row.figures, row.unit),
            row.target
                .map_or(NOTHING.to_owned(), |target| format!("≤ {target}")),
            verdict(row.target.map(|target| figure <= target)),
        ]);
    }
    Ok(table)
}

/// A minute of each rung, made once and copied to two hours: what counts is the number of samples.
pub(crate) fn make(dir: &Path, root: &Path) -> Result<()> {
    if root.join(title(TITLES)).is_dir() {
        return Ok(());
    }
    eprintln!("making the two-hour ladder …");
    let first = dir.join("title-unfinished");
    std::fs::create_dir_all(&first)?;
    for height in RUNGS {
        let clip = first.join("clip.mp4");
        let size = format!(
            "testsrc2=s={}x{height}:r=25:d={CLIP_SECONDS}",
            height * 16 / 9 / 2 * 2
        );
        ffmpeg(
            &["-f", "lavfi", "-i", &size],
            &[
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-bf",
                "2",
                "-pix_fmt",
                "yuv420p",
                "-g",
                "50",
                "-keyint_min",
                "50",
                "-sc_threshold",
                "0",
                "-crf",
                "35",
            ],
            &clip,
        )?;
        repeated(&clip, &first.join(format!("{height}.mp4")))?;
        std::fs::remove_file(&clip)?;
    }
    let clip = first.join("clip.mp4");
    let tone = format!("sine=r=48000:d={CLIP_SECONDS}");
    ffmpeg(
        &["-f", "lavfi", "-i", &tone],
        &["-c:a", "aac", "-b:a", "24k"],
        &clip,
    )?;
    repeated(&clip, &first.join("sound.mp4"))?;
    std::fs::remove_file(&clip)?;
    for number in 1..=TITLES {
        let unfinished = dir.join("links-unfinished");
        std::fs::create_dir_all(&unfinished)?;
        for file in std::fs::read_dir(&first)? {
            let file = file?;
            std::fs::hard_link(file.path(), unfinished.join(file.file_name()))?;
        }
        std::fs::rename(&unfinished, root.join(title(number)))?;
    }
    Ok(())
}

fn ffmpeg(input: &[&str], output: &[&str], file: &Path) -> Result<()> {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(input)
        .args(output)
        .arg(file)
        .status()?;
    if !status.success() {
        return Err("ffmpeg could not make the two-hour ladder".into());
    }
    Ok(())
}

fn repeated(clip: &Path, file: &Path) -> Result<()> {
    let times = (CLIPS - 1).to_string();
    let clip = clip.to_str().ok_or("a path that is not UTF-8")?;
    ffmpeg(&["-stream_loop", &times, "-i", clip], &["-c", "copy"], file)
}

/// The folder of one of them.
pub(crate) fn title(number: usize) -> String {
    format!("title-{number}")
}

fn url(number: usize, leaf: &str) -> String {
    format!("/vod/{}/clear/{leaf}", title(number))
}

/// The first title with the files out of the page cache, the others with them in it.
async fn open(root: &Path, server: &Edgepack, client: &Client) -> Result<Vec<Row>> {
    for file in std::fs::read_dir(root.join(title(1)))? {
        fadvise(File::open(file?.path())?, 0, None, Advice::DontNeed)?;
    }
    let (mut cold, mut warm, mut warm_cpu) = (Vec::new(), Vec::new(), Vec::new());
    let mut memory = 0;
    for number in 1..=TITLES {
        if number == 2 {
            memory = server.resident_bytes()?;
        }
        let (began, cpu) = (Instant::now(), server.cpu_seconds()?);
        client.text(&url(number, "index.m3u8")).await?;
        let millis = began.elapsed().as_secs_f64() * 1e3 / FILES;
        if number == 1 {
            cold.push(millis);
        } else {
            warm.push(millis);
            warm_cpu.push((server.cpu_seconds()? - cpu) * 1e3 / FILES);
        }
    }
    let grown = server.resident_bytes()?.saturating_sub(memory);
    let held = grown as f64 / (TITLES - 1) as f64 / f64::from(1 << 20);
    Ok(vec![
        row(
            "open, cold, per file (wall)",
            Unit::Milliseconds,
            cold,
            None,
        ),
        row(
            "open, warm, per file (wall)",
            Unit::Milliseconds,
            warm,
            Some(10.0),
        ),
        row(
            "open, warm, per file (CPU)",
            Unit::Milliseconds,
            warm_cpu,
            None,
        ),
        row("resident per open title", Unit::Mebibytes, vec![held], None),
    ])
}

async fn manifests(server: &Edgepack, client: &Client) -> Result<Vec<Row>> {
    let multivariant = client.text(&url(2, "index.m3u8")).await?;
    let video = multivariant
        .lines()
        .find(|line| line.starts_with('v'))
        .ok_or("the ladder has no video")?;
    // The names of the tracks come from their content, which is the same in all titles.
    let mut rows = Vec::new();
    for (name, leaf, target) in [
        (
            "I-frame playlist, first of a title",
            video.replace("index.m3u8", "iframes.m3u8"),
            5.0,
        ),
        ("media playlist, first of a rung", video.to_owned(), 1.0),
    ] {
        let mut first = Vec::new();
        for number in 3..=TITLES {
            let before = server.cpu_seconds()?;
            client.text(&url(number, &leaf)).await?;
            first.push((server.cpu_seconds()? - before) * 1e3);
        }
        rows.push(row(name, Unit::Milliseconds, first, Some(target)));
    }
    let path = url(2, video);
    let mut kept = Vec::new();
    for _ in 0..ROUNDS {
        kept.push(micros(server, client, std::slice::from_ref(&path), READY).await?);
    }
    rows.push(row(
        "media playlist, ready",
        Unit::MicrosPerRequest,
        kept,
        Some(15.0),
    ));
    for (anew, ready, leaf) in [
        (
            "multivariant playlist, made",
            "multivariant playlist, ready",
            "index.m3u8",
        ),
        ("MPD, made", "MPD, ready", "manifest.mpd"),
    ] {
        let path = url(2, leaf);
        let (mut made, mut kept) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            // A filter that leaves everything, and that nobody has asked for yet.
            let paths: Vec<String> = (0..ANEW)
                .map(|number| {
                    let limit = 1_000_000_000 + round * ANEW + number;
                    format!("{path}?max_bitrate={limit}")
                })
                .collect();
            let anew = micros(server, client, &paths, ANEW).await?;
            let ready = micros(server, client, std::slice::from_ref(&path), READY).await?;
            if round > 0 {
                made.push(anew / 1e3);
                kept.push(ready);
            }
        }
        rows.push(row(anew, Unit::Milliseconds, made, Some(1.0)));
        rows.push(row(ready, Unit::MicrosPerRequest, kept, Some(15.0)));
    }
    Ok(rows)
}

async fn micros(server: &Edgepack, client: &Client, paths: &[String], count: usize) -> Result<f64> {
    let before = server.cpu_seconds()?;
    client.fetch_all(paths, count).await?;
    Ok((server.cpu_seconds()? - before) * 1e6 / count as f64)
}

fn row(name: &'static str, unit: Unit, figures: Vec<f64>, target: Option<f64>) -> Row {
    Row {
        name,
        unit,
        figures,
        target,
    }
}
