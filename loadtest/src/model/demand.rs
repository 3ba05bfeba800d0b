//! What is asked of the nodes.
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Rungs of a ladder.
pub(super) const MAX_RUNGS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("{0:?} is no rate; write for example 6M, 800k or 25G (bit/s)")]
    Rate(String),
    #[error("{0:?} is no share; write for example 90%")]
    Percent(String),
    #[error("{0:?} is no size; write for example 64GiB or 2TB")]
    Bytes(String),
}

/// bit/s: `6M`, `800k`, `25Gb/s`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Rate(pub f64);

/// A share of 1, written `90%`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Percent(pub f64);

/// `64GiB`, `2TB`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Bytes(pub f64);

impl FromStr for Rate {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let fault = || ValueError::Rate(text.to_owned());
        let number = ["bit/s", "b/s", "bps"]
            .iter()
            .find_map(|unit| text.strip_suffix(unit))
            .unwrap_or(text);
        let units = [("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3), ("K", 1e3)];
        Ok(Self(scaled(number, &units).ok_or_else(fault)?))
    }
}

impl FromStr for Percent {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.strip_suffix('%')
            .and_then(|number| number.trim().parse::<f64>().ok())
            .filter(|percent| (0.0..=100.0).contains(percent))
            .map(|percent| Self(percent / 100.0))
            .ok_or_else(|| ValueError::Percent(text.to_owned()))
    }
}

impl FromStr for Bytes {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let number = text.strip_suffix('B').unwrap_or(text);
        let units = [
            ("Ti", 1_099_511_627_776.0),
            ("Gi", 1_073_741_824.0),
            ("Mi", 1_048_576.0),
            ("T", 1e12),
            ("G", 1e9),
            ("M", 1e6),
        ];
        scaled(number, &units)
            .map(Self)
            .ok_or_else(|| ValueError::Bytes(text.to_owned()))
    }
}

/// A positive number with one of the units behind it, or none.
fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
        .unwrap_or((text, 1.0));
    let value = number.trim().parse::<f64>().ok()? * factor;
    (value.is_finite() && value > 0.0).then_some(value)
}

/// How viewers find their node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[derive(clap::ValueEnum)]
pub enum Routing {
    /// Any node: each caches what all viewers want.
    #[default]
    Spread,
    /// By title: the caches of all nodes are one.
    Title,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Demand {
    /// At the peak, at once.
    pub viewers: f64,
    pub catalogue_hours: f64,
    /// Of one title.
    pub title_hours: f64,
    /// Exponent of the popularity law.
    pub zipf: f64,
    /// Look-ups for segments that the node answers from memory, 0 to 1.
    pub hit_rate: f64,
    /// Of what viewers receive, what caches before the nodes answer, 0 to 1.
    pub offload: f64,
    /// bit/s of every rendition that is stored, sound included.
    pub ladder: Vec<f64>,
    /// Shares of viewing time by rung of `ladder`. Empty: all watch the largest.
    pub mix: Vec<f64>,
    pub routing: Routing,
    /// What stays free of each resource at the peak, 0 to less than 1.
    pub headroom: f64,
    /// Nodes beyond those needed.
    pub spare: u64,
    /// CPU of a segment made on the request, in CPUs of a ready one.
    pub miss_cost: f64,
    /// Headers and acknowledgements, of the body bytes. `None`: as measured.
    pub overhead: Option<f64>,
    pub node: NodeSpec,
    pub prices: Prices,
}

/// The node to be bought; what is `None` is as measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct NodeSpec {
    pub cores: Option<f64>,
    pub memory_bytes: Option<f64>,
    /// Of its network, bit/s.
    pub link: Option<f64>,
    /// That its disks read, bytes/s.
    pub disk_rate: Option<f64>,
    /// Of the node that was measured, where the plan does not tell.
    pub measured_cores: Option<f64>,
}

/// In any currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Prices {
    /// Of a node for an hour.
    pub node_hour: f64,
    /// Of 10⁹ bytes sent.
    pub gb: f64,
    /// Viewers on the average of all hours, of those at the peak: nodes are paid through the night. 0 to 1.
    pub load_factor: f64,
}

#[cfg(test)]
mod tests;
