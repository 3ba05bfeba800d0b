//! `edgepack prepare`: from one film to an aligned ladder with its description, through ffmpeg.
//!
//! Every output is made by an ffmpeg of its own, under a name that says it is unfinished, and renamed when it is
//! complete. A state file beside the outputs holds what was made of what: another run makes only what is missing or
//! differs.
mod audio;
mod error;
mod ffmpeg;
mod ladder;
mod language;
mod loudness;
mod plan;
mod probe;
mod rate;
mod state;
mod text;
mod thumbnails;
mod verify;
mod video;
mod work;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use audio::Surround;
pub use error::Error;
pub use ffmpeg::Progress;
pub use ladder::Rung;
pub use rate::Rate;
pub use video::{Effort, VideoCodec};

use crate::description::{ASSET_FILE, Kind};
use plan::Plan;
use state::Workshop;

/// What is wanted of a source.
#[derive(Debug, Clone)]
pub struct Settings {
    pub rungs: Vec<Rung>,
    /// Not empty.
    pub codecs: Vec<VideoCodec>,
    pub effort: Effort,
    pub surround: Vec<Surround>,
    pub opus: bool,
    /// Integrated loudness of every track, LUFS. None: as it is.
    pub loudness: Option<f64>,
    pub thumbnails: bool,
    /// None: by the film's length.
    pub thumbnail_interval: Option<Duration>,
    /// Of tracks that do not say theirs; BCP 47.
    pub language: Option<String>,
    /// Files of subtitles, beside those that lie next to the source.
    pub subtitles: Vec<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub source: PathBuf,
    /// The asset's folder.
    pub dir: PathBuf,
    pub settings: Settings,
    /// ffmpegs at a time, at least one.
    pub jobs: usize,
    /// How long an ffmpeg may make no progress.
    pub stall_timeout: Duration,
}

/// One step of the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// File name; none for what leaves no file.
    pub output: Option<String>,
    pub label: String,
    /// Share of the whole, in units of its own.
    pub work: u64,
    /// What a shell would run; none where no ffmpeg is needed.
    pub command: Option<String>,
    /// Whether an earlier run has done it.
    pub done: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Event<'e> {
    /// All steps; the other events give their places in it.
    Planned(&'e [Step]),
    Note(&'e str),
    Started(usize),
    /// Share done, 0 to 1; none when the source's length is not known.
    Moved(usize, Option<f64>, Progress),
    Finished(usize),
}

/// Is told how the work goes.
pub trait Reporter {
    fn report(&self, event: Event<'_>);
}

/// What a run has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Outputs made, and outputs that were there already.
    pub made: usize,
    pub kept: usize,
    /// The description's file name; `asset.toml.new` where somebody has changed the one that was there.
    pub description: String,
}

/// Steps and notes, without making anything.
pub async fn dry_run(options: &Options) -> Result<(Vec<Step>, Vec<String>), Error> {
    let plan = planned(options).await?;
    let has = state::peek(&options.dir)?;
    let steps = steps(&plan, options, &has, &|_| false);
    Ok((steps, plan.notes))
}

/// Makes what is missing. Dropping the future ends every ffmpeg and leaves a state that another run goes on from.
pub async fn run(options: &Options, reporter: &dyn Reporter) -> Result<Outcome, Error> {
    let plan = planned(options).await?;
    let workshop = Workshop::open(&options.dir)?;
    for task in &plan.tasks {
        workshop.check_ours(&task.output)?;
        check_apart(options, task.make.input(&options.source), &task.output)?;
    }
    let steps = steps(
        &plan,
        options,
        &|output, key| workshop.has(output, key),
        &|key| workshop.loudness(key).is_some(),
    );
    reporter.report(Event::Planned(&steps));
    for note in &plan.notes {
        reporter.report(Event::Note(note));
    }
    let outputs: Vec<&str> = plan.tasks.iter().map(|task| task.output.as_str()).collect();
    for leftover in workshop.leftovers(&outputs) {
        let note = format!("{leftover}: made by an earlier run, no longer part of the asset");
        reporter.report(Event::Note(&note));
    }
    let workshop = work::all(&plan, &steps, options, workshop, reporter).await?;
    finish(&plan, &steps, options, workshop, reporter)
}

fn finish(
    plan: &Plan,
    steps: &[Step],
    options: &Options,
    mut workshop: Workshop,
    reporter: &dyn Reporter,
) -> Result<Outcome, Error> {
    let tracks = plan
        .description
        .periods
        .iter()
        .flat_map(|period| &period.tracks);
    let ladder: Vec<&str> = tracks
        .filter(|track| matches!(track.kind, Some(Kind::Video | Kind::Audio)))
        .map(|track| track.file.as_str())
        .collect();
    verify::ladder(&options.dir, &ladder)?;
    let text = plan.description.to_toml(
        "Written by `edgepack prepare`, which leaves it alone once it is changed.\n\
         docs/reference/asset.md lists the keys; `edgepack check --asset` finds faults.",
    );
    let description = workshop.describe(ASSET_FILE, &text)?;
    if description != ASSET_FILE {
        let note = format!("{ASSET_FILE} has been changed and is kept; see {description}");
        reporter.report(Event::Note(&note));
    }
    let kept = steps
        .iter()
        .filter(|step| step.output.is_some() && step.done)
        .count();
    Ok(Outcome {
        made: plan.tasks.len() - kept,
        kept,
        description,
    })
}

/// Looks at the source, and whether this ffmpeg can do what is wanted.
async fn planned(options: &Options) -> Result<Plan, Error> {
    let source = &options.source;
    if !source.is_file() {
        return Err(Error::source_file(source, "there is no such file"));
    }
    let probe = probe::probe(source).await?;
    let mut side_files = text::beside(source)?;
    for path in &options.settings.subtitles {
        side_files.push(text::named(path)?);
    }
    let identity = state::identity(source)?;
    let plan = plan::plan(&options.settings, &probe, &identity, &side_files)?;
    plan.check(
        &ffmpeg::names("-encoders").await?,
        &ffmpeg::names("-filters").await?,
    )?;
    Ok(plan)
}

fn steps(
    plan: &Plan,
    options: &Options,
    has: &dyn Fn(&str, &str) -> bool,
    is_measured: &dyn Fn(&str) -> bool,
) -> Vec<Step> {
    let shown = |line: Vec<std::ffi::OsString>| {
        let words = line
            .iter()
            .map(|word| ffmpeg::shown(&word.to_string_lossy()));
        format!("ffmpeg {}", words.collect::<Vec<_>>().join(" "))
    };
    let missing = |measure: usize| {
        plan.tasks
            .iter()
            .any(|task| task.make.measure() == Some(measure) && !has(&task.output, &task.key))
    };
    let measures = plan
        .measures
        .iter()
        .enumerate()
        .map(|(index, measure)| Step {
            output: None,
            label: measure.label.clone(),
            work: measure.work,
            command: Some(shown(Plan::measuring(measure, &options.source))),
            done: is_measured(&measure.key) || !missing(index),
        });
    let tasks = plan.tasks.iter().map(|task| Step {
        output: Some(task.output.clone()),
        label: task.label.clone(),
        work: task.work,
        command: Plan::making(
            task,
            &options.source,
            "GAIN",
            &options.dir.join(&task.output),
        )
        .map(shown),
        done: has(&task.output, &task.key),
    });
    measures.chain(tasks).collect()
}

/// Fails where an output would take the place of what it is made of.
fn check_apart(options: &Options, input: &Path, output: &str) -> Result<(), Error> {
    let real = |path: &Path| path.canonicalize().ok();
    let output = options.dir.join(output);
    match (real(input), real(&output)) {
        (Some(one), Some(other)) if one == other => Err(Error::NotOurs(output)),
        _ => Ok(()),
    }
}

/// ffmpeg's options for one stream of the input and nothing else of it.
fn only_stream(index: usize) -> Vec<String> {
    [
        "-map",
        &format!("0:{index}"),
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
    ]
    .map(str::to_owned)
    .to_vec()
}
