//! What a source holds, as ffprobe tells it.
use std::path::Path;

use serde_json::Value;

use super::Error;
use super::ffmpeg;
use super::rate::{self, Rate};
use crate::description::{Accessibility, Role, language, name};

/// Streams of a source looked at; files with more are no films.
const MAX_STREAMS: usize = 256;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Probe {
    pub(super) title: Option<String>,
    /// Seconds; none when the container does not say.
    pub(super) duration: Option<f64>,
    /// The source's time that becomes 0 in every output, microseconds.
    pub(super) origin_us: i64,
    pub(super) video: Option<Video>,
    pub(super) audio: Vec<Audio>,
    pub(super) text: Vec<Text>,
    /// Streams that are left out, and why.
    pub(super) left_out: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Video {
    pub(super) index: usize,
    /// Square pixels, upright.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rate: Rate,
    /// Whether frames come at another or at no constant rate in the source.
    pub(super) rate_changes: bool,
    pub(super) interlaced: bool,
    /// More than eight bits.
    pub(super) deep: bool,
    pub(super) colour: Colour,
    pub(super) has_captions: bool,
}

/// ffmpeg's names; none where the source does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Colour {
    pub(super) primaries: Option<String>,
    pub(super) transfer: Option<String>,
    pub(super) matrix: Option<String>,
    pub(super) full_range: bool,
    pub(super) mastering: Option<Mastering>,
    /// MaxCLL and MaxFALL.
    pub(super) light: Option<(u32, u32)>,
}

/// The display that the picture was graded on (SMPTE ST 2086).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mastering {
    /// Green, blue, red, white: x and y.
    pub(super) points: [(f64, f64); 4],
    /// Brightest and darkest, cd/m².
    pub(super) luminance: (f64, f64),
}

impl Mastering {
    /// As x265 and SVT-AV1 write it, `per_chromaticity` and `per_nit` units to one.
    pub(super) fn shown(&self, per_chromaticity: f64, per_nit: f64) -> String {
        let pair = |(one, other): (f64, f64), units: f64| {
            format!("({},{})", rounded(one * units), rounded(other * units))
        };
        let [green, blue, red, white] = self.points.map(|point| pair(point, per_chromaticity));
        let luminance = pair(self.luminance, per_nit);
        format!("G{green}B{blue}R{red}WP{white}L{luminance}")
    }
}

/// Without the dust of division.
fn rounded(number: f64) -> f64 {
    (number * 1e5).round() / 1e5
}

impl Colour {
    pub(super) fn is_hdr(&self) -> bool {
        matches!(self.transfer.as_deref(), Some("smpte2084" | "arib-std-b67"))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Audio {
    pub(super) index: usize,
    pub(super) channels: u32,
    pub(super) said: Said,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub(super) index: usize,
    pub(super) said: Said,
}

/// What a stream says of itself, in a description's terms.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Said {
    /// BCP 47; none for `und` and what is no tag.
    pub(super) language: Option<String>,
    pub(super) name: Option<String>,
    pub(super) role: Option<Role>,
    pub(super) accessibility: Option<Accessibility>,
    pub(super) forced: bool,
    pub(super) default: bool,
}

/// Reads `source` with ffprobe.
pub(super) async fn probe(source: &Path) -> Result<Probe, Error> {
    let output = ffmpeg::ffprobe(source, &["-show_format", "-show_streams"]).await?;
    let mut probe = parse(&output).map_err(|why| Error::source_file(source, why))?;
    if let Some(video) = &mut probe.video
        && video.colour.transfer.as_deref() == Some("smpte2084")
    {
        let stream = video.index.to_string();
        let first_frame = [
            "-select_streams",
            &stream,
            "-read_intervals",
            "%+#1",
            "-show_frames",
        ];
        let output = ffmpeg::ffprobe(source, &first_frame).await?;
        let side_data = &output["frames"][0]["side_data_list"];
        (video.colour.mastering, video.colour.light) = hdr10(side_data);
    }
    Ok(probe)
}

fn parse(output: &Value) -> Result<Probe, String> {
    let streams = output["streams"].as_array().map_or(&[][..], Vec::as_slice);
    let mut probe = Probe {
        title: text(&output["format"]["tags"], "title").and_then(|title| name(&title)),
        duration: number(&output["format"]["duration"]).filter(|seconds| *seconds > 0.0),
        origin_us: 0,
        video: None,
        audio: Vec::new(),
        text: Vec::new(),
        left_out: Vec::new(),
    };
    for (position, stream) in streams.iter().take(MAX_STREAMS).enumerate() {
        let index = stream["index"]
            .as_u64()
            .map_or(position, |index| index as usize);
        let codec = stream["codec_name"].as_str().unwrap_or("unknown");
        let kind = stream["codec_type"].as_str().unwrap_or("unknown");
        let is_picture = ["attached_pic", "timed_thumbnails", "still_image"]
            .iter()
            .any(|flag| disposition(stream, flag));
        match kind {
            "video" if is_picture => {}
            "video" if probe.video.is_none() => probe.video = Some(video(index, stream)?),
            "audio" if codec != "unknown" => probe.audio.push(Audio {
                index,
                channels: stream["channels"].as_u64().unwrap_or(2) as u32,
                said: said(stream, kind),
            }),
            "subtitle" if is_text(codec) => probe.text.push(Text {
                index,
                said: said(stream, kind),
            }),
            "video" | "audio" | "subtitle" => {
                let why = match kind {
                    "video" => "the first video is taken",
                    "subtitle" => "its subtitles are pictures or not read",
                    _ => "its codec is not known",
                };
                probe
                    .left_out
                    .push(format!("stream {index} ({codec}): {why}"));
            }
            _ => {}
        }
    }
    if probe.video.is_none() && probe.audio.is_empty() {
        return Err("it holds neither picture nor sound".into());
    }
    probe.origin_us = origin(&probe, streams);
    Ok(probe)
}

/// Where the picture starts. Sound before that is a codec's priming, or left over where a stream was cut; where it is
/// more than that, the first picture stands until its time comes.
fn origin(probe: &Probe, streams: &[Value]) -> i64 {
    const LEFT_OVER: f64 = 1.0;
    let start = |index: usize| {
        let stream = streams.iter().find(|stream| stream["index"] == index)?;
        number(&stream["start_time"])
    };
    let sounds = probe.audio.iter().filter_map(|stream| start(stream.index));
    let earliest = sounds.reduce(f64::min).map(|seconds| seconds.max(0.0));
    let picture = probe.video.as_ref().and_then(|video| start(video.index));
    let seconds = match (picture, earliest) {
        (Some(picture), Some(earliest)) if picture - earliest > LEFT_OVER => earliest,
        (Some(picture), _) => picture,
        (None, earliest) => earliest.unwrap_or(0.0),
    };
    (seconds * 1e6).round() as i64
}

/// What ffmpeg turns into WebVTT.
fn is_text(codec: &str) -> bool {
    matches!(
        codec,
        "subrip" | "srt" | "ass" | "ssa" | "mov_text" | "webvtt" | "text"
    )
}

fn video(index: usize, stream: &Value) -> Result<Video, String> {
    let side = |name: &str| -> &Value {
        stream["side_data_list"]
            .as_array()
            .and_then(|list| list.iter().find(|entry| entry["side_data_type"] == name))
            .unwrap_or(&Value::Null)
    };
    if number(&side("DOVI configuration record")["dv_profile"]) == Some(5.0) {
        return Err(Error::DolbyVisionOnly.to_string());
    }
    let length = |key: &str| stream[key].as_u64().filter(|length| *length > 0);
    let (Some(width), Some(height)) = (length("width"), length("height")) else {
        return Err(format!("the size of video stream {index} is not known"));
    };
    let (mut width, mut height) = (width as f64, height as f64);
    if let Some((across, down)) = ratio(stream["sample_aspect_ratio"].as_str(), ':') {
        // Pixels become square in the direction that loses none of them.
        if across >= down {
            width *= across / down;
        } else {
            height *= down / across;
        }
    }
    let turned = number(&side("Display Matrix")["rotation"])
        .or_else(|| number(&stream["tags"]["rotate"]))
        .unwrap_or(0.0);
    if ((turned / 90.0).round() as i64) % 2 != 0 {
        (width, height) = (height, width);
    }
    let parsed = |key: &str| stream[key].as_str().and_then(Rate::parse);
    let (average, real) = (parsed("avg_frame_rate"), parsed("r_frame_rate"));
    let rate = rate::constant(average, real)
        .ok_or_else(|| format!("the frame rate of video stream {index} is not known"))?;
    let known = |key: &str| {
        text(stream, key).filter(|value| !matches!(value.as_str(), "unknown" | "reserved"))
    };
    let pixels = stream["pix_fmt"].as_str().unwrap_or_default();
    Ok(Video {
        index,
        width: width.round() as u32,
        height: height.round() as u32,
        rate,
        rate_changes: average.is_none_or(|average| !average.is_about(rate)),
        interlaced: matches!(
            stream["field_order"].as_str(),
            Some("tt" | "bb" | "tb" | "bt")
        ),
        deep: pixels.ends_with("le") || pixels.ends_with("be"),
        colour: Colour {
            primaries: known("color_primaries"),
            transfer: known("color_transfer"),
            matrix: known("color_space"),
            full_range: stream["color_range"] == "pc" || pixels.starts_with("yuvj"),
            mastering: None,
            light: None,
        },
        has_captions: stream["closed_captions"].as_u64() == Some(1),
    })
}

fn said(stream: &Value, kind: &str) -> Said {
    let tags = &stream["tags"];
    let flag = |name: &str| disposition(stream, name);
    let impaired_hearing = flag("hearing_impaired") || flag("captions");
    let accessibility = match kind {
        "subtitle" if impaired_hearing => Some(Accessibility::Sdh),
        "audio" if flag("visual_impaired") || flag("descriptions") => {
            Some(Accessibility::AudioDescription)
        }
        "audio" if impaired_hearing => Some(Accessibility::EnhancedSpeech),
        _ => None,
    };
    let role = match kind {
        "audio" if flag("comment") => Some(Role::Commentary),
        "audio" if flag("dub") => Some(Role::Dub),
        _ => None,
    };
    Said {
        language: text(tags, "language")
            .and_then(|tag| language(&tag))
            .filter(|tag| tag != "und"),
        name: text(tags, "title").and_then(|title| name(&title)),
        role,
        accessibility,
        forced: kind == "subtitle" && flag("forced"),
        default: flag("default"),
    }
}

fn disposition(stream: &Value, flag: &str) -> bool {
    stream["disposition"][flag].as_u64() == Some(1)
}

fn text(object: &Value, key: &str) -> Option<String> {
    object[key].as_str().map(str::to_owned)
}

/// ffprobe writes numbers both bare and in quotes.
fn number(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .or_else(|| value.as_str()?.parse().ok())
        .filter(|number: &f64| number.is_finite())
}

/// Two positive numbers.
fn ratio(text: Option<&str>, separator: char) -> Option<(f64, f64)> {
    let (one, other) = text?.split_once(separator)?;
    let (one, other): (f64, f64) = (one.parse().ok()?, other.parse().ok()?);
    (one > 0.0 && other > 0.0).then_some((one, other))
}

/// Mastering display and light levels of a frame; levels of 0 say nothing.
fn hdr10(side_data: &Value) -> (Option<Mastering>, Option<(u32, u32)>) {
    let entries = side_data.as_array().map_or(&[][..], Vec::as_slice);
    let find = |name: &str| entries.iter().find(|entry| entry["side_data_type"] == name);
    let mastering = find("Mastering display metadata").and_then(|entry| {
        let value = |key: &str| {
            let (above, below) = entry[key].as_str()?.split_once('/')?;
            let (above, below): (f64, f64) = (above.parse().ok()?, below.parse().ok()?);
            (above >= 0.0 && below > 0.0).then_some(above / below)
        };
        let pair = |one: &str, other: &str| Some((value(one)?, value(other)?));
        Some(Mastering {
            points: [
                pair("green_x", "green_y")?,
                pair("blue_x", "blue_y")?,
                pair("red_x", "red_y")?,
                pair("white_point_x", "white_point_y")?,
            ],
            luminance: pair("max_luminance", "min_luminance")?,
        })
    });
    let light = find("Content light level metadata").and_then(|entry| {
        let level = |key: &str| Some(entry[key].as_u64()? as u32);
        Some((level("max_content")?, level("max_average")?)).filter(|levels| *levels != (0, 0))
    });
    (mastering, light)
}

#[cfg(test)]
mod tests;
