//! What one run says.
use super::chart::{Chart, Fold, Line};
use super::conditions::{self, Facts};
use super::markup::{Element, el};
use super::mix;
use super::number;
use super::page::{self, Tone, banner, tile, tiles};
use super::{Document, RunRecord};
use crate::machine::Usage;
use crate::node::NodeFigures;
use crate::outcome::{Outcome, Quantiles, Second};

mod counts;
mod latency;
mod node;

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
        true => banner(&Tone::Good, "No error and no stall.", Some(judged(outcome))),
        false => banner(&Tone::Caution, format!("{}.", faults.join(", ")), None),
    }
}

/// What the absence of violations is worth.
fn judged(outcome: &Outcome) -> String {
    match outcome.unverified.values().sum() {
        0 if outcome.verified => "What was received was in order.".to_owned(),
        0 => "What was received was not looked at.".to_owned(),
        1 => "One body could not be looked into; the rest was in order.".to_owned(),
        n => format!(
            "{} bodies could not be looked into; the rest was in order.",
            number::count(n)
        ),
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
    content.extend(latency::latencies(id, outcome));
    let rungs: Vec<(String, f64)> = outcome
        .rungs
        .iter()
        .map(|(name, seconds)| (name.clone(), *seconds))
        .collect();
    content.extend(mix::rungs(&format!("{id}-rungs"), &rungs));
    content.push(el("h3").text("Counts"));
    content.push(counts::counts(outcome, usage).element());
    content.extend(counts::errors(outcome));
    if let Some(node) = node {
        content.push(el("h3").text("The node meanwhile"));
        content.extend(node::of_node(id, node));
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

impl From<RunRecord> for Document {
    fn from(record: RunRecord) -> Self {
        Self::Run(Box::new(record))
    }
}
