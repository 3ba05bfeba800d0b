//! DASH (ISO/IEC 23009-1): static MPDs; [`live`] has the dynamic ones.
mod addressing;
mod descriptors;
pub mod live;
mod period;
mod protection;
mod representation;
mod sets;
mod slices;
mod thumbnails;
mod timeline;
mod trick;

use edgepack_packager::TextForm;

use crate::error::{Error, Result};
use crate::outline::{Entry, Outline};
use crate::text::{MICROS, push_attribute, push_iso_duration, rescale};
use crate::{Layout, View};
use addressing::Addressing;
use sets::PeriodSets;
use slices::Member;

const PROFILES_LIVE: &str = "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019";
const PROFILES_ON_DEMAND: &str =
    "urn:mpeg:dash:profile:isoff-on-demand:2011,urn:mpeg:dash:profile:cmaf:2019";
/// How much a player at exactly `@bandwidth` must hold before it starts (5.3.1.2), microseconds. Bandwidths are those
/// of the heaviest segment, which leaves headroom everywhere else.
const MIN_BUFFER: u64 = 2 * MICROS;
/// `<S t="123456789" d="123456" r="12"/>` and its indent, rounded up.
const BYTES_PER_RUN: usize = 48;
/// Of a Representation with its part of the set, and the same for trick play.
const BYTES_PER_MEMBER: usize = 2048;

/// What a SegmentTemplate puts into segment addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// `{track}/{n}.m4s`.
    Number,
    /// `{track}/t{time}.m4s`.
    Time,
}

/// `manifest.mpd` and `manifest-time.mpd`: SegmentTemplate with a SegmentTimeline; `$RepresentationID$` is the URL's
/// track element.
///
/// `S@t` is presentation time: the encoder delay of audio is taken off by the edit list in the header, which players
/// apply before MPD time means anything, so no `presentationTimeOffset`.
///
/// # Errors
/// [`Error::NothingLeft`] by the filter; [`Error::NothingToOffer`] under AES-128 and SAMPLE-AES, which DASH does not
/// know.
pub fn mpd(view: View<'_>, template: Template) -> Result<String> {
    if view.protection.is_some_and(|p| !p.is_common()) {
        return Err(Error::NothingToOffer { form: "DASH" });
    }
    let outline = Outline::new(view, TextForm::Imsc1)?;
    Ok(write(&outline, Addressing::Template(template)))
}

/// `ondemand.mpd`: SegmentBase over `{track}/media.mp4`. `layouts`: one per `Presentation::renditions`; tracks without
/// one, thumbnails among them, are left out.
///
/// # Errors
/// [`Error::NothingLeft`] by the filter, [`Error::NothingToOffer`] where no video, or no audio, has a layout, and where
/// keys change, the beginning is clear, or the protection is not common encryption.
pub fn mpd_ondemand(view: View<'_>, layouts: &[Option<Layout>]) -> Result<String> {
    let mut outline = Outline::new(view, TextForm::Imsc1)?.for_single_files(layouts)?;
    outline
        .entries
        .retain(|entry| layouts.get(entry.index).is_some_and(Option::is_some));
    Ok(write(&outline, Addressing::OnDemand(layouts)))
}

fn write(outline: &Outline<'_>, addressing: Addressing<'_>) -> String {
    let periods = sets::of(outline);
    let mut out = String::with_capacity(capacity(&periods));
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"");
    protection::push_namespaces(&mut out, outline);
    push_supplemental_namespace(&mut out, outline);
    push_attribute(&mut out, "profiles", addressing.profiles());
    out.push_str(" type=\"static\" mediaPresentationDuration=\"");
    push_iso_duration(&mut out, duration(outline));
    out.push_str("\" maxSegmentDuration=\"");
    push_iso_duration(&mut out, longest_segment(outline));
    out.push_str("\" minBufferTime=\"");
    push_iso_duration(&mut out, MIN_BUFFER);
    out.push_str("\">\n");
    for sets in &periods {
        period::push(&mut out, outline, addressing, sets, &periods);
    }
    out.push_str("</MPD>\n");
    out
}

/// That of `scte214:supplementalCodecs`, where there are any.
fn push_supplemental_namespace(out: &mut String, outline: &Outline<'_>) {
    let is_supplemented = |entry: &Entry<'_>| entry.rendition.supplemental_codecs.is_some();
    if outline.entries.iter().any(is_supplemented) {
        out.push_str(" xmlns:scte214=\"urn:scte:dash:scte214-extensions\"");
    }
}

/// Enough for the document as a rule, so that it is written without being moved.
fn capacity(periods: &[PeriodSets<'_, '_>]) -> usize {
    let sets = periods.iter().flat_map(|period| &period.sets);
    let of_member = |member: &Member<'_, '_>| {
        let frames = member.frames().map_or(0, |(_, frames)| frames.len());
        BYTES_PER_MEMBER + (member.segments().len() + frames) * BYTES_PER_RUN
    };
    let members = sets.flat_map(|set| &set.members).map(of_member);
    4096 + members.sum::<usize>()
}

/// Microseconds. The last period ends where the presentation ends, which its audio may do a little later than its
/// video.
fn duration(outline: &Outline<'_>) -> u64 {
    let ends = outline.periods().iter().map(|p| p.start_us + p.duration_us);
    ends.max()
        .unwrap_or(0)
        .max(outline.presentation.duration_ms * 1000)
}

/// Microseconds.
fn longest_segment(outline: &Outline<'_>) -> u64 {
    let longest = |entry: &Entry<'_>| {
        let units = entry.rendition.segments.iter().map(|s| s.duration).max();
        rescale(units.unwrap_or(0), entry.rendition.timescale, MICROS)
    };
    outline.entries.iter().map(longest).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
