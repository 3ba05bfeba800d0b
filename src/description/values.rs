//! How single values of a description are written.
use std::time::Duration;

use oxilangtag::LanguageTag;
use toml::Spanned;
use toml::de::DeValue;

use super::model::{Accessibility, CaptionChannel, Kind, Role};
use crate::config::parse_duration;
use crate::config::values::{FromToml, Wrong, text, word};

type Value<'v> = Spanned<DeValue<'v>>;

/// RFC 4647 asks for no more than 35 characters to be kept; private subtags take a few more.
const MAX_LANGUAGE_CHARS: usize = 64;
/// Longer ones fit no menu.
const MAX_NAME_CHARS: usize = 200;
const MAX_WORD_CHARS: usize = 64;
/// Bytes of a relative path, as the storage takes them.
const MAX_PATH_BYTES: usize = 1024;
/// No film is longer; sums of clips stay far from overflow.
const MAX_TIME: Duration = Duration::from_secs(1000 * 3600);

/// A BCP 47 tag.
pub(super) struct Language(pub(super) String);

impl FromToml for Language {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        let example = "a BCP 47 tag: \"en\", \"en-GB\", \"zh-Hant\", \"und\"";
        let written = text(value, "a language", example)?;
        match language(written) {
            Some(tag) => Ok(Self(tag)),
            None => Err(Wrong::new(
                value,
                format_args!("{written:?} is no language"),
                format_args!("write {example}"),
            )),
        }
    }
}

/// The tag in canonical case, with the shortest code of its language; none when it is not well-formed.
pub(crate) fn language(written: &str) -> Option<String> {
    let shortest = edgepack_isobmff::bcp47(written.as_bytes())?;
    LanguageTag::parse_and_normalize(&shortest)
        .ok()
        .map(LanguageTag::into_inner)
        .filter(|tag| tag.len() <= MAX_LANGUAGE_CHARS)
}

/// What viewers read.
pub(super) struct Name(pub(super) String);

impl FromToml for Name {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        let written = text(value, "text", "\"…\", in quotes")?;
        let trimmed = written.trim();
        // A quoted string of HLS holds neither (RFC 8216, 4.2).
        let plain = |c: char| c != '"' && !c.is_control();
        if trimmed.is_empty() || trimmed.chars().count() > MAX_NAME_CHARS {
            return Err(Wrong::new(
                value,
                format_args!("a name of {} characters", trimmed.chars().count()),
                format_args!("write 1 to {MAX_NAME_CHARS}"),
            ));
        }
        if !trimmed.chars().all(plain) {
            return Err(Wrong::new(
                value,
                format_args!("{written:?} holds a double quote or a control character"),
                "leave it out: HLS cannot carry it",
            ));
        }
        Ok(Self(trimmed.to_owned()))
    }
}

/// The nearest name that a description can hold; none when nothing is left.
pub(crate) fn name(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .map(|c| if c == '"' { '\'' } else { c })
        .filter(|c| !c.is_control())
        .take(MAX_NAME_CHARS)
        .collect();
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// A name for machines.
pub(super) struct Plain(pub(super) String);

impl FromToml for Plain {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        let written = text(value, "a plain word", "\"…\", in quotes")?;
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if written.is_empty() || written.len() > MAX_WORD_CHARS || !written.bytes().all(good) {
            return Err(Wrong::new(
                value,
                format_args!("{written:?} is no plain word"),
                format_args!("use 1 to {MAX_WORD_CHARS} letters, digits, - . _"),
            ));
        }
        Ok(Self(written.to_owned()))
    }
}

/// A relative path that leads nowhere else.
pub(super) struct RelativePath(pub(super) String);

impl FromToml for RelativePath {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        let written = text(value, "a file", "\"film.mp4\"")?;
        let wrong = |message: &str, remedy: &str| {
            Err(Wrong::new(
                value,
                format_args!("{written:?} {message}"),
                remedy,
            ))
        };
        if written.starts_with('/') {
            return wrong(
                "is an absolute path",
                "write it relative to the description's folder",
            );
        }
        if written.split('/').any(|part| part == "..") {
            return wrong(
                "leaves the description's folder",
                "put the description in a folder above all its files",
            );
        }
        let odd = |part: &str| matches!(part, "" | ".");
        if written.len() > MAX_PATH_BYTES
            || written.split('/').any(odd)
            || written.chars().any(char::is_control)
        {
            return wrong(
                "is no plain relative path",
                "write it as \"film.mp4\" or \"folder/film.mp4\"",
            );
        }
        Ok(Self(written.to_owned()))
    }
}

/// A moment on a time line, microseconds.
#[derive(Clone, Copy)]
pub(super) struct Moment(pub(super) u64);

impl FromToml for Moment {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        let example = "\"00:01:00.500\", \"1:00.5\" or \"60.5s\"";
        let written = text(value, "a time", example)?;
        let time = clock_time(written).or_else(|| parse_duration(written));
        let micros = time
            .filter(|time| *time <= MAX_TIME && time.subsec_nanos() % 1000 == 0)
            .and_then(|time| u64::try_from(time.as_micros()).ok());
        micros.map(Self).ok_or_else(|| {
            Wrong::new(
                value,
                format_args!("{written:?} is no time"),
                format_args!("write it as {example}, to the microsecond at most"),
            )
        })
    }
}

/// `[hours:]minutes:seconds[.fraction]`, minutes and seconds below 60.
fn clock_time(written: &str) -> Option<Duration> {
    let (whole, fraction) = written.split_once('.').unwrap_or((written, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut seconds = 0u64;
    let parts: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&parts.len()) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    for (index, part) in parts.iter().enumerate() {
        let number: u64 = digits(part).then(|| part.parse().ok())??;
        if index > 0 && number >= 60 {
            return None;
        }
        seconds = seconds.checked_mul(60)?.checked_add(number)?;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Some(Duration::new(seconds, nanos))
}

impl FromToml for CaptionChannel {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        let example = "\"CC1\" to \"CC4\" or \"SERVICE1\" to \"SERVICE63\"";
        let written = text(value, "a caption channel", example)?;
        let number = |prefix: &str, last: u8| {
            let digits = written.strip_prefix(prefix)?;
            let plain = !digits.starts_with(['0', '+']);
            digits
                .parse()
                .ok()
                .filter(|number| plain && (1..=last).contains(number))
        };
        number("CC", 4)
            .map(Self::Cc)
            .or_else(|| number("SERVICE", 63).map(Self::Service))
            .ok_or_else(|| {
                Wrong::new(
                    value,
                    format_args!("{written:?} is no caption channel"),
                    format_args!("write {example}"),
                )
            })
    }
}

impl FromToml for Kind {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        word(value, &Self::ALL.map(|kind| (kind.as_str(), kind)))
    }
}

impl FromToml for Role {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        word(value, &Self::ALL.map(|role| (role.as_str(), role)))
    }
}

impl FromToml for Accessibility {
    fn from_toml(value: &Value<'_>) -> Result<Self, Wrong> {
        word(value, &Self::ALL.map(|kind| (kind.as_str(), kind)))
    }
}

#[cfg(test)]
mod tests;
