//! `[mount.drm]` and the sections inside it.
use std::time::Duration;

use edgepack_drm::systems::{FairPlay, HeaderVersion, PlayReady, Systems, Widevine};
use edgepack_packager::protection::Every;
use edgepack_packager::{HdcpLevel, Restrictions, Rotation};
use toml::Spanned;
use toml::de::DeValue;

use super::document::Section;
use super::drm::{Bounds, Drm, KeyLabel};
use super::values::{Bounded, FromToml, Wrong, word};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// A crypto period is a request for keys and a header: not one for each second.
const SHORTEST_PERIOD: Duration = Duration::from_secs(1);

pub(super) fn drm(mut section: Section<'_, '_>) -> Drm {
    let default = Drm::default();
    let drm = Drm {
        clear_lead: section.bounded(
            "clear_lead",
            default.clear_lead,
            Duration::ZERO..=Duration::from_secs(3600),
        ),
        rotate: rotate(&mut section),
        rotation: section.get("rotation", default.rotation),
        key_uri: section.optional("key_uri"),
        systems: systems(&mut section, default.systems),
        labels: section
            .sections("label")
            .into_iter()
            .filter_map(label)
            .collect(),
    };
    section.finish();
    drm
}

fn rotate(section: &mut Section<'_, '_>) -> Option<Every> {
    let time = section
        .has("rotate_every")
        .then(|| section.bounded("rotate_every", DAY, SHORTEST_PERIOD..=30 * DAY));
    let segments = section
        .has("rotate_segments")
        .then(|| section.bounded("rotate_segments", 1_u32, 1..=1_000_000));
    // Known keys all the same: not to be reported as misspelt.
    section.optional::<Duration>("rotate_every");
    section.optional::<u32>("rotate_segments");
    match (time, segments) {
        (Some(_), Some(_)) => {
            section.source().fault(
                &section.name("rotate_segments"),
                "both `rotate_every` and `rotate_segments` are given",
                "keep one of them",
            );
            None
        }
        (Some(time), None) => Some(Every::Time(
            u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        )),
        (None, Some(segments)) => Some(Every::Segments(segments)),
        (None, None) => None,
    }
}

fn systems(section: &mut Section<'_, '_>, default: Systems) -> Systems {
    Systems {
        w3c_common: section.get("w3c_common", default.w3c_common),
        widevine: section.section("widevine").map(widevine),
        playready: section.section("playready").map(playready),
        fairplay: section.section("fairplay").map(fairplay),
        other: section
            .get("other_systems", Vec::<SystemId>::new())
            .into_iter()
            .map(|id| id.0)
            .collect(),
    }
}

fn widevine(mut section: Section<'_, '_>) -> Widevine {
    let widevine = Widevine {
        provider: section.optional("provider"),
        content_id: section.optional("content_id"),
        policy: section.optional("policy"),
        licence_url: section.optional("licence_url"),
        pssh_v1: section.get("pssh_v1", false),
    };
    section.finish();
    widevine
}

fn playready(mut section: Section<'_, '_>) -> PlayReady {
    let playready = PlayReady {
        licence_url: section.optional("licence_url"),
        licence_ui_url: section.optional("licence_ui_url"),
        domain_service: section
            .optional::<SystemId>("domain_service")
            .map(|id| id.0),
        custom_attributes: section.optional("custom_attributes"),
        header_version: section.optional("header_version"),
        pssh_v1: section.get("pssh_v1", false),
    };
    section.finish();
    playready
}

fn fairplay(mut section: Section<'_, '_>) -> FairPlay {
    let default = FairPlay::default();
    let fairplay = FairPlay {
        uri: section.get("uri", default.uri),
        licence_url: section.optional("licence_url"),
    };
    section.finish();
    fairplay
}

fn label(mut section: Section<'_, '_>) -> Option<KeyLabel> {
    let name = section.required::<String>("name", "name it as the key server does: \"HD\"");
    let restrictions = Restrictions {
        hdcp_level: section.optional("hdcp_level"),
        allowed_cpc: section
            .get("allowed_cpc", Vec::<AllowedCpc>::new())
            .into_iter()
            .map(|cpc| (cpc.key_format, cpc.labels))
            .collect(),
    };
    let label = KeyLabel {
        name: name.clone().unwrap_or_default(),
        kind: section.optional("kind"),
        height: bounds(&mut section, "min_height", "max_height"),
        bitrate: bounds(&mut section, "min_bitrate", "max_bitrate"),
        frame_rate: bounds(&mut section, "min_frame_rate", "max_frame_rate"),
        channels: bounds(&mut section, "min_channels", "max_channels"),
        hdr: section.optional("hdr"),
        restrictions,
    };
    section.finish();
    name?;
    Some(label)
}

fn bounds<T: FromToml + Bounded + Copy>(
    section: &mut Section<'_, '_>,
    min: &'static str,
    max: &'static str,
) -> Bounds<T> {
    let bounds = Bounds {
        min: section.optional::<T>(min),
        max: section.optional::<T>(max),
    };
    if let (Some(low), Some(high)) = (bounds.min, bounds.max)
        && low > high
    {
        section.source().fault(
            &section.name(min),
            format_args!("{} is above `{max}`, {}", low.shown(), high.shown()),
            "exchange the two",
        );
    }
    bounds
}

/// A UUID.
struct SystemId([u8; 16]);

impl FromToml for SystemId {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let written =
            super::values::text(value, "a UUID", "\"edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\"")?;
        match written.parse::<edgepack_drm::KeyId>() {
            Ok(id) => Ok(Self(id.0)),
            Err(_) => Err(Wrong::new(
                value,
                format_args!("\"{written}\" is no UUID"),
                "write 32 hex digits, grouped 8-4-4-4-12 or not at all",
            )),
        }
    }
}

/// `com.microsoft.playready:SW/HW`: as in ALLOWED-CPC (8216bis, 4.4.6.2).
struct AllowedCpc {
    key_format: String,
    labels: Vec<String>,
}

impl FromToml for AllowedCpc {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let example = "\"com.example.drm1:SMART-TV/PC\"";
        let written = super::values::text(value, "a KEYFORMAT with its labels", example)?;
        let plain = |byte: u8| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
        };
        // The last colon: KEYFORMATs may be URNs.
        let split = written.rsplit_once(':').filter(|(key_format, labels)| {
            !key_format.is_empty()
                && !key_format.contains(['"', ',', '\n', '\r'])
                && (labels.is_empty()
                    || labels
                        .split('/')
                        .all(|label| !label.is_empty() && label.bytes().all(plain)))
        });
        let Some((key_format, labels)) = split else {
            return Err(Wrong::new(
                value,
                format_args!("\"{written}\" is no KEYFORMAT with labels of A-Z, 0-9, - and ."),
                format_args!("write it as {example}"),
            ));
        };
        Ok(Self {
            key_format: key_format.to_owned(),
            labels: labels
                .split('/')
                .filter(|label| !label.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }
}

impl FromToml for HdcpLevel {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(value, &Self::ALL.map(|level| (level.as_str(), level)))
    }
}

impl FromToml for Rotation {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(
            value,
            &[
                ("new-header", Self::NewHeader),
                ("sample-groups", Self::SampleGroups),
            ],
        )
    }
}

impl FromToml for HeaderVersion {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(
            value,
            &[
                ("4.0.0.0", Self::V4_0),
                ("4.1.0.0", Self::V4_1),
                ("4.2.0.0", Self::V4_2),
                ("4.3.0.0", Self::V4_3),
            ],
        )
    }
}
