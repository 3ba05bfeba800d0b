//! Real media through the encryptor: decrypted again by ffmpeg, by the crate mp4forge and by a decryptor written
//! from the standard's text, and compared with what shaka-packager makes of the same samples.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod clip;
mod codecs;
mod decrypt;
mod ffmpeg;
mod forge;
mod fragment;
mod mp4;
mod remux;
mod round_trip;
mod shaka;
mod trace;
