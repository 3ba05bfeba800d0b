//! Delivery directives (8216bis, 6.2.5): what a player asks a playlist to have before it is sent.
use edgepack_packager::live::Window;

use super::listing::parts;

const MSN: &str = "_HLS_msn";
const PART: &str = "_HLS_part";
const SKIP: &str = "_HLS_skip";
/// Segments that may be asked for behind the last (6.2.5.2).
const ADVANCE: u64 = 2;
/// The advance part limit: so many seconds of parts where a part is shorter than one, else so many parts.
const ADVANCE_PARTS: u64 = 3;
const MS: u64 = 1000;
/// Target durations that a request may be blocked.
const BLOCKED: u64 = 3;

/// The query of a request for a playlist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Directives {
    /// Not before the playlist has this segment …
    pub msn: Option<u64>,
    /// … or this part of it. Never without `msn`.
    pub part: Option<u64>,
    /// As a delta update, where it can be.
    pub skip: Option<Skip>,
}

/// What a delta update leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Skip {
    /// `YES`
    Segments,
    /// `v2`: date ranges as well.
    DateRanges,
}

/// Why directives are answered with 400. The request is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("_HLS_part without _HLS_msn")]
    PartWithoutMsn,
    #[error("{name} is no decimal integer")]
    NoNumber { name: &'static str },
    #[error("{name} is there twice")]
    Twice { name: &'static str },
    #[error("_HLS_msn is {msn}, no more than {most} can be waited for")]
    TooFarAhead { msn: u64, most: u64 },
    #[error("_HLS_part is {part}, too far behind the last part")]
    PartTooFarAhead { part: u64 },
}

/// What becomes of a request at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// With the playlist as it is.
    Answer,
    /// When the playlist has this part, or without `part` this whole segment, or a later one. Ask again whenever the
    /// window has changed: a segment may end with fewer parts.
    Until { msn: u64, part: Option<u64> },
    /// With 400.
    Refuse(Refused),
}

/// How long a request may wait before it is answered with 503, milliseconds (6.2.5.2).
pub fn longest_wait_ms(target_duration_ms: u32) -> u64 {
    BLOCKED * u64::from(target_duration_ms).div_ceil(MS) * MS
}

impl Directives {
    /// Of a query's pairs, decoded. Other names are not looked at; other values of `_HLS_skip` ask for nothing.
    ///
    /// # Errors
    /// [`Refused`], for 400.
    pub fn parse<'q>(pairs: impl IntoIterator<Item = (&'q str, &'q str)>) -> Result<Self, Refused> {
        let (mut msn, mut part, mut skip) = (None, None, None);
        for (name, value) in pairs {
            match name {
                MSN => set(&mut msn, MSN, number(MSN, value)?)?,
                PART => set(&mut part, PART, number(PART, value)?)?,
                SKIP => {
                    let what = match value {
                        "YES" => Some(Skip::Segments),
                        "v2" => Some(Skip::DateRanges),
                        _ => None,
                    };
                    set(&mut skip, SKIP, what)?;
                }
                _ => {}
            }
        }
        if part.is_some() && msn.is_none() {
            return Err(Refused::PartWithoutMsn);
        }
        let skip = skip.flatten();
        Ok(Self { msn, part, skip })
    }

    /// `part_target_ms`: [`Control::part_target_ms`](super::Control) of the playlist asked for. Where it has no parts,
    /// `_HLS_part` says nothing.
    ///
    /// Of an empty window: [`Wait::Answer`], since there is nothing to count from.
    pub fn against(&self, window: &Window, part_target_ms: Option<u32>) -> Wait {
        let Some(msn) = self.msn.filter(|_| !window.ended) else {
            return Wait::Answer;
        };
        let (Some(first), Some(last)) = (window.segments.first(), window.segments.last()) else {
            return Wait::Answer;
        };
        // The number that is not there as a whole, and the parts that are there of it.
        let (growing, there) = if last.complete {
            (last.number.saturating_add(1), 0)
        } else {
            (last.number, parts(last).len() as u64)
        };
        let most = growing.saturating_add(ADVANCE - 1);
        if msn > most {
            return Wait::Refuse(Refused::TooFarAhead { msn, most });
        }
        let asked = part_target_ms.and_then(|target| Some((self.part?, target)));
        let Some((part, part_target_ms)) = asked else {
            return if msn < growing {
                Wait::Answer
            } else {
                Wait::Until { msn, part: None }
            };
        };
        if msn < growing {
            // Anything behind this segment is later than what was asked for.
            let is_last = msn + 1 == growing && there == 0;
            let of_segment = window
                .find(msn)
                .and_then(|index| window.segments.get(index));
            let has_it = of_segment.is_some_and(|s| part < parts(s).len() as u64);
            return if !is_last || has_it || msn < first.number {
                Wait::Answer
            } else {
                // Beyond the last part means the first of the next segment.
                Wait::Until {
                    msn: growing,
                    part: Some(0),
                }
            };
        }
        let there = if msn == growing { there } else { 0 };
        if part < there {
            return Wait::Answer;
        }
        // How many parts it lies behind the last one.
        let ahead = (part - there).saturating_add(1);
        let target = u64::from(part_target_ms);
        let is_too_far = if target < MS {
            ahead.saturating_mul(target) > ADVANCE_PARTS * MS
        } else {
            ahead > ADVANCE_PARTS
        };
        if is_too_far {
            return Wait::Refuse(Refused::PartTooFarAhead { part });
        }
        Wait::Until {
            msn,
            part: Some(part),
        }
    }
}

fn set<T>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), Refused> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Refused::Twice { name }),
    }
}

/// Digits alone (8216bis, 4.2), up to 2^64 - 1.
fn number(name: &'static str, value: &str) -> Result<u64, Refused> {
    let is_decimal = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_decimal.then(|| value.parse().ok()).flatten();
    number.ok_or(Refused::NoNumber { name })
}
