//! What an origin offers for a GET, before method, preconditions and ranges are looked at.
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use http::HeaderValue;

use super::parts::{OpenPart, PartIndex};
use super::response::short;
use super::{Etag, Fault, LastModified};
use crate::cache::Entry;
use crate::telemetry::CacheStatus;

/// One representation of a resource; its bytes are not made before they are needed, so that `HEAD` and
/// 304 cost no fill where the length is known.
#[derive(Debug)]
pub struct Representation {
    pub etag: Etag,
    pub last_modified: Option<LastModified>,
    pub content_type: &'static str,
    /// `Content-Encoding` of the bytes; other encodings of the resource have entity tags of their own.
    pub encoding: Option<&'static str>,
    pub cache: CachePolicy,
    pub content: Content,
}

/// How long the answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePolicy {
    /// The URL never names other bytes.
    Immutable,
    Manifest {
        max_age_s: u32,
    },
    /// Must not be kept without asking again (RFC 9111, 5.2.2.4).
    Revalidate,
    /// Keys and what depends on the asker.
    NoStore,
}

/// Who may keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Everybody,
    /// It took a token to get here: no shared cache may answer the next one in our place.
    TokenBearer,
}

pub enum Content {
    Bytes(Bytes),
    /// An entry that is complete.
    Ready(Source),
    Entry {
        /// `None`: known only when the entry is complete.
        length: Option<u64>,
        sending: Sending,
        open: Box<dyn FnOnce() -> LocalBoxFuture<'static, Result<Source, Fault>>>,
    },
    /// Entries in a row, each opened when its turn comes, perhaps several times.
    Parts {
        index: Arc<PartIndex>,
        open: OpenPart,
    },
}

/// An entry, and whether it was there already.
#[derive(Debug)]
pub struct Source {
    pub entry: Arc<Entry>,
    /// `None`: not from the cache, or of no interest.
    pub cache: Option<CacheStatus>,
}

impl From<Arc<Entry>> for Source {
    fn from(entry: Arc<Entry>) -> Self {
        Self { entry, cache: None }
    }
}

/// When the first byte of an entry may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// Only when all of it is there: a fill that fails is an honest 5xx, and never a broken body.
    WhenComplete,
    /// While it grows.
    AsItGrows,
}

impl CachePolicy {
    pub fn header(self, audience: Audience) -> HeaderValue {
        let scope = match audience {
            Audience::Everybody => "public",
            Audience::TokenBearer => "private",
        };
        let fixed = HeaderValue::from_static;
        match (self, audience) {
            (Self::Immutable, Audience::Everybody) => fixed("public, max-age=31536000, immutable"),
            (Self::Immutable, Audience::TokenBearer) => {
                fixed("private, max-age=31536000, immutable")
            }
            (Self::Manifest { max_age_s }, _) => {
                short(format_args!("{scope}, max-age={max_age_s}")).unwrap_or(fixed("no-cache"))
            }
            (Self::Revalidate, _) => fixed("no-cache"),
            (Self::NoStore, _) => fixed("no-store"),
        }
    }
}

impl Content {
    /// An entry whose bytes `open` brings, sent when it is complete.
    pub fn entry<F, S>(length: Option<u64>, open: impl FnOnce() -> F + 'static) -> Self
    where
        F: Future<Output = Result<S, Fault>> + 'static,
        S: Into<Source>,
    {
        Self::Entry {
            length,
            sending: Sending::WhenComplete,
            open: Box::new(move || {
                let opening = open();
                Box::pin(async move { Ok(opening.await?.into()) })
            }),
        }
    }

    /// Entries in a row; `open` brings the one of a number, which has to have the length that `index` says.
    pub fn parts<F, S>(index: Arc<PartIndex>, open: impl Fn(usize) -> F + 'static) -> Self
    where
        F: Future<Output = Result<S, Fault>> + 'static,
        S: Into<Source>,
    {
        Self::Parts {
            index,
            open: Box::new(move |part| {
                let opening = open(part);
                Box::pin(async move { Ok(opening.await?.into()) })
            }),
        }
    }

    /// Where it is known without opening.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Ready(source) => source.entry.len_if_complete(),
            Self::Entry { length, .. } => *length,
            Self::Parts { index, .. } => Some(index.len()),
        }
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Content::Bytes({})", bytes.len()),
            Self::Ready(source) => write!(f, "Content::Ready({:?})", source.entry),
            Self::Entry {
                length, sending, ..
            } => write!(f, "Content::Entry({length:?}, {sending:?})"),
            Self::Parts { index, .. } => {
                write!(f, "Content::Parts({} of {})", index.parts(), index.len())
            }
        }
    }
}
