//! The multivariant playlist: groups of renditions, variants, I-frame and image streams.
use edgepack_packager::{
    Accessibility, CaptionChannel, ClosedCaptions, Kind, TextForm, TrackProtection,
};

use super::bandwidth::Meter;
use super::groups::{self, AudioGroup};
use super::{
    Container, INDEPENDENT, VERSION_CMAF, VERSION_KEY_FORMAT, VERSION_REQUIRED_LAYOUT,
    VERSION_SERVICE, VERSION_TS, images, keys, push_header, restrictions, variant,
};
use crate::follow::{Line, lines};
use crate::language;
use crate::outline::{Entry, Outline};
use crate::text::{push_number, push_path_element, push_quoted};

const CAPTIONS: &str = "cc";
const SUBTITLES: &str = "subs";

/// Lines of all kinds, and what the variants share.
struct Parts<'o, 'a> {
    container: Container,
    meter: Meter,
    video: Vec<Line<'o, 'a>>,
    text: Vec<Line<'o, 'a>>,
    subtitles: String,
    /// RFC 6381 of the text, where it is a format that CODECS names: WebVTT is not.
    text_codecs: Option<&'a str>,
    has_captions: bool,
}

pub(super) fn write(outline: &Outline<'_>, container: Container) -> String {
    let audio = lines(outline, Kind::Audio);
    let audio = groups::audio_groups(&audio);
    let parts = Parts::of(outline, container);
    let images = lines(outline, Kind::Image);
    let mut out = String::with_capacity(1024 + outline.entries.len() * (1 + audio.len()) * 512);
    let session_keys = session_keys(outline);
    push_header(&mut out, parts.version(outline, &session_keys));
    if outline.entries.iter().all(Entry::is_independent) {
        out.push_str(INDEPENDENT);
    }
    out.push_str(&session_keys);
    let default = audio.first().map_or(0, |group| {
        let leads: Vec<&Entry<'_>> = group.members.iter().map(|line| line.lead).collect();
        outline.default_audio(&leads)
    });
    for group in &audio {
        if parts.needs_group(group) {
            groups::push_audio(&mut out, group, default, container);
        }
    }
    if !parts.text.is_empty() {
        groups::push_subtitles(&mut out, &parts.subtitles, &parts.text, container);
    }
    if parts.has_captions {
        for captions in &outline.presentation.closed_captions {
            push_captions(&mut out, captions);
        }
    }
    for video in &parts.video {
        if audio.is_empty() {
            parts.push_variant(&mut out, Some(video), None, default);
        }
        for group in &audio {
            parts.push_variant(&mut out, Some(video), Some(group), default);
        }
    }
    // Sound for connections that carry no picture; where there is no picture, all there is.
    if parts.video.is_empty() || container == Container::TransportStream {
        for group in &audio {
            parts.push_variant(&mut out, None, Some(group), default);
        }
    }
    // Frames out of CMAF have not the time stamps of the transport stream.
    if container != Container::TransportStream {
        for video in &parts.video {
            parts.push_iframes(&mut out, video);
        }
    }
    for line in &images {
        images::push_stream(&mut out, &parts.meter, line);
    }
    out
}

impl<'o, 'a> Parts<'o, 'a> {
    fn of(outline: &'o Outline<'a>, container: Container) -> Self {
        let mut video = lines(outline, Kind::Video);
        // A picture with a signer in it is no rung of the ladder.
        let is_signed =
            |line: &Line<'_, '_>| line.lead.accessibility() == Some(Accessibility::SignLanguage);
        if !video.iter().all(is_signed) {
            video.retain(|line| !is_signed(line));
        }
        let text = lines(outline, Kind::Text);
        let group = text
            .iter()
            .find_map(|line| line.lead.rendition.settings.group.as_deref());
        let mut subtitles = String::new();
        push_quoted(&mut subtitles, group.unwrap_or(SUBTITLES));
        let text_codecs = text
            .iter()
            .find(|line| line.lead.text_form() == Some(TextForm::Imsc1))
            .map(|line| line.lead.rendition.codecs.as_str());
        Self {
            container,
            meter: Meter::new(outline, container),
            has_captions: !video.is_empty() && !outline.presentation.closed_captions.is_empty(),
            video,
            text,
            subtitles,
            text_codecs,
        }
    }

    /// The least that covers what the playlist says.
    fn version(&self, outline: &Outline<'_>, session_keys: &str) -> u64 {
        let mut version = match self.container {
            Container::Cmaf | Container::OnDemand => VERSION_CMAF,
            Container::TransportStream => VERSION_TS,
        };
        if session_keys.contains("KEYFORMAT") {
            version = version.max(VERSION_KEY_FORMAT);
        }
        let has_service = outline
            .presentation
            .closed_captions
            .iter()
            .any(|captions| matches!(captions.channel, CaptionChannel::Service(_)));
        if self.has_captions && has_service {
            version = version.max(VERSION_SERVICE);
        }
        if self.video.iter().any(|line| line.lead.is_stereoscopic()) {
            version = version.max(VERSION_REQUIRED_LAYOUT);
        }
        version
    }

    /// Sound alone in one language needs no group: its variant names the playlist.
    fn needs_group(&self, group: &AudioGroup<'_, '_, '_>) -> bool {
        !self.video.is_empty() || group.members.len() > 1
    }

    fn push_variant(
        &self,
        out: &mut String,
        video: Option<&Line<'_, 'a>>,
        group: Option<&AudioGroup<'_, '_, 'a>>,
        default: usize,
    ) {
        let members = group.map_or(&[][..], |group| group.members.as_slice());
        let sound = members.get(default).or(members.first());
        let Some(playlist) = video.or(sound.copied()) else {
            return;
        };
        out.push_str("#EXT-X-STREAM-INF:");
        let is_muxed = self.container == Container::TransportStream && video.is_some();
        let inside = sound.copied().filter(|_| is_muxed);
        let rates = self.meter.of_variant(video, inside, members, &self.text);
        variant::push_rates(out, rates);
        let playing = video.into_iter().chain(members.iter().copied());
        variant::push_codecs(out, playing, self.text_codecs);
        if let Some(video) = video {
            variant::push_supplemental(out, video);
            variant::push_picture(out, video.lead, true);
        }
        let playing = video.into_iter().chain(members.iter().copied());
        restrictions::push(out, playing);
        if let Some(group) = group.filter(|group| self.needs_group(group)) {
            out.push_str(",AUDIO=\"");
            out.push_str(&group.id);
            out.push('"');
        }
        if !self.text.is_empty() {
            out.push_str(",SUBTITLES=\"");
            out.push_str(&self.subtitles);
            out.push('"');
        }
        if self.has_captions && video.is_some() {
            out.push_str(",CLOSED-CAPTIONS=\"");
            out.push_str(CAPTIONS);
            out.push('"');
        } else if !self.has_captions && !self.video.is_empty() {
            out.push_str(",CLOSED-CAPTIONS=NONE");
        }
        out.push('\n');
        // Both parts of a muxed stream's name belong to one period: that where the video leads.
        let period = playlist.lead.rendition.period;
        let muxed = inside.and_then(|line| line.parts.get(period).copied().flatten());
        variant::push_playlist(out, playlist.lead, muxed, self.container);
    }

    fn push_iframes(&self, out: &mut String, video: &Line<'_, 'a>) {
        if video.lead.trick.is_none() {
            return;
        }
        out.push_str("#EXT-X-I-FRAME-STREAM-INF:");
        variant::push_rates(out, self.meter.of_iframes(video));
        variant::push_codecs(out, std::iter::once(video), None);
        variant::push_supplemental(out, video);
        variant::push_picture(out, video.lead, false);
        restrictions::push(out, std::iter::once(video));
        out.push_str(",URI=\"");
        push_path_element(out, &video.lead.url_name);
        out.push_str("/iframes.m3u8\"\n");
    }
}

/// Of the keys that renditions begin with: a player that fetched the keys of all crypto periods at once would ask for
/// hundreds of them.
fn session_keys(outline: &Outline<'_>) -> String {
    let mut out = String::new();
    let Some(protection) = outline.protection else {
        return out;
    };
    let mut kids = Vec::new();
    for entry in &outline.entries {
        let first = |track: &TrackProtection| {
            let lead = usize::try_from(track.clear_lead).unwrap_or(usize::MAX);
            track.at(lead).map(|period| period.kid)
        };
        let kid = entry.protection.and_then(first);
        kids.extend(kid.filter(|kid| !kids.contains(kid)));
    }
    keys::push_session(&mut out, protection, &kids);
    out
}

fn push_captions(out: &mut String, captions: &ClosedCaptions) {
    out.push_str("#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"");
    out.push_str(CAPTIONS);
    out.push_str("\",NAME=\"");
    let (prefix, number) = match captions.channel {
        CaptionChannel::Cc(number) => ("CC", number),
        CaptionChannel::Service(number) => ("SERVICE", number),
    };
    // Channels differ, and so do the names that are made of them.
    match (&captions.name, &captions.language) {
        (Some(name), _) => push_quoted(out, name),
        (None, Some(tag)) => {
            push_quoted(out, &language::name(tag));
            out.push_str(" (");
            out.push_str(prefix);
            push_number(out, u64::from(number));
            out.push(')');
        }
        (None, None) => {
            out.push_str(prefix);
            push_number(out, u64::from(number));
        }
    }
    out.push('"');
    if let Some(language) = &captions.language {
        out.push_str(",LANGUAGE=\"");
        push_quoted(out, language);
        out.push('"');
    }
    out.push_str(",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID=\"");
    out.push_str(prefix);
    push_number(out, u64::from(number));
    out.push_str("\"\n");
}
