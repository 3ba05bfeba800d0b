//! One period: choose tracks, place them in time, clip them, cut them together, name them.
use super::clip::{self, Span};
use super::cutting::Cutting;
use super::notes::Notes;
use super::select::{Chosen, Selection, select};
use super::shift::{Placed, common_start, shifts};
use super::stills::Origin;
use super::{
    Clip, Kind, Misalignment, Options, PeriodInput, Rendition, Source, media, names, stills,
    subtitles,
};
use crate::timeline::{AudioCutter, Moment, VideoTrack, boundaries};
use crate::timing::{EditMap, Preroll, SyncPoint};
use crate::{Error, Result};

/// A period's renditions, in order.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) renditions: Vec<Rendition>,
    pub(super) misalignments: Vec<Misalignment>,
    pub(super) ignored: Vec<String>,
    pub(super) duration_us: u64,
}

pub(super) fn build(
    sources: &[Source],
    period: usize,
    input: &PeriodInput,
    options: &Options,
) -> Result<Built> {
    let mut selection = select(sources, period, input)?;
    let mut ignored = std::mem::take(&mut selection.ignored);
    if selection.video.is_empty() && selection.audio.is_empty() {
        return Err(Error::NoRenditions {
            source_names: sources.iter().map(|source| source.name.clone()).collect(),
        });
    }
    let placement = place(period, &selection, input.clip, &mut ignored)?;
    let video_count = placement
        .tracks
        .iter()
        .filter(|cutting| cutting.placed.is_video)
        .count();
    let (video, audio) = placement.tracks.split_at(video_count);

    let mut notes = Notes::default();
    let target_ms = options.target_duration_ms;
    let sync: Vec<Vec<SyncPoint>> = video.iter().map(Cutting::sync_points).collect();
    let rungs: Vec<VideoTrack<'_>> = video
        .iter()
        .zip(&sync)
        .map(|(cutting, sync)| cutting.video_track(sync))
        .collect();
    let found = boundaries(&rungs, target_ms);
    notes.of_shifts(&placement.tracks);
    notes.of_boundaries(&found, target_ms);
    notes.of_durations(video, audio);

    let video_end = video.iter().map(Cutting::end).max();
    let moments: &[Moment] = match video_end {
        Some(_) => &found.moments,
        None => &[],
    };
    let mut renditions = Vec::with_capacity(placement.tracks.len());
    for (cutting, cuts) in video.iter().zip(&found.cuts) {
        renditions.push(cutting.rendition(cuts)?);
    }
    for cutting in audio {
        let video_end = video_end.unwrap_or(Moment::new(0, 1));
        let cutter = AudioCutter::new(moments, video_end, cutting.end(), target_ms);
        renditions.push(cutting.rendition(&cutting.cut_audio(cutter))?);
    }
    notes.of_targets(&renditions, target_ms);

    let audio_end = audio.iter().map(Cutting::end).max();
    let grid = subtitles::Grid::new(moments, video_end.or(audio_end), target_ms);
    for text in &selection.text {
        renditions.extend(subtitles::of_track(text, period, &placement.origin, &grid)?);
    }
    for file in &selection.side_files {
        renditions.extend(subtitles::of_file(file, period, &placement.origin, &grid));
    }
    for images in &selection.images {
        match stills::rendition(images, period, &placement.origin)? {
            Ok(rendition) => renditions.push(rendition),
            Err(why) => ignored.push(format!("{}: {why}", images.describe())),
        }
    }

    let names = names::name_and_sort(&mut renditions, period);
    Ok(Built {
        misalignments: notes.named(&names),
        duration_us: duration_us(&renditions),
        renditions,
        ignored,
    })
}

/// Video and audio on the period's time line, and where that begins on the sources'.
struct Placement<'a> {
    tracks: Vec<Cutting<'a>>,
    origin: Origin,
}

fn place<'a>(
    period: usize,
    selection: &Selection<'a>,
    clip: Clip,
    ignored: &mut Vec<String>,
) -> Result<Placement<'a>> {
    let mut placed = Vec::with_capacity(selection.video.len() + selection.audio.len());
    for (chosen, is_video) in selection
        .video
        .iter()
        .map(|chosen| (chosen, true))
        .chain(selection.audio.iter().map(|chosen| (chosen, false)))
    {
        let edits = EditMap::new(chosen.track, chosen.movie_timescale)
            .map_err(|reason| chosen.fault(&reason))?;
        let preroll = preroll_of(chosen);
        let found = Placed::new(chosen, is_video, preroll, edits)?;
        let found = found.ok_or_else(|| chosen.fault("an edit list that shows no sample"))?;
        placed.push((*chosen, found));
    }
    let (tracks, common) = shifted(period, placed);
    let mut origin = Origin::at(common);
    if clip == Clip::default() {
        return Ok(Placement { tracks, origin });
    }

    let (video, _) = tracks.split_at(selection.video.len());
    let end = tracks.iter().map(Cutting::end).max();
    let (span, members) = clip::find(video, clip);
    if end.is_some_and(|end| span.asked >= end) {
        return Err(nothing_left(period, &span, &tracks));
    }
    let mut placed = Vec::with_capacity(tracks.len());
    for (index, cutting) in tracks.iter().enumerate() {
        let left = if cutting.has_ended(span.start) {
            None
        } else {
            let sync = members.get(index).copied();
            span.place(cutting, sync.flatten())?
        };
        match left {
            Some(left) => placed.push(left),
            None => ignored.push(format!(
                "{}: nothing {}",
                cutting.chosen.describe(),
                span.seconds()
            )),
        }
    }
    if placed.is_empty() {
        return Err(nothing_left(period, &span, &tracks));
    }
    let (tracks, common) = shifted(period, placed);
    origin.clip(span, common);
    Ok(Placement { tracks, origin })
}

/// The tracks moved to the front together, and by how much.
fn shifted(period: usize, placed: Vec<(Chosen<'_>, Placed)>) -> (Vec<Cutting<'_>>, Moment) {
    let (chosen, placed): (Vec<_>, Vec<_>) = placed.into_iter().unzip();
    let common = common_start(&placed);
    let shifts = shifts(&placed);
    let tracks = chosen
        .into_iter()
        .zip(placed)
        .zip(shifts)
        .map(|((chosen, placed), shift)| Cutting {
            period,
            chosen,
            placed,
            shift,
        })
        .collect();
    (tracks, common)
}

fn preroll_of(chosen: &Chosen<'_>) -> Preroll {
    let entries = &chosen.track.sample_entries;
    let first = entries
        .first()
        .filter(|entry| entry.codec.audio().is_some());
    first.map_or(Preroll::default(), |entry| {
        media::whole_preroll(&entry.codec)
    })
}

fn nothing_left(period: usize, span: &Span, tracks: &[Cutting<'_>]) -> Error {
    let end = tracks.iter().map(Cutting::end).max();
    let end = end.map_or(0, Moment::millis);
    Error::Description {
        place: format!("period {}", period + 1),
        reason: format!(
            "nothing is left {}: the sources end at {:.3} s",
            span.seconds(),
            end as f64 / 1000.0
        ),
    }
}

/// Of the longest video, or of all when there is none.
fn duration_us(renditions: &[Rendition]) -> u64 {
    let longest = |of: &dyn Fn(&Rendition) -> bool| {
        let lengths = renditions
            .iter()
            .filter(|rendition| of(rendition))
            .map(|rendition| {
                let scaled = u128::from(rendition.duration()) * 1_000_000;
                let timescale = u128::from(rendition.timescale.max(1));
                u64::try_from((scaled + timescale / 2) / timescale).unwrap_or(u64::MAX)
            });
        lengths.max()
    };
    longest(&|rendition| rendition.kind() == Kind::Video)
        .or_else(|| longest(&|_| true))
        .unwrap_or(0)
}
