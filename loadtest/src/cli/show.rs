//! What a command says at its end.
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::CliError;
use crate::outcome::{Outcome, Quantiles};

/// Incidents on the screen; the JSON has more.
const SHOWN: usize = 10;

/// Where results go.
#[derive(Clone, Debug, clap::Args)]
pub struct Output {
    /// Write the outcome as JSON; `-`: to standard output, instead of the summary
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Writes what was found. The code says whether all went well.
///
/// # Errors
/// A file that cannot be written.
pub fn finish(outcome: &Outcome, output: &Output) -> Result<ExitCode, CliError> {
    let to_stdout = output
        .json
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    if let Some(path) = &output.json {
        let mut text = serde_json::to_string_pretty(outcome)?;
        text.push('\n');
        let written = match to_stdout {
            true => std::io::stdout().write_all(text.as_bytes()),
            false => std::fs::write(path, text),
        };
        written.map_err(|source| CliError::File {
            path: path.display().to_string(),
            source,
        })?;
    }
    if !to_stdout {
        let text = summary(outcome);
        std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(|source| CliError::File {
                path: "standard output".into(),
                source,
            })?;
    }
    Ok(match well(outcome) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Something was asked for, no error, no violation, nobody gave up.
pub(crate) fn well(outcome: &Outcome) -> bool {
    outcome.requests > 0
        && outcome.errors.values().sum::<u64>() == 0
        && outcome.violations == 0
        && outcome.viewers.failed == 0
}

/// For people.
pub(crate) fn summary(outcome: &Outcome) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, outcome);
    out
}

fn write(out: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let seconds = outcome.seconds.max(0.001);
    writeln!(
        out,
        "{} against {} over {}, {:.1} s",
        outcome.scenario, outcome.target, outcome.protocol, outcome.seconds
    )?;
    let viewers = &outcome.viewers;
    if viewers.started > 0 {
        writeln!(
            out,
            "viewers      {} came, at most {} at once, {} saw what they wanted, {} gave up",
            viewers.started, viewers.peak, viewers.finished, viewers.failed
        )?;
        writeln!(
            out,
            "playback     {:.1} s played, {} stalls, {:.1} s stalled ({:.3} %), {} changes of rung",
            outcome.played_s,
            outcome.stalls,
            outcome.stalled_s,
            outcome.rebuffer_ratio() * 100.0,
            outcome.rung_switches
        )?;
        quantiles(out, "start-up", &outcome.startup_ms, "ms")?;
        if let Some(latency) = &outcome.live_latency_s {
            quantiles(out, "live latency", latency, "s")?;
        }
        for (rung, played) in &outcome.rungs {
            let share = played / outcome.played_s.max(0.001) * 100.0;
            writeln!(out, "  rung       {rung}: {share:.1} %")?;
        }
    }
    writeln!(
        out,
        "requests     {} ({:.1}/s), {:.1} MB, {:.3} Gbit/s",
        outcome.requests,
        outcome.requests as f64 / seconds,
        outcome.bytes as f64 / 1e6,
        outcome.bytes as f64 * 8.0 / 1e9 / seconds
    )?;
    for (class, latency) in &outcome.latency_ms {
        quantiles(out, class, latency, "ms")?;
        if let Some(first) = outcome.first_byte_ms.get(class) {
            quantiles(out, "  first byte", first, "ms")?;
        }
    }
    let connections = &outcome.connections;
    writeln!(
        out,
        "connections  {} opened, at most {} at once, {} failed",
        connections.opened, connections.peak, connections.failed
    )?;
    quantiles(out, "  handshake", &connections.handshake_ms, "ms")?;
    if let Some(pushed) = &outcome.pushed {
        writeln!(
            out,
            "pushed       {} streams, {} chunks, {:.3} Mbit/s",
            pushed.streams,
            pushed.chunks,
            pushed.bytes as f64 * 8.0 / seconds / 1e6
        )?;
        quantiles(out, "  sent late", &pushed.late_ms, "ms")?;
    }
    for (why, count) in &outcome.unverified {
        writeln!(out, "not verified {count} bodies {}", why.in_words())?;
    }
    if outcome.errors.is_empty() && outcome.violations == 0 {
        writeln!(out, "no errors, no violations")?;
    } else {
        for (class, count) in &outcome.errors {
            let name = serde_json::to_value(class).unwrap_or_default();
            writeln!(
                out,
                "errors       {}: {count}",
                name.as_str().unwrap_or("?")
            )?;
        }
        writeln!(out, "violations   {}", outcome.violations)?;
        for incident in outcome.samples.iter().take(SHOWN) {
            writeln!(
                out,
                "  {:.1} s {} {}",
                incident.at_s, incident.url, incident.what
            )?;
        }
    }
    Ok(())
}

fn quantiles(out: &mut String, name: &str, of: &Quantiles, unit: &str) -> std::fmt::Result {
    if of.count == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "{name:<12} {} × p50 {:.2} p90 {:.2} p99 {:.2} p99.9 {:.2} max {:.2} {unit}",
        of.count, of.p50, of.p90, of.p99, of.p999, of.max
    )
}
