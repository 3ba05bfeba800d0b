//! Transport streams and packed audio, judged by outside readers: a strict one of the standard written here, ffmpeg,
//! mux.js.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clips;
mod codecs;
mod decrypt;
mod encrypted;
mod invariants;
mod media;

mod outside;
mod packed;
mod reader;
mod shaka;
mod support;
