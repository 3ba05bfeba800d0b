//! The node under load, seen from its admin port: `/metrics`, once a second, in prometheus' text format.
//!
//! ```text
//! watch ─▶ Watch (a task of its own) ─▶ Reading per second ─▶ NodeFigures of any window
//! ```
mod figures;
pub mod prometheus;
mod reading;
mod watch;

pub use figures::{NodeFigures, NodeSecond};
pub use reading::{NodeIdentity, Reading};
pub use watch::{AdminUrl, PollError, Watch};
