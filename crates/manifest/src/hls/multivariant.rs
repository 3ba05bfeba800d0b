//! The multivariant playlist: audio groups and variants.
use edgepack_packager::Media;

use super::push_header;
use crate::outline::{Entry, Outline, UNDETERMINED};
use crate::text::{push_fixed, push_number, push_path_element, push_quoted};

/// CICP transfer characteristics (ISO/IEC 23091-2) that VIDEO-RANGE names.
const TRANSFER_PQ: u8 = 16;
const TRANSFER_HLG: u8 = 18;
const TRANSFERS_SDR: [u8; 5] = [1, 6, 13, 14, 15];

/// Renditions of one codec and channel count, each of another language: what a player switches
/// between without switching variants.
struct AudioGroup<'o, 'a> {
    id: String,
    members: Vec<&'o Entry<'a>>,
}

pub(super) fn write(outline: &Outline<'_>) -> String {
    let mut out = String::with_capacity(1024 + outline.entries.len() * 512);
    push_header(&mut out);
    let groups = audio_groups(outline);
    let has_video = outline.video().next().is_some();
    for group in &groups {
        // Sound alone in one language needs no group: its variant names the playlist.
        if has_video || group.members.len() > 1 {
            push_group(&mut out, group);
        }
    }
    if has_video {
        for video in outline.video() {
            if groups.is_empty() {
                push_variant(&mut out, Some(video), None);
            }
            for group in &groups {
                push_variant(&mut out, Some(video), Some(group));
            }
        }
    } else {
        for group in &groups {
            push_variant(&mut out, None, Some(group));
        }
    }
    out
}

/// A second rendition of the same codec, channels and language is another quality of the same
/// sound: it opens a group of its own, for a group holds each language once.
fn audio_groups<'o, 'a>(outline: &'o Outline<'a>) -> Vec<AudioGroup<'o, 'a>> {
    let mut groups: Vec<AudioGroup<'o, 'a>> = Vec::new();
    for audio in outline.audio() {
        let fits = |group: &AudioGroup<'_, '_>| {
            let alike = |other: &Entry<'_>| {
                other.rendition.codecs == audio.rendition.codecs
                    && other.channels() == audio.channels()
                    && other.rendition.language != audio.rendition.language
            };
            group.members.iter().all(|other| alike(other))
        };
        if let Some(group) = groups.iter_mut().find(|group| fits(group)) {
            group.members.push(audio);
            continue;
        }
        let family = audio.codec_family();
        let mut id = family.to_owned();
        let mut number = 1_u64;
        while groups.iter().any(|group| group.id == id) {
            number += 1;
            family.clone_into(&mut id);
            id.push('-');
            push_number(&mut id, number);
        }
        groups.push(AudioGroup {
            id,
            members: vec![audio],
        });
    }
    groups
}

fn push_group(out: &mut String, group: &AudioGroup<'_, '_>) {
    let mut names: Vec<String> = Vec::with_capacity(group.members.len());
    for (index, entry) in group.members.iter().enumerate() {
        out.push_str("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"");
        push_quoted(out, &group.id);
        out.push_str("\",NAME=\"");
        let name = unique_name(entry, &names);
        out.push_str(&name);
        names.push(name);
        out.push('"');
        let language = entry.rendition.language.as_str();
        if language != UNDETERMINED && !language.is_empty() {
            out.push_str(",LANGUAGE=\"");
            push_quoted(out, language);
            out.push('"');
        }
        out.push_str(if index == 0 {
            ",DEFAULT=YES"
        } else {
            ",DEFAULT=NO"
        });
        out.push_str(",AUTOSELECT=YES,CHANNELS=\"");
        push_number(out, u64::from(entry.channels()));
        out.push_str("\",URI=\"");
        push_playlist_uri(out, entry);
        out.push_str("\"\n");
    }
}

/// NAME differs within a group (4.4.6.1.1), also after quoting.
fn unique_name(entry: &Entry<'_>, taken: &[String]) -> String {
    let mut base = String::new();
    match entry.rendition.language.as_str() {
        "" | UNDETERMINED => base.push_str("Audio"),
        language => push_quoted(&mut base, language),
    }
    let mut name = base.clone();
    let mut number = 1_u64;
    while taken.contains(&name) {
        number += 1;
        base.clone_into(&mut name);
        name.push(' ');
        push_number(&mut name, number);
    }
    name
}

fn push_variant(out: &mut String, video: Option<&Entry<'_>>, group: Option<&AudioGroup<'_, '_>>) {
    let members = group.map_or(&[][..], |group| group.members.as_slice());
    let Some(playlist) = video.or_else(|| members.first().copied()) else {
        return;
    };
    // The worst case that a viewer may combine: the rung with the group's heaviest sound.
    let heaviest = |of: fn(&Entry<'_>) -> u64| {
        video.map_or(0, of) + members.iter().map(|entry| of(entry)).max().unwrap_or(0)
    };
    out.push_str("#EXT-X-STREAM-INF:BANDWIDTH=");
    push_number(out, heaviest(|entry| entry.rendition.peak_bandwidth));
    out.push_str(",AVERAGE-BANDWIDTH=");
    push_number(out, heaviest(|entry| entry.rendition.average_bandwidth));
    out.push_str(",CODECS=\"");
    if let Some(video) = video {
        push_quoted(out, &video.rendition.codecs);
    }
    if let Some(audio) = members.first() {
        if video.is_some() {
            out.push(',');
        }
        push_quoted(out, &audio.rendition.codecs);
    }
    out.push('"');
    if let Some(video) = video {
        push_picture(out, video);
    }
    if let Some(group) = group.filter(|group| video.is_some() || group.members.len() > 1) {
        out.push_str(",AUDIO=\"");
        push_quoted(out, &group.id);
        out.push('"');
    }
    out.push('\n');
    push_playlist_uri(out, playlist);
    out.push('\n');
}

fn push_picture(out: &mut String, video: &Entry<'_>) {
    let Media::Video {
        width,
        height,
        frame_rate,
        pixel_aspect,
        colour,
        ..
    } = &video.rendition.media
    else {
        return;
    };
    // The size to display at (4.4.6.2), so with square pixels. Rungs such as 854x480 carry a pixel
    // aspect that only makes up for their rounded width.
    let (across, down) = (u64::from(pixel_aspect.0), u64::from(pixel_aspect.1));
    let width = u64::from(*width);
    let square = (width * across + down / 2)
        .checked_div(down)
        .unwrap_or(width);
    let shown = if across == 0 || square.abs_diff(width) <= 1 {
        width
    } else {
        square
    };
    out.push_str(",RESOLUTION=");
    push_number(out, shown);
    out.push('x');
    push_number(out, u64::from(*height));
    if frame_rate.0 > 0 && frame_rate.1 > 0 {
        out.push_str(",FRAME-RATE=");
        let (frames, seconds) = (u64::from(frame_rate.0), u64::from(frame_rate.1));
        push_fixed(out, (frames * 1000 + seconds / 2) / seconds, 3);
    }
    out.push_str(match colour.map(|(_, transfer, _, _)| transfer) {
        Some(TRANSFER_PQ) => ",VIDEO-RANGE=PQ",
        Some(TRANSFER_HLG) => ",VIDEO-RANGE=HLG",
        Some(transfer) if TRANSFERS_SDR.contains(&transfer) => ",VIDEO-RANGE=SDR",
        _ => "",
    });
}

fn push_playlist_uri(out: &mut String, entry: &Entry<'_>) {
    push_path_element(out, &entry.url_name);
    out.push_str("/index.m3u8");
}
