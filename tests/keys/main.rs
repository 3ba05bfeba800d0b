//! Key providers against a key server in a process of its own: one that works, one that is slow, fails, or lies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod json;
mod server;
mod speke;
mod support;
mod tls;
