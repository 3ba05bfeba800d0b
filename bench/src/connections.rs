//! Many connections that are open and idle, and some that ask as fast as they are answered.
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::client::{Connection, Dialer, Transport};
use crate::media::Media;
use crate::node::Edgepack;
use crate::options::Options;
use crate::paths::Paths;
use crate::report::{Table, Unit, spread, verdict};
use crate::{Result, machine};

const ACTIVE: usize = 200;
/// How many are opened at a time.
const OPENING: usize = 32;
const ACTIVE_FOR: Duration = Duration::from_secs(8);
/// Of that, how long until the figures count.
const SETTLING: Duration = Duration::from_secs(1);
/// Bound of one protocol.
const TIMEOUT: Duration = Duration::from_secs(240);
const LATENCY_TARGET: f64 = 20.0;
/// What every idle connection asked for once.
const ASKED_ONCE: &str = "/vod/bench/clear/index.m3u8";

struct Figures {
    idle_kilobytes: f64,
    /// Milliseconds, rising.
    latencies: Vec<f64>,
    seconds: f64,
}

pub(crate) async fn measure(
    dir: &Path,
    media: &Media,
    paths: &Paths,
    options: &Options,
) -> Result<Table> {
    let idle = options.idle.min(machine::connections_possible());
    let mut table = Table::new(
        "Connections",
        &[
            "protocol",
            "resident per idle connection, KB",
            "target",
            "met",
            "requests/s",
            "median, ms",
            "p99, ms",
            "target",
            "met",
        ],
        format!(
            "{idle} connections that have had one answer and stay open, {ACTIVE} more that ask for 64 KB segments one \
             after the other; one worker. Latencies are the client's, who has one core for all of them."
        ),
    );
    for (transport, most) in [
        (Transport::Http1Tls, 25.0),
        (Transport::Http2Tls, 25.0),
        (Transport::Http3, 60.0),
    ] {
        eprintln!("{idle} connections, {} …", transport.name());
        let name = format!("connections-{transport:?}");
        let keys = [
            ("listen.max_connections_per_worker", "30000"),
            ("listen.idle_timeout", "\"10m\""),
        ];
        let node = Edgepack::start(dir, &name, media, &keys).await?;
        let all = protocol(&node, transport, idle, &paths.audio);
        let figures = tokio::time::timeout(TIMEOUT, all).await??;
        let percentile = |of: f64| percentile(&figures.latencies, of);
        let count = figures.latencies.len() as f64;
        table.line(vec![
            transport.name().to_owned(),
            spread(&[figures.idle_kilobytes], Unit::Kilobytes),
            format!("≤ {most}"),
            verdict(Some(figures.idle_kilobytes <= most)),
            spread(&[count / figures.seconds], Unit::PerSecond),
            spread(&[percentile(0.5)], Unit::Milliseconds),
            spread(&[percentile(0.99)], Unit::Milliseconds),
            format!("≤ {LATENCY_TARGET}"),
            verdict(Some(percentile(0.99) <= LATENCY_TARGET)),
        ]);
    }
    Ok(table)
}

async fn protocol(
    node: &Edgepack,
    transport: Transport,
    idle: usize,
    segments: &[String],
) -> Result<Figures> {
    let dialer = Dialer::new(transport, node.at(transport))?;
    // What the node holds for segments and busy connections is there before its memory is looked at.
    let active = open(&dialer, ACTIVE, ASKED_ONCE).await?;
    load(&active, segments, SETTLING).await?;
    let before = node.resident_bytes()?;
    let waiting = open(&dialer, idle, ASKED_ONCE).await?;
    // What was allocated for their beginnings is given back by then, if it is.
    tokio::time::sleep(SETTLING).await;
    let grown = node.resident_bytes()?.saturating_sub(before);
    let (latencies, seconds) = load(&active, segments, ACTIVE_FOR).await?;
    // All of them are still there.
    for connection in waiting.iter().step_by(100) {
        connection.get(ASKED_ONCE, |_| {}).await?;
    }
    Ok(Figures {
        idle_kilobytes: grown as f64 / 1e3 / waiting.len().max(1) as f64,
        latencies,
        seconds,
    })
}

/// Each has had one answer.
async fn open(dialer: &Dialer, count: usize, path: &str) -> Result<Vec<Connection>> {
    let lanes = (0..OPENING).map(async |lane| -> Result<Vec<Connection>> {
        let mut connections = Vec::new();
        for _ in (lane..count).step_by(OPENING) {
            let connection = dialer.dial().await?;
            connection.get(path, |_| {}).await?;
            connections.push(connection);
        }
        Ok(connections)
    });
    Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
}

/// Milliseconds of each request after the first moments, rising; and the seconds they took together.
async fn load(
    connections: &[Connection],
    segments: &[String],
    length: Duration,
) -> Result<(Vec<f64>, f64)> {
    let began = Instant::now();
    let (from, end) = (began + SETTLING.min(length / 2), began + length);
    let lanes = connections
        .iter()
        .enumerate()
        .map(async |(lane, connection)| {
            let mut latencies = Vec::new();
            let mut segments = segments.iter().cycle().skip(lane % segments.len());
            while let Some(segment) = segments.next().filter(|_| Instant::now() < end) {
                let asked = Instant::now();
                connection.get(segment, |_| {}).await?;
                if asked >= from {
                    latencies.push(asked.elapsed().as_secs_f64() * 1e3);
                }
            }
            Ok::<_, Box<dyn std::error::Error>>(latencies)
        });
    let mut latencies: Vec<f64> = try_join_all(lanes).await?.into_iter().flatten().collect();
    latencies.sort_by(f64::total_cmp);
    Ok((latencies, from.elapsed().as_secs_f64()))
}

fn percentile(rising: &[f64], of: f64) -> f64 {
    let place = (rising.len() as f64 * of) as usize;
    let place = place.min(rising.len().saturating_sub(1));
    rising.get(place).copied().unwrap_or(f64::NAN)
}
