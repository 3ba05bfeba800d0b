//! Which rendition goes on where a period ends.
use super::{Media, Presentation, Rendition};

/// The rendition of `period` that goes on from this one, for a viewer who changes nothing.
pub(super) fn continuation(p: &Presentation, rendition: usize, period: usize) -> Option<usize> {
    let from = p.renditions.get(rendition)?;
    let members = p.periods.get(period)?.renditions.clone();
    if from.period == period {
        return Some(rendition);
    }
    members
        .filter_map(|index| Some((distance(from, p.renditions.get(index)?)?, index)))
        .min()
        .map(|(_, index)| index)
}

/// Smaller is nearer; none for what cannot go on at all. Of equals the first one counts.
fn distance(from: &Rendition, to: &Rendition) -> Option<[u64; 5]> {
    let differs = |differs: bool| u64::from(differs);
    match (&from.media, &to.media) {
        (
            Media::Video { height, range, .. },
            Media::Video {
                height: other_height,
                range: other_range,
                ..
            },
        ) => Some([
            differs(family(from) != family(to)),
            differs(range != other_range),
            u64::from(height.abs_diff(*other_height)),
            from.peak_bandwidth.abs_diff(to.peak_bandwidth),
            0,
        ]),
        (
            Media::Audio { channels, .. },
            Media::Audio {
                channels: other_channels,
                ..
            },
        ) => Some([
            differs(!same_language(from, to)),
            differs(!same_purpose(from, to)),
            differs(family(from) != family(to)),
            u64::from(channels.abs_diff(*other_channels)),
            differs(!to.settings.default.unwrap_or(false)),
        ]),
        (Media::Text { form }, Media::Text { form: other_form }) => (form == other_form
            && same_language(from, to)
            && from.settings.forced == to.settings.forced
            && from.settings.accessibility == to.settings.accessibility)
            .then_some([
                differs(from.settings.roles != to.settings.roles),
                0,
                0,
                0,
                0,
            ]),
        _ => None,
    }
}

fn same_language(a: &Rendition, b: &Rendition) -> bool {
    a.language.eq_ignore_ascii_case(&b.language)
}

fn same_purpose(a: &Rendition, b: &Rendition) -> bool {
    a.settings.accessibility == b.settings.accessibility && a.settings.roles == b.settings.roles
}

/// What decoders tell apart, whatever the profile.
fn family(rendition: &Rendition) -> &str {
    let entry = rendition.codecs.split('.').next().unwrap_or_default();
    match entry {
        "avc1" | "avc3" | "dva1" | "dvav" => "avc",
        "hvc1" | "hev1" | "dvh1" | "dvhe" => "hevc",
        "mp4a" if !rendition.codecs.starts_with("mp4a.40.") => &rendition.codecs,
        other => other,
    }
}

#[cfg(test)]
mod tests;
