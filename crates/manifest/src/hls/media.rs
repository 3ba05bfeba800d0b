//! Media playlists of audio, video and text, in each container.
use edgepack_packager::{Kind, Media, Rendition, TextForm, ts};

use super::cover::Cover;
use super::playlist::{Address, Map, Playlist, Spans, Stretch};
use super::{INDEPENDENT, VERSION_CMAF, no_such_playlist, version_ts};
use crate::Layout;
use crate::codec::packed_extension;
use crate::error::Result;
use crate::follow::Line;
use crate::outline::{Entry, Outline};
use crate::text::{push_path_element, rescale};

/// The file that on-demand playlists take ranges of.
const MEDIA_FILE: &str = "media.mp4";

/// CMAF segments, or files of WebVTT.
pub(super) fn segments(outline: &Outline<'_>, lead: &Entry<'_>) -> String {
    let line = Line::of(outline, lead);
    let as_files = lead.text_form() == Some(TextForm::WebVtt);
    let extension = if as_files { ".vtt" } else { ".m4s" };
    let stretches = stretches(outline, &line, extension, |entry| Stretch {
        map: (!as_files).then_some(Map::Init),
        ..numbered(outline, lead, entry, "", extension)
    });
    Playlist {
        version: VERSION_CMAF,
        nature: nature(&line),
        target: target(outline, lead),
        dates: outline.dates,
        stretches,
    }
    .write()
}

/// One sync sample each, shown until the next.
pub(super) fn iframes(outline: &Outline<'_>, lead: &Entry<'_>) -> Result<String> {
    if lead.trick.is_none() {
        return Err(no_such_playlist(lead.rendition, "I-frame playlist"));
    }
    let line = Line::of(outline, lead);
    let stretches = stretches(outline, &line, ".m4s", |entry| {
        let stretch = numbered(outline, lead, entry, "i", ".m4s");
        match entry.trick {
            Some(trick) => Stretch {
                spans: Spans::Frames(&trick.frames),
                cover: outline
                    .protection
                    .zip(entry.protection)
                    .map(|(protection, track)| {
                        let segments = &entry.rendition.segments;
                        Cover::of_frames(protection, track, segments, &trick.frames)
                    }),
                map: Some(Map::Init),
                ..stretch
            },
            None => gap(outline, entry, ".m4s"),
        }
    });
    let playlist = Playlist {
        version: VERSION_CMAF,
        nature: "#EXT-X-I-FRAMES-ONLY\n#EXT-X-INDEPENDENT-SEGMENTS\n",
        target: 0,
        dates: outline.dates,
        stretches,
    };
    Ok(playlist.write())
}

/// Byte ranges of `media.mp4`.
pub(super) fn ranges(
    outline: &Outline<'_>,
    of: &Rendition,
    layouts: &[Option<Layout>],
) -> Result<String> {
    let layout = |entry: &Entry<'_>| layouts.get(entry.index).and_then(Option::as_ref);
    let found = outline
        .whole
        .iter()
        .find(|entry| entry.rendition.name == of.name);
    let Some(lead) = found.filter(|entry| layout(entry).is_some()) else {
        return Err(no_such_playlist(of, "on-demand playlist"));
    };
    let line = Line::of(outline, lead);
    let stretches = stretches(outline, &line, ".mp4", |entry| {
        let stretch = numbered(outline, lead, entry, "", ".mp4");
        match layout(entry) {
            Some(layout) => Stretch {
                map: Some(Map::Start {
                    file: MEDIA_FILE,
                    len: layout.header().end,
                }),
                address: Address::Ranges {
                    file: MEDIA_FILE,
                    layout,
                },
                ..stretch
            },
            None => gap(outline, entry, ".mp4"),
        }
    });
    let playlist = Playlist {
        version: VERSION_CMAF,
        nature: nature(&line),
        target: target(outline, lead),
        dates: outline.dates,
        stretches,
    };
    Ok(playlist.write())
}

/// Video with or without audio in MPEG-TS; text on its clock.
pub(super) fn transport_stream(
    outline: &Outline<'_>,
    first: &Rendition,
    audio: Option<&Rendition>,
) -> Result<String> {
    let entry = |rendition: &Rendition, fits: bool| {
        if !fits {
            return Err(no_such_playlist(rendition, "MPEG-TS playlist"));
        }
        outline.find(rendition)
    };
    let fits = |rendition: &Rendition| outline.carries(rendition);
    let fits_first = match first.media {
        Media::Video { .. } => fits(first),
        Media::Text { form } => form == TextForm::WebVtt && audio.is_none(),
        Media::Audio { .. } | Media::Image { .. } => false,
    };
    let lead = entry(first, fits_first)?;
    let audio = match audio {
        Some(audio) => {
            let fits = audio.kind() == Kind::Audio && fits(audio);
            Some(Line::of(outline, entry(audio, fits)?))
        }
        None => None,
    };
    let line = Line::of(outline, lead);
    let is_text = lead.rendition.kind() == Kind::Text;
    let (stem, extension) = if is_text { ("ts", ".vtt") } else { ("", ".ts") };
    let stretches = stretches(outline, &line, extension, |entry| {
        let mut stretch = numbered(outline, lead, entry, stem, extension);
        let audio = audio
            .as_ref()
            .and_then(|line| line.parts.get(entry.rendition.period).copied().flatten());
        if entry.index != lead.index {
            stretch.folder = folder(entry, audio);
        }
        // Sound that goes on after the pictures makes the last segment longer, or more of them.
        if let Some(audio) = audio {
            let spans = ts::spans(Some(entry.rendition), Some(audio.rendition));
            stretch.spans = Spans::Muxed(spans);
        }
        stretch
    });
    let playlist = Playlist {
        version: version_ts(outline),
        nature: nature(&line),
        target: target(outline, lead),
        dates: outline.dates,
        stretches,
    };
    Ok(playlist.write())
}

/// Packed audio (RFC 8216, 3.4).
pub(super) fn packed(outline: &Outline<'_>, of: &Rendition) -> Result<String> {
    let extension = packed_extension(&of.codecs).filter(|_| outline.carries(of));
    let Some(extension) = extension else {
        return Err(no_such_playlist(of, "playlist of packed audio"));
    };
    let lead = outline.find(of)?;
    let line = Line::of(outline, lead);
    let stretches = stretches(outline, &line, extension, |entry| {
        match packed_extension(&entry.rendition.codecs) {
            Some(extension) => numbered(outline, lead, entry, "", extension),
            None => gap(outline, entry, extension),
        }
    });
    let playlist = Playlist {
        version: version_ts(outline),
        nature: nature(&line),
        target: target(outline, lead),
        dates: outline.dates,
        stretches,
    };
    Ok(playlist.write())
}

/// One stretch per period; where the line has nothing, a gap as long as the others of the period, cut as they are:
/// every playlist of a presentation has the same discontinuities at the same times.
fn stretches<'p>(
    outline: &'p Outline<'_>,
    line: &Line<'p, '_>,
    extension: &'static str,
    stretch: impl Fn(&'p Entry<'p>) -> Stretch<'p>,
) -> Vec<Stretch<'p>> {
    let mut stretches = Vec::with_capacity(line.parts.len());
    for (period, part) in line.parts.iter().enumerate() {
        let others = outline.whole_period(period).next();
        match (part, others) {
            (Some(entry), _) => stretches.push(stretch(entry)),
            (None, Some(other)) => stretches.push(gap(outline, other, extension)),
            (None, None) => {}
        }
    }
    stretches
}

fn cover<'p>(outline: &Outline<'p>, entry: &Entry<'p>) -> Option<Cover<'p>> {
    let (protection, track) = outline.protection.zip(entry.protection)?;
    Some(Cover::of_segments(protection, track))
}

fn numbered<'p>(
    outline: &Outline<'p>,
    lead: &Entry<'_>,
    entry: &'p Entry<'p>,
    stem: &'static str,
    extension: &'static str,
) -> Stretch<'p> {
    Stretch {
        spans: Spans::Segments(&entry.rendition.segments),
        timescale: entry.rendition.timescale,
        folder: if entry.index == lead.index {
            String::new()
        } else {
            folder(entry, None)
        },
        cover: cover(outline, entry),
        map: None,
        address: Address::Numbered { stem, extension },
        tag: String::new(),
        begin_us: begin_us(outline, entry),
    }
}

/// As long as `other`, and cut as it is.
fn gap<'p>(outline: &Outline<'_>, other: &'p Entry<'p>, extension: &'static str) -> Stretch<'p> {
    Stretch {
        spans: Spans::Segments(&other.rendition.segments),
        timescale: other.rendition.timescale,
        folder: String::new(),
        cover: None,
        map: None,
        address: Address::Gap { extension },
        tag: String::new(),
        begin_us: begin_us(outline, other),
    }
}

/// Of the entry's period.
pub(super) fn begin_us(outline: &Outline<'_>, entry: &Entry<'_>) -> u64 {
    let period = outline.periods().get(entry.rendition.period);
    period.map_or(0, |period| period.start_us)
}

/// `../{track}/`, or `../{video}+{audio}/`.
fn folder(entry: &Entry<'_>, audio: Option<&Entry<'_>>) -> String {
    let mut folder = "../".to_owned();
    push_path_element(&mut folder, &entry.url_name);
    if let Some(audio) = audio {
        folder.push('+');
        push_path_element(&mut folder, &audio.url_name);
    }
    folder.push('/');
    folder
}

/// Of audio and video whose segments need nothing of those before (8216bis, 4.4.2.1).
fn nature(line: &Line<'_, '_>) -> &'static str {
    let of_samples = matches!(line.lead.rendition.kind(), Kind::Video | Kind::Audio);
    if of_samples && line.present().all(|(_, part)| part.is_independent()) {
        INDEPENDENT
    } else {
        ""
    }
}

/// All audio and video playlists of a presentation have one target duration (8216bis, 6.2.4).
fn target(outline: &Outline<'_>, lead: &Entry<'_>) -> u64 {
    if !matches!(lead.rendition.kind(), Kind::Video | Kind::Audio) {
        return 0;
    }
    outline
        .presentation
        .renditions
        .iter()
        .filter(|rendition| matches!(rendition.kind(), Kind::Video | Kind::Audio))
        .map(|rendition| {
            let longest = rendition.segments.iter().map(|segment| segment.duration);
            rescale(longest.max().unwrap_or(0), rendition.timescale, 1)
        })
        .max()
        .unwrap_or(0)
}
