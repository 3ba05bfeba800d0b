//! One Request → Response core and its adapters for HTTP/1.1, HTTP/2 and HTTP/3.
pub mod body;
pub mod conditional;
pub mod core;
pub mod cors;
pub mod drain;
pub mod fault;
pub mod finish;
pub mod h3;
pub mod handler;
pub mod outgoing;
pub mod parts;
pub mod priority;
pub mod query;
pub mod range;
mod redact;
pub mod representation;
pub mod request;
pub mod response;
pub mod route;
pub mod tcp;
#[cfg(test)]
pub(crate) mod testing;
pub mod tls;

pub use self::core::{Core, Gate, Origin};
pub use body::Body;
pub use conditional::Etag;
pub use cors::Cors;
pub use fault::{Blame, Fault};
pub use finish::finish;
pub use handler::Handler;
pub use outgoing::Outgoing;
pub use parts::PartIndex;
pub use priority::Priority;
pub use query::Query;
pub use representation::{Audience, CachePolicy, Content, Representation, Sending, Source};
pub use request::{BodyError, Protocol, Request, RequestBody};
pub use response::Response;
