//! What a window of readings amounts to.
use serde::{Deserialize, Serialize};

use super::Reading;

/// The node within a window of time. What it does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeFigures {
    /// Between the first and the last reading of the window.
    pub seconds: f64,
    /// User and system, of all cores.
    pub cpu_s: Option<f64>,
    /// Cores busy, mean over the window.
    pub cpu_cores: Option<f64>,
    /// The busiest 5 seconds: a counter of whole seconds says nothing about one.
    pub cpu_cores_peak: Option<f64>,
    pub rss_bytes: Option<u64>,
    pub rss_bytes_peak: Option<u64>,
    pub cache_bytes: Option<u64>,
    pub cache_hits: Option<u64>,
    /// Look-ups that began a fill.
    pub cache_fills: Option<u64>,
    /// Look-ups that joined one.
    pub cache_coalesced: Option<u64>,
    /// Body bytes sent.
    pub body_bytes: Option<u64>,
    /// IP octets sent: the same with headers, acknowledgements and whatever else the machine sent.
    pub network_bytes: Option<u64>,
    pub storage_bytes: Option<u64>,
    pub requests: Option<u64>,
    pub connections_peak: Option<u64>,
    /// Polls that got no answer, or none that could be read.
    pub failed_polls: u64,
    /// The node started anew within the window: its counters do not add up.
    pub restarted: bool,
    pub series: Vec<NodeSecond>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeSecond {
    pub at_s: f64,
    /// Over the last 5 seconds.
    pub cpu_cores: Option<f64>,
    pub rss_bytes: Option<u64>,
    pub cache_bytes: Option<u64>,
    pub body_bits_per_s: Option<f64>,
    pub connections: Option<u64>,
}

/// Of the moving CPU figure.
const CPU_WINDOW_S: f64 = 5.0;

impl NodeFigures {
    /// Of readings by rising time; `at_s` of the series counts from the first.
    pub fn of(readings: &[Reading], failed_polls: u64) -> Self {
        let (Some(first), Some(last)) = (readings.first(), readings.last()) else {
            return Self {
                failed_polls,
                ..Self::default()
            };
        };
        let seconds = last.at_s - first.at_s;
        let grown = |field: fn(&Reading) -> Option<f64>| difference(first, last, field);
        let whole = |field: fn(&Reading) -> Option<f64>| grown(field).map(|value| value as u64);
        let peak = |field: fn(&Reading) -> Option<f64>| {
            readings
                .iter()
                .filter_map(field)
                .reduce(f64::max)
                .map(|value| value.max(0.0) as u64)
        };
        let level = |value: Option<f64>| value.map(|value| value.max(0.0) as u64);
        let series = series(readings);
        Self {
            seconds,
            cpu_s: grown(|r| r.cpu_s),
            cpu_cores: grown(|r| r.cpu_s)
                .filter(|_| seconds > 0.0)
                .map(|cpu| cpu / seconds),
            cpu_cores_peak: series
                .iter()
                .filter_map(|second| second.cpu_cores)
                .reduce(f64::max),
            rss_bytes: level(last.rss_bytes),
            rss_bytes_peak: peak(|r| r.rss_bytes),
            cache_bytes: level(last.cache_bytes),
            cache_hits: whole(|r| r.cache_hits),
            cache_fills: whole(|r| r.cache_fills),
            cache_coalesced: whole(|r| r.cache_coalesced),
            body_bytes: whole(|r| r.body_bytes),
            network_bytes: whole(|r| r.network_bytes),
            storage_bytes: whole(|r| r.storage_bytes),
            requests: whole(|r| r.requests),
            connections_peak: peak(|r| r.connections),
            failed_polls,
            restarted: readings
                .windows(2)
                .any(|pair| pair[0].started_unix_s != pair[1].started_unix_s),
            series,
        }
    }

    /// Look-ups that cost no fill, of all: those answered from memory, and those that joined a fill under way. 0 to 1.
    /// `None`: no look-ups, or not told.
    pub fn hit_ratio(&self) -> Option<f64> {
        let ready = self.cache_hits? + self.cache_coalesced.unwrap_or(0);
        let all = ready + self.cache_fills?;
        (all > 0).then(|| ready as f64 / all as f64)
    }

    /// CPU seconds per 10⁹ bytes of bodies.
    pub fn cpu_s_per_gb(&self) -> Option<f64> {
        let gb = self.body_bytes? as f64 / 1e9;
        (gb > 0.0).then_some(self.cpu_s? / gb)
    }
}

/// What a counter grew by; `None` where it is missing, or began anew in between.
fn difference(first: &Reading, last: &Reading, field: fn(&Reading) -> Option<f64>) -> Option<f64> {
    let grown = field(last)? - field(first)?;
    (grown >= 0.0 && first.started_unix_s == last.started_unix_s).then_some(grown)
}

fn series(readings: &[Reading]) -> Vec<NodeSecond> {
    let Some(begin) = readings.first().map(|reading| reading.at_s) else {
        return Vec::new();
    };
    let mut series = Vec::with_capacity(readings.len());
    let mut behind = 0;
    for (index, reading) in readings.iter().enumerate().skip(1) {
        while behind + 1 < index && reading.at_s - readings[behind + 1].at_s >= CPU_WINDOW_S {
            behind += 1;
        }
        let back = &readings[behind];
        let before = &readings[index - 1];
        let per_second = |from: &Reading, field: fn(&Reading) -> Option<f64>| {
            let seconds = reading.at_s - from.at_s;
            difference(from, reading, field)
                .filter(|_| seconds > 0.0)
                .map(|grown| grown / seconds)
        };
        let level = |value: Option<f64>| value.map(|value| value.max(0.0) as u64);
        series.push(NodeSecond {
            at_s: reading.at_s - begin,
            // Shorter stretches, at the beginning, would show the counter's steps.
            cpu_cores: (reading.at_s - back.at_s + 0.5 >= CPU_WINDOW_S)
                .then(|| per_second(back, |r| r.cpu_s))
                .flatten(),
            rss_bytes: level(reading.rss_bytes),
            cache_bytes: level(reading.cache_bytes),
            body_bits_per_s: per_second(before, |r| r.body_bytes).map(|bytes| bytes * 8.0),
            connections: level(reading.connections),
        });
    }
    series
}

#[cfg(test)]
mod tests;
