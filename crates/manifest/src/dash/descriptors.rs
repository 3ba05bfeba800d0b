//! Descriptors of an adaptation set: channels, colour, accessibility, roles.
use edgepack_packager::{Accessibility, CaptionChannel, ClosedCaptions, Kind, Role};

use crate::codec::Family;
use crate::language;
use crate::outline::Entry;
use crate::text::{push_attribute, push_attribute_number, push_number};

const CICP_CHANNELS: &str = "urn:mpeg:mpegB:cicp:ChannelConfiguration";
const DOLBY_CHANNELS: &str = "tag:dolby.com,2014:dash:audio_channel_configuration:2011";
const AC4_CHANNELS: &str = "tag:dolby.com,2015:dash:audio_channel_configuration:2015";
const DTS_UHD_CHANNELS: &str = "tag:dts.com,2018:uhd:audio_channel_configuration";
/// The value is the number of channels.
const COUNTED_CHANNELS: &str = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";
const JOC: &str = "tag:dolby.com,2018:dash:EC3_ExtensionType:2018";
const JOC_COMPLEXITY: &str = "tag:dolby.com,2018:dash:EC3_ExtensionComplexityIndex:2018";
const ROLES: &str = "urn:mpeg:dash:role:2011";
/// ETSI TS 102 822-3-1, A.2.13: 1 is for the visually impaired.
const AUDIO_PURPOSE: &str = "urn:tva:metadata:cs:AudioPurposeCS:2007";
const CEA_608: &str = "urn:scte:dash:cc:cea-608:2015";
const CEA_708: &str = "urn:scte:dash:cc:cea-708:2015";

/// CICP values (ISO/IEC 23091-2): 2 is "unspecified"; the ones below mean a wider gamut or range
/// than every screen shows.
const UNSPECIFIED: u8 = 2;
const PRIMARIES_BT2020: u8 = 9;
const TRANSFERS_HDR: [u8; 2] = [16, 18];

fn push_descriptor(out: &mut String, element: &str, scheme: &str, value: &str) {
    out.push_str("      <");
    out.push_str(element);
    push_attribute(out, "schemeIdUri", scheme);
    push_attribute(out, "value", value);
    out.push_str("/>\n");
}

/// In the scheme that the codec's players read; by number of channels where no code is known.
pub(super) fn push_channels(out: &mut String, entry: &Entry<'_>) {
    if entry.rendition.kind() != Kind::Audio {
        return;
    }
    let layout = entry.layout();
    let of_codec = match entry.family() {
        Family::Ac3 | Family::Eac3 => layout
            .dolby_map
            .map(|map| (DOLBY_CHANNELS, format!("{map:04X}"))),
        Family::Ac4 => layout
            .ac4_mask
            .map(|mask| (AC4_CHANNELS, format!("{mask:06X}"))),
        Family::Dts => layout
            .dts_uhd_mask
            .map(|mask| (DTS_UHD_CHANNELS, format!("{mask:08X}"))),
        _ => None,
    };
    let (scheme, value) = match (of_codec, layout.cicp, entry.channels()) {
        (Some(known), _, _) => known,
        (None, Some(code), _) => (CICP_CHANNELS, code.to_string()),
        (None, None, 0) => return,
        // 1 and 2 mean mono and stereo in both.
        (None, None, channels @ (1 | 2)) => (CICP_CHANNELS, channels.to_string()),
        (None, None, channels) => (COUNTED_CHANNELS, channels.to_string()),
    };
    push_descriptor(out, "AudioChannelConfiguration", scheme, &value);
}

/// E-AC-3 with joint object coding (ETSI TS 103 420, D.2).
pub(super) fn push_joint_objects(out: &mut String, entry: &Entry<'_>) {
    if let Some(complexity) = entry.layout().joc_complexity {
        push_descriptor(out, "SupplementalProperty", JOC, "JOC");
        push_descriptor(
            out,
            "SupplementalProperty",
            JOC_COMPLEXITY,
            &complexity.to_string(),
        );
    }
}

/// Essential where a player that ignores it would show wrong colours.
pub(super) fn push_colour(out: &mut String, colour: Option<(u8, u8, u8, bool)>) {
    let Some((primaries, transfer, matrix, full_range)) = colour else {
        return;
    };
    let wide = primaries == PRIMARIES_BT2020 || TRANSFERS_HDR.contains(&transfer);
    let element = if wide {
        "EssentialProperty"
    } else {
        "SupplementalProperty"
    };
    for (name, value) in [
        ("ColourPrimaries", primaries),
        ("TransferCharacteristics", transfer),
        ("MatrixCoefficients", matrix),
    ] {
        if value != UNSPECIFIED {
            push_cicp(out, element, name, value);
        }
    }
    if full_range {
        push_cicp(out, element, "VideoFullRangeFlag", 1);
    }
}

fn push_cicp(out: &mut String, element: &str, name: &str, value: u8) {
    out.push_str("      <");
    out.push_str(element);
    out.push_str(" schemeIdUri=\"urn:mpeg:mpegB:cicp:");
    out.push_str(name);
    out.push('"');
    push_attribute_number(out, "value", u64::from(value));
    out.push_str("/>\n");
}

/// Whom the set serves; of video, the captions that ride in it.
pub(super) fn push_accessibility(out: &mut String, entry: &Entry<'_>, captions: &[ClosedCaptions]) {
    if entry.rendition.kind() == Kind::Video {
        push_captions(out, captions);
    }
    let (scheme, value) = match entry.accessibility() {
        None => return,
        Some(Accessibility::AudioDescription) => (AUDIO_PURPOSE, "1"),
        Some(Accessibility::Sdh) => (ROLES, "caption"),
        Some(Accessibility::EasyReader) => (ROLES, "easyreader"),
        Some(Accessibility::SignLanguage) => (ROLES, "sign"),
        Some(Accessibility::EnhancedSpeech) => (ROLES, "enhanced-audio-intelligibility"),
    };
    push_descriptor(out, "Accessibility", scheme, value);
}

/// One descriptor per standard (SCTE 214-1): `CC1=eng;CC3=spa`, `1=lang:eng;2=lang:spa`.
fn push_captions(out: &mut String, captions: &[ClosedCaptions]) {
    let (mut analogue, mut digital) = (String::new(), String::new());
    for caption in captions {
        let code = caption
            .language
            .as_deref()
            .and_then(language::three_letters);
        let list = match caption.channel {
            CaptionChannel::Cc(_) => &mut analogue,
            CaptionChannel::Service(_) => &mut digital,
        };
        if !list.is_empty() {
            list.push(';');
        }
        match caption.channel {
            CaptionChannel::Cc(channel) => {
                list.push_str("CC");
                push_number(list, u64::from(channel));
                if let Some(code) = code {
                    list.push('=');
                    list.push_str(code);
                }
            }
            CaptionChannel::Service(service) => {
                push_number(list, u64::from(service));
                list.push_str("=lang:");
                list.push_str(code.unwrap_or("und"));
            }
        }
    }
    for (scheme, value) in [(CEA_608, analogue), (CEA_708, digital)] {
        if !value.is_empty() {
            push_descriptor(out, "Accessibility", scheme, &value);
        }
    }
}

/// As the asset says; else what follows from kind and purpose. `is_main`: plays where nobody chose.
pub(super) fn push_roles(out: &mut String, entry: &Entry<'_>, is_main: bool) {
    let settings = &entry.rendition.settings;
    if settings.roles.is_empty() {
        push_descriptor(out, "Role", ROLES, implied_role(entry, is_main));
    }
    for role in &settings.roles {
        push_descriptor(out, "Role", ROLES, role_name(*role));
    }
    let is_listed = settings.roles.contains(&Role::ForcedSubtitle);
    if entry.is_forced() && !is_listed && !settings.roles.is_empty() {
        push_descriptor(out, "Role", ROLES, "forced-subtitle");
    }
}

fn implied_role(entry: &Entry<'_>, is_main: bool) -> &'static str {
    match (entry.rendition.kind(), entry.accessibility()) {
        (Kind::Text, _) if entry.is_forced() => "forced-subtitle",
        (Kind::Text, Some(Accessibility::Sdh)) => "caption",
        (_, Some(Accessibility::EasyReader)) => "easyreader",
        (Kind::Text, _) => "subtitle",
        (_, Some(Accessibility::AudioDescription)) => "description",
        (_, Some(Accessibility::SignLanguage)) => "sign",
        (_, Some(Accessibility::EnhancedSpeech)) => "enhanced-audio-intelligibility",
        _ if is_main => "main",
        _ => "alternate",
    }
}

/// ISO/IEC 23009-1, 5.8.5.5.
fn role_name(role: Role) -> &'static str {
    match role {
        Role::Main => "main",
        Role::Alternate => "alternate",
        Role::Supplementary => "supplementary",
        Role::Commentary => "commentary",
        Role::Dub => "dub",
        Role::Description => "description",
        Role::Caption => "caption",
        Role::Subtitle => "subtitle",
        Role::ForcedSubtitle => "forced-subtitle",
        Role::Sign => "sign",
        Role::EasyReader => "easyreader",
        Role::Emergency => "emergency",
        Role::Karaoke => "karaoke",
        Role::EnhancedAudioIntelligibility => "enhanced-audio-intelligibility",
    }
}
