//! How much a node carries: the load is stepped until what viewers were promised breaks.
//!
//! ```text
//! Search ─▶ next load ─▶ Runner ─▶ Outcome + Usage ─▶ Slo ─▶ verdict ─▶ Search …
//!                          └ Watch ─▶ NodeFigures
//! ```
use serde::{Deserialize, Serialize};

use crate::machine::{Machine, Usage};
use crate::node::{NodeFigures, NodeIdentity};
use crate::outcome::Outcome;

mod drive;
mod search;
mod slo;
mod words;

pub use drive::{Interrupt, Measured, Runner, StepTimes, drive};
pub use search::{Ended, Limits, Search, SearchError};
pub use slo::{Measure, Objective, Quantile, Slo, SloError, Verdict};

/// Of [`Plan::format`]; another number is another shape.
pub const FORMAT: u32 = 1;

/// What a plan found: the JSON that reports and models are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub format: u32,
    pub scenario: String,
    pub target: String,
    pub protocol: String,
    /// Version and build of the load generator.
    pub build: String,
    pub started_unix_s: f64,
    pub seconds: f64,
    pub slo: Slo,
    pub limits: Limits,
    pub times: StepTimes,
    /// What the load generator ran on.
    pub generator: Machine,
    /// `None`: the node was not watched.
    pub node: Option<NodeIdentity>,
    /// What whoever ran it wants to be remembered: configuration, content, network.
    pub notes: Vec<String>,
    /// In the order they were taken.
    pub steps: Vec<Step>,
    pub capacity: Capacity,
}

/// One load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Asked for, at once.
    pub viewers: u64,
    pub held: bool,
    pub verdicts: Vec<Verdict>,
    pub outcome: Outcome,
    /// After the warm-up.
    pub generator: Usage,
    /// After the warm-up.
    pub node: Option<NodeFigures>,
}

/// What the steps say together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// Most viewers that had what was promised. `None`: not even the fewest tried.
    pub holds: Option<u64>,
    /// Fewest viewers that had not, above [`Capacity::holds`]. `None`: none was found.
    pub breaks: Option<u64>,
    pub ended: Ended,
}

impl Capacity {
    /// Whether the node may carry more than [`Capacity::holds`]: the search ended before it found where it breaks.
    pub fn is_lower_bound(&self) -> bool {
        self.ended != Ended::Found
    }
}

impl Plan {
    /// The step that stands for the capacity: the largest load that held.
    pub fn best(&self) -> Option<&Step> {
        let holds = self.capacity.holds?;
        self.steps
            .iter()
            .rev()
            .find(|step| step.held && step.viewers == holds)
    }

    /// The smallest load that broke.
    pub fn broken(&self) -> Option<&Step> {
        let breaks = self.capacity.breaks?;
        self.steps
            .iter()
            .rev()
            .find(|step| !step.held && step.viewers == breaks)
    }
}
