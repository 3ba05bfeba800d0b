//! Groups of EXT-X-MEDIA: what a player switches between without switching variants.
use edgepack_packager::Role;

use super::{Container, names};
use crate::follow::Line;
use crate::outline::Entry;
use crate::text::{push_path_element, push_quoted};

/// One encoding of the presentation's sounds: every language and purpose once.
pub(super) struct AudioGroup<'g, 'o, 'a> {
    pub(super) id: String,
    /// As many as there are sounds, in the same order in every group.
    pub(super) members: Vec<&'g Line<'o, 'a>>,
}

/// A group per codec and channels, and per quality where one language comes twice.
///
/// All groups have the same members (8216bis, 4.4.6.1.1): where one codec lacks a language, the group takes it in
/// another codec.
pub(super) fn audio_groups<'g, 'o, 'a>(lines: &'g [Line<'o, 'a>]) -> Vec<AudioGroup<'g, 'o, 'a>> {
    let mut groups: Vec<AudioGroup<'g, 'o, 'a>> = Vec::new();
    for line in lines {
        let fits = |group: &AudioGroup<'_, '_, '_>| {
            group.members.iter().all(|other| {
                encoding(other.lead) == encoding(line.lead) && !other.lead.says_the_same(line.lead)
            })
        };
        if let Some(group) = groups.iter_mut().find(|group| fits(group)) {
            group.members.push(line);
            continue;
        }
        let id = unused(&group_name(line.lead), |id| {
            groups.iter().any(|group| group.id == id)
        });
        groups.push(AudioGroup {
            id,
            members: vec![line],
        });
    }
    let mut sounds: Vec<&Line<'_, '_>> = Vec::new();
    for line in lines {
        if !sounds
            .iter()
            .any(|other| other.lead.says_the_same(line.lead))
        {
            sounds.push(line);
        }
    }
    for group in &mut groups {
        let own = std::mem::take(&mut group.members);
        let like = own.first().map_or(&lines[0], |line| line);
        group.members = sounds
            .iter()
            .filter_map(|sound| {
                let same = |line: &&&Line<'_, '_>| line.lead.says_the_same(sound.lead);
                let of_own = own.iter().find(same).copied();
                of_own.or_else(|| nearest(like.lead, lines.iter().filter(|line| same(&line))))
            })
            .collect();
    }
    groups
}

/// What renditions of one group share.
fn encoding<'e>(entry: &'e Entry<'_>) -> (Option<&'e str>, &'e str, u16, Option<u8>) {
    (
        entry.rendition.settings.group.as_deref(),
        &entry.rendition.codecs,
        entry.channels(),
        entry.layout().joc_complexity,
    )
}

fn nearest<'g, 'o, 'a>(
    like: &Entry<'_>,
    lines: impl Iterator<Item = &'g Line<'o, 'a>>,
) -> Option<&'g Line<'o, 'a>>
where
    'a: 'g,
    'o: 'g,
{
    let peak = like.rendition.peak_bandwidth;
    lines.min_by_key(|line| {
        (
            line.lead.family() != like.family(),
            line.lead.channels().abs_diff(like.channels()),
            line.lead.rendition.peak_bandwidth.abs_diff(peak),
        )
    })
}

/// `aac-2`, `eac3-joc`, or as the asset says.
fn group_name(entry: &Entry<'_>) -> String {
    if let Some(group) = &entry.rendition.settings.group {
        return group.clone();
    }
    let family = entry.family().name();
    match entry.layout().joc_complexity {
        Some(_) => format!("{family}-joc"),
        None if entry.channels() == 0 => family.to_owned(),
        None => format!("{family}-{}", entry.channels()),
    }
}

/// `name`, or with the first number behind it that makes it unused; compared as it will be written.
fn unused(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut base = String::with_capacity(name.len());
    push_quoted(&mut base, name);
    let mut candidate = base.clone();
    let mut number = 1_u64;
    while is_taken(&candidate) {
        number += 1;
        candidate = format!("{base} {number}");
    }
    candidate
}

/// The EXT-X-MEDIA lines of a group of audio. `is_muxed`: the default member comes inside the variants.
pub(super) fn push_audio(
    out: &mut String,
    group: &AudioGroup<'_, '_, '_>,
    default: usize,
    container: Container,
) {
    let mut writer = Writer::new("AUDIO", &group.id);
    for (index, line) in group.members.iter().enumerate() {
        let is_default = index == default;
        writer.push(out, line.lead, is_default);
        if let Some(channels) = names::channels(line.lead) {
            out.push_str(",CHANNELS=\"");
            out.push_str(&channels);
            out.push('"');
        }
        match container {
            Container::Cmaf => push_uri(out, line.lead, "/index.m3u8"),
            Container::OnDemand => push_uri(out, line.lead, "/ondemand.m3u8"),
            Container::TransportStream if is_default => {}
            Container::TransportStream => push_uri(out, line.lead, "/index-packed.m3u8"),
        }
        out.push('\n');
    }
}

/// The EXT-X-MEDIA lines of all subtitles.
pub(super) fn push_subtitles(
    out: &mut String,
    id: &str,
    lines: &[Line<'_, '_>],
    container: Container,
) {
    let default = lines.iter().position(|line| {
        line.lead.rendition.settings.default == Some(true) && !line.lead.is_forced()
    });
    let mut writer = Writer::new("SUBTITLES", id);
    for (index, line) in lines.iter().enumerate() {
        writer.push(out, line.lead, Some(index) == default);
        out.push_str(if line.lead.is_forced() {
            ",FORCED=YES"
        } else {
            ",FORCED=NO"
        });
        match container {
            // Files of WebVTT are no file that ranges could be taken of.
            Container::Cmaf | Container::OnDemand => push_uri(out, line.lead, "/index.m3u8"),
            Container::TransportStream => push_uri(out, line.lead, "/index-ts.m3u8"),
        }
        out.push('\n');
    }
}

fn push_uri(out: &mut String, entry: &Entry<'_>, playlist: &str) {
    out.push_str(",URI=\"");
    push_path_element(out, &entry.url_name);
    out.push_str(playlist);
    out.push_str(&entry.query);
    out.push('"');
}

/// What all members of a group say, and what may not be said twice in it.
struct Writer<'w, 'a> {
    kind: &'static str,
    group: &'w str,
    names: Vec<String>,
    /// Language, characteristics and forced of those that players may choose by themselves.
    chosen: Vec<(Option<&'a str>, String, bool)>,
}

impl<'w, 'a> Writer<'w, 'a> {
    fn new(kind: &'static str, group: &'w str) -> Self {
        Self {
            kind,
            group,
            names: Vec::new(),
            chosen: Vec::new(),
        }
    }

    /// Up to AUTOSELECT and CHARACTERISTICS.
    fn push(&mut self, out: &mut String, entry: &Entry<'a>, is_default: bool) {
        out.push_str("#EXT-X-MEDIA:TYPE=");
        out.push_str(self.kind);
        out.push_str(",GROUP-ID=\"");
        out.push_str(self.group);
        out.push_str("\",NAME=\"");
        // NAME differs within a group (4.4.6.1.1), also after quoting.
        let name = unused(&names::name(entry), |name| {
            self.names.iter().any(|taken| taken == name)
        });
        out.push_str(&name);
        out.push('"');
        self.names.push(name);
        if let Some(language) = entry.language() {
            out.push_str(",LANGUAGE=\"");
            push_quoted(out, language);
            out.push('"');
        }
        let characteristics = names::characteristics(entry);
        let choice = (entry.language(), characteristics, entry.is_forced());
        // AUTOSELECT=YES needs a combination of its own (4.4.6.1); the default always has it.
        let wanted = entry
            .rendition
            .settings
            .autoselect
            .unwrap_or(!entry.has_role(Role::Commentary));
        let autoselect = is_default || (wanted && !self.chosen.contains(&choice));
        out.push_str(if is_default {
            ",DEFAULT=YES"
        } else {
            ",DEFAULT=NO"
        });
        out.push_str(if autoselect {
            ",AUTOSELECT=YES"
        } else {
            ",AUTOSELECT=NO"
        });
        if !choice.1.is_empty() {
            out.push_str(",CHARACTERISTICS=\"");
            push_quoted(out, &choice.1);
            out.push('"');
        }
        if autoselect {
            self.chosen.push(choice);
        }
    }
}
