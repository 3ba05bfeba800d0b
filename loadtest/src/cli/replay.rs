//! `replay`: an access log.
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use url::Url;

use super::connection::Connection;
use super::{CliError, Output, finish};
use crate::progress::Progress;
use crate::replay::Replay;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// edgepack's JSON, or the combined format
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// Scheme, host and port that the paths are asked of
    #[arg(long, value_name = "URL")]
    target: Url,
    /// 2 replays an hour in half an hour
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Ends after this time; without, with the log
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    duration: Option<Duration>,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn replay(args: Args) -> Result<ExitCode, CliError> {
    if !(0.001..=1000.0).contains(&args.speed) {
        return Err(CliError::Usage("--speed: from 0.001 to 1000".into()));
    }
    let connection = &args.connection;
    let plan = Replay {
        protocol: connection.protocol,
        speed: args.speed,
        duration: args.duration,
        threads: connection.threads.into(),
        headers: connection.header_map()?,
        tls: connection.tls(),
        timeouts: connection.timeouts(),
        limits: crate::scenario::Limits {
            // As browsers have it.
            connections_per_viewer: 6,
            ..connection.limits(0)
        },
        any_address: connection.i_own_this_target,
        ..Replay::new(args.log.clone(), args.target.clone())
    };
    let progress = Progress::new(plan.duration.unwrap_or_default());
    let outcome = crate::replay::replay(&plan, |second| progress.second(second)).await?;
    progress.end();
    finish(&outcome, &args.output)
}
