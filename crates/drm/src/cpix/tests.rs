#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod exchange;
pub(super) mod keys;
pub(super) mod support;
mod vectors;
