//! The node: everything of edgepack that does I/O. The binary in `main.rs` is its command line.
#![forbid(unsafe_code)]

pub mod access;
pub mod admin;
pub mod cache;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod demo;
pub mod description;
pub mod keys;
pub mod memory;
mod moment;
mod movie_file;
pub mod node;
pub mod origin;
pub mod player;
pub mod prepare;
pub mod storage;
pub mod telemetry;
