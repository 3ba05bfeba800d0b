//! Real media from outside encoders through the whole crate, judged by outside readers: ffmpeg, shaka-packager,
//! mp4-atom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bit_exact;
mod boxes;
mod clips;
mod encrypted;
mod ladder;
mod live;
mod parts;
mod peer;
mod support;
