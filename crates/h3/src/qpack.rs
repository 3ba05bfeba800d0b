//! Field compression (RFC 9204) without a dynamic table.
//!
//! The capacity announced is 0, so every section stands for itself: no stream waits for another, and
//! nothing of one request is kept for the next.
mod decode;
mod encode;
mod error;
pub mod huffman;
mod instructions;
pub mod integer;
mod static_table;

pub use decode::{FieldLine, FieldSection};
pub use encode::{write_field, write_prefix};
pub use error::DecodeError;
pub(crate) use instructions::{DecoderStream, EncoderStream};

#[cfg(test)]
mod tests;
