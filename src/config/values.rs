//! How single values are written: durations with their unit (`"4s"`), sizes with theirs (`"2GiB"`), addresses, words.
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use edgepack_token::Algorithm;
use toml::Spanned;
use toml::de::DeValue;

use super::document::kind_of;
use super::{Congestion, KernelTls, LogFormat, LogLevel, Protection, StorageEngine, TokenSource};

/// Reads one value of a document.
pub(crate) trait FromToml: Sized {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong>;
}

/// A value that was not what was wanted.
pub(crate) struct Wrong {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl Wrong {
    pub(crate) fn new(
        value: &Spanned<DeValue<'_>>,
        message: impl Display,
        remedy: impl Display,
    ) -> Self {
        Self {
            span: value.span(),
            message: message.to_string(),
            remedy: remedy.to_string(),
        }
    }

    fn kind(value: &Spanned<DeValue<'_>>, wanted: &str, example: &str) -> Self {
        Self::new(
            value,
            format_args!("{wanted} is wanted, not {}", kind_of(value)),
            format_args!("write it as {example}"),
        )
    }
}

/// A value with an order, shown in messages as it is written.
pub(crate) trait Bounded: PartialOrd {
    fn shown(&self) -> String;
}

/// A number of bytes.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Size(pub(super) u64);

const UNITS_OF_TIME: [(&str, u64); 6] = [
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

const UNITS_OF_SIZE: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// A number with a unit: `"500ms"`, `"4s"`, `"1.5h"`, `"7d"`. `None`: not written so, or too long for a clock.
pub fn parse_duration(text: &str) -> Option<Duration> {
    scaled(text, &UNITS_OF_TIME).map(Duration::from_nanos)
}

/// Bytes with a unit, binary or decimal: `"64KiB"`, `"1.5GiB"`, `"100MB"`. `None`: not written so, or too large.
pub fn parse_size(text: &str) -> Option<u64> {
    scaled(text, &UNITS_OF_SIZE)
}

/// Exact: a fraction that does not come out at a whole nanosecond or byte is no value.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    let number = number.trim_end_matches(' ');
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (number, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 9 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole
        .parse::<u128>()
        .ok()?
        .checked_mul(u128::from(*factor))?;
    let part = match fraction {
        "" => 0,
        digits => {
            let scaled = digits.parse::<u128>().ok()? * u128::from(*factor);
            let divisor = 10u128.pow(u32::try_from(digits.len()).ok()?);
            if !scaled.is_multiple_of(divisor) {
                return None;
            }
            scaled / divisor
        }
    };
    u64::try_from(whole.checked_add(part)?).ok()
}

/// In the largest unit that shows the value whole.
fn shown(value: u64, units: &[(&str, u64)]) -> String {
    units
        .iter()
        .filter(|(_, factor)| value >= *factor && value.is_multiple_of(*factor))
        .max_by_key(|(_, factor)| factor)
        .map_or_else(
            || format!("{value}{}", units[0].0),
            |(name, factor)| format!("{}{name}", value / factor),
        )
}

impl Bounded for Duration {
    fn shown(&self) -> String {
        let nanos = u64::try_from(self.as_nanos()).unwrap_or(u64::MAX);
        if nanos == 0 {
            return "0s".into();
        }
        shown(nanos, &UNITS_OF_TIME)
    }
}

impl Bounded for Size {
    fn shown(&self) -> String {
        shown(self.0, &UNITS_OF_SIZE)
    }
}

/// The known word that `text` is likely to mean.
pub(crate) fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(text, word), *word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 5)
        .min()
        .map(|(_, word)| word)
}

pub(crate) fn text<'v>(
    value: &'v Spanned<DeValue<'_>>,
    wanted: &str,
    example: &str,
) -> Result<&'v str, Wrong> {
    value
        .get_ref()
        .as_str()
        .ok_or_else(|| Wrong::kind(value, wanted, example))
}

/// One word of several.
pub(crate) fn word<T: Copy>(
    value: &Spanned<DeValue<'_>>,
    words: &[(&'static str, T)],
) -> Result<T, Wrong> {
    let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
    let choice = names
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let written = text(value, "one of a few words", &choice)?;
    words
        .iter()
        .find(|(name, _)| *name == written)
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| {
            let remedy = nearest(written, &names).map_or_else(
                || format!("choose from {choice}"),
                |name| format!("did you mean \"{name}\"?"),
            );
            Wrong::new(
                value,
                format_args!("\"{written}\" is not known here"),
                remedy,
            )
        })
}

impl FromToml for String {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        text(value, "text", "\"…\", in quotes").map(str::to_owned)
    }
}

impl FromToml for bool {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        value
            .get_ref()
            .as_bool()
            .ok_or_else(|| Wrong::kind(value, "true or false", "true, without quotes"))
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl FromToml for $type {
            fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
                let Some(integer) = value.get_ref().as_integer() else {
                    return Err(Wrong::kind(value, "an integer", "1000, without quotes"));
                };
                Self::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| {
                    Wrong::new(
                        value,
                        format_args!("{} is out of bounds", integer.as_str()),
                        format_args!("choose from 0 to {}", Self::MAX),
                    )
                })
            }
        }
        impl Bounded for $type {
            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
integers!(u32, u64, usize);

impl FromToml for Duration {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let example = "\"4s\": a number and us, ms, s, m, h or d";
        let written = text(value, "a duration", example)?;
        parse_duration(written).ok_or_else(|| {
            Wrong::new(
                value,
                format_args!("\"{written}\" is no duration"),
                format_args!("write it as {example}"),
            )
        })
    }
}

impl FromToml for Size {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let example = "\"512MiB\": a number and B, KiB, MiB, GiB, TiB, KB, MB, GB or TB";
        let written = text(value, "a size", example)?;
        parse_size(written).map(Self).ok_or_else(|| {
            Wrong::new(
                value,
                format_args!("\"{written}\" is no size"),
                format_args!("write it as {example}"),
            )
        })
    }
}

impl FromToml for SocketAddr {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let example = "\"0.0.0.0:8080\" or \"[::]:8080\"";
        let written = text(value, "an address and port", example)?;
        written.parse().map_err(|_| {
            Wrong::new(
                value,
                format_args!("\"{written}\" is no IP address with port"),
                format_args!("write it as {example}"),
            )
        })
    }
}

impl<T: FromToml> FromToml for Vec<T> {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(T::from_toml).collect(),
            _ => Err(Wrong::kind(value, "a list", "[…], in brackets")),
        }
    }
}

impl FromToml for KernelTls {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(value, &[("auto", Self::Auto), ("off", Self::Off)])
    }
}

impl FromToml for StorageEngine {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(
            value,
            &[
                ("auto", Self::Auto),
                ("io_uring", Self::IoUring),
                ("pread", Self::Pread),
            ],
        )
    }
}

impl FromToml for Congestion {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(
            value,
            &[
                ("cubic", Self::Cubic),
                ("bbr", Self::Bbr),
                ("newreno", Self::NewReno),
            ],
        )
    }
}

impl FromToml for LogLevel {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let all = [
            Self::Error,
            Self::Warn,
            Self::Info,
            Self::Debug,
            Self::Trace,
        ];
        word(value, &all.map(|level| (level.as_str(), level)))
    }
}

impl FromToml for LogFormat {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(value, &[("text", Self::Text), ("json", Self::Json)])
    }
}

impl FromToml for Protection {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(value, &Self::ALL.map(|kind| (kind.as_str(), kind)))
    }
}

impl FromToml for TokenSource {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(value, &Self::ALL.map(|source| (source.as_str(), source)))
    }
}

impl FromToml for Algorithm {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(
            value,
            &Self::ALL.map(|algorithm| (algorithm.name(), algorithm)),
        )
    }
}

#[cfg(test)]
mod tests;
