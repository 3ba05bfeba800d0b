//! The values that may stand in a filter, as text.
use super::{FrameRate, Order, Range, Text};

/// Longest language tag: BCP 47 recommends room for 35 characters.
const MAX_LANGUAGE: usize = 35;

/// Digits only: no sign, no space.
pub(super) fn positive<T: std::str::FromStr + PartialOrd + From<u8>>(text: &str) -> Option<T> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|_| digits)?;
    (value > T::from(0)).then_some(value)
}

/// Lower case, as tags compare without case (BCP 47, 2.1.1).
pub(super) fn language(text: &str) -> Option<String> {
    let sound = !text.is_empty()
        && text.len() <= MAX_LANGUAGE
        && text.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    sound.then(|| text.to_ascii_lowercase())
}

pub(super) fn range(text: &str) -> Option<Range> {
    match text {
        "sdr" => Some(Range::Sdr),
        "pq" => Some(Range::Pq),
        "hlg" => Some(Range::Hlg),
        _ => None,
    }
}

pub(super) fn text(value: &str) -> Option<Text> {
    match value {
        "imsc1" => Some(Text::Imsc1),
        "webvtt" => Some(Text::WebVtt),
        "none" => Some(Text::None),
        _ => None,
    }
}

pub(super) fn yes_or_no(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

pub(super) fn order(value: &str) -> Option<Order> {
    match value {
        "ascending" => Some(Order::Ascending),
        "descending" => Some(Order::Descending),
        _ => positive(value.strip_prefix("first:")?).map(Order::First),
    }
}

/// A fraction, or a decimal of at most three places. Decimals are how people write NTSC rates: 29.97 lets 30000/1001
/// pass.
pub(super) fn frame_rate(value: &str) -> Option<FrameRate> {
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
