//! What is to be made of a source: every output with its ffmpeg options, and what the description says of it.
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::audio::{Coding, Layout};
use super::ladder;
use super::language::{own_name, three_letters};
use super::loudness;
use super::probe::{Probe, Said};
use super::rate::Cadence;
use super::text::{Form, SideFile};
use super::thumbnails::Sheets;
use super::video::{self, VideoCodec, VideoRung};
use super::{Error, Settings, ffmpeg, state};
use crate::description::{
    Accessibility, CaptionChannel, Clip, ClosedCaptions, Description, Kind, PeriodDescription,
    Role, TrackDescription,
};

/// Work of a second of sound, in pictures' pixels: for the share of the whole.
const SOUND_WORK: u64 = 500_000;
const MEASURING_WORK: u64 = 1_500_000;
const TEXT_WORK: u64 = 50_000;
const THUMBNAIL_WORK: u64 = 5_000_000;

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) measures: Vec<Measure>,
    pub(super) tasks: Vec<Task>,
    pub(super) description: Description,
    /// What the user should know.
    pub(super) notes: Vec<String>,
    /// Seconds; none when the source does not say.
    pub(super) duration: Option<f64>,
    /// Codec and ffmpeg's encoder.
    encoders: BTreeSet<(&'static str, &'static str)>,
    maps_tones: bool,
}

/// The loudness of a track in one layout.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) label: String,
    pub(super) key: String,
    pub(super) work: u64,
    pub(super) arguments: Vec<String>,
}

/// One output.
#[derive(Debug)]
pub(super) struct Task {
    /// File name.
    pub(super) output: String,
    pub(super) label: String,
    pub(super) key: String,
    pub(super) work: u64,
    pub(super) make: Make,
}

#[derive(Debug)]
pub(super) enum Make {
    Coded(Vec<String>),
    /// With the gain that follows from the measure at this place.
    Leveled {
        coding: Coding,
        stream: usize,
        origin_us: i64,
        language: Option<&'static str>,
        measure: Option<usize>,
    },
    /// To WebVTT; from a file of its own, or from a stream of the source.
    Subtitles(Vec<String>, Option<PathBuf>),
    Copied(PathBuf),
}

impl Make {
    /// ffmpeg's options between input and output; none where it is not used.
    pub(super) fn arguments(&self, gain: &str) -> Option<Vec<String>> {
        match self {
            Self::Coded(arguments) | Self::Subtitles(arguments, _) => Some(arguments.clone()),
            Self::Leveled {
                coding,
                stream,
                origin_us,
                language,
                ..
            } => Some(coding.arguments(*stream, *origin_us, *language, gain)),
            Self::Copied(_) => None,
        }
    }

    pub(super) fn input<'p>(&'p self, source: &'p Path) -> &'p Path {
        match self {
            Self::Subtitles(_, Some(path)) | Self::Copied(path) => path,
            _ => source,
        }
    }

    pub(super) fn measure(&self) -> Option<usize> {
        match self {
            Self::Leveled { measure, .. } => *measure,
            _ => None,
        }
    }

    /// As `-f` names it.
    pub(super) fn format(&self) -> &'static str {
        match self {
            Self::Subtitles(..) => "webvtt",
            _ => "mp4",
        }
    }
}

impl Plan {
    /// ffmpeg's words for a measure.
    pub(super) fn measuring(measure: &Measure, source: &Path) -> Vec<OsString> {
        let mut line = input(source, "info");
        line.extend(measure.arguments.iter().map(OsString::from));
        line.extend(["-f", "null", "-"].map(OsString::from));
        line
    }

    /// ffmpeg's words for an output; none where it is not used. `gain`: decibels.
    pub(super) fn making(
        task: &Task,
        source: &Path,
        gain: &str,
        to: &Path,
    ) -> Option<Vec<OsString>> {
        let arguments = task.make.arguments(gain)?;
        let mut line = match &task.make {
            Make::Subtitles(_, Some(file)) => input(file, "error"),
            _ => input(source, "error"),
        };
        line.extend(arguments.into_iter().map(OsString::from));
        if task.make.format() == "mp4" {
            line.extend(["-movflags", "+faststart"].map(OsString::from));
        }
        line.extend(["-f", task.make.format()].map(OsString::from));
        line.push(ffmpeg::url(to));
        Some(line)
    }

    /// What keeps an ffmpeg with these encoders and filters from carrying it out.
    pub(super) fn check(
        &self,
        encoders: &BTreeSet<String>,
        filters: &BTreeSet<String>,
    ) -> Result<(), Error> {
        for (codec, encoder) in &self.encoders {
            if !encoders.contains(*encoder) {
                return Err(Error::NoEncoder { codec, encoder });
            }
        }
        if self.maps_tones {
            for filter in video::TONE_MAPPING {
                if !filters.contains(filter) {
                    return Err(Error::NoToneMapping { filter });
                }
            }
        }
        Ok(())
    }
}

/// ffmpeg's words up to the input. With the source's own times: left to itself, ffmpeg lets each output begin at 0 with
/// what is in it, and sound and picture, made apart, are no longer in step.
fn input(path: &Path, level: &str) -> Vec<OsString> {
    let mut line = ["-hide_banner", "-v", level, "-copyts", "-i"]
        .map(OsString::from)
        .to_vec();
    line.push(ffmpeg::url(path));
    line
}

/// Builds up the plan, track by track.
struct Planner<'p> {
    settings: &'p Settings,
    probe: &'p Probe,
    identity: &'p str,
    /// Seconds, for estimates.
    seconds: f64,
    names: BTreeSet<String>,
    plan: Plan,
    tracks: Vec<TrackDescription>,
}

/// `identity` tells the source's content from any other's.
pub(super) fn plan(
    settings: &Settings,
    probe: &Probe,
    identity: &str,
    side_files: &[SideFile],
) -> Result<Plan, Error> {
    let mut planner = Planner {
        settings,
        probe,
        identity,
        seconds: probe.duration.unwrap_or(3600.0),
        names: BTreeSet::new(),
        plan: Plan {
            measures: Vec::new(),
            tasks: Vec::new(),
            description: Description {
                title: probe.title.clone(),
                periods: Vec::new(),
                captions: Vec::new(),
            },
            notes: probe.left_out.clone(),
            duration: probe.duration,
            encoders: BTreeSet::new(),
            maps_tones: false,
        },
        tracks: Vec::new(),
    };
    planner.video();
    planner.audio();
    planner.text(side_files)?;
    planner.thumbnails();
    let Planner {
        mut plan, tracks, ..
    } = planner;
    plan.description.periods.push(PeriodDescription {
        clip: Clip::default(),
        tracks,
    });
    Ok(plan)
}

impl Planner<'_> {
    fn video(&mut self) {
        let Some(video) = &self.probe.video else {
            return;
        };
        if video.rate_changes {
            self.plan.notes.push(format!(
                "frames come unevenly or fast: {:.3} a second from here on",
                video.rate.per_second()
            ));
        }
        let cadence = Cadence::new(video.rate);
        for codec in &self.settings.codecs {
            self.plan.encoders.insert((codec.name(), codec.encoder()));
            self.plan.maps_tones |= *codec == VideoCodec::Avc && video.colour.is_hdr();
            for size in ladder::sizes(video.width, video.height, &self.settings.rungs) {
                let rung = VideoRung {
                    codec: *codec,
                    size,
                    cadence,
                    effort: self.settings.effort,
                };
                let arguments = rung.arguments(video, self.probe.origin_us);
                let track = TrackDescription {
                    kind: Some(Kind::Video),
                    ..TrackDescription::default()
                };
                let work = rung.work(self.seconds);
                self.task(
                    rung.file(),
                    rung.label(),
                    work,
                    Make::Coded(arguments),
                    track,
                );
            }
        }
        // x264 alone writes them on.
        if video.has_captions && self.settings.codecs == [VideoCodec::Avc] {
            self.plan.description.captions.push(ClosedCaptions {
                channel: CaptionChannel::Cc(1),
                language: self.settings.language.clone(),
                name: None,
            });
        }
    }

    fn audio(&mut self) {
        let streams = &self.probe.audio;
        let first = streams
            .iter()
            .position(|stream| stream.said.default)
            .unwrap_or(0);
        let first_language = streams
            .get(first)
            .and_then(|stream| self.language(&stream.said));
        let mut names = BTreeSet::new();
        for (position, stream) in streams.iter().enumerate() {
            let language = self.language(&stream.said);
            let is_first = position == first;
            let role = stream.said.role.unwrap_or(if is_first {
                Role::Main
            } else if stream.said.accessibility.is_some() || language == first_language {
                Role::Alternate
            } else {
                Role::Dub
            });
            let name = unlike(name_of(&stream.said, language.as_deref()), &mut names);
            let base = self.unused(
                &format!("audio-{}", language.as_deref().unwrap_or("und")),
                "",
            );
            let mut codings = vec![Coding::Aac, Coding::AacLow];
            codings.extend(self.settings.opus.then_some(Coding::Opus));
            codings.extend(
                self.settings
                    .surround
                    .iter()
                    .map(|surround| Coding::Surround(*surround)),
            );
            let mut measured: Vec<(Layout, usize)> = Vec::new();
            for coding in codings {
                let layout = coding.layout();
                if !layout.fits(stream.channels) {
                    continue;
                }
                self.plan
                    .encoders
                    .insert((coding.codec(), coding.encoder()));
                let measure = self.settings.loudness.map(|_| {
                    if let Some((_, at)) = measured.iter().find(|(known, _)| *known == layout) {
                        return *at;
                    }
                    let at = self.measure(stream.index, layout, &base);
                    measured.push((layout, at));
                    at
                });
                let make = Make::Leveled {
                    coding,
                    stream: stream.index,
                    origin_us: self.probe.origin_us,
                    language: language.as_deref().and_then(three_letters),
                    measure,
                };
                let track = TrackDescription {
                    kind: Some(Kind::Audio),
                    language: language.clone(),
                    name: name.clone(),
                    roles: vec![role],
                    accessibility: stream.said.accessibility,
                    default: is_first.then_some(true),
                    group: coding.group().map(str::to_owned),
                    ..TrackDescription::default()
                };
                let file = format!("{base}{}.mp4", coding.suffix());
                let label = format!(
                    "{} {}",
                    language.as_deref().unwrap_or("und"),
                    coding.label()
                );
                self.task(file, label, self.seconds as u64 * SOUND_WORK, make, track);
            }
        }
    }

    fn measure(&mut self, stream: usize, layout: Layout, base: &str) -> usize {
        let mut arguments = super::only_stream(stream);
        let filters = layout.filters(self.probe.origin_us);
        let filters = format!("{filters},{}", loudness::MEASURING);
        arguments.extend(["-af".to_owned(), filters]);
        self.plan.measures.push(Measure {
            label: format!("loudness of {base}, {}", layout.name()),
            key: state::key(self.identity, &arguments),
            work: self.seconds as u64 * MEASURING_WORK,
            arguments,
        });
        self.plan.measures.len() - 1
    }

    fn text(&mut self, side_files: &[SideFile]) -> Result<(), Error> {
        let mut names = BTreeSet::new();
        for stream in &self.probe.text {
            let mut arguments = super::only_stream(stream.index);
            arguments.extend(["-c:s", "webvtt"].map(str::to_owned));
            if self.probe.origin_us != 0 {
                let shift = format!("{}us", -self.probe.origin_us);
                arguments.extend(["-output_ts_offset".to_owned(), shift]);
            }
            let make = Make::Subtitles(arguments, None);
            self.subtitles(&stream.said, "vtt", "subtitles", make, &mut names);
        }
        for file in side_files {
            let shown = file.path.file_name().unwrap_or_default().to_string_lossy();
            let label = format!("subtitles from {shown}");
            let (extension, make) = match file.form {
                Form::Converted => {
                    let mut arguments = super::only_stream(0);
                    arguments.extend(["-c:s", "webvtt"].map(str::to_owned));
                    ("vtt", Make::Subtitles(arguments, Some(file.path.clone())))
                }
                Form::Copied(extension) => (extension, Make::Copied(file.path.clone())),
            };
            self.subtitles(&file.said, extension, &label, make, &mut names);
        }
        // The content of files beside the source is theirs, not the source's.
        for task in &mut self.plan.tasks {
            if let Make::Subtitles(_, Some(path)) | Make::Copied(path) = &task.make {
                let arguments = task.make.arguments("").unwrap_or_default();
                task.key = state::key(&state::identity(path)?, &arguments);
            }
        }
        Ok(())
    }

    fn subtitles(
        &mut self,
        said: &Said,
        extension: &str,
        label: &str,
        make: Make,
        names: &mut BTreeSet<String>,
    ) {
        let language = self.language(said);
        let shown = language.as_deref().unwrap_or("und");
        let kind = match (said.forced, said.accessibility) {
            (true, _) => "-forced",
            (false, Some(_)) => "-sdh",
            (false, None) => "",
        };
        let base = self.unused(&format!("text-{shown}{kind}"), "");
        let role = match (said.forced, said.accessibility) {
            (true, _) => Role::ForcedSubtitle,
            (false, Some(_)) => Role::Caption,
            (false, None) => Role::Subtitle,
        };
        let track = TrackDescription {
            kind: Some(Kind::Text),
            name: unlike(name_of(said, language.as_deref()), names),
            roles: vec![role],
            forced: said.forced,
            accessibility: said.accessibility,
            language: language.clone(),
            ..TrackDescription::default()
        };
        let label = format!("{shown} {label}");
        let work = self.seconds as u64 * TEXT_WORK;
        self.task(format!("{base}.{extension}"), label, work, make, track);
    }

    fn thumbnails(&mut self) {
        let Some(video) = self
            .probe
            .video
            .as_ref()
            .filter(|_| self.settings.thumbnails)
        else {
            return;
        };
        self.plan.encoders.insert(("JPEG", "mjpeg"));
        self.plan.maps_tones |= video.colour.is_hdr();
        let sheets = Sheets::new(video, self.probe.duration, self.settings.thumbnail_interval);
        let track = TrackDescription {
            kind: Some(Kind::Image),
            tiles: Some(sheets.tiles),
            ..TrackDescription::default()
        };
        let make = Make::Coded(sheets.arguments(video, self.probe.origin_us));
        let work = self.seconds as u64 * THUMBNAIL_WORK;
        self.task("thumbs.mp4".into(), sheets.label(), work, make, track);
    }

    fn task(
        &mut self,
        output: String,
        label: String,
        work: u64,
        make: Make,
        track: TrackDescription,
    ) {
        let target = self
            .settings
            .loudness
            .map_or_else(|| "0".to_owned(), |target| format!("to {target} LUFS, "));
        let arguments = make.arguments(&target).unwrap_or_default();
        self.tracks.push(TrackDescription {
            file: output.clone(),
            ..track
        });
        self.plan.tasks.push(Task {
            key: state::key(self.identity, &arguments),
            output,
            label,
            work,
            make,
        });
    }

    fn language(&self, said: &Said) -> Option<String> {
        said.language
            .clone()
            .or_else(|| self.settings.language.clone())
    }

    /// The name, with a number where it is taken.
    fn unused(&mut self, base: &str, suffix: &str) -> String {
        let numbered = |number: usize| match number {
            1 => format!("{base}{suffix}"),
            _ => format!("{base}-{number}{suffix}"),
        };
        let free = (1..)
            .map(numbered)
            .find(|name| !self.names.contains(name))
            .unwrap_or_default();
        self.names.insert(free.clone());
        free
    }
}

/// What viewers read: the source's own words, or the language and what sets the track apart.
fn name_of(said: &Said, language: Option<&str>) -> Option<String> {
    if said.name.is_some() {
        return said.name.clone();
    }
    let language = own_name(language?)?;
    let apart = match said.accessibility {
        _ if said.forced => Some("forced"),
        Some(Accessibility::Sdh) => Some("SDH"),
        Some(Accessibility::AudioDescription) => Some("audio description"),
        Some(Accessibility::EnhancedSpeech) => Some("clear speech"),
        _ if said.role == Some(Role::Commentary) => Some("commentary"),
        _ => None,
    };
    Some(match apart {
        Some(apart) => format!("{language} ({apart})"),
        None => language,
    })
}

/// Players tell tracks apart by their names.
fn unlike(name: Option<String>, taken: &mut BTreeSet<String>) -> Option<String> {
    let name = name?;
    let numbered = |number: usize| match number {
        1 => name.clone(),
        _ => format!("{name} {number}"),
    };
    let free = (1..).map(numbered).find(|name| !taken.contains(name))?;
    taken.insert(free.clone());
    Some(free)
}

#[cfg(test)]
mod tests;
