//! What the node told of itself meanwhile.
use super::super::chart::{Chart, Fold, Limit, Line};
use super::super::markup::Element;
use super::super::number;
use super::super::page::{self, Tone, banner};
use crate::node::NodeFigures;

pub(super) fn of_node(id: &str, node: &NodeFigures) -> Vec<Element> {
    let mut content = Vec::new();
    if node.restarted {
        content.push(banner(
            &Tone::Bad,
            "The node started anew meanwhile.",
            Some("Its counters do not add up.".to_owned()),
        ));
    }
    if node.failed_polls > 0 {
        content.push(banner(
            &Tone::Caution,
            format!(
                "{} polls of its metrics failed.",
                number::count(node.failed_polls)
            ),
            None,
        ));
    }
    let line = |name: &str, of: fn(&crate::node::NodeSecond) -> Option<f64>| Line {
        name: name.to_owned(),
        points: node
            .series
            .iter()
            .map(|second| (second.at_s, of(second)))
            .collect(),
        fold: Fold::Mean,
    };
    let chart = |key: &str, title: &str, unit, lines: Vec<Line>| {
        let told = lines
            .iter()
            .any(|line| line.points.iter().any(|point| point.1.is_some()));
        told.then(|| {
            let mut chart = Chart::over_time(format!("{id}-node-{key}"), title, unit, lines);
            chart.x_name = "seconds";
            chart
        })
    };
    let cpu = chart(
        "cpu",
        "Node CPU, mean of 5 seconds",
        "cores",
        vec![line("busy", |s| s.cpu_cores)],
    )
    .map(|mut chart| {
        chart.limits.extend(node.cpu_cores.map(|value| Limit {
            name: "mean".to_owned(),
            value,
        }));
        chart
    });
    let memory = chart(
        "memory",
        "Node memory",
        "GiB",
        vec![
            line("resident", |s| s.rss_bytes.map(gib)),
            line("segment cache", |s| s.cache_bytes.map(gib)),
        ],
    );
    let sent = chart(
        "sent",
        "Bodies sent by the node",
        "Gb/s",
        vec![line("sent", |s| s.body_bits_per_s.map(|bits| bits / 1e9))],
    );
    let connections = chart(
        "connections",
        "Connections of the node",
        "connections",
        vec![line("open", |s| s.connections.map(|n| n as f64))],
    );
    let figures: Vec<Option<Element>> = [cpu, memory, sent, connections]
        .into_iter()
        .map(|chart| chart.and_then(|chart| chart.figure()))
        .collect();
    content.push(page::figures(figures));
    content
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / (1_u64 << 30) as f64
}
