//! edgepack beside nginx, the same segments in the same run.
//!
//! The figure is the server's own CPU time (user and system, every thread) over what it delivered. The server is pinned
//! to core 0, this client to core 1 (`bench/run.sh`); rounds of the two servers alternate, so that a machine whose
//! speed drifts slows both; medians are quoted, and the ratio is the median of the ratios pair by pair.
#![forbid(unsafe_code)]

mod client;
mod media;
mod report;
mod server;
mod titles;

use std::path::{Path, PathBuf};

use client::{Client, Transport};
use report::{Row, Unit};
use server::{Edgepack, Nginx, Server};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Alternating rounds of every row.
const ROUNDS: usize = 5;

/// What one row asks for.
struct Load {
    name: &'static str,
    transport: Transport,
    /// Requests of one round, spread over the paths in turn.
    requests: usize,
    unit: Unit,
    /// The figure that the row is held against, with what it is a figure of.
    target: Target,
}

enum Target {
    Absolute(f64),
    OfNginx(f64),
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run())
}

async fn run() -> Result<()> {
    let dir = PathBuf::from("target/bench");
    let media = media::make(&dir)?;
    let ready = Edgepack::start(&dir, "ready", &media, "1GiB").await?;
    // A cache that holds nothing: every request is packaged anew, from a page cache that is warm.
    let jit = Edgepack::start(&dir, "jit", &media, "0B").await?;
    let paths = Paths::discover(&ready).await?;
    paths.save(&ready, &dir.join("nginx/html")).await?;
    let nginx = Nginx::start(&dir, &media)?;

    let mut rows = Vec::new();
    for load in ready_loads() {
        rows.push(
            measure(
                &load,
                &ready,
                nginx_for(&load, &nginx),
                &paths.of(&load, "clear"),
            )
            .await?,
        );
    }
    for (name, protection, target) in [
        ("JIT clear", "clear", 0.6),
        ("JIT cenc", "cenc", 0.9),
        ("JIT cbcs", "cbcs", 0.9),
        ("JIT AES-128", "aes128", 1.95),
    ] {
        let load = Load {
            name,
            transport: Transport::Http1,
            requests: 400,
            unit: Unit::SecondsPerGb,
            target: Target::Absolute(target),
        };
        rows.push(measure(&load, &jit, None, &paths.of(&load, protection)).await?);
    }
    let audio = Load {
        name: "JIT audio segment",
        transport: Transport::Http1,
        requests: 4_000,
        unit: Unit::MicrosPerRequest,
        target: Target::Absolute(150.0),
    };
    rows.push(measure(&audio, &jit, None, &paths.of(&audio, "clear")).await?);

    rows.extend(titles::measure(&dir, &media.root, &ready).await?);

    let report = report::render(&rows, &nginx.version()?)?;
    println!("{report}");
    let results = Path::new("bench/results");
    std::fs::create_dir_all(results)?;
    std::fs::write(results.join("latest.md"), &report)?;
    Ok(())
}

fn ready_loads() -> Vec<Load> {
    let per_gb = |name, transport, requests, target| Load {
        name,
        transport,
        requests,
        unit: Unit::SecondsPerGb,
        target,
    };
    vec![
        per_gb(
            "ready, HTTP/1.1",
            Transport::Http1,
            700,
            Target::OfNginx(1.3),
        ),
        per_gb(
            "ready, HTTP/1.1 TLS 1.3",
            Transport::Http1Tls,
            400,
            Target::OfNginx(0.4),
        ),
        per_gb(
            "ready, HTTP/2 TLS 1.3",
            Transport::Http2Tls,
            400,
            Target::OfNginx(0.4),
        ),
        per_gb(
            "ready, HTTP/3",
            Transport::Http3,
            200,
            Target::Absolute(2.6),
        ),
        Load {
            name: "ready audio segment",
            transport: Transport::Http1,
            requests: 10_000,
            unit: Unit::MicrosPerRequest,
            target: Target::OfNginx(1.3),
        },
    ]
}

fn nginx_for<'a>(load: &Load, nginx: &'a Nginx) -> Option<&'a dyn Server> {
    (load.transport != Transport::Http3).then_some(nginx as &dyn Server)
}

async fn measure(
    load: &Load,
    edgepack: &dyn Server,
    nginx: Option<&dyn Server>,
    paths: &[String],
) -> Result<Row> {
    eprintln!("{} …", load.name);
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for round in 0..=ROUNDS {
        let mine = figure(load, edgepack, paths).await?;
        let peer = match nginx {
            Some(nginx) => Some(figure(load, nginx, paths).await?),
            None => None,
        };
        // The first round warms caches and connections of both and is not counted.
        if round > 0 {
            ours.push(mine);
            theirs.extend(peer);
        }
    }
    let (target, of_nginx) = match load.target {
        Target::Absolute(target) => (target, false),
        Target::OfNginx(ratio) => (ratio, true),
    };
    Ok(Row {
        name: load.name,
        unit: load.unit,
        ours,
        theirs,
        target: Some(target),
        of_nginx,
    })
}

async fn figure(load: &Load, server: &dyn Server, paths: &[String]) -> Result<f64> {
    let client = Client::connect(load.transport, server.address(load.transport)).await?;
    let before = server.cpu_seconds()?;
    let bytes = client.fetch_all(paths, load.requests).await?;
    let seconds = server.cpu_seconds()? - before;
    Ok(match load.unit {
        Unit::SecondsPerGb => seconds / (bytes as f64 / 1e9),
        _ => seconds * 1e6 / load.requests as f64,
    })
}

/// Segment paths by protection, read from the node's own playlists.
struct Paths {
    video: Vec<(&'static str, Vec<String>)>,
    audio: Vec<String>,
}

impl Paths {
    async fn discover(edgepack: &Edgepack) -> Result<Self> {
        let client = Client::connect(Transport::Http1, edgepack.address(Transport::Http1)).await?;
        let mut video = Vec::new();
        let mut audio = Vec::new();
        for protection in ["clear", "cenc", "cbcs", "aes128"] {
            let base = format!("/vod/bench/{protection}");
            let multivariant = client.text(&format!("{base}/index.m3u8")).await?;
            for playlist in playlists(&multivariant) {
                let media = client.text(&format!("{base}/{playlist}")).await?;
                let folder = playlist.trim_end_matches("index.m3u8");
                // The last segment is shorter than the others.
                let mut segments: Vec<String> = media
                    .lines()
                    .filter(|line| line.ends_with(".m4s"))
                    .map(|line| format!("{base}/{folder}{line}"))
                    .collect();
                segments.pop();
                if playlist.starts_with('v') {
                    video.push((protection, segments));
                } else if protection == "clear" {
                    audio = segments;
                }
            }
        }
        if video.len() != 4 || audio.is_empty() {
            return Err("the node's playlists do not list what the bench made".into());
        }
        Ok(Self { video, audio })
    }

    fn of(&self, load: &Load, protection: &str) -> Vec<String> {
        match load.unit {
            Unit::SecondsPerGb => self
                .video
                .iter()
                .filter(|(name, _)| *name == protection)
                .flat_map(|(_, paths)| paths.clone())
                .collect(),
            _ => self.audio.clone(),
        }
    }

    /// The clear segments as files, for the peer to serve under the same paths.
    async fn save(&self, edgepack: &Edgepack, root: &Path) -> Result<()> {
        let client = Client::connect(Transport::Http1, edgepack.address(Transport::Http1)).await?;
        let clear = self
            .video
            .iter()
            .filter(|(name, _)| *name == "clear")
            .flat_map(|(_, paths)| paths);
        for path in clear.chain(&self.audio) {
            let file = root.join(path.trim_start_matches('/'));
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(file, client.bytes(path).await?)?;
        }
        Ok(())
    }
}

/// Media playlists of a multivariant playlist: variants' lines and the URIs of its audio.
fn playlists(multivariant: &str) -> Vec<&str> {
    multivariant
        .lines()
        .filter_map(|line| match line.split_once("URI=\"") {
            Some((_, rest)) if line.starts_with("#EXT-X-MEDIA:") => rest.split('"').next(),
            _ => (!line.starts_with('#') && !line.is_empty()).then_some(line),
        })
        .collect()
}
