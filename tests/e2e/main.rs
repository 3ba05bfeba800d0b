//! The real binary, asked by real clients: ffmpeg, curl, browsers, other HTTP/3 stacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod bad_input;
mod browser;
mod bytes;
mod demo;
mod drain;
mod fixtures;
mod manifests;
mod playback;
mod protected;
mod sources;
mod tokens;
