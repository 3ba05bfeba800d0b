#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod crash;
mod disk;
mod harvest;
mod reading;
mod retain;
mod support;
