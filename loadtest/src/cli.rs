//! The command line. One file per command below `cli/`.
//!
//! Exit codes: 0 all went well; 1 a run found errors or violations; 2 there was no run.
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::run::RunError;

mod connection;
mod fetch;
mod model;
mod plan;
mod push;
mod replay;
mod report;
mod run;
mod show;
mod target;

pub use connection::Connection;
pub use show::{Output, finish};

/// Players by the thousand: load, verification and capacity planning for HLS and DASH servers.
#[derive(Debug, Parser)]
#[command(name = "edgepack-loadtest", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play titles as a scenario says
    Run(run::Args),
    /// Fetch a fixed list of URLs, in a closed loop or at a rate
    Fetch(fetch::Args),
    /// Ask again for what an access log tells, at its pace or scaled
    Replay(replay::Args),
    /// Push captured streams as encoders do, to many channels at once, and have viewers wait for what comes
    Push(push::Args),
    /// Step the load until promises break: how much a node carries
    Plan(Box<plan::Args>),
    /// Make the page of a run or a plan from its JSON
    Report(report::Args),
    /// From a plan to nodes, network, memory, disk and cost of a fleet
    Model(Box<model::Args>),
}

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{0}")]
    Usage(String),
    #[error("{path}: {source}")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("no runtime: {0}")]
    Runtime(std::io::Error),
}

impl From<crate::scenario::ScenarioError> for CliError {
    fn from(error: crate::scenario::ScenarioError) -> Self {
        Self::Run(error.into())
    }
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match go(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("edgepack-loadtest: {error}");
            ExitCode::from(2)
        }
    }
}

fn go(command: Command) -> Result<ExitCode, CliError> {
    // Load comes from threads of its own; this one waits for them.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(async {
        match command {
            Command::Run(args) => run::run(args).await,
            Command::Fetch(args) => fetch::fetch(args).await,
            Command::Replay(args) => replay::replay(args).await,
            Command::Push(args) => push::push(args).await,
            Command::Plan(args) => plan::plan(*args).await,
            Command::Report(args) => report::report(&args),
            Command::Model(args) => model::run(&args),
        }
    })
}
