//! `[mount.live]` as it is written.
use std::time::Duration;

use super::Secret;
use super::document::Section;
use super::live::{Channel, ClientName, IngestAccess, Live};
use super::read::size;
use super::read_mount::one_of;

mod client_name;
mod contribution;
mod events;
mod recording;
mod republish;

/// As long as a channel's name may be.
const NAME_MAX: usize = 64;

pub(super) fn live(mut section: Section<'_, '_>) -> Live {
    let default = Live::default();
    let (ms, s) = (Duration::from_millis, Duration::from_secs);
    let live = Live {
        part_duration: section.bounded("part_duration", default.part_duration, ms(100)..=s(5)),
        window: section.bounded("window", default.window, s(6)..=s(24 * 3600)),
        memory: size(&mut section, "memory", default.memory, 16 << 20..=1 << 40),
        max_gap: section.bounded("max_gap", default.max_gap, s(1)..=s(600)),
        stale_after: section.bounded("stale_after", default.stale_after, s(2)..=s(3600)),
        stale_status: stale_status(&mut section, default.stale_status),
        ingest_timeout: section.bounded("ingest_timeout", default.ingest_timeout, s(1)..=s(3600)),
        max_tracks: section.bounded("max_tracks", default.max_tracks, 1..=64),
        events: section
            .section("events")
            .map(events::events)
            .unwrap_or_default(),
        recording: section.section("recording").and_then(recording::recording),
        channels: section
            .sections("channel")
            .into_iter()
            .filter_map(channel)
            .collect(),
    };
    section.finish();
    live
}

fn stale_status(section: &mut Section<'_, '_>, default: u16) -> u16 {
    let status = section.get("stale_status", u64::from(default));
    match u16::try_from(status) {
        Ok(status @ (404 | 503)) => status,
        _ => {
            section.source().fault(
                &section.name("stale_status"),
                format_args!("{status} is not what CDNs take for a reason to go elsewhere"),
                "404 or 503",
            );
            default
        }
    }
}

fn channel(mut section: Section<'_, '_>) -> Option<Channel> {
    let name = section.required::<String>("name", "say how URLs call it: name = \"news\"");
    let bearer = secret(&mut section, "bearer", "bearer_file");
    let user = section.optional::<String>("user");
    let password = secret(&mut section, "password", "password_file");
    let basic = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        _ => {
            section.source().fault(
                &section.name("user"),
                "a user without a password, or a password without a user",
                "give both, or neither",
            );
            None
        }
    };
    let client_certificates = section.optional::<Vec<ClientName>>("client_certificates");
    if client_certificates.as_ref().is_some_and(Vec::is_empty) {
        section.source().fault(
            &section.name("client_certificates"),
            "an empty list lets nobody in",
            "name a certificate, or remove the key",
        );
    }
    let name = name.filter(|name| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let good = !name.is_empty()
            && name.len() <= NAME_MAX
            && name.bytes().all(plain)
            && !name.starts_with('.');
        if !good {
            section.source().fault(
                &section.name("name"),
                format_args!("\"{name}\" cannot stand in a URL as it is"),
                "letters, digits, '-', '.', '_' and '~', 64 at most",
            );
        }
        good
    });
    let contribution = section.section("ingest").map(contribution::contribution);
    let republish = section.sections("republish");
    let republish: Vec<_> = republish
        .into_iter()
        .filter_map(republish::republish)
        .collect();
    for (index, destination) in republish.iter().enumerate() {
        let mut others = republish[..index].iter();
        if others.any(|other| other.name == destination.name) {
            section.source().fault(
                &section.name("republish"),
                format_args!("two destinations are called \"{}\"", destination.name),
                "give each a `name` of its own",
            );
        }
    }
    section.finish();
    Some(Channel {
        name: name?,
        ingest: IngestAccess {
            bearer,
            basic,
            client_certificates: client_certificates.unwrap_or_default(),
            closed: contribution.is_some(),
        },
        contribution: contribution.flatten(),
        republish,
    })
}

/// As [`secret`], where it is text.
fn text(section: &mut Section<'_, '_>, inline: &'static str, file: &'static str) -> Option<String> {
    let secret = secret(section, inline, file)?;
    let text = std::str::from_utf8(secret.expose()).ok();
    let text = text.filter(|text| !text.is_empty() && !text.contains(char::is_control));
    if text.is_none() {
        section.source().fault(
            &section.name(if section.has(inline) { inline } else { file }),
            "empty, or more than a line of text",
            "one line, in UTF-8",
        );
    }
    text.map(str::to_owned)
}

fn pause(section: &mut Section<'_, '_>, default: Duration) -> Duration {
    let range = Duration::from_millis(50)..=Duration::from_secs(60);
    section.bounded("first_pause", default, range)
}

fn longest_pause(section: &mut Section<'_, '_>, default: Duration) -> Duration {
    let range = Duration::from_millis(50)..=Duration::from_secs(3600);
    section.bounded("longest_pause", default, range)
}

fn secret(
    section: &mut Section<'_, '_>,
    inline: &'static str,
    file: &'static str,
) -> Option<Secret<Vec<u8>>> {
    if !section.has(inline) && !section.has(file) {
        // Known all the same.
        section.optional::<String>(inline);
        section.optional::<String>(file);
        return None;
    }
    let (_, written) = one_of(section, inline, file, "give one of them")?;
    Some(Secret::new(written.to_vec()))
}

#[cfg(test)]
mod tests;
