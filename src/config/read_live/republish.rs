//! `[[mount.live.channel.republish]]` as it is written.
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use toml::Spanned;
use toml::de::DeValue;

use super::{longest_pause, pause, text};
use crate::config::document::Section;
use crate::config::live::{PushMethod, Republish};
use crate::config::read::size;
use crate::config::values::{FromToml, Wrong, word};
use crate::config::{Secret, resolve};

pub(super) fn republish(mut section: Section<'_, '_>) -> Option<Republish> {
    let (ms, s) = (Duration::from_millis, Duration::from_secs);
    if !section.has("url") && !section.has("url_file") {
        section.source().fault(
            &section.name("url"),
            "`url` is missing",
            "name the publishing point: url = \"https://origin2.example.com/live/news/ingest\"",
        );
    }
    let url = text(&mut section, "url", "url_file").and_then(|url| {
        let authority = authority(&url);
        if authority.is_none() {
            section.source().fault(
                &section.name("url"),
                "no URL of a publishing point",
                "https://HOST[:PORT]/PATH, without user and password: they have keys of their own",
            );
        }
        Some((authority?, url))
    });
    let name = section.optional::<String>("name");
    let authority = url.as_ref().map(|(authority, _)| authority.clone());
    let default = Republish::new(
        name.or(authority).unwrap_or_default(),
        Secret::new(url.as_ref().map(|(_, url)| url.clone()).unwrap_or_default()),
    );
    let republish = Republish {
        method: section.get("method", default.method),
        authorization: authorization(&mut section),
        ca_file: section
            .optional::<String>("ca_file")
            .map(|file| resolve(section.source().folder(), &file)),
        connect_timeout: section.bounded(
            "connect_timeout",
            default.connect_timeout,
            ms(100)..=s(60),
        ),
        send_timeout: section.bounded("send_timeout", default.send_timeout, s(1)..=s(600)),
        queue_segments: section.bounded("queue_segments", default.queue_segments, 1..=64),
        queue: size(&mut section, "queue", default.queue, 1 << 20..=4 << 30),
        first_pause: pause(&mut section, default.first_pause),
        longest_pause: longest_pause(&mut section, default.longest_pause),
        name: default.name,
        url: default.url,
    };
    section.finish();
    url.map(|_| republish)
}

/// Host and port of a URL that can be pushed to.
fn authority(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let good =
        matches!(uri.scheme_str(), Some("http" | "https")) && !authority.as_str().contains('@');
    good.then(|| authority.as_str().to_owned())
}

fn authorization(section: &mut Section<'_, '_>) -> Option<Secret<String>> {
    let bearer = text(section, "bearer", "bearer_file");
    let user = section.optional::<String>("user");
    let password = text(section, "password", "password_file");
    let value = match (bearer, user, password) {
        (None, None, None) => return None,
        (Some(bearer), None, None) => format!("Bearer {bearer}"),
        (None, Some(user), Some(password)) => {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        }
        _ => {
            section.source().fault(
                &section.name("user"),
                "neither a bearer token nor a user with a password",
                "give `bearer`, or `user` and `password`, or none",
            );
            return None;
        }
    };
    if http::HeaderValue::from_str(&value).is_err() {
        section.source().fault(
            &section.name("bearer"),
            "cannot stand in a header",
            "a token is one line of plain characters",
        );
        return None;
    }
    Some(Secret::new(value))
}

impl FromToml for PushMethod {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(value, &[("POST", Self::Post), ("PUT", Self::Put)])
    }
}
