//! `push`: encoders, and who waits for them.
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use url::Url;

use super::connection::Connection;
use super::{CliError, Output, finish};
use crate::progress::Progress;
use crate::push::{Capture, Push, WaitFor};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Captured streams, CMAF of one track each: what the first one lasts is played in a loop
    #[arg(value_name = "FILE", required = true)]
    captures: Vec<PathBuf>,
    /// Publishing point, http://HOST:PORT/PATH; n in braces stands for the channel's number. Streams go below it by
    /// their files' names
    #[arg(long, value_name = "URL")]
    target: String,
    /// How many, from 1
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    channels: u32,
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "TIME")]
    duration: Duration,
    /// Media playlist of the first file's track in the first channel
    #[arg(long, value_name = "URL")]
    watch: Option<Url>,
    /// Viewers who wait for each part of it
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=50_000), requires = "watch", value_name = "N")]
    waiting: u64,
    /// playlist: blocking reloads; part: the part that the playlist hints at
    #[arg(long, default_value = "playlist", value_parser = parse_wait_for, value_name = "WHAT")]
    wait_for: WaitFor,
    /// Between an answer and the next request: what the way to a viewer and back takes, which loopback does not have
    #[arg(long, default_value = "0s", value_parser = humantime::parse_duration, value_name = "TIME")]
    round_trip: Duration,
    /// Those who wait come within this time
    #[arg(long, default_value = "0s", value_parser = humantime::parse_duration, value_name = "TIME")]
    over: Duration,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn push(args: Args) -> Result<ExitCode, CliError> {
    let captures: Result<Vec<_>, _> = args.captures.iter().map(|it| Capture::open(it)).collect();
    let captures = captures.map_err(|error| CliError::Usage(error.to_string()))?;
    let connection = &args.connection;
    let most = usize::try_from(args.waiting).unwrap_or(usize::MAX);
    let plan = Push {
        channels: args.channels,
        duration: args.duration,
        headers: connection.header_map()?,
        watch: args.watch.clone(),
        waiting: args.waiting,
        wait_for: args.wait_for,
        round_trip: args.round_trip,
        over: args.over,
        protocol: connection.protocol,
        threads: connection.threads.into(),
        tls: connection.tls(),
        timeouts: connection.timeouts(),
        limits: connection.limits(most),
        any_address: connection.i_own_this_target,
        ..Push::new(args.target.clone(), captures)
    };
    let progress = Progress::new(plan.duration);
    let outcome = crate::push::push(&plan, |second| progress.second(second)).await?;
    progress.end();
    finish(&outcome, &args.output)
}

fn parse_wait_for(text: &str) -> Result<WaitFor, String> {
    match text {
        "playlist" => Ok(WaitFor::Playlist),
        "part" => Ok(WaitFor::Part),
        other => Err(format!("{other:?} is not playlist or part")),
    }
}
