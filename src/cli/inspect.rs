//! `edgepack inspect`: what a file holds and how it would be cut, as JSON.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use edgepack_isobmff::{CodecConfig, Handler, Track};
use edgepack_packager::{Media, Options, Presentation, Source};
use serde_json::{Value, json};

use super::Failure;
use crate::movie_file;

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// An MP4 file, or several that form one ladder
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Segment duration to plan with
    #[arg(long, default_value = "4s", value_parser = humantime::parse_duration)]
    target_duration: Duration,
}

pub(super) fn run(options: &Inspect) -> Result<(), Failure> {
    let mut sources = Vec::new();
    for path in &options.files {
        let movie =
            movie_file::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        // Names for URLs are not printed: the probe does not matter.
        sources.push(Source::of_movie(name, Arc::new(movie), [0; 32]));
    }
    let files: Vec<Value> = sources.iter().filter_map(file).collect();
    let target_duration_ms = u32::try_from(options.target_duration.as_millis())?;
    // A file that cannot be packaged can still be looked at.
    let presentation = match Presentation::build(sources, &Options { target_duration_ms }) {
        Ok(presentation) => timeline(&presentation),
        Err(error) => json!({ "error": error.to_string() }),
    };
    let report = json!({ "files": files, "presentation": presentation });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn file(source: &Source) -> Option<Value> {
    let movie = source.movie()?;
    Some(json!({
        "name": source.name,
        "size": movie.file_len,
        "major_brand": movie.major_brand.to_string(),
        "fragmented": movie.fragmented,
        "notes": movie.notes,
        "duration_s": seconds(movie.duration, movie.timescale),
        "tracks": movie.tracks.iter().map(track).collect::<Vec<_>>(),
    }))
}

fn track(track: &Track) -> Value {
    let entry = track.sample_entries.first();
    let codec = entry.and_then(|entry| entry.codec.rfc6381());
    let readable = entry.is_some_and(|entry| !matches!(entry.codec, CodecConfig::Unsupported(_)));
    let samples = &track.samples;
    // The tables of a track whose codec is not read are not walked: their counts are unchecked.
    let keyframes: Option<Vec<f64>> = (readable && track.handler == Handler::Video).then(|| {
        samples
            .sync_samples()
            .filter_map(|index| samples.sample(index))
            .map(|sample| {
                let time = i128::from(sample.decode_time) + i128::from(sample.composition_offset);
                time as f64 / f64::from(track.timescale.max(1))
            })
            .collect()
    });
    json!({
        "track_id": track.track_id,
        "kind": match track.handler {
            Handler::Video => "video".to_owned(),
            Handler::Audio => "audio".to_owned(),
            Handler::Text => "text".to_owned(),
            Handler::Other(handler) => handler.to_string(),
        },
        "format": entry.map(|entry| entry.format.to_string()),
        "codec": codec,
        "language": track.language,
        "timescale": track.timescale,
        "duration_s": seconds(track.duration, track.timescale),
        "width": (track.presentation_width > 0).then_some(track.presentation_width),
        "height": (track.presentation_height > 0).then_some(track.presentation_height),
        "samples": samples.len(),
        "edits": track.edits.iter().map(|edit| json!({
            "segment_duration": edit.segment_duration,
            "media_time": edit.media_time,
        })).collect::<Vec<_>>(),
        "keyframes_s": keyframes,
    })
}

fn timeline(presentation: &Presentation) -> Value {
    let renditions: Vec<Value> = presentation
        .renditions
        .iter()
        .map(|rendition| {
            let media = match &rendition.media {
                Media::Video { width, height, frame_rate: (frames, seconds), .. } => {
                    json!({ "kind": "video", "width": width, "height": height, "frame_rate": format!("{frames}/{seconds}") })
                }
                Media::Audio { sample_rate, channels, .. } => {
                    json!({ "kind": "audio", "sample_rate": sample_rate, "channels": channels })
                }
                Media::Text { .. } => json!({ "kind": "text" }),
                Media::Image { width, height, .. } => json!({ "kind": "image", "width": width, "height": height }),
            };
            let segments: Vec<Value> = rendition
                .segments
                .iter()
                .map(|segment| {
                    json!({
                        "start_s": seconds(segment.start, rendition.timescale),
                        "duration_s": seconds(segment.duration, rendition.timescale),
                        "samples": segment.sample_count,
                        "bytes": segment.bytes,
                    })
                })
                .collect();
            json!({
                "name": rendition.name,
                "source": presentation.sources.get(rendition.source).map(|source| source.name.clone()),
                "media": media,
                "codecs": rendition.codecs,
                "language": rendition.language,
                "average_bandwidth": rendition.average_bandwidth,
                "peak_bandwidth": rendition.peak_bandwidth,
                "segments": segments,
            })
        })
        .collect();
    let misalignments: Vec<Value> = presentation
        .misalignments
        .iter()
        .map(|misalignment| json!({ "rendition": misalignment.rendition, "what": misalignment.what }))
        .collect();
    json!({
        "duration_s": presentation.duration_ms as f64 / 1000.0,
        "target_duration_s": f64::from(presentation.target_duration_ms) / 1000.0,
        "renditions": renditions,
        "misalignments": misalignments,
        "ignored": presentation.ignored,
    })
}

fn seconds(ticks: u64, timescale: u32) -> f64 {
    ticks as f64 / f64::from(timescale.max(1))
}
