//! `fetch`: a fixed list.
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use url::Url;

use super::connection::Connection;
use super::{CliError, Output, finish};
use crate::fetch::Fetch;
use crate::progress::Progress;

/// Longer lists are no lists of URLs.
const MAX_LIST_BYTES: u64 = 64 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What is fetched, in turn
    #[arg(value_name = "URL", required_unless_present = "list")]
    urls: Vec<Url>,
    /// A file with a URL in each line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// How many at once
    #[arg(long, short = 'c', default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// Requests at a time on each connection, for h2 and h3
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    streams: u32,
    /// Requests per second at random moments (open loop); without, each follows the one before
    #[arg(long, value_name = "PER SECOND")]
    rate: Option<f64>,
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "TIME")]
    duration: Duration,
    /// Ends after so many
    #[arg(long, short = 'n', value_name = "N")]
    requests: Option<u64>,
    /// The same draws the same moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn fetch(args: Args) -> Result<ExitCode, CliError> {
    let mut urls = args.urls.clone();
    if let Some(path) = &args.list {
        urls.extend(read_list(path)?);
    }
    if args.rate.is_some_and(|rate| !(0.001..=1e6).contains(&rate)) {
        return Err(CliError::Usage("--rate: from 0.001 to 1000000".into()));
    }
    let connections = args.connections as usize;
    let connection = &args.connection;
    let plan = Fetch {
        protocol: connection.protocol,
        connections,
        streams: args.streams as usize,
        rate: args.rate,
        duration: args.duration,
        requests: args.requests,
        seed: args.seed,
        threads: connection.threads.into(),
        headers: connection.header_map()?,
        tls: connection.tls(),
        timeouts: connection.timeouts(),
        limits: crate::scenario::Limits {
            connections_per_viewer: args.streams as usize,
            ..connection.limits(connections)
        },
        any_address: connection.i_own_this_target,
        ..Fetch::new(urls)
    };
    let progress = Progress::new(plan.duration);
    let outcome = crate::fetch::fetch(&plan, |second| progress.second(second)).await?;
    progress.end();
    finish(&outcome, &args.output)
}

fn read_list(path: &std::path::Path) -> Result<Vec<Url>, CliError> {
    let failed = |source| CliError::File {
        path: path.display().to_string(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_LIST_BYTES {
        let what = format!("{}: more than {MAX_LIST_BYTES} bytes", path.display());
        return Err(CliError::Usage(what));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(at, line)| {
            Url::parse(line).map_err(|error| {
                CliError::Usage(format!("{}, line {}: {error}", path.display(), at + 1))
            })
        })
        .collect()
}
