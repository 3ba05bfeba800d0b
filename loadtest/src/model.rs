//! From what one node was seen to carry to how many are needed: nodes, network, memory, disk, cost.
//!
//! Pure arithmetic over a [`Plan`](crate::plan::Plan) and a [`Demand`]. Every figure says how it came about;
//! `docs/guide/capacity.md` has the formulae.
use serde::Serialize;

mod arithmetic;
mod demand;
mod node;
mod text;
mod working_set;

pub use arithmetic::model;
pub use demand::{Bytes, Demand, NodeSpec, Percent, Prices, Rate, Routing, ValueError};
pub use node::Measured;
pub use text::text;

/// What is needed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// Whether any number of such nodes can do it. Where not, [`Model::findings`] says why.
    pub feasible: bool,
    /// Spare ones included. 0: not feasible.
    pub nodes: u64,
    /// What decides the number of nodes. `None`: not feasible.
    pub limiting: Option<&'static str>,
    /// What one node takes of what it has, spare nodes idle, the limiting first.
    pub resources: Vec<Resource>,
    /// In the order they follow from each other.
    pub figures: Vec<Figure>,
    /// What the figures do not say.
    pub findings: Vec<String>,
}

/// One figure and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Stable, for programs.
    pub key: &'static str,
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    pub how: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    pub name: &'static str,
    pub unit: &'static str,
    /// Of one node.
    pub needed: f64,
    pub available: f64,
    /// What is left, of what there is. 0 to 1.
    pub headroom: f64,
    /// Nodes that this resource alone asks for.
    pub nodes: u64,
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    #[error("the plan has no load that held: measure one that does, or promise less")]
    NothingHeld,
    #[error(
        "the plan has no figures of the node's {0}: run it with --admin and the node's admin port"
    )]
    NotWatched(&'static str),
    #[error(
        "the node's processor time did not move while it was measured: more viewers, or longer steps, are needed"
    )]
    Idle,
    #[error("the node restarted while it was measured: run the plan again")]
    Restarted,
    #[error("the plan does not say how many cores its node had: give --measured-cores")]
    Cores,
    #[error("{0}: {1}")]
    Demand(&'static str, &'static str),
}
