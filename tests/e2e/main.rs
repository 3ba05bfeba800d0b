//! The real binary, asked by real clients: ffmpeg, curl, browsers, other HTTP/3 stacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod bad_input;
mod browser;
mod browser_catalogue;
mod browser_live;
mod browser_protected;
mod bytes;
mod codecs;
mod demo;
mod drain;
mod drm;
mod fixtures;
mod interstitials;
mod kernel_tls;
mod keys;
mod live;
mod live_contribution;
mod live_events;
mod manifests;
mod memory;
mod playback;
mod protected;
mod quic;
mod single_file;
mod sources;
mod stitched;
mod tokens;
mod transport_stream;
mod trick_play;
