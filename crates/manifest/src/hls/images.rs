//! Thumbnails: the image playlist (Image Media Playlist Specification 0.4) and the sprite sheet for web players.
use edgepack_packager::{Media, Tiles};

use super::bandwidth::Meter;
use super::media::begin_us;
use super::playlist::{Address, Playlist, Spans, Stretch};
use super::{VERSION_CMAF, no_such_playlist, variant};
use crate::error::Result;
use crate::follow::Line;
use crate::outline::{Entry, Outline};
use crate::text::{push_fixed, push_number, push_path_element, rescale};

/// A sheet of thumbnails, pixels.
#[derive(Clone, Copy)]
struct Sheet {
    tile_width: u32,
    tile_height: u32,
    tiles: Tiles,
}

impl Sheet {
    fn of(entry: &Entry<'_>) -> Option<Self> {
        match entry.rendition.media {
            Media::Image {
                width,
                height,
                tiles,
            } => Some(Self {
                tile_width: width / tiles.columns.max(1),
                tile_height: height / tiles.rows.max(1),
                tiles,
            }),
            _ => None,
        }
    }

    fn push_size(&self, out: &mut String) {
        push_number(out, u64::from(self.tile_width));
        out.push('x');
        push_number(out, u64::from(self.tile_height));
    }
}

/// EXT-X-IMAGE-STREAM-INF.
pub(super) fn push_stream(out: &mut String, meter: &Meter, line: &Line<'_, '_>) {
    let Some(sheet) = Sheet::of(line.lead) else {
        return;
    };
    out.push_str("#EXT-X-IMAGE-STREAM-INF:");
    variant::push_rates(out, meter.of_line(line));
    out.push_str(",RESOLUTION=");
    sheet.push_size(out);
    out.push_str(",CODECS=\"jpeg\",URI=\"");
    push_path_element(out, &line.lead.url_name);
    out.push_str("/index.m3u8\"\n");
}

pub(super) fn playlist(outline: &Outline<'_>, lead: &Entry<'_>) -> String {
    let line = Line::of(outline, lead);
    let stretches = line.parts.iter().enumerate().filter_map(|(period, part)| {
        let part = *part;
        let entry = part.or_else(|| outline.whole_period(period).next())?;
        let mut folder = String::new();
        if entry.index != lead.index {
            folder.push_str("../");
            push_path_element(&mut folder, &entry.url_name);
            folder.push('/');
        }
        let mut tag = String::new();
        let address = match part.and_then(Sheet::of) {
            Some(sheet) => {
                tag.push_str("#EXT-X-TILES:RESOLUTION=");
                sheet.push_size(&mut tag);
                tag.push_str(",LAYOUT=");
                push_number(&mut tag, u64::from(sheet.tiles.columns));
                tag.push('x');
                push_number(&mut tag, u64::from(sheet.tiles.rows));
                tag.push_str(",DURATION=");
                push_fixed(&mut tag, sheet.tiles.interval_ms, 3);
                tag.push('\n');
                Address::Numbered {
                    stem: "",
                    extension: ".jpg",
                }
            }
            None => Address::Gap { extension: ".jpg" },
        };
        Some(Stretch {
            spans: Spans::Segments(&entry.rendition.segments),
            timescale: entry.rendition.timescale,
            folder,
            cover: None,
            map: None,
            address,
            tag,
            begin_us: begin_us(outline, entry),
        })
    });
    Playlist {
        version: VERSION_CMAF,
        nature: "#EXT-X-IMAGES-ONLY\n",
        target: 0,
        dates: outline.dates,
        stretches: stretches.collect(),
    }
    .write()
}

/// A cue per thumbnail, on the time line of the whole presentation.
pub(super) fn sprites(outline: &Outline<'_>, lead: &Entry<'_>) -> Result<String> {
    if Sheet::of(lead).is_none() {
        return Err(no_such_playlist(lead.rendition, "thumbnails"));
    }
    let line = Line::of(outline, lead);
    let mut out = String::from("WEBVTT\n");
    for (period, entry) in line.present() {
        let Some(sheet) = Sheet::of(entry) else {
            continue;
        };
        let begin = outline
            .periods()
            .get(period)
            .map_or(0, |p| p.start_us / 1000);
        for (index, segment) in entry.rendition.segments.iter().enumerate() {
            let at = |units| begin + rescale(units, entry.rendition.timescale, 1000);
            let (start, end) = (at(segment.start), at(segment.start + segment.duration));
            let address = |out: &mut String| {
                if entry.index != lead.index {
                    out.push_str("../");
                    push_path_element(out, &entry.url_name);
                    out.push('/');
                }
                push_number(out, index as u64 + 1);
            };
            push_sheet(&mut out, sheet, start, end, address);
        }
    }
    Ok(out)
}

/// The cues of one sheet: tiles row by row, until the sheet's time is over.
fn push_sheet(out: &mut String, sheet: Sheet, start: u64, end: u64, address: impl Fn(&mut String)) {
    let columns = sheet.tiles.columns.max(1);
    let interval = sheet.tiles.interval_ms.max(1);
    let mut at = start;
    for tile in 0..u64::from(columns) * u64::from(sheet.tiles.rows) {
        if at >= end {
            return;
        }
        out.push('\n');
        push_time(out, at);
        out.push_str(" --> ");
        push_time(out, (at + interval).min(end));
        out.push('\n');
        address(out);
        out.push_str(".jpg#xywh=");
        let (column, row) = (tile % u64::from(columns), tile / u64::from(columns));
        for (index, value) in [
            column * u64::from(sheet.tile_width),
            row * u64::from(sheet.tile_height),
            u64::from(sheet.tile_width),
            u64::from(sheet.tile_height),
        ]
        .into_iter()
        .enumerate()
        {
            if index > 0 {
                out.push(',');
            }
            push_number(out, value);
        }
        out.push('\n');
        at += interval;
    }
}

/// `01:02:03.500` (WebVTT, 4.1).
fn push_time(out: &mut String, milliseconds: u64) {
    let seconds = milliseconds / 1000;
    for (value, after) in [
        (seconds / 3600, ":"),
        (seconds / 60 % 60, ":"),
        (seconds % 60, "."),
    ] {
        if value < 10 {
            out.push('0');
        }
        push_number(out, value);
        out.push_str(after);
    }
    let fraction = milliseconds % 1000;
    for place in [100, 10, 1] {
        out.push(char::from(b'0' + (fraction / place % 10) as u8));
    }
}
