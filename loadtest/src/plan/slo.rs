//! What viewers are promised: `startup_p95=2s,rebuffer=0.5%,errors=0.1%`.
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::outcome::{Outcome, Quantiles};

/// Classes of requests whose latency can be promised.
const CLASSES: [&str; 6] = ["manifest", "blocked", "header", "segment", "part", "key"];
const MAX_OBJECTIVES: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SloError {
    #[error("no objective; write for example startup_p95=2s,rebuffer=0.5%,errors=0.1%")]
    Empty,
    #[error("more than {MAX_OBJECTIVES} objectives")]
    TooMany,
    #[error("{0:?} is no objective: write NAME=VALUE")]
    Shape(String),
    #[error(
        "{0:?} cannot be promised; there are startup_QUANTILE, live_latency_QUANTILE, CLASS_QUANTILE, \
         CLASS_first_byte_QUANTILE (of manifest, blocked, header, segment, part, key; p50, p90, p95, p99, p999, max), \
         rebuffer, errors, failed"
    )]
    Name(String),
    #[error("{name}: {value:?} is no duration; write for example 250ms or 2s")]
    Duration { name: String, value: String },
    #[error("{name}: {value:?} is no share from 0% to 100%; write for example 0.5%")]
    Share { name: String, value: String },
    #[error("{0} is promised twice")]
    Twice(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantile {
    P50,
    P90,
    P95,
    P99,
    P999,
    Max,
}

impl Quantile {
    const ALL: [(Self, &'static str); 6] = [
        (Self::P50, "p50"),
        (Self::P90, "p90"),
        (Self::P95, "p95"),
        (Self::P99, "p99"),
        (Self::P999, "p999"),
        (Self::Max, "max"),
    ];

    pub fn of(self, quantiles: &Quantiles) -> f64 {
        match self {
            Self::P50 => quantiles.p50,
            Self::P90 => quantiles.p90,
            Self::P95 => quantiles.p95,
            Self::P99 => quantiles.p99,
            Self::P999 => quantiles.p999,
            Self::Max => quantiles.max,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P999 => "p999",
            Self::Max => "max",
        }
    }
}

/// What is looked at. Times are seconds, shares 0 to 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// To a viewer's first picture.
    Startup(Quantile),
    /// Behind the live edge.
    LiveLatency(Quantile),
    /// Of a class of requests, to the last byte.
    Latency(String, Quantile),
    /// The same to the first byte.
    FirstByte(String, Quantile),
    /// Stalled, of the time viewers wanted to play.
    Rebuffer,
    /// Requests that failed, and what was received and wrong.
    Errors,
    /// Viewers that gave up, of those that started.
    Failed,
}

impl Measure {
    pub fn is_time(&self) -> bool {
        !matches!(self, Self::Rebuffer | Self::Errors | Self::Failed)
    }

    /// `None`: the run has nothing to judge by.
    pub fn of(&self, outcome: &Outcome) -> Option<f64> {
        let at = |quantiles: &Quantiles, quantile: Quantile| {
            (quantiles.count > 0).then(|| quantile.of(quantiles))
        };
        match self {
            Self::Startup(quantile) => at(&outcome.startup_ms, *quantile).map(|ms| ms / 1e3),
            Self::LiveLatency(quantile) => at(outcome.live_latency_s.as_ref()?, *quantile),
            Self::Latency(class, quantile) => {
                at(outcome.latency_ms.get(class)?, *quantile).map(|ms| ms / 1e3)
            }
            Self::FirstByte(class, quantile) => {
                at(outcome.first_byte_ms.get(class)?, *quantile).map(|ms| ms / 1e3)
            }
            Self::Rebuffer => {
                (outcome.played_s + outcome.stalled_s > 0.0).then(|| outcome.rebuffer_ratio())
            }
            Self::Errors => {
                (outcome.requests > 0 || outcome.error_rate() > 0.0).then(|| outcome.error_rate())
            }
            Self::Failed => (outcome.viewers.started > 0)
                .then(|| outcome.viewers.failed as f64 / outcome.viewers.started as f64),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Startup(quantile) => write!(f, "startup_{}", quantile.as_str()),
            Self::LiveLatency(quantile) => write!(f, "live_latency_{}", quantile.as_str()),
            Self::Latency(class, quantile) => write!(f, "{class}_{}", quantile.as_str()),
            Self::FirstByte(class, quantile) => {
                write!(f, "{class}_first_byte_{}", quantile.as_str())
            }
            Self::Rebuffer => f.write_str("rebuffer"),
            Self::Errors => f.write_str("errors"),
            Self::Failed => f.write_str("failed"),
        }
    }
}

impl FromStr for Measure {
    type Err = SloError;

    fn from_str(name: &str) -> Result<Self, SloError> {
        let fault = || SloError::Name(name.to_owned());
        match name {
            "rebuffer" => return Ok(Self::Rebuffer),
            "errors" => return Ok(Self::Errors),
            "failed" => return Ok(Self::Failed),
            _ => {}
        }
        let (what, quantile) = name.rsplit_once('_').ok_or_else(fault)?;
        let quantile = Quantile::ALL
            .iter()
            .find_map(|(value, text)| (*text == quantile).then_some(*value))
            .ok_or_else(fault)?;
        let class = what.strip_suffix("_first_byte");
        match (what, class) {
            ("startup", _) => Ok(Self::Startup(quantile)),
            ("live_latency", _) => Ok(Self::LiveLatency(quantile)),
            (class, None) if CLASSES.contains(&class) => {
                Ok(Self::Latency(class.to_owned(), quantile))
            }
            (_, Some(class)) if CLASSES.contains(&class) => {
                Ok(Self::FirstByte(class.to_owned(), quantile))
            }
            _ => Err(fault()),
        }
    }
}

/// At most so much of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    pub measure: Measure,
    /// Seconds, or a share from 0 to 1.
    pub most: f64,
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.measure.is_time() {
            let time = Duration::from_secs_f64(self.most);
            // humantime separates units by spaces; each part of an SLO is one word.
            let time = humantime::format_duration(time)
                .to_string()
                .replace(' ', "");
            write!(f, "{}={time}", self.measure)
        } else {
            // Through a decimal of limited length: 0.005 × 100 is not 0.5.
            let percent = format!("{:.6}", self.most * 100.0);
            let percent = percent.trim_end_matches('0').trim_end_matches('.');
            write!(f, "{}={percent}%", self.measure)
        }
    }
}

impl FromStr for Objective {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| SloError::Shape(text.to_owned()))?;
        let (name, value) = (name.trim(), value.trim());
        let measure: Measure = name.parse()?;
        let most = if measure.is_time() {
            humantime::parse_duration(value)
                .map_err(|_| SloError::Duration {
                    name: name.to_owned(),
                    value: value.to_owned(),
                })?
                .as_secs_f64()
        } else {
            share(value).ok_or_else(|| SloError::Share {
                name: name.to_owned(),
                value: value.to_owned(),
            })?
        };
        Ok(Self { measure, most })
    }
}

fn share(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

/// All of it is promised. Written as a line of text everywhere, JSON included.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    pub objectives: Vec<Objective>,
}

impl Slo {
    /// Judges one run. A measure without data is not held: nobody had what was promised.
    pub fn judge(&self, outcome: &Outcome) -> Vec<Verdict> {
        self.objectives
            .iter()
            .map(|objective| {
                let seen = objective.measure.of(outcome);
                Verdict {
                    objective: objective.to_string(),
                    seen,
                    most: objective.most,
                    held: seen.is_some_and(|seen| seen <= objective.most),
                }
            })
            .collect()
    }
}

/// Of one objective, in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub objective: String,
    /// Seconds, or a share from 0 to 1. `None`: nothing was measured, and nothing is held.
    pub seen: Option<f64>,
    pub most: f64,
    pub held: bool,
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, objective) in self.objectives.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{objective}")?;
        }
        Ok(())
    }
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let mut objectives: Vec<Objective> = Vec::new();
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            let objective: Objective = word.parse()?;
            if objectives
                .iter()
                .any(|other| other.measure == objective.measure)
            {
                return Err(SloError::Twice(objective.measure.to_string()));
            }
            if objectives.len() == MAX_OBJECTIVES {
                return Err(SloError::TooMany);
            }
            objectives.push(objective);
        }
        if objectives.is_empty() {
            return Err(SloError::Empty);
        }
        Ok(Self { objectives })
    }
}

impl Serialize for Slo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Slo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
