//! HTTP/3 as a server speaks it (RFC 9114), with QPACK (RFC 9204), and no I/O.
//!
//! Bytes of QUIC streams come in, events come out; what is to be sent is written into buffers. The
//! crate has no socket, no clock and no task, and never waits.
//!
//! - [`RequestStream`] reads one request stream: head, body slices, trailers.
//! - [`Connection`] and [`UniStream`] read the peer's unidirectional streams: control, QPACK, others.
//! - [`response`] and [`control`] write what a server sends.
//! - [`qpack`] is the field compression: static table and Huffman code, no dynamic table.
//!
//! What is left out on purpose: push (a server need not), CONNECT (refused), the dynamic table
//! (announced with capacity 0, so that no request ever waits for another stream).
#![forbid(unsafe_code)]

pub mod connection;
pub mod control;
pub mod error;
mod frame;
pub mod limits;
pub mod qpack;
pub mod request;
pub mod response;
mod settings;
mod unidirectional;
pub mod varint;

pub use connection::{Connection, PriorityUpdate};
pub use error::{Code, Error, Malformed, Scope};
pub use limits::Limits;
pub use request::{RequestEvent, RequestStream};
pub use response::EncodeError;
pub use settings::PeerSettings;
pub use unidirectional::{Reading, UniStream};
