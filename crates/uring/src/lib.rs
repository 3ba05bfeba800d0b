//! File reads through io_uring: one ring per worker, in that worker's own runtime, straight into
//! the pooled buffer from which the bytes are later sent.
//!
//! - [`Pool`] hands out page-aligned [`PooledBuf`]s within a bound; frozen to `Bytes`, a buffer
//!   returns to its pool when the last slice is dropped.
//! - [`plan`] turns the wanted ranges of a file into as few read operations as pay off.
//! - [`Ring`] runs them. It owns buffer and file until the kernel has let go of both: dropping the
//!   future of a read only drops its receiver.
//! - [`MemFiles`] keep bytes where `sendfile(2)` takes them from without a copy.
//! - [`probe`](probe()) says whether the kernel and the sandbox allow io_uring at all.
//!
//! The only crate of edgepack with `unsafe`, in `buffer::mapping`, `memfile::mapped` and `ring`.

pub mod buffer;
pub mod error;
pub mod memfile;
pub mod plan;
pub mod probe;
pub mod ring;

pub use buffer::{Pool, PoolOptions, PoolUsage, PooledBuf, Quota};
pub use error::{PoolError, ReadError};
pub use memfile::{MemFile, MemFileError, MemFileOptions, MemFileUsage, MemFiles};
pub use plan::FileRange;
pub use probe::{Support, Unavailable, probe};
pub use ring::{Driver, ReadFuture, ReadStats, Ring, RingOptions};
