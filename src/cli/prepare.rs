//! `edgepack prepare`: a film in, a ladder with its description out, and how far it is meanwhile.
mod display;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Failure;
use crate::description;
use crate::prepare::{
    self, Effort, Error, Options, Outcome, Reporter, Rung, Settings, Step, Surround, VideoCodec,
};

#[derive(Debug, Args)]
pub(super) struct Prepare {
    /// What ffmpeg can read: the film in its best quality
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
    /// The asset's folder; made where it is missing. What an earlier run has made there is kept
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Largest rung; those above the source's size are left out in any case
    #[arg(long, value_name = "HEIGHT", default_value = "2160p", value_parser = rung)]
    preset: Rung,
    /// The rungs themselves in place of all up to the preset: --rungs 1080p,480p
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = rung, conflicts_with = "preset")]
    rungs: Vec<Rung>,
    /// May be given several times, for a ladder in each
    #[arg(long, value_enum, default_value = "avc")]
    codec: Vec<Codec>,
    /// How long the encoders may think
    #[arg(long, value_enum, default_value = "standard")]
    effort: Thinking,
    /// Beside stereo, 5.1 of sources that have it; may be given twice
    #[arg(long, value_enum, value_name = "CODEC")]
    surround: Vec<SurroundCodec>,
    /// Beside AAC, Opus
    #[arg(long)]
    opus: bool,
    /// Integrated loudness of every track (EBU R 128): -16 for phones and desks, -23 for living rooms, or `keep`
    #[arg(long, value_name = "LUFS", default_value = "-16", allow_hyphen_values = true, value_parser = loudness)]
    loudness: Loudness,
    /// Language of tracks that do not say theirs (BCP 47)
    #[arg(long, value_name = "TAG", value_parser = language)]
    language: Option<String>,
    /// A file of subtitles (.srt, .ass, .vtt, .ttml), beside those named like the source; may be given several times
    #[arg(long, value_name = "FILE")]
    subtitles: Vec<PathBuf>,
    #[arg(long)]
    no_thumbnails: bool,
    /// From one thumbnail to the next: 10 s, in short films 2 s
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    thumbnail_interval: Option<Duration>,
    /// ffmpegs at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// An ffmpeg that makes no progress for so long is stopped
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = stall_timeout)]
    stall_timeout: Duration,
    /// Print what would be made, and make nothing
    #[arg(long)]
    dry_run: bool,
    /// Say nothing but faults
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Codec {
    Avc,
    Hevc,
    Av1,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Thinking {
    Draft,
    Standard,
    High,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SurroundCodec {
    Ac3,
    Eac3,
}

/// LUFS; none keeps what is there.
#[derive(Debug, Clone, Copy)]
struct Loudness(Option<f64>);

fn rung(text: &str) -> Result<Rung, String> {
    Rung::parse(text).ok_or_else(|| "one of 2160p, 1440p, 1080p, 720p, 480p, 360p".to_owned())
}

fn loudness(text: &str) -> Result<Loudness, String> {
    if text == "keep" {
        return Ok(Loudness(None));
    }
    text.parse()
        .ok()
        .filter(|target| (-40.0..=-8.0).contains(target))
        .map(|target| Loudness(Some(target)))
        .ok_or_else(|| "from -40 to -8, or `keep`".to_owned())
}

fn language(text: &str) -> Result<String, String> {
    description::language(text).ok_or_else(|| "a BCP 47 tag such as en or pt-BR".to_owned())
}

fn interval(text: &str) -> Result<Duration, String> {
    duration(text, Duration::from_millis(100), Duration::from_secs(3600))
}

fn stall_timeout(text: &str) -> Result<Duration, String> {
    duration(text, Duration::from_secs(1), Duration::from_secs(24 * 3600))
}

fn duration(text: &str, least: Duration, most: Duration) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let shown = humantime::format_duration;
    (least..=most)
        .contains(&duration)
        .then_some(duration)
        .ok_or_else(|| format!("from {} to {}", shown(least), shown(most)))
}

pub(super) fn run(options: Prepare) -> Result<(), Failure> {
    let (dry_run, quiet) = (options.dry_run, options.quiet);
    let options = options.into_options();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if dry_run {
        let (steps, notes) = runtime.block_on(prepare::dry_run(&options))?;
        print_plan(&steps, &notes);
        return Ok(());
    }
    let reporter: Box<dyn Reporter> = if quiet {
        Box::new(display::Silence)
    } else if std::io::stderr().is_terminal() {
        Box::new(display::Bars::default())
    } else {
        Box::new(display::Lines::default())
    };
    let outcome = runtime.block_on(async {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            outcome = prepare::run(&options, &*reporter) => outcome.map_err(Failure::from),
            _ = tokio::signal::ctrl_c() => Err(Error::Interrupted.into()),
            _ = terminate.recv() => Err(Error::Interrupted.into()),
        }
    });
    // The bars go before a fault is told.
    drop(reporter);
    let outcome = outcome?;
    if !quiet {
        print_outcome(&options, &outcome);
    }
    Ok(())
}

impl Prepare {
    fn into_options(self) -> Options {
        let rungs = if self.rungs.is_empty() {
            let all = Rung::ALL.into_iter();
            all.filter(|rung| *rung <= self.preset).collect()
        } else {
            self.rungs
        };
        let mut codecs: Vec<VideoCodec> = self.codec.into_iter().map(Codec::meant).collect();
        codecs.sort_unstable();
        codecs.dedup();
        let mut surround: Vec<Surround> = Vec::new();
        for codec in self.surround.into_iter().map(SurroundCodec::meant) {
            if !surround.contains(&codec) {
                surround.push(codec);
            }
        }
        Options {
            source: self.source,
            dir: self.dir,
            settings: Settings {
                rungs,
                codecs,
                effort: match self.effort {
                    Thinking::Draft => Effort::Draft,
                    Thinking::Standard => Effort::Standard,
                    Thinking::High => Effort::High,
                },
                surround,
                opus: self.opus,
                loudness: self.loudness.0,
                thumbnails: !self.no_thumbnails,
                thumbnail_interval: self.thumbnail_interval,
                language: self.language,
                subtitles: self.subtitles,
            },
            jobs: usize::from(self.jobs),
            stall_timeout: self.stall_timeout,
        }
    }
}

impl Codec {
    fn meant(self) -> VideoCodec {
        match self {
            Self::Avc => VideoCodec::Avc,
            Self::Hevc => VideoCodec::Hevc,
            Self::Av1 => VideoCodec::Av1,
        }
    }
}

impl SurroundCodec {
    fn meant(self) -> Surround {
        match self {
            Self::Ac3 => Surround::Ac3,
            Self::Eac3 => Surround::Eac3,
        }
    }
}

fn print_plan(steps: &[Step], notes: &[String]) {
    for step in steps {
        let output = step.output.as_deref().unwrap_or("");
        let there = if step.done { " (done)" } else { "" };
        println!("{output:24} {}{there}", step.label);
        if let Some(command) = &step.command {
            println!("    {command}");
        }
    }
    for note in notes {
        println!("note: {note}");
    }
}

fn print_outcome(options: &Options, outcome: &Outcome) {
    println!(
        "{}: {} made, {} kept; described in {}",
        options.dir.display(),
        outcome.made,
        outcome.kept,
        options.dir.join(&outcome.description).display()
    );
}
