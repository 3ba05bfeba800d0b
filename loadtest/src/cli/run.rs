//! `run`: players.
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::target::Target;
use super::{CliError, Output, finish};
use crate::machine::{Machine, Mark};
use crate::node::{AdminUrl, Watch};
use crate::progress::Progress;
use crate::report::{Document, RunRecord};
use crate::scenario::{Arrivals, Cmcd, Scenario};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    /// How many at once, or with --rate in all
    #[arg(long, value_name = "N")]
    viewers: Option<u64>,
    /// Viewers come within this time
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    over: Option<Duration>,
    /// Viewers per second, at random moments (open loop)
    #[arg(long, value_name = "PER SECOND", conflicts_with = "over")]
    rate: Option<f64>,
    /// How long the run takes
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// The same draws the same viewers
    #[arg(long)]
    seed: Option<u64>,
    /// Tell servers of the players (CTA-5004)
    #[arg(long, value_parser = parse_cmcd, value_name = "header|query")]
    cmcd: Option<Cmcd>,
    /// The node's admin port, http://HOST:PORT: its CPU, memory, cache and network stand in the report
    #[arg(long, value_name = "URL", requires = "report")]
    admin: Option<AdminUrl>,
    /// Write a page of the run: FILE.html, and FILE.json beside it
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// What the report should remember; may be repeated
    #[arg(long = "note", value_name = "TEXT", requires = "report")]
    notes: Vec<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(args: Args) -> Result<ExitCode, CliError> {
    let scenario = scenario(&args)?;
    let watch = match &args.admin {
        Some(admin) => Some(
            Watch::start(admin.clone())
                .await
                .map_err(|error| CliError::Usage(error.to_string()))?,
        ),
        None => None,
    };
    let progress = Progress::new(scenario.load.duration);
    let begin = Mark::now();
    let outcome = crate::run(&scenario, |second| progress.second(second)).await?;
    let end = Mark::now();
    progress.end();
    let code = finish(&outcome, &args.output)?;
    if let Some(path) = &args.report {
        let generator = Machine::here();
        let record = RunRecord {
            outcome,
            usage: Some(begin.until(&end, generator.usable_cores)),
            generator: Some(generator),
            node: watch.as_ref().map(|watch| watch.identity().clone()),
            figures: watch.map(|watch| watch.figures(begin.at(), end.at())),
            notes: args.notes,
        };
        Document::from(record)
            .write(path)
            .map_err(|error| CliError::Usage(error.to_string()))?;
    }
    Ok(code)
}

fn scenario(args: &Args) -> Result<Scenario, CliError> {
    let mut scenario = args.target.scenario()?;
    if args.target.is_bare() {
        scenario.load.viewers = Some(1);
    }
    if let Some(viewers) = args.viewers {
        scenario.load.viewers = Some(viewers);
    }
    if let Some(duration) = args.duration {
        scenario.load.duration = duration;
    }
    if let Some(over) = args.over {
        scenario.load.over = over;
    }
    scenario.load.over = scenario.load.over.min(scenario.load.duration);
    if let Some(rate) = args.rate {
        scenario.load.arrivals = Arrivals::Poisson;
        scenario.load.rate = rate;
        scenario.load.viewers = args.viewers;
    }
    if let Some(seed) = args.seed {
        scenario.seed = seed;
    }
    if let Some(cmcd) = args.cmcd {
        scenario.cmcd = cmcd;
    }
    scenario.check()?;
    Ok(scenario)
}

fn parse_cmcd(text: &str) -> Result<Cmcd, String> {
    match text {
        "header" => Ok(Cmcd::Header),
        "query" => Ok(Cmcd::Query),
        "off" => Ok(Cmcd::Off),
        other => Err(format!("{other:?} is not header, query or off")),
    }
}
