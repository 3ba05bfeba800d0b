//! Text through the whole crate, judged by outside readers: ffmpeg, shaka-packager, mp4-atom, xmllint.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod boxes;
mod ffmpeg;
mod shaka;
mod support;
mod xml;
