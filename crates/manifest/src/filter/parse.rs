//! From a query to a filter and back.
use super::{Filter, FrameRate, MAX_VALUES, Order, Range, Text};
use crate::codec::Family;

/// Longest language tag: BCP 47 recommends room for 35 characters.
const MAX_LANGUAGE: usize = 35;
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

/// Digits only: no sign, no space.
fn positive<T: std::str::FromStr + PartialOrd + From<u8>>(text: &str) -> Option<T> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|_| digits)?;
    (value > T::from(0)).then_some(value)
}

/// Lower case, as tags compare without case (BCP 47, 2.1.1).
fn language(text: &str) -> Option<String> {
    let sound = !text.is_empty()
        && text.len() <= MAX_LANGUAGE
        && text.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    sound.then(|| text.to_ascii_lowercase())
}

fn range(text: &str) -> Option<Range> {
    match text {
        "sdr" => Some(Range::Sdr),
        "pq" => Some(Range::Pq),
        "hlg" => Some(Range::Hlg),
        _ => None,
    }
}

fn text(value: &str) -> Option<Text> {
    match value {
        "imsc1" => Some(Text::Imsc1),
        "webvtt" => Some(Text::WebVtt),
        "none" => Some(Text::None),
        _ => None,
    }
}

fn yes_or_no(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn order(value: &str) -> Option<Order> {
    match value {
        "ascending" => Some(Order::Ascending),
        "descending" => Some(Order::Descending),
        _ => positive(value.strip_prefix("first:")?).map(Order::First),
    }
}

/// A fraction, or a decimal of at most three places. Decimals are how people write NTSC rates: 29.97 lets 30000/1001
/// pass.
fn frame_rate(value: &str) -> Option<FrameRate> {
    if let Some((frames, seconds)) = value.split_once('/') {
        return Some(FrameRate(positive(frames)?, positive(seconds)?));
    }
    let Some((whole, decimals)) = value.split_once('.') else {
        return Some(FrameRate(positive(value)?, 1));
    };
    if !(1..=3).contains(&decimals.len()) {
        return None;
    }
    let scale = 10_u32.pow(u32::try_from(decimals.len()).ok()?);
    let whole: u32 = whole
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| whole.parse().ok())??;
    let part: u32 = decimals
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| decimals.parse().ok())??;
    let frames = whole.checked_mul(scale)?.checked_add(part)?;
    (frames > 0).then_some(FrameRate(frames, scale))
}

/// The values of `key`, where there are any, separated by commas.
fn push_list<T>(out: &mut String, key: &str, values: &[T], name: impl Fn(&T) -> String) {
    if !values.is_empty() {
        let values: Vec<String> = values.iter().map(name).collect();
        push(out, key, &values.join(","));
    }
}

fn push(out: &mut String, key: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    out.push_str(key);
    out.push('=');
    out.push_str(value);
}

pub(super) fn key(filter: &Filter) -> String {
    let mut out = String::new();
    push_list(&mut out, "codecs", &filter.codecs, |family| {
        family.name().to_owned()
    });
    push_list(&mut out, "height", &filter.heights, u32::to_string);
    push_list(
        &mut out,
        "min_height",
        filter.min_height.as_slice(),
        u32::to_string,
    );
    push_list(
        &mut out,
        "max_height",
        filter.max_height.as_slice(),
        u32::to_string,
    );
    push_list(
        &mut out,
        "min_bitrate",
        filter.min_bitrate.as_slice(),
        u64::to_string,
    );
    push_list(
        &mut out,
        "max_bitrate",
        filter.max_bitrate.as_slice(),
        u64::to_string,
    );
    let rate = |rate: &FrameRate| format!("{}/{}", rate.0, rate.1);
    push_list(
        &mut out,
        "max_frame_rate",
        filter.max_frame_rate.as_slice(),
        rate,
    );
    push_list(&mut out, "video_range", &filter.video_ranges, |range| {
        match range {
            Range::Sdr => "sdr",
            Range::Pq => "pq",
            Range::Hlg => "hlg",
        }
        .to_owned()
    });
    push_list(&mut out, "channels", &filter.channels, u16::to_string);
    push_list(&mut out, "language", &filter.languages, String::clone);
    push_list(
        &mut out,
        "audio_language",
        &filter.audio_languages,
        String::clone,
    );
    push_list(
        &mut out,
        "text_language",
        &filter.text_languages,
        String::clone,
    );
    push_list(&mut out, "text", filter.text.as_slice(), |text| {
        match text {
            Text::Imsc1 => "imsc1",
            Text::WebVtt => "webvtt",
            Text::None => "none",
        }
        .to_owned()
    });
    if filter.without_trick_play {
        push(&mut out, "trick", "no");
    }
    if filter.without_thumbnails {
        push(&mut out, "thumbnails", "no");
    }
    match filter.order {
        Order::Descending => {}
        Order::Ascending => push(&mut out, "order", "ascending"),
        Order::First(bits) => push(&mut out, "order", &format!("first:{bits}")),
    }
    push_list(
        &mut out,
        "default_audio",
        filter.default_audio.as_slice(),
        String::clone,
    );
    out
}
