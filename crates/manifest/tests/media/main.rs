//! Manifests held against the files that they describe.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod iframes;
mod single_file;
mod support;
mod transport_stream;
