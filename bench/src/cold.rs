//! Segments of files that are not in the page cache, with many requests at a time: io_uring beside threads that pread,
//! through the page cache and around it.
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{Advice, fadvise};

use crate::Result;
use crate::client::{Client, Transport};
use crate::media::Media;
use crate::node::Edgepack;
use crate::paths::{playlists, segments};
use crate::report::{NOTHING, Table, Unit, median, ratio, spread, verdict};
use crate::server::Server;
use crate::titles;

const TARGET: f64 = 1.3;
/// Segments of one figure.
const LARGE: usize = 15;
const SMALL: usize = 1_500;

/// How a node reads.
struct Engine {
    name: &'static str,
    keys: &'static [(&'static str, &'static str)],
    /// Of io_uring: the pool that reads through the page cache, or around it, as it does.
    same_way: Option<usize>,
}

/// The first is what all others are held against.
const ENGINES: [Engine; 4] = [
    Engine {
        name: "pread",
        keys: &[("storage.engine", "\"pread\""), NO_CACHE],
        same_way: None,
    },
    Engine {
        name: "io_uring",
        keys: &[("storage.engine", "\"io_uring\""), NO_CACHE],
        same_way: Some(0),
    },
    Engine {
        name: "pread, O_DIRECT",
        keys: &[("storage.engine", "\"pread\""), DIRECT, NO_CACHE],
        same_way: None,
    },
    Engine {
        name: "io_uring, O_DIRECT",
        keys: &[("storage.engine", "\"io_uring\""), DIRECT, NO_CACHE],
        same_way: Some(2),
    },
];
const DIRECT: (&str, &str) = ("storage.direct", "true");
const NO_CACHE: (&str, &str) = ("cache.memory", "\"0B\"");

struct Load {
    name: &'static str,
    paths: Vec<String>,
    files: Vec<PathBuf>,
    /// At a time.
    requests: usize,
}

pub(crate) async fn measure(dir: &Path, media: &Media, rounds: u16) -> Result<Table> {
    titles::make(dir, &media.root)?;
    let mut nodes = Vec::new();
    for engine in &ENGINES {
        let name = format!("cold-{}", engine.name.replace(", ", "-"));
        nodes.push(Edgepack::start(dir, &name, media, engine.keys).await?);
    }
    let first = nodes.first().ok_or("there is no engine")?;
    let mut table = Table::new(
        "Cold mezzanine",
        &[
            "path",
            "requests at a time",
            "engine",
            "segments/s",
            "CPU",
            "to pread",
            "to pread, the same way",
            "target",
            "met",
        ],
        format!(
            "Segments per second, and the node's CPU in ms per segment, the files dropped from the page cache before \
             every figure; median (least to most) of {rounds} rounds. Ratios are medians of those pair by pair, to the \
             `pread` pool through the page cache, and to the one that reads the same way; the target is held against \
             the first. With O_DIRECT (`storage.direct`) segments of less than 64 KiB still go through the page cache.",
        ),
    );
    for load in loads(first, media).await? {
        eprintln!("cold, {}, {} at a time …", load.name, load.requests);
        let mut speeds = vec![Vec::new(); nodes.len()];
        let mut cpu = vec![Vec::new(); nodes.len()];
        for round in 0..=rounds {
            // Each is the first as often as any other place.
            for place in 0..nodes.len() {
                let at = (usize::from(round) + place) % nodes.len();
                let node = &nodes[at];
                let (speed, millis) = figure(node, &load).await?;
                // The first opens the files.
                if round > 0 {
                    speeds[at].push(speed);
                    cpu[at].push(millis);
                }
            }
        }
        for ((engine, speed), cpu) in ENGINES.iter().zip(&speeds).zip(&cpu) {
            let to = |other: usize| speeds.get(other).and_then(|other| ratio(speed, other));
            let shown = |ratio: Option<f64>| {
                ratio.map_or_else(|| NOTHING.to_owned(), |ratio| format!("{ratio:.2}"))
            };
            let to_pread = to(0).filter(|_| engine.name != ENGINES[0].name);
            let judged = to_pread.filter(|_| engine.same_way.is_some());
            table.line(vec![
                load.name.to_owned(),
                load.requests.to_string(),
                engine.name.to_owned(),
                spread(speed, Unit::PerSecond),
                format!("{:.2}", median(cpu.iter().copied())),
                shown(to_pread),
                shown(engine.same_way.and_then(to)),
                judged.map_or_else(|| NOTHING.to_owned(), |_| format!("≥ {TARGET}")),
                verdict(judged.map(|ratio| ratio >= TARGET)),
            ]);
        }
    }
    Ok(table)
}

/// Large segments in order, and small ones from all over seven files of two hours.
async fn loads(node: &Edgepack, media: &Media) -> Result<Vec<Load>> {
    let client = node.client(Transport::Http1).await?;
    let title = titles::title(1);
    let mut small = Vec::new();
    for base in [format!("/vod/{title}/clear"), "/vod/bench/clear".to_owned()] {
        let multivariant = client.text(&format!("{base}/index.m3u8")).await?;
        let mut all = Vec::new();
        for playlist in playlists(&multivariant) {
            let path = format!("{base}/{playlist}");
            let listed = segments(&path, &client.text(&path).await?);
            if base.contains(&title) || playlist.starts_with('v') {
                all.push(listed);
            }
        }
        small.push(all);
    }
    let large: Vec<String> = small.pop().into_iter().flatten().flatten().collect();
    let small: Vec<String> = small.pop().into_iter().flatten().flatten().collect();
    if large.len() < LARGE || small.len() < SMALL {
        return Err("the node lists fewer segments than the bench made".into());
    }
    let large = Load {
        name: "3 MB segments",
        paths: large[..LARGE].to_vec(),
        files: vec![media.root.join("bench/video.mp4")],
        requests: 8,
    };
    let folder = media.root.join(&title);
    let files = std::fs::read_dir(folder)?.map(|file| Ok(file?.path()));
    let files: Vec<PathBuf> = files.collect::<Result<_>>()?;
    let small = |requests| Load {
        name: "segments of a ladder of two hours",
        paths: scattered(&small),
        files: files.clone(),
        requests,
    };
    Ok(vec![large, small(16), small(64)])
}

/// So many, none next to the one before.
fn scattered(paths: &[String]) -> Vec<String> {
    // A prime: every path comes up before one comes again.
    const STRIDE: usize = 7_919;
    (0..SMALL)
        .filter_map(|index| paths.get(index * STRIDE % paths.len()).cloned())
        .collect()
}

/// Segments per second, and milliseconds of CPU a segment.
async fn figure(node: &Edgepack, load: &Load) -> Result<(f64, f64)> {
    for file in &load.files {
        fadvise(File::open(file)?, 0, None, Advice::DontNeed)?;
    }
    let client = Client::with_lanes(Transport::Http1, node.at(Transport::Http1), load.requests);
    let client = client.await?;
    let count = load.paths.len();
    let (cpu, began) = (node.cpu_seconds()?, Instant::now());
    client.fetch_all(&load.paths, count).await?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = node.cpu_seconds()? - cpu;
    Ok((count as f64 / seconds, cpu * 1e3 / count as f64))
}
