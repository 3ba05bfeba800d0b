//! How the channels of a mount stand to each other, to their mount and to the node.
use super::document::Source;
use super::{Live, Mount, Protection};

pub(super) fn check(mount: &Mount, live: &Live, key: &dyn Fn(&str) -> String, source: &Source) {
    channels(live, key, source);
    client_certificates(live, key, source);
    protections(mount, key, source);
}

fn channels(live: &Live, key: &dyn Fn(&str) -> String, source: &Source) {
    if live.channels.is_empty() {
        source.fault(
            &key("live"),
            "no [[mount.live.channel]]: nothing can be pushed",
            "add one",
        );
    }
    for (index, channel) in live.channels.iter().enumerate() {
        let earlier = &live.channels[..index];
        if earlier.iter().any(|other| other.name == channel.name) {
            source.fault(
                &key(&format!("live.channel[{index}].name")),
                format_args!("\"{}\" is the name of another channel too", channel.name),
                "give each channel a name of its own",
            );
        }
    }
}

fn client_certificates(live: &Live, key: &dyn Fn(&str) -> String, source: &Source) {
    if source.knows("tls.client_ca_file") {
        return;
    }
    for (index, channel) in live.channels.iter().enumerate() {
        if !channel.ingest.client_certificates.is_empty() {
            source.fault(
                &key(&format!("live.channel[{index}].client_certificates")),
                "no client is asked for a certificate",
                "say in [tls] who certifies clients: client_ca_file = \"encoders-ca.pem\"",
            );
        }
    }
}

/// Parts go out before their segment is known: they are encrypted sample by sample, or not at all.
fn protections(mount: &Mount, key: &dyn Fn(&str) -> String, source: &Source) {
    let whole = |kind: &&Protection| kind.needs_key() && kind.scheme().is_none();
    if !source.is_faulty(&key("protections"))
        && let Some(kind) = mount.protections.iter().find(whole)
    {
        source.fault(
            &key("protections"),
            format_args!("a live mount does not offer \"{kind}\""),
            "name \"clear\", \"cenc\" or \"cbcs\"",
        );
    }
    if !mount.drm.clear_lead.is_zero() {
        source.fault(
            &key("drm.clear_lead"),
            "a channel has no beginning that could be clear",
            "remove it",
        );
    }
}
