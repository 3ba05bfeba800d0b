//! What single values cannot show: how tracks stand to each other, and which clip takes which.
use super::model::{
    Accessibility, Clip, ClosedCaptions, Description, Kind, PeriodDescription, Role,
    TrackDescription,
};
use super::read::{Written, WrittenClip};
use super::{MAX_CLIP_TRACKS, MAX_FILES, is_text_name};
use crate::config::document::Source;
use crate::config::values::nearest;
use crate::storage::MediaKind;

/// The description that is meant; what is noted in `source` makes it void.
pub(super) fn resolve(written: &mut Written, source: &Source) -> Description {
    track_list(&mut written.tracks, "track", source);
    for (index, list) in written.sources.iter_mut().enumerate() {
        track_list(&mut list.tracks, &format!("source[{index}].track"), source);
    }
    source_names(written, source);
    let captions = captions(&written.captions, source);
    let clips = &written.clips;
    let mut periods: Vec<PeriodDescription> = Vec::new();
    if clips.is_empty() {
        periods.push(PeriodDescription {
            clip: Clip::default(),
            tracks: written.tracks.iter().flatten().cloned().collect(),
        });
    }
    let mut room = MAX_CLIP_TRACKS;
    for (index, clip) in clips.iter().enumerate() {
        let tracks = clip_tracks(written, clip, &format!("clip[{index}]"), source);
        let Some(left) = room.checked_sub(tracks.len()) else {
            source.fault(
                "clip",
                "the tracks of all clips together are too many",
                format_args!("keep at most {MAX_CLIP_TRACKS}"),
            );
            break;
        };
        room = left;
        periods.push(PeriodDescription {
            clip: clip.clip,
            tracks,
        });
    }
    unused_lists(written, source);
    let description = Description {
        title: written.title.clone(),
        periods,
        captions,
    };
    if description.files().len() > MAX_FILES {
        source.fault(
            "",
            format_args!("{} files", description.files().len()),
            format_args!("keep at most {MAX_FILES}"),
        );
    }
    description
}

fn track_list(tracks: &mut [Option<TrackDescription>], list: &str, source: &Source) {
    for (index, track) in tracks.iter_mut().enumerate() {
        let key = format!("{list}[{index}]");
        let Some(track) = track else { continue };
        track.kind = track.implied_kind();
        single_track(track, &key, source);
        if track.roles.contains(&Role::ForcedSubtitle) {
            track.forced = true;
        }
        if track.accessibility.is_none() {
            track.accessibility = track
                .roles
                .iter()
                .find_map(|role| Accessibility::of_role(*role, track.kind));
        }
    }
    for (index, track) in tracks.iter().enumerate() {
        let Some(track) = track else { continue };
        for (other, earlier) in tracks[..index].iter().enumerate() {
            let Some(earlier) = earlier else { continue };
            if overlap(track, earlier) {
                source.fault(
                    &format!("{list}[{index}].file"),
                    format_args!("{} is in {list}[{other}] already", chosen(track)),
                    "list each track once; `id` or `type` choose among those of a file",
                );
                break;
            }
            if both_default(track, earlier) {
                source.fault(
                    &format!("{list}[{index}].default"),
                    format_args!("{list}[{other}] is the default of that group already"),
                    "keep one default per type and group",
                );
                break;
            }
        }
    }
}

fn single_track(track: &TrackDescription, key: &str, source: &Source) {
    let at = |name: &str| format!("{key}.{name}");
    let fault = |name: &str, message: String, remedy: &str| {
        source.fault(&at(name), message, remedy);
    };
    known_file(&track.file, &at("file"), source);
    if is_text_name(&track.file) && track.id.is_some() {
        fault(
            "id",
            "a file of subtitles has no track ids".into(),
            "remove it",
        );
    }
    if let Some(kind) = track.kind {
        let implied = if is_text_name(&track.file) {
            Some(Kind::Text)
        } else {
            track.tiles.map(|_| Kind::Image)
        };
        if let Some(implied) = implied.filter(|implied| *implied != kind) {
            fault(
                "type",
                format!("the track is {}, not {}", implied.as_str(), kind.as_str()),
                "remove it, or write what the track is",
            );
        }
        if track.forced && kind != Kind::Text {
            fault(
                "forced",
                format!("only subtitles are forced, and this is {}", kind.as_str()),
                "remove it",
            );
        }
        if let Some(accessibility) = track.accessibility
            && accessibility.kind() != kind
        {
            fault(
                "accessibility",
                format!(
                    "\"{}\" is for {}, and this is {}",
                    accessibility.as_str(),
                    accessibility.kind().as_str(),
                    kind.as_str()
                ),
                "remove it, or choose the right one",
            );
        }
    }
    // RFC 8216, 4.3.4.1: DEFAULT=YES goes with AUTOSELECT=YES.
    if track.default == Some(true) && track.autoselect == Some(false) {
        fault(
            "autoselect",
            "a default track is always selected automatically".into(),
            "remove one of `default` and `autoselect`",
        );
    }
    let repeated = |index: usize| track.roles[..index].contains(&track.roles[index]);
    if (0..track.roles.len()).any(repeated) {
        fault(
            "roles",
            "a role is listed twice".into(),
            "list each role once",
        );
    }
}

fn known_file(file: &str, key: &str, source: &Source) {
    let name = file.rsplit('/').next().unwrap_or(file);
    if MediaKind::of_name(name).is_none() {
        source.fault(
            key,
            format_args!("{file:?} is no file that edgepack reads"),
            "name an MP4 (.mp4, .m4v, .m4a, .mov, .cmfv, .cmfa), WebVTT (.vtt) or TTML (.ttml) file; `edgepack prepare` makes them",
        );
    }
}

/// Whether a track of the file can be in both.
fn overlap(one: &TrackDescription, other: &TrackDescription) -> bool {
    if one.file != other.file {
        return false;
    }
    let all = |track: &TrackDescription| track.id.is_none() && track.kind.is_none();
    match (one.id, other.id) {
        (Some(one), Some(other)) => one == other,
        (None, None) => all(one) || all(other) || one.kind == other.kind,
        // Which kind the numbered one has is the file's business, unless it is written.
        _ => all(one) || all(other) || (one.kind.is_some() && one.kind == other.kind),
    }
}

/// Tracks of one language can be each the default of a group by codec; those of two languages cannot.
fn both_default(one: &TrackDescription, other: &TrackDescription) -> bool {
    one.default == Some(true)
        && other.default == Some(true)
        && one.kind == other.kind
        && matches!(one.kind, Some(Kind::Audio | Kind::Text))
        && one.group == other.group
        && one.language != other.language
}

fn chosen(track: &TrackDescription) -> String {
    match (track.id, track.kind) {
        (Some(id), _) => format!("track {id} of {:?}", track.file),
        (None, Some(kind)) => format!("{} of {:?}", kind.as_str(), track.file),
        (None, None) => format!("{:?}", track.file),
    }
}

fn source_names(written: &Written, source: &Source) {
    for (index, list) in written.sources.iter().enumerate() {
        let twice = list.name.is_some()
            && written.sources[..index]
                .iter()
                .any(|earlier| earlier.name == list.name);
        if twice {
            source.fault(
                &format!("source[{index}].name"),
                "the name of an earlier source",
                "give each source a name of its own",
            );
        }
    }
}

/// Tracks that no clip shows are a mistake, most often a missing or misspelt `source`.
fn unused_lists(written: &Written, source: &Source) {
    let unclear = |index| source.is_faulty(&format!("clip[{index}].source"));
    if (0..written.clips.len()).any(unclear) {
        return;
    }
    for (index, list) in written.sources.iter().enumerate() {
        let Some(name) = &list.name else { continue };
        let used = written
            .clips
            .iter()
            .any(|clip| clip.source.as_ref() == Some(name));
        if !used {
            source.fault(
                &format!("source[{index}]"),
                format_args!("no clip takes the source \"{name}\""),
                "add [[clip]] with it, or remove it",
            );
        }
    }
    let plain = |clip: &WrittenClip| clip.source.is_none() && clip.file.is_none();
    if !written.tracks.is_empty() && !written.clips.is_empty() && !written.clips.iter().any(plain) {
        source.fault(
            "track",
            "no clip takes the tracks of the top level",
            "add a [[clip]] without `source` and `file`, or remove the tracks",
        );
    }
}

fn clip_tracks(
    written: &Written,
    clip: &WrittenClip,
    key: &str,
    source: &Source,
) -> Vec<TrackDescription> {
    let at = |name: &str| format!("{key}.{name}");
    if let (Some(start), Some(end)) = (clip.clip.start_us, clip.clip.end_us)
        && end <= start
    {
        source.fault(
            &at("end"),
            "the clip ends before it begins",
            "write an `end` after `start`",
        );
    }
    match (&clip.source, &clip.file) {
        (Some(_), Some(_)) => {
            source.fault(
                &at("file"),
                "both `source` and `file` are given",
                "keep one of them",
            );
            Vec::new()
        }
        (Some(name), None) => named_source(written, name, &at("source"), source),
        (None, Some(file)) => {
            known_file(file, &at("file"), source);
            vec![TrackDescription {
                file: file.clone(),
                kind: is_text_name(file).then_some(Kind::Text),
                ..TrackDescription::default()
            }]
        }
        // Faulty ones are noted; without them all the list would mean the whole folder.
        (None, None) => written.tracks.iter().flatten().cloned().collect(),
    }
}

fn named_source(
    written: &Written,
    name: &str,
    key: &str,
    source: &Source,
) -> Vec<TrackDescription> {
    let known = written
        .sources
        .iter()
        .find(|list| list.name.as_deref() == Some(name));
    if let Some(list) = known {
        return list.tracks.iter().flatten().cloned().collect();
    }
    let names: Vec<&str> = written
        .sources
        .iter()
        .filter_map(|list| list.name.as_deref())
        .collect();
    let remedy = nearest(name, &names).map_or_else(
        || "add [[source]] with that name".to_owned(),
        |near| format!("did you mean \"{near}\"?"),
    );
    source.fault(key, format_args!("there is no source \"{name}\""), remedy);
    Vec::new()
}

fn captions(written: &[Option<ClosedCaptions>], source: &Source) -> Vec<ClosedCaptions> {
    let mut captions: Vec<ClosedCaptions> = Vec::new();
    for (index, entry) in written.iter().enumerate() {
        let Some(entry) = entry else { continue };
        if captions.iter().any(|other| other.channel == entry.channel) {
            source.fault(
                &format!("captions[{index}].channel"),
                "the channel of earlier captions",
                "list each channel once",
            );
        }
        captions.push(entry.clone());
    }
    captions
}
