//! `plan`: how much a node carries.
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

use super::CliError;
use super::target::Target;
use crate::machine::{Machine, Mark};
use crate::node::{AdminUrl, Watch};
use crate::outcome::Second;
use crate::plan::{
    FORMAT, Limits, Measured, Plan, Runner, Search, SearchError, Slo, Step, StepTimes, drive,
};
use crate::progress::Progress;
use crate::report::{Document, number};
use crate::run::{RunError, fleet};
use crate::scenario::{Arrivals, Scenario};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    /// The node's admin port, http://HOST:PORT, or a prometheus exporter beside another server: its CPU, memory,
    /// cache and network are read each second
    #[arg(long, value_name = "URL")]
    admin: Option<AdminUrl>,
    /// What viewers are promised
    #[arg(
        long,
        value_name = "LIST",
        default_value = "startup_p95=2s,rebuffer=0.5%,errors=0.1%"
    )]
    slo: Slo,
    /// Viewers of the first step
    #[arg(long, value_name = "N", default_value_t = 50)]
    start: u64,
    /// Viewers of the largest step allowed
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    most: u64,
    /// What a load that held is multiplied by
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0)]
    growth: f64,
    /// How finely the limit is found, of the load
    #[arg(long, value_name = "SHARE", default_value = "5%")]
    resolution: crate::model::Percent,
    /// At most so many steps
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: u32,
    /// In which a step's viewers come
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = humantime::parse_duration)]
    warm_up: Duration,
    /// A step, after its warm-up
    #[arg(long, value_name = "TIME", default_value = "45s", value_parser = humantime::parse_duration)]
    measure: Duration,
    /// Between steps
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pause: Duration,
    /// No step begins that would end later
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    total: Duration,
    /// What the report should remember: configuration, content, network; may be repeated
    #[arg(long = "note", value_name = "TEXT")]
    notes: Vec<String>,
    /// The report: FILE.html, and FILE.json for `model` and `report`
    #[arg(long, value_name = "FILE", default_value = "edgepack-capacity.html")]
    out: PathBuf,
}

/// Bounds of what one step may take.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl From<SearchError> for CliError {
    fn from(error: SearchError) -> Self {
        Self::Usage(error.to_string())
    }
}

pub(super) async fn plan(args: Args) -> Result<ExitCode, CliError> {
    let scenario = scenario(&args)?;
    let times = StepTimes {
        warm_up: args.warm_up,
        measure: args.measure,
        pause: args.pause,
        total: args.total,
    };
    let all = [times.warm_up, times.measure, times.pause, times.total];
    if all.iter().any(|time| *time > LONGEST) || times.measure < Duration::from_secs(1) {
        return Err(CliError::Usage(
            "--measure takes at least 1s; no time is longer than a day".into(),
        ));
    }
    let limits = Limits {
        start: args.start,
        most: args.most,
        growth: args.growth,
        resolution: args.resolution.0,
        steps: args.steps,
    };
    let search = Search::new(limits)?;
    let watch = match &args.admin {
        Some(admin) => Some(
            Watch::start(admin.clone())
                .await
                .map_err(|error| CliError::Usage(error.to_string()))?,
        ),
        None => None,
    };
    let generator = Machine::here();
    let node = watch.as_ref().map(|watch| watch.identity().clone());
    let mut players = Players {
        scenario: &scenario,
        watch,
        cores: generator.usable_cores,
    };
    let begin = Instant::now();
    let started = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let interrupt = Box::pin(async {
        // Without the signal there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    let (steps, capacity) = drive(&mut players, search, &args.slo, &times, interrupt).await?;
    let plan = Plan {
        format: FORMAT,
        scenario: scenario.name.clone(),
        target: scenario.manifest_url(0)?.to_string(),
        protocol: scenario.target.protocol.as_str().to_owned(),
        build: fleet::build(),
        started_unix_s: started.as_secs_f64(),
        seconds: begin.elapsed().as_secs_f64(),
        slo: args.slo,
        limits,
        times,
        generator,
        node,
        notes: args.notes,
        steps,
        capacity,
    };
    let sentence = plan.in_words();
    let held = plan.capacity.holds.is_some();
    let [html, json] = Document::Plan(Box::new(plan))
        .write(&args.out)
        .map_err(|error| CliError::Usage(error.to_string()))?;
    println!("{sentence}");
    println!("{}\n{}", html.display(), json.display());
    Ok(match held {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn scenario(args: &Args) -> Result<Scenario, CliError> {
    let mut scenario = args.target.scenario()?;
    // A plan's steps are loads of their own.
    scenario.load.arrivals = Arrivals::Spread;
    scenario.load.replace = true;
    scenario.load.viewers = Some(args.start);
    scenario.load.over = args.warm_up;
    scenario.load.duration = args.warm_up + args.measure;
    scenario.limits.viewers = scenario.limits.viewers.max(args.most);
    scenario.check()?;
    Ok(scenario)
}

/// A scenario's viewers, so many as a step asks for.
struct Players<'a> {
    scenario: &'a Scenario,
    watch: Option<Watch>,
    cores: u64,
}

impl Runner for Players<'_> {
    type Error = RunError;

    async fn run(&mut self, viewers: u64, times: &StepTimes) -> Result<Measured, RunError> {
        let mut scenario = self.scenario.clone();
        scenario.load.viewers = Some(viewers);
        eprintln!("{} viewers", number::count(viewers));
        let progress = Progress::new(scenario.load.duration);
        let run = crate::run(&scenario, |second: &Second| progress.second(second));
        let window = async {
            sleep(times.warm_up).await;
            let begin = Mark::now();
            sleep(times.measure).await;
            Ok((begin, Mark::now()))
        };
        let (outcome, (begin, end)) = tokio::try_join!(run, window)?;
        progress.end();
        Ok(Measured {
            outcome,
            generator: begin.until(&end, self.cores),
            node: self
                .watch
                .as_ref()
                .map(|watch| watch.figures(begin.at(), end.at())),
        })
    }

    fn judged(&mut self, step: &Step) {
        let verdicts: Vec<String> = step
            .verdicts
            .iter()
            .map(|verdict| {
                format!(
                    "{} {} (seen {})",
                    verdict.objective,
                    match verdict.held {
                        true => "held",
                        false => "broke",
                    },
                    verdict.seen_in_words()
                )
            })
            .collect();
        eprintln!("  {}", verdicts.join(", "));
        if step.generator.is_busy() {
            eprintln!(
                "  the load generator took {} of its cores",
                number::percent(step.generator.share())
            );
        }
    }
}
