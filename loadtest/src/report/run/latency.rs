//! How long requests took: by quantile, drawn and in figures.
use super::super::chart::{Chart, Fold, Line};
use super::super::markup::{Element, el};
use super::super::page;
use super::super::scale::Kind;
use super::super::table::{Cell, Table};
use crate::outcome::{Outcome, Quantiles};

type Of = fn(&Quantiles) -> f64;

const QUANTILES: [(&str, Of); 6] = [
    ("p50", |q| q.p50),
    ("p90", |q| q.p90),
    ("p95", |q| q.p95),
    ("p99", |q| q.p99),
    ("p99.9", |q| q.p999),
    ("max", |q| q.max),
];

pub(super) fn latencies(id: &str, outcome: &Outcome) -> Vec<Element> {
    let mut table = Table::new(
        "Latency, in milliseconds, from when a request was due",
        &[
            "request", "count", "mean", "p50", "p90", "p95", "p99", "p99.9", "max",
        ],
    );
    let mut row = |name: String, quantiles: &Quantiles| {
        if quantiles.count == 0 {
            return;
        }
        let mut cells = vec![
            Cell::Text(name),
            Cell::Count(quantiles.count),
            Cell::Number(quantiles.mean),
        ];
        cells.extend(QUANTILES.map(|(_, of)| Cell::Number(of(quantiles))));
        table.row(cells);
    };
    row("start-up of a viewer".to_owned(), &outcome.startup_ms);
    for (class, quantiles) in &outcome.latency_ms {
        row(class.clone(), quantiles);
        if let Some(quantiles) = outcome.first_byte_ms.get(class) {
            row(format!("{class}, first byte"), quantiles);
        }
    }
    row(
        "connection, with handshake".to_owned(),
        &outcome.connections.handshake_ms,
    );
    if table.is_empty() {
        return Vec::new();
    }
    let mut named = vec![("start-up", &outcome.startup_ms)];
    named.extend(
        outcome
            .latency_ms
            .iter()
            .map(|(class, quantiles)| (class.as_str(), quantiles)),
    );
    let lines = named
        .into_iter()
        .filter(|(_, quantiles)| quantiles.count > 0)
        .map(|(name, quantiles)| Line {
            name: name.to_owned(),
            points: QUANTILES
                .iter()
                .enumerate()
                .map(|(index, (_, of))| (index as f64, Some(of(quantiles))))
                .collect(),
            fold: Fold::Most,
        })
        .collect();
    let chart = Chart {
        x_name: "quantile",
        kind: Kind::Log,
        categories: QUANTILES.map(|(name, _)| name).to_vec(),
        ..Chart::over_time(format!("{id}-latency"), "Latency by quantile", "ms", lines)
    };
    let mut content = vec![el("h3").text("Latency")];
    content.push(page::figures([
        chart.figure(),
        Some(el("figure").child(table.element())),
    ]));
    content
}
