//! A plan as it might come out: a node of 16 cores that carries 725 viewers.
use std::collections::BTreeMap;
use std::time::Duration;

use crate::machine::{Machine, Nic, Usage};
use crate::node::{NodeFigures, NodeIdentity, NodeSecond};
use crate::outcome::{Connections, ErrorClass, Incident, Outcome, Quantiles, Second, Viewers};
use crate::plan::{Capacity, Ended, FORMAT, Limits, Plan, Step, StepTimes};

fn quantiles(count: u64, median: f64) -> Quantiles {
    Quantiles {
        count,
        mean: median * 1.2,
        p50: median,
        p90: median * 2.1,
        p95: median * 2.8,
        p99: median * 6.0,
        p999: median * 14.0,
        max: median * 31.0,
    }
}

/// `load`: 1 where the node is at its limit.
pub(crate) fn outcome(viewers: u64, load: f64) -> Outcome {
    let slow = 1.0 / (1.05 - load.min(1.0));
    let seconds = 40;
    let rate = viewers as f64 * 4_200_000.0 / 8.0;
    let over = load > 1.0;
    Outcome {
        pushed: None,
        scenario: "evening".to_owned(),
        target: "https://node7.example/<b>target</b>/{asset}/index.m3u8".to_owned(),
        protocol: "h2".to_owned(),
        build: "edgepack-loadtest 0.1.0".to_owned(),
        started_unix_s: 1_795_400_000.0,
        seconds: f64::from(seconds),
        viewers: Viewers {
            started: viewers + viewers / 10,
            finished: viewers / 10,
            failed: 0,
            peak: viewers,
        },
        requests: viewers * 22,
        bytes: (rate * f64::from(seconds)) as u64,
        connections: Connections {
            opened: viewers + viewers / 10,
            failed: 0,
            peak: viewers,
            handshake_ms: quantiles(viewers, 3.1 * slow),
        },
        startup_ms: quantiles(viewers, if over { 830.0 } else { 32.0 * slow }),
        latency_ms: [("manifest", 1.4), ("header", 0.9), ("segment", 9.0)]
            .into_iter()
            .map(|(class, median)| (class.to_owned(), quantiles(viewers * 6, median * slow)))
            .collect(),
        first_byte_ms: [("segment".to_owned(), quantiles(viewers * 6, 1.1 * slow))].into(),
        live_latency_s: None,
        played_s: viewers as f64 * 38.0,
        stalled_s: if over { viewers as f64 * 0.4 } else { 0.0 },
        stalls: if over { viewers / 9 } else { 0 },
        rungs: [
            ("1080p", 0.71),
            ("720p", 0.2),
            ("480p", 0.08),
            ("360p", 0.01),
        ]
        .into_iter()
        .map(|(name, share)| (name.to_owned(), share * viewers as f64 * 38.0))
        .collect(),
        rung_switches: viewers * 3,
        errors: match over {
            true => [(ErrorClass::Timeout, 3)].into(),
            false => BTreeMap::new(),
        },
        violations: 0,
        verified: true,
        unverified: BTreeMap::new(),
        samples: match over {
            true => vec![Incident {
                at_s: 31.25,
                url: "https://node7.example/v/<img src=x onerror=alert(1)>/7.m4s".to_owned(),
                what: "no answer within 10 s".to_owned(),
            }],
            false => Vec::new(),
        },
        series: (0..seconds)
            .map(|second| {
                let t = f64::from(second);
                let ramp = ((t + 1.0) / 10.0).min(1.0);
                let wave = 1.0 + 0.06 * (t * 1.7).sin();
                Second {
                    at_s: t,
                    viewers: (viewers as f64 * ramp) as u64,
                    stalled: if over && second % 7 == 6 {
                        viewers / 40
                    } else {
                        0
                    },
                    requests: (viewers as f64 * ramp * 0.55 * wave) as u64,
                    errors: u64::from(over && second == 31),
                    bytes: (rate * ramp * wave) as u64,
                    segment_p99_ms: 54.0 * slow * wave,
                }
            })
            .collect(),
    }
}

fn node(viewers: u64, load: f64) -> NodeFigures {
    let cores = 14.2 * load.min(1.0);
    let bytes = viewers as f64 * 4_200_000.0 / 8.0 * 30.0;
    NodeFigures {
        seconds: 30.0,
        cpu_s: Some(cores * 30.0),
        cpu_cores: Some(cores),
        cpu_cores_peak: Some(cores * 1.04),
        rss_bytes: Some(6 << 30),
        rss_bytes_peak: Some((6 << 30) + viewers * 60_000),
        cache_bytes: Some(4 << 30),
        cache_hits: Some(900),
        cache_fills: Some(80),
        cache_coalesced: Some(20),
        body_bytes: Some(bytes as u64),
        network_bytes: Some((bytes * 1.04) as u64),
        storage_bytes: Some((bytes * 0.08) as u64),
        requests: Some(viewers * 20),
        connections_peak: Some(viewers),
        failed_polls: 0,
        restarted: false,
        series: (1..=30)
            .map(|second| {
                let t = f64::from(second);
                let wave = 1.0 + 0.03 * (t * 0.9).sin();
                NodeSecond {
                    at_s: t,
                    cpu_cores: (second >= 5).then_some(cores * wave),
                    rss_bytes: Some((6 << 30) + viewers * 50_000 + second as u64 * 1_000_000),
                    cache_bytes: Some((4 << 30) - (30 - second as u64) * 9_000_000),
                    body_bits_per_s: Some(viewers as f64 * 4_200_000.0 * wave),
                    connections: Some(viewers),
                }
            })
            .collect(),
    }
}

fn machine(cores: u64) -> Machine {
    Machine {
        cpu: "Example 9000".to_owned(),
        cores,
        usable_cores: cores,
        memory_bytes: 64 << 30,
        kernel: "Linux 6.1.0-42".to_owned(),
        system: Some("Example OS 3".to_owned()),
        nics: vec![Nic {
            name: "eth0".to_owned(),
            bits_per_s: Some(25_000_000_000),
            driver: Some("mlx5_core".to_owned()),
        }],
    }
}

pub(crate) fn plan() -> Plan {
    let slo: crate::plan::Slo = "startup_p95=2s,rebuffer=0.5%,errors=0.1%".parse().unwrap();
    let steps = [50, 100, 200, 400, 800, 600, 700, 750, 725]
        .into_iter()
        .map(|viewers: u64| {
            let load = viewers as f64 / 730.0;
            let outcome = outcome(viewers, load);
            let verdicts = slo.judge(&outcome);
            Step {
                viewers,
                held: verdicts.iter().all(|verdict| verdict.held),
                verdicts,
                outcome,
                generator: Usage {
                    seconds: 30.0,
                    cpu_s: viewers as f64 * 0.08,
                    cores: 8,
                },
                node: Some(node(viewers, load)),
            }
        })
        .collect();
    Plan {
        format: FORMAT,
        scenario: "evening".to_owned(),
        target: "https://node7.example/<b>target</b>/{asset}/index.m3u8".to_owned(),
        protocol: "h2".to_owned(),
        build: "edgepack-loadtest 0.1.0".to_owned(),
        started_unix_s: 1_795_400_000.0,
        seconds: 412.0,
        slo,
        limits: Limits::default(),
        times: StepTimes {
            warm_up: Duration::from_secs(10),
            measure: Duration::from_secs(30),
            pause: Duration::from_secs(5),
            total: Duration::from_secs(3600),
        },
        generator: machine(8),
        node: Some(NodeIdentity {
            admin: "http://node7.example:9090/metrics".to_owned(),
            build: Some("edgepack 0.1.0".to_owned()),
            workers: Some(16),
            memory_limit_bytes: Some(4 << 30),
            machine: Some(machine(16)),
            shares_machine: false,
        }),
        notes: vec!["prefetch off".to_owned()],
        steps,
        capacity: Capacity {
            holds: Some(725),
            breaks: Some(750),
            ended: Ended::Found,
        },
    }
}
