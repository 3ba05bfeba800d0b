//! Which load comes next: growing by a factor until it breaks, then halving what lies between.
use serde::{Deserialize, Serialize};

/// How loads are chosen, and when the search gives up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// The first load, in viewers.
    pub start: u64,
    /// Never more than so many.
    pub most: u64,
    /// Above 1: what a load that held is multiplied by.
    pub growth: f64,
    /// Share of the load: what is found is known so far and no finer. A viewer is the least.
    pub resolution: f64,
    pub steps: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start: 50,
            most: 100_000,
            growth: 2.0,
            resolution: 0.05,
            steps: 20,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    #[error("the first load is at least one viewer, and not more than the largest")]
    Start,
    #[error("the growth is more than 1, up to 100")]
    Growth,
    #[error("the resolution is above 0%, up to 100%")]
    Resolution,
    #[error("at least one step, at most 1000")]
    Steps,
}

/// Why the search is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Where it breaks is known to the resolution.
    Found,
    /// One viewer is too many.
    NothingHolds,
    /// The load generator was busy: what viewers saw was not the server's doing.
    GeneratorBusy,
    /// The largest load held.
    MostViewers,
    Steps,
    Time,
    /// Whoever started it stopped it.
    Interrupted,
}

/// Pure: it is told what held and says what to try.
#[derive(Clone, Debug)]
pub struct Search {
    limits: Limits,
    /// Largest that held.
    holds: Option<u64>,
    /// Smallest that broke.
    breaks: Option<u64>,
    taken: u32,
}

impl Search {
    /// # Errors
    /// Limits that make no sense.
    pub fn new(limits: Limits) -> Result<Self, SearchError> {
        let share = |value: f64, least: f64, most: f64| value > least && value <= most;
        if limits.start == 0 || limits.start > limits.most {
            return Err(SearchError::Start);
        }
        if !share(limits.growth, 1.0, 100.0) {
            return Err(SearchError::Growth);
        }
        if !share(limits.resolution, 0.0, 1.0) {
            return Err(SearchError::Resolution);
        }
        if !(1..=1000).contains(&limits.steps) {
            return Err(SearchError::Steps);
        }
        Ok(Self {
            limits,
            holds: None,
            breaks: None,
            taken: 0,
        })
    }

    pub fn holds(&self) -> Option<u64> {
        self.holds
    }

    pub fn breaks(&self) -> Option<u64> {
        self.breaks
    }

    /// # Errors
    /// There is none: why.
    pub fn next_load(&self) -> Result<u64, Ended> {
        let load = match (self.holds, self.breaks) {
            (None, None) => self.limits.start,
            (Some(holds), None) => {
                if holds >= self.limits.most {
                    return Err(Ended::MostViewers);
                }
                let grown = (holds as f64 * self.limits.growth).ceil() as u64;
                grown.clamp(holds + 1, self.limits.most)
            }
            (None, Some(breaks)) => {
                if breaks <= 1 {
                    return Err(Ended::NothingHolds);
                }
                // Downwards by the same factor, so that a bracket is found soon from too high a start.
                ((breaks as f64 / self.limits.growth) as u64).clamp(1, breaks - 1)
            }
            (Some(holds), Some(breaks)) => {
                if breaks - holds <= self.finest(breaks) {
                    return Err(Ended::Found);
                }
                holds + (breaks - holds) / 2
            }
        };
        if self.taken >= self.limits.steps {
            return Err(Ended::Steps);
        }
        Ok(load)
    }

    /// What a load came to. Something that holds above what broke, or breaks below what held, is noise of the
    /// measurement: what broke counts.
    pub fn record(&mut self, load: u64, held: bool) {
        self.taken += 1;
        if held {
            if self.breaks.is_none_or(|breaks| load < breaks) {
                self.holds = Some(self.holds.map_or(load, |holds| holds.max(load)));
            }
        } else {
            self.breaks = Some(self.breaks.map_or(load, |breaks| breaks.min(load)));
            if self.holds.is_some_and(|holds| holds >= load) {
                self.holds = None;
            }
        }
    }

    fn finest(&self, breaks: u64) -> u64 {
        ((breaks as f64 * self.limits.resolution) as u64).max(1)
    }
}

#[cfg(test)]
mod tests;
