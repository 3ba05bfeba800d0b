//! `[mount.live.channel.ingest]` as it is written.
use std::path::PathBuf;

use super::{longest_pause, pause, text};
use crate::config::Secret;
use crate::config::document::Section;
use crate::config::live::{Contribution, Transport};

pub(super) fn contribution(mut section: Section<'_, '_>) -> Option<Contribution> {
    let srt = text(&mut section, "srt", "srt_file");
    let rtmp = text(&mut section, "rtmp", "rtmp_file");
    let listen = section.optional::<bool>("listen");
    let both = srt.is_some() && rtmp.is_some();
    let found = match (srt, rtmp) {
        (Some(url), None) => Some((Transport::Srt, "srt", url)),
        (None, Some(url)) => {
            let listen = listen.unwrap_or(true);
            Some((Transport::Rtmp { listen }, "rtmp", url))
        }
        _ => None,
    };
    if found.is_none() && (both || !given(&section)) {
        section.source().fault(
            &section.name("srt"),
            "one of `srt` and `rtmp` is wanted",
            "srt = \"srt://0.0.0.0:9000?mode=listener\", or rtmp = \"rtmp://0.0.0.0:1935/live/news\"",
        );
    }
    if listen.is_some() && matches!(found, Some((Transport::Srt, ..))) {
        section.source().fault(
            &section.name("listen"),
            "of SRT the URL says who calls whom",
            "write mode=listener or mode=caller into the URL",
        );
    }
    let found = found.filter(|(_, scheme, url)| {
        let rest = url
            .strip_prefix(*scheme)
            .and_then(|rest| rest.strip_prefix("://"));
        let good = rest.is_some_and(|rest| has_port(rest, *scheme == "rtmp"));
        if !good {
            section.source().fault(
                &section.name(scheme),
                format_args!("no URL of {scheme}"),
                format_args!("{scheme}://ADDRESS:PORT…"),
            );
        }
        good
    });
    let default = Contribution::new(Transport::Srt, Secret::new(String::new()));
    let contribution = Contribution {
        program: section
            .optional::<String>("program")
            .map_or(default.program, PathBuf::from),
        input_arguments: section.get("input_arguments", default.input_arguments),
        arguments: section.get("arguments", default.arguments),
        first_pause: pause(&mut section, default.first_pause),
        longest_pause: longest_pause(&mut section, default.longest_pause),
        transport: default.transport,
        url: default.url,
    };
    section.finish();
    let (transport, _, url) = found?;
    Some(Contribution {
        transport,
        url: Secret::new(url),
        ..contribution
    })
}

fn given(section: &Section<'_, '_>) -> bool {
    let keys = ["srt", "srt_file", "rtmp", "rtmp_file"];
    keys.iter().any(|key| section.has(key))
}

/// `rest`: what follows the scheme.
fn has_port(rest: &str, is_optional: bool) -> bool {
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse::<u16>().is_ok_and(|port| port > 0),
        _ => is_optional && !authority.is_empty(),
    }
}
