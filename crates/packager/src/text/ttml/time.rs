//! Time expressions (TTML1, 10.3) on the document's clock.
use super::dom::{Element, Ns};
use crate::text::{Error, MAX_TIME, Result};

/// What the root element says about time (TTML1, 6.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    frame_rate: u64,
    /// Effective frames per second are `frame_rate` × numerator ÷ denominator.
    multiplier: (u64, u64),
    sub_frame_rate: u64,
    tick_rate: u64,
    smpte: Option<DropMode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DropMode {
    NonDrop,
    DropNtsc,
    DropPal,
}

/// More frames or ticks in a second are a mistake.
const MAX_RATE: u64 = 1_000_000_000;

impl Clock {
    pub(super) fn of(root: &Element) -> Result<Self> {
        let parameter = |name| root.attribute(Ns::Ttp, name).map(str::trim);
        let number = |name| {
            let rate = parameter(name)?.parse().ok()?;
            (1..=MAX_RATE).contains(&rate).then_some(rate)
        };
        let frame_rate = number("frameRate");
        let sub_frame_rate = number("subFrameRate").unwrap_or(1);
        let smpte = match parameter("timeBase").unwrap_or("media") {
            "media" => None,
            "smpte" => Some(match parameter("dropMode").unwrap_or("nonDrop") {
                "dropNTSC" => DropMode::DropNtsc,
                "dropPAL" => DropMode::DropPal,
                _ => DropMode::NonDrop,
            }),
            other => {
                return Err(Error::Unsupported {
                    what: format!("ttp:timeBase {other:?}"),
                });
            }
        };
        if smpte.is_some() && parameter("markerMode") == Some("discontinuous") {
            return Err(Error::Unsupported {
                what: "ttp:markerMode \"discontinuous\"".to_owned(),
            });
        }
        let ticks_of_frames = frame_rate.map(|rate| rate.saturating_mul(sub_frame_rate));
        Ok(Self {
            frame_rate: frame_rate.unwrap_or(30),
            multiplier: parameter("frameRateMultiplier")
                .and_then(ratio)
                .unwrap_or((1, 1)),
            sub_frame_rate,
            tick_rate: number("tickRate").or(ticks_of_frames).unwrap_or(1),
            smpte,
        })
    }

    /// Microseconds; none for what is malformed.
    pub(super) fn parse(&self, expression: &str) -> Option<u64> {
        let expression = expression.trim();
        let micros = if expression.contains(':') {
            self.clock_time(expression)
        } else {
            self.offset_time(expression)
        };
        micros
            .and_then(|micros| u64::try_from(micros).ok())
            .filter(|micros| *micros <= MAX_TIME)
    }

    fn clock_time(&self, expression: &str) -> Option<u128> {
        let mut parts = expression.split(':');
        let (hours, minutes) = (integer(parts.next()?)?, integer(parts.next()?)?);
        let seconds = parts.next()?;
        let frames = parts.next();
        if parts.next().is_some() || minutes > 59 {
            return None;
        }
        if let Some(frames) = frames {
            return self.frames(hours, minutes, integer(seconds)?, frames);
        }
        if self.smpte.is_some() && integer(seconds).is_some() {
            return self.frames(hours, minutes, integer(seconds)?, "0");
        }
        let seconds = decimal(seconds, 1_000_000, 1)?;
        // 60 is a leap second.
        if seconds >= 61_000_000 {
            return None;
        }
        Some(u128::from(hours * 3600 + minutes * 60) * 1_000_000 + seconds)
    }

    /// `hours:minutes:seconds:frames.subframes`.
    fn frames(&self, hours: u64, minutes: u64, seconds: u64, frames: &str) -> Option<u128> {
        let (frames, sub_frames) = match frames.split_once('.') {
            Some((frames, sub_frames)) => (integer(frames)?, integer(sub_frames)?),
            None => (integer(frames)?, 0),
        };
        if seconds > 60 || frames >= self.frame_rate || sub_frames >= self.sub_frame_rate.max(1) {
            return None;
        }
        let whole_seconds = (hours * 60 + minutes) * 60 + seconds;
        let dropped = match self.smpte {
            // Media time: seconds are seconds, frames are fractions of one.
            None => {
                let micros = self.micros_of_sub_frames(self.sub_frames(frames, sub_frames));
                return Some(u128::from(whole_seconds) * 1_000_000 + micros);
            }
            Some(DropMode::NonDrop) => 0,
            Some(DropMode::DropNtsc) => (hours * 54 + minutes - minutes / 10) * 2,
            Some(DropMode::DropPal) => (hours * 27 + minutes / 2 - minutes / 20) * 4,
        };
        let counted = whole_seconds
            .checked_mul(self.frame_rate)?
            .checked_add(frames)?;
        let counted = counted.checked_sub(dropped)?;
        Some(self.micros_of_sub_frames(self.sub_frames(counted, sub_frames)))
    }

    fn sub_frames(&self, frames: u64, sub_frames: u64) -> u128 {
        u128::from(frames) * u128::from(self.sub_frame_rate) + u128::from(sub_frames)
    }

    fn micros_of_sub_frames(&self, count: u128) -> u128 {
        let (numerator, denominator) = self.multiplier;
        let rate = u128::from(self.frame_rate * self.sub_frame_rate) * u128::from(numerator);
        (count * 1_000_000 * u128::from(denominator) + rate / 2) / rate
    }

    /// A number and its unit.
    fn offset_time(&self, expression: &str) -> Option<u128> {
        let unit = expression.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = expression.split_at(unit);
        let (numerator, denominator) = self.multiplier;
        match unit {
            "h" => decimal(number, 3_600_000_000, 1),
            "m" => decimal(number, 60_000_000, 1),
            "s" => decimal(number, 1_000_000, 1),
            "ms" => decimal(number, 1_000, 1),
            "f" => decimal(
                number,
                1_000_000 * u128::from(denominator),
                u128::from(self.frame_rate) * u128::from(numerator),
            ),
            "t" => decimal(number, 1_000_000, u128::from(self.tick_rate)),
            _ => None,
        }
    }
}

/// `1000 1001`; drafts had a colon between.
fn ratio(value: &str) -> Option<(u64, u64)> {
    let mut parts = value.split([' ', ':']).filter(|part| !part.is_empty());
    let numerator = integer(parts.next()?)?;
    let denominator = parts.next().map_or(Some(1), integer)?;
    let sound = 1..=1_000_000;
    (sound.contains(&numerator) && sound.contains(&denominator)).then_some((numerator, denominator))
}

/// Longer ones are no times.
const MAX_DIGITS: usize = 12;

fn integer(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && text.len() <= MAX_DIGITS).then(|| text.parse().ok())?
}

/// `text` × numerator ÷ denominator, rounded. Digits of the fraction beyond the twelfth do not count.
fn decimal(text: &str, numerator: u128, denominator: u128) -> Option<u128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || fraction.is_empty() {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(MAX_DIGITS)];
    let scale = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let value = u128::from(integer(whole)?) * scale + u128::from(integer(fraction)?);
    let divisor = denominator * scale;
    // 10^24 × 3.6·10^15 overflows nothing less than u128.
    Some((value.checked_mul(numerator)? + divisor / 2) / divisor)
}

#[cfg(test)]
mod tests;
