//! From a query to a filter.
use super::values::{frame_rate, language, order, positive, range, text, yes_or_no};
use super::{Filter, MAX_VALUES};
use crate::codec::Family;

/// Longest value that an error repeats.
const MAX_REPEATED: usize = 64;

/// The request is at fault; the text may be sent back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("{key}={value:?}: {expected}")]
    Value {
        key: &'static str,
        /// As sent; of a long one the beginning.
        value: String,
        expected: String,
    },
    #[error("{key} has more than {MAX_VALUES} values")]
    TooMany { key: &'static str },
    #[error("{key} stands twice in the query")]
    Repeated { key: &'static str },
    #[error("{low} is above {high}")]
    Empty {
        low: &'static str,
        high: &'static str,
    },
}

type Result<T> = std::result::Result<T, FilterError>;

pub(super) fn parse<'q>(pairs: impl IntoIterator<Item = (&'q str, &'q str)>) -> Result<Filter> {
    let mut filter = Filter::default();
    let mut seen: Vec<&'static str> = Vec::new();
    for (key, value) in pairs {
        if let Some(key) = read(&mut filter, key, value)? {
            if seen.contains(&key) {
                return Err(FilterError::Repeated { key });
            }
            seen.push(key);
        }
    }
    if filter.min_height > filter.max_height && filter.max_height.is_some() {
        return Err(FilterError::Empty {
            low: "min_height",
            high: "max_height",
        });
    }
    if filter.min_bitrate > filter.max_bitrate && filter.max_bitrate.is_some() {
        return Err(FilterError::Empty {
            low: "min_bitrate",
            high: "max_bitrate",
        });
    }
    Ok(filter)
}

/// The key, where it must not stand again.
fn read(filter: &mut Filter, key: &str, value: &str) -> Result<Option<&'static str>> {
    match key {
        "codecs" => {
            let expected = || format!("any of {}, separated by commas", Family::names());
            list("codecs", value, &mut filter.codecs, Family::named, expected)?;
        }
        "height" => list("height", value, &mut filter.heights, positive, pixels)?,
        "min_height" => {
            return once(
                "min_height",
                value,
                &mut filter.min_height,
                positive,
                pixels,
            );
        }
        "max_height" => {
            return once(
                "max_height",
                value,
                &mut filter.max_height,
                positive,
                pixels,
            );
        }
        "min_bitrate" => {
            return once(
                "min_bitrate",
                value,
                &mut filter.min_bitrate,
                positive,
                bits,
            );
        }
        "max_bitrate" => {
            return once(
                "max_bitrate",
                value,
                &mut filter.max_bitrate,
                positive,
                bits,
            );
        }
        "max_frame_rate" => {
            let expected = || "frames per second, as 30, 29.97 or 30000/1001".to_owned();
            let field = &mut filter.max_frame_rate;
            return once("max_frame_rate", value, field, frame_rate, expected);
        }
        "video_range" => {
            let expected = || "any of sdr, pq, hlg, separated by commas".to_owned();
            list(
                "video_range",
                value,
                &mut filter.video_ranges,
                range,
                expected,
            )?;
        }
        "channels" => {
            let expected = || "numbers of channels, separated by commas".to_owned();
            list("channels", value, &mut filter.channels, positive, expected)?;
        }
        "language" => list("language", value, &mut filter.languages, language, tags)?,
        "audio_language" => {
            list(
                "audio_language",
                value,
                &mut filter.audio_languages,
                language,
                tags,
            )?;
        }
        "text_language" => {
            list(
                "text_language",
                value,
                &mut filter.text_languages,
                language,
                tags,
            )?;
        }
        "text" => {
            let expected = || "imsc1, webvtt or none".to_owned();
            return once("text", value, &mut filter.text, text, expected);
        }
        "trick" => {
            let mut no = None;
            let key = once("trick", value, &mut no, yes_or_no, expected_yes_or_no)?;
            filter.without_trick_play = no == Some(false);
            return Ok(key);
        }
        "thumbnails" => {
            let mut no = None;
            let key = once("thumbnails", value, &mut no, yes_or_no, expected_yes_or_no)?;
            filter.without_thumbnails = no == Some(false);
            return Ok(key);
        }
        "order" => {
            let expected = || "ascending, descending or first:BITS-PER-SECOND".to_owned();
            let mut chosen = None;
            let key = once("order", value, &mut chosen, order, expected)?;
            filter.order = chosen.unwrap_or_default();
            return Ok(key);
        }
        "default_audio" => {
            let expected = || "a language tag".to_owned();
            let field = &mut filter.default_audio;
            return once("default_audio", value, field, language, expected);
        }
        _ => {}
    }
    Ok(None)
}

fn once<T>(
    key: &'static str,
    value: &str,
    field: &mut Option<T>,
    read: impl Fn(&str) -> Option<T>,
    expected: impl Fn() -> String,
) -> Result<Option<&'static str>> {
    *field = Some(read(value).ok_or_else(|| fault(key, value, expected()))?);
    Ok(Some(key))
}

/// Sorted, each value once.
fn list<T: Ord>(
    key: &'static str,
    value: &str,
    field: &mut Vec<T>,
    read: impl Fn(&str) -> Option<T>,
    expected: impl Fn() -> String,
) -> Result<()> {
    for part in value.split(',') {
        let found = read(part).ok_or_else(|| fault(key, part, expected()))?;
        if let Err(place) = field.binary_search(&found) {
            if field.len() == MAX_VALUES {
                return Err(FilterError::TooMany { key });
            }
            field.insert(place, found);
        }
    }
    Ok(())
}

fn fault(key: &'static str, value: &str, expected: String) -> FilterError {
    FilterError::Value {
        key,
        value: value.chars().take(MAX_REPEATED).collect(),
        expected,
    }
}

fn pixels() -> String {
    "a number of pixels".to_owned()
}

fn bits() -> String {
    "bits per second".to_owned()
}

fn tags() -> String {
    "language tags, separated by commas".to_owned()
}

fn expected_yes_or_no() -> String {
    "yes or no".to_owned()
}
