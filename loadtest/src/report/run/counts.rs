//! What can be counted, and what went wrong.
use super::super::markup::{Element, el};
use super::super::number;
use super::super::table::{Cell, Table};
use crate::machine::Usage;
use crate::outcome::{ErrorClass, Outcome};

/// Incidents listed; the JSON has all that were kept.
const MAX_INCIDENTS: usize = 50;

pub(super) fn counts(outcome: &Outcome, usage: Option<&Usage>) -> Table {
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
    for (why, bodies) in &outcome.unverified {
        table.row(vec![
            Cell::Text(format!("not verified: {}", why.in_words())),
            Cell::Count(*bodies),
            Cell::text("bodies"),
        ]);
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

pub(super) fn errors(outcome: &Outcome) -> Vec<Element> {
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

fn error_name(class: ErrorClass) -> &'static str {
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
