//! Players by the thousand, for whatever server: they read HLS or DASH, keep a buffer, choose rungs by what they
//! measure, verify what they receive, and tell what their viewers would have seen.
//!
//! ```text
//! scenario ─▶ run ─▶ player ─▶ manifests (HLS, DASH → presentation)
//!                      │ ├───▶ transport (HTTP/1.1, 2, 3)
//!                      │ └───▶ verify (what came: boxes, times, playlist rules)
//!                      ▼
//!                   measure ─▶ Outcome ─▶ report, plan, model
//! ```
#![forbid(unsafe_code)]

pub mod cli;
pub mod dash;
pub mod fetch;
pub mod hls;
pub mod machine;
pub mod measure;
pub mod model;
pub mod node;
pub mod outcome;
pub mod plan;
mod player;
pub mod popularity;
pub mod presentation;
pub mod progress;
pub mod push;
pub mod replay;
pub mod report;
mod run;
pub mod scenario;
pub mod tokens;
pub mod transport;
pub mod verify;

pub use run::{RunError, run};
