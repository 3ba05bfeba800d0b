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

/// Of what they can do, when they are to find the link free at times.
const PACED: f64 = 0.7;
/// Sockets of idle QUIC connections.
const IDLE_SOCKETS: usize = 16;

struct Figures {
    idle_kilobytes: f64,
    full: Load,
    paced: Load,
}

struct Load {
    /// Milliseconds, rising.
    latencies: Vec<f64>,
    /// Answers a second.
    rate: f64,
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
            "p99 at 70 %, ms",
        ],
        format!(
            "{idle} connections that have had one answer and stay open, {ACTIVE} more that ask for 64 KB segments one \
             after the other, and then at 70 % of the rate that gave, each at its time; one worker. Latencies are the \
             client's, who has one core for all of them: at full load it is mostly its own work that they wait for."
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
        let (median, p99) = (figures.full.percentile(0.5), figures.full.percentile(0.99));
        table.line(vec![
            transport.name().to_owned(),
            spread(&[figures.idle_kilobytes], Unit::Kilobytes),
            format!("≤ {most}"),
            verdict(Some(figures.idle_kilobytes <= most)),
            spread(&[figures.full.rate], Unit::PerSecond),
            spread(&[median], Unit::Milliseconds),
            spread(&[p99], Unit::Milliseconds),
            format!("≤ {LATENCY_TARGET}"),
            verdict(Some(p99 <= LATENCY_TARGET)),
            spread(&[figures.paced.percentile(0.99)], Unit::Milliseconds),
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
    let at = node.at(transport);
    // What the node holds for segments and busy connections is there before its memory is looked at.
    let active = open(&Dialer::with_sockets(transport, at, ACTIVE)?, ACTIVE).await?;
    load(&active, segments, SETTLING, None).await?;
    let before = node.resident_bytes()?;
    let waiting = open(&Dialer::with_sockets(transport, at, IDLE_SOCKETS)?, idle).await?;
    // What was allocated for their beginnings is given back by then, if it is.
    tokio::time::sleep(SETTLING).await;
    let grown = node.resident_bytes()?.saturating_sub(before);
    let full = load(&active, segments, ACTIVE_FOR, None).await?;
    let paced = load(&active, segments, ACTIVE_FOR, Some(full.rate * PACED)).await?;
    // All of them are still there.
    for connection in waiting.iter().step_by(100) {
        connection.get(ASKED_ONCE, |_| {}).await?;
    }
    Ok(Figures {
        idle_kilobytes: grown as f64 / 1e3 / waiting.len().max(1) as f64,
        full,
        paced,
    })
}

/// Each has had one answer.
async fn open(dialer: &Dialer, count: usize) -> Result<Vec<Connection>> {
    let lanes = (0..OPENING).map(async |lane| -> Result<Vec<Connection>> {
        let mut connections = Vec::new();
        for _ in (lane..count).step_by(OPENING) {
            let connection = dialer.dial().await?;
            connection.get(ASKED_ONCE, |_| {}).await?;
            connections.push(connection);
        }
        Ok(connections)
    });
    Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
}

/// One request after the other on each connection, or so many a second on all of them together, whose latency then
/// counts from when they were due.
async fn load(
    connections: &[Connection],
    segments: &[String],
    length: Duration,
    rate: Option<f64>,
) -> Result<Load> {
    let began = Instant::now();
    let (from, end) = (began + SETTLING.min(length / 2), began + length);
    let pause = rate.map(|rate| Duration::from_secs_f64(connections.len() as f64 / rate.max(1.0)));
    let lanes = connections.iter().zip(0..).map(async |(connection, lane)| {
        let mut latencies = Vec::new();
        let spread = |pause: Duration| pause.mul_f64(f64::from(lane) / connections.len() as f64);
        let mut due = began + pause.map_or(Duration::ZERO, spread);
        for segment in segments.iter().cycle().skip(lane as usize % segments.len()) {
            match pause {
                Some(_) => tokio::time::sleep_until(due.into()).await,
                None => due = Instant::now(),
            }
            if Instant::now() >= end {
                break;
            }
            connection.get(segment, |_| {}).await?;
            if due >= from {
                latencies.push(due.elapsed().as_secs_f64() * 1e3);
            }
            due += pause.unwrap_or_default();
        }
        Ok::<_, Box<dyn std::error::Error>>(latencies)
    });
    let mut latencies: Vec<f64> = try_join_all(lanes).await?.into_iter().flatten().collect();
    latencies.sort_by(f64::total_cmp);
    Ok(Load {
        rate: latencies.len() as f64 / from.elapsed().as_secs_f64(),
        latencies,
    })
}

impl Load {
    fn percentile(&self, of: f64) -> f64 {
        let place = (self.latencies.len() as f64 * of) as usize;
        let place = place.min(self.latencies.len().saturating_sub(1));
        self.latencies.get(place).copied().unwrap_or(f64::NAN)
    }
}
