//! What every test here stands on.
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod media;
pub(crate) mod node;
pub(crate) mod tools;
pub(crate) mod volume;

pub(crate) use client::Curl;
pub(crate) use node::{KEY_HEX, KID_HEX, Node, Serve};
