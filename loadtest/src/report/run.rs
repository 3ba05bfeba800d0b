//! What one run says.
use super::chart::{Chart, Fold, Limit, Line};
use super::conditions::{self, Facts};
use super::markup::{Element, el};
use super::mix;
use super::number;
use super::page::{self, Tone, banner, tile, tiles};
use super::scale::Kind;
use super::table::{Cell, Table};
use super::{Document, RunRecord};
use crate::machine::Usage;
use crate::node::NodeFigures;
use crate::outcome::{ErrorClass, Outcome, Quantiles, Second};

/// Incidents listed; the JSON has all that were kept.
const MAX_INCIDENTS: usize = 50;

pub(super) fn page(record: &RunRecord) -> String {
    let outcome = &record.outcome;
    let title = format!("{} against {}", outcome.scenario, outcome.target);
    let run = Facts::new()
        .add("scenario", &outcome.scenario)
        .add("target", &outcome.target)
        .add("protocol", &outcome.protocol)
        .add("started", number::moment(outcome.started_unix_s))
        .add("took", number::span(outcome.seconds));
    let mut main = vec![
        el("h1").text(&title),
        el("p").class("lead").text(format!(
            "{} · {} · {}",
            outcome.protocol,
            number::moment(outcome.started_unix_s),
            number::span(outcome.seconds)
        )),
        verdict(outcome),
    ];
    if let Some(usage) = record.usage.filter(Usage::is_busy) {
        main.push(busy(&usage));
    }
    main.push(tiles(headline(outcome, record.figures.as_ref())));
    main.push(page::section(
        "Viewers and requests",
        details(
            "run",
            outcome,
            record.figures.as_ref(),
            record.usage.as_ref(),
        ),
    ));
    main.push(conditions::section(
        record.generator.as_ref(),
        &outcome.build,
        record.node.as_ref(),
        &run,
        &record.notes,
    ));
    page::document(&title, main)
}

fn verdict(outcome: &Outcome) -> Element {
    let failed = outcome.errors.values().sum::<u64>();
    let faults = [
        (failed, "failed requests"),
        (outcome.violations, "violations in what was received"),
        (outcome.viewers.failed, "viewers gave up"),
        (outcome.stalls, "stalls"),
    ];
    let faults: Vec<String> = faults
        .iter()
        .filter(|fault| fault.0 > 0)
        .map(|(n, what)| format!("{} {what}", number::count(*n)))
        .collect();
    if outcome.requests == 0 {
        return banner(&Tone::Bad, "Nothing was requested.", None);
    }
    match faults.is_empty() {
        true => banner(
            &Tone::Good,
            "No error and no stall.",
            Some("What was received was in order.".to_owned()),
        ),
        false => banner(&Tone::Caution, format!("{}.", faults.join(", ")), None),
    }
}

pub(super) fn busy(usage: &Usage) -> Element {
    banner(
        &Tone::Caution,
        "The load generator was the bottleneck.",
        Some(format!(
            "It took {} of its {} cores: viewers waited for it too. Give it more cores, or share the load between \
             several machines.",
            number::percent(usage.share()),
            usage.cores
        )),
    )
}

/// The figures one asks for first.
pub(super) fn headline(outcome: &Outcome, node: Option<&NodeFigures>) -> Vec<Element> {
    let rate = match outcome.seconds > 0.0 {
        true => outcome.bytes as f64 * 8.0 / outcome.seconds,
        false => 0.0,
    };
    let mut list = vec![
        tile(
            "Viewers at once",
            number::count(outcome.viewers.peak),
            format!("{} in all", number::count(outcome.viewers.started)),
        ),
        tile(
            "Delivered",
            number::bit_rate(rate),
            format!(
                "{} in all, mean of the run",
                number::traffic(outcome.bytes as f64)
            ),
        ),
        tile(
            "Start-up, p95",
            time_of(&outcome.startup_ms, |q| q.p95),
            format!("median {}", time_of(&outcome.startup_ms, |q| q.p50)),
        ),
        tile(
            "Rebuffering",
            number::percent(outcome.rebuffer_ratio()),
            format!("{} stalls", number::count(outcome.stalls)),
        ),
        tile(
            "Errors",
            number::percent(outcome.error_rate()),
            format!("of {} requests", number::count(outcome.requests)),
        ),
    ];
    if let Some(live) = &outcome.live_latency_s {
        list.push(tile(
            "Behind live, p95",
            number::time(live.p95),
            format!("median {}", number::time(live.p50)),
        ));
    }
    let Some(node) = node else {
        return list;
    };
    if let Some(cores) = node.cpu_cores {
        let cost = node.cpu_s_per_gb().map_or_else(
            || "cores busy".to_owned(),
            |cost| format!("cores busy; {}", number::with_unit(cost, "s/GB")),
        );
        list.push(tile("Node CPU", number::short(cores), cost));
    }
    if let Some(rss) = node.rss_bytes_peak {
        list.push(tile(
            "Node memory",
            number::memory(rss as f64),
            "resident, at most",
        ));
    }
    if let Some(hits) = node.hit_ratio() {
        list.push(tile(
            "Node cache hits",
            number::percent(hits),
            "of look-ups for segments",
        ));
    }
    list
}

fn time_of(quantiles: &Quantiles, of: fn(&Quantiles) -> f64) -> String {
    match quantiles.count {
        0 => "–".to_owned(),
        _ => number::time(of(quantiles) / 1e3),
    }
}

/// Plots and tables; `id` tells several runs on one page apart.
pub(super) fn details(
    id: &str,
    outcome: &Outcome,
    node: Option<&NodeFigures>,
    usage: Option<&Usage>,
) -> Vec<Element> {
    let mut content = vec![page::figures(over_time(id, outcome))];
    content.extend(latencies(id, outcome));
    let rungs: Vec<(String, f64)> = outcome
        .rungs
        .iter()
        .map(|(name, seconds)| (name.clone(), *seconds))
        .collect();
    content.extend(mix::rungs(&format!("{id}-rungs"), &rungs));
    content.push(el("h3").text("Counts"));
    content.push(counts(outcome, usage).element());
    content.extend(errors(outcome));
    if let Some(node) = node {
        content.push(el("h3").text("The node meanwhile"));
        content.extend(of_node(id, node));
    }
    content
}

fn over_time(id: &str, outcome: &Outcome) -> Vec<Option<Element>> {
    let line = |name: &str, fold: Fold, of: fn(&Second) -> f64| Line {
        name: name.to_owned(),
        points: outcome
            .series
            .iter()
            .map(|second| (second.at_s, Some(of(second))))
            .collect(),
        fold,
    };
    let chart = |key: &str, title: &str, unit: &'static str, lines: Vec<Line>| {
        Chart::over_time(format!("{id}-{key}"), title, unit, lines).figure()
    };
    let most = outcome
        .series
        .iter()
        .map(|second| second.bytes)
        .max()
        .unwrap_or_default();
    // One unit for the whole axis: what its largest value is best read in.
    let (unit, throughput): (_, fn(&Second) -> f64) = match most as f64 * 8.0 {
        bits if bits >= 1e9 => ("Gb/s", |second| second.bytes as f64 * 8e-9),
        _ => ("Mb/s", |second| second.bytes as f64 * 8e-6),
    };
    vec![
        chart(
            "viewers",
            "Viewers",
            "viewers",
            vec![
                line("watching or starting", Fold::Mean, |s| s.viewers as f64),
                line("stalled", Fold::Most, |s| s.stalled as f64),
            ],
        ),
        chart(
            "throughput",
            "Throughput",
            unit,
            vec![line("received", Fold::Mean, throughput)],
        ),
        chart(
            "segment",
            "Segment latency, p99 of each second",
            "ms",
            vec![line("segment p99", Fold::Most, |s| s.segment_p99_ms)],
        ),
        chart(
            "requests",
            "Requests and errors",
            "1/s",
            vec![
                line("requests", Fold::Mean, |s| s.requests as f64),
                line("errors", Fold::Most, |s| s.errors as f64),
            ],
        ),
    ]
}

type Of = fn(&Quantiles) -> f64;

const QUANTILES: [(&str, Of); 6] = [
    ("p50", |q| q.p50),
    ("p90", |q| q.p90),
    ("p95", |q| q.p95),
    ("p99", |q| q.p99),
    ("p99.9", |q| q.p999),
    ("max", |q| q.max),
];

fn latencies(id: &str, outcome: &Outcome) -> Vec<Element> {
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

fn counts(outcome: &Outcome, usage: Option<&Usage>) -> Table {
    let mut table = Table::new("Counts of the run", &["what", "", "unit"]);
    let viewers = &outcome.viewers;
    let connections = &outcome.connections;
    for (name, value) in [
        ("viewers started", viewers.started),
        ("viewers that finished or left", viewers.finished),
        ("viewers that gave up", viewers.failed),
        ("rung changes", outcome.rung_switches),
        ("stalls", outcome.stalls),
        ("requests", outcome.requests),
        ("connections opened", connections.opened),
        ("connections open at once", connections.peak),
        ("connections that failed", connections.failed),
        ("violations", outcome.violations),
    ] {
        table.row(vec![Cell::text(name), Cell::Count(value), Cell::text("")]);
    }
    for (name, value, unit) in [
        ("played, all viewers", outcome.played_s, "s"),
        ("stalled, all viewers", outcome.stalled_s, "s"),
        ("received", outcome.bytes as f64 / 1e9, "GB"),
    ] {
        table.row(vec![
            Cell::text(name),
            Cell::Text(number::short(value)),
            Cell::text(unit),
        ]);
    }
    if let Some(usage) = usage {
        table.row(vec![
            Cell::text("load generator's CPU"),
            Cell::Text(number::plain((usage.share() * 1e3).round() / 10.0)),
            Cell::Text(format!("% of {} cores", usage.cores)),
        ]);
    }
    table
}

pub(super) fn error_name(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Connect => "no connection",
        ErrorClass::Tls => "TLS",
        ErrorClass::Timeout => "timeout",
        ErrorClass::Reset => "broken off",
        ErrorClass::Length => "other length than announced",
        ErrorClass::Status4xx => "status 4xx",
        ErrorClass::Status5xx => "status 5xx",
        ErrorClass::Unreadable => "manifest not understood",
        ErrorClass::Violation => "violation",
    }
}

fn errors(outcome: &Outcome) -> Vec<Element> {
    let mut content = Vec::new();
    let mut table = Table::new("Errors by class", &["class", "count", "of requests (%)"]);
    for (class, n) in &outcome.errors {
        table.row(vec![
            Cell::text(error_name(*class)),
            Cell::Count(*n),
            Cell::of((outcome.requests > 0).then(|| *n as f64 * 100.0 / outcome.requests as f64)),
        ]);
    }
    if !table.is_empty() {
        content.push(el("h3").text("Errors"));
        content.push(table.element());
    }
    let caption = match outcome.samples.len() {
        n if n > MAX_INCIDENTS => {
            format!("The first {MAX_INCIDENTS} of {n} that were kept; the JSON has all")
        }
        _ => "The first errors and violations".to_owned(),
    };
    let mut table = Table::new(caption, &["at (s)", "what", "URL"]);
    for incident in outcome.samples.iter().take(MAX_INCIDENTS) {
        table.row(vec![
            Cell::Number(incident.at_s),
            Cell::text(&incident.what),
            Cell::Code(incident.url.clone()),
        ]);
    }
    if !table.is_empty() {
        content.push(table.element());
    }
    content
}

fn of_node(id: &str, node: &NodeFigures) -> Vec<Element> {
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

impl From<RunRecord> for Document {
    fn from(record: RunRecord) -> Self {
        Self::Run(Box::new(record))
    }
}
