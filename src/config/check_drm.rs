//! What the values of `[mount.drm]` cannot show by themselves.
use edgepack_packager::Kind;

use super::document::Source;
use super::{Mount, Protection};

pub(super) fn check(mount: &Mount, key: &dyn Fn(&str) -> String, source: &Source) {
    // Of a list that was not understood nothing can be concluded.
    let understood = !source.is_faulty(&key("protections"));
    let offers = |protection| mount.protections.contains(&protection);
    if understood
        && source.knows(&key("drm"))
        && !mount.protections.iter().any(|kind| kind.needs_key())
    {
        source.fault(
            &key("drm"),
            "protection is described, and only \"clear\" is offered",
            "add \"cenc\", \"cbcs\", \"aes128\" or \"sample-aes\" to `protections`, or remove the section",
        );
    }
    labels(mount, key, source);
    let systems = &mount.drm.systems;
    let schemes = mount.protections.iter().filter_map(|kind| kind.scheme());
    if let Some(error) = schemes
        .filter_map(|scheme| systems.check(scheme).err())
        .next()
    {
        source.fault(
            &key("drm"),
            error,
            "docs/reference/drm.md says what each system takes",
        );
    }
    if let Some(fairplay) = &systems.fairplay {
        if !fairplay.uri.starts_with("skd://") {
            source.fault(
                &key("drm.fairplay.uri"),
                format_args!("\"{}\" is no skd:// address", fairplay.uri),
                "write it as \"skd://{kid}\"",
            );
        }
        if understood && !offers(Protection::Cbcs) && !offers(Protection::SampleAes) {
            source.fault(
                &key("drm.fairplay"),
                "FairPlay needs \"cbcs\" or \"sample-aes\"",
                "add one of them to `protections`",
            );
        }
    }
    if let Some(uri) = &mount.drm.key_uri
        && (!uri.contains("{kid}") || uri.contains(['"', '\n', '\r']))
    {
        source.fault(
            &key("drm.key_uri"),
            format_args!("\"{uri}\" does not say where each key is"),
            "write {kid} where the key id belongs: \"https://keys.example.com/{kid}\"",
        );
    }
}

fn labels(mount: &Mount, key: &dyn Fn(&str) -> String, source: &Source) {
    for (index, label) in mount.drm.labels.iter().enumerate() {
        let key = |name: &str| key(&format!("drm.label[{index}].{name}"));
        let earlier = &mount.drm.labels[..index];
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if label.name.is_empty() || !label.name.bytes().all(plain) {
            source.fault(
                &key("name"),
                format_args!("\"{}\" is no plain name", label.name),
                "use letters, digits, - . _",
            );
        }
        // Two rules may lead to one key, but not to two sets of restrictions.
        if let Some(other) = earlier.iter().find(|other| other.name == label.name)
            && other.restrictions != label.restrictions
        {
            source.fault(
                &key("name"),
                format_args!("\"{}\" has other restrictions above", label.name),
                "give all rules of one label the same `hdcp_level` and `allowed_cpc`",
            );
        }
        if matches!(label.kind, Some(Kind::Text | Kind::Image)) {
            source.fault(
                &key("kind"),
                "subtitles and thumbnails are not encrypted",
                "choose from \"video\" and \"audio\"",
            );
        }
    }
}
