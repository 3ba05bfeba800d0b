#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod exchange;
mod hostile;
pub(super) mod keys;
mod round_trip;
mod schema;
pub(super) mod support;
mod vectors;
