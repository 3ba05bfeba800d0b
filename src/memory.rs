//! The node's memory: one budget for the media in buffers, what is known of titles, and written manifests, whoever
//! holds a part of it and however long.
//!
//! ```text
//! Budget ── take ──▶ Held ── dropped with what it was taken for ──▶ room for who waits
//!   └─ too little: `on_shortage` gives up what only the caches hold; then a wait; then 503
//! ```
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;
use tokio::sync::Notify;

use crate::delivery::{Blame, Fault};

/// Who may wait for memory at a time; more are turned away at once, for what waits takes memory, too.
const MAX_WAITING: u64 = 1024;

/// What memory is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Use {
    /// Buffers of media: read, kept in the cache, being sent, idle.
    Media,
    /// Parsed titles.
    Titles,
    /// Playlists and MPDs.
    Manifests,
    /// Segments of subtitles, which are made and not read.
    Text,
}

impl Use {
    pub const ALL: [Self; 4] = [Self::Media, Self::Titles, Self::Manifests, Self::Text];

    /// As a metric label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Titles => "titles",
            Self::Manifests => "manifests",
            Self::Text => "text",
        }
    }
}

/// There is no room, and none came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{wanted} bytes do not fit beside {used} of {limit} bytes in use")]
pub struct Exhausted {
    pub wanted: u64,
    pub used: u64,
    pub limit: u64,
}

impl From<Exhausted> for Fault {
    fn from(exhausted: Exhausted) -> Self {
        Fault {
            status: StatusCode::SERVICE_UNAVAILABLE,
            blame: Blame::Node,
            code: "memory-exhausted",
            message: "The server is out of memory for media; try again.".into(),
            detail: exhausted.to_string(),
            retry_after_s: Some(1),
        }
    }
}

/// Cloning clones the handle.
#[derive(Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

struct Shared {
    limit: u64,
    wait: Duration,
    total: AtomicU64,
    used: [AtomicU64; Use::ALL.len()],
    waiting: AtomicU64,
    refused: AtomicU64,
    room: Notify,
    relief: OnceLock<Box<dyn Fn(u64) + Send + Sync>>,
}

impl Budget {
    /// `limit` in bytes; `wait`: for room, before a request is turned away.
    pub fn new(limit: u64, wait: Duration) -> Self {
        Self {
            shared: Arc::new(Shared {
                limit,
                wait,
                total: AtomicU64::new(0),
                used: Default::default(),
                waiting: AtomicU64::new(0),
                refused: AtomicU64::new(0),
                room: Notify::new(),
                relief: OnceLock::new(),
            }),
        }
    }

    /// One that nothing exhausts.
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, Duration::from_secs(1))
    }

    /// Has `relieve` called with the bytes wanted when there is no room for them. Set once.
    pub fn on_shortage(&self, relieve: impl Fn(u64) + Send + Sync + 'static) {
        // A second one finds the first in force.
        let _ = self.shared.relief.set(Box::new(relieve));
    }

    /// Room at once, after what caches can spare was given up, or not at all.
    ///
    /// # Errors
    /// [`Exhausted`]
    pub fn take_at_once(&self, of: Use, bytes: u64) -> Result<Held, Exhausted> {
        if let Some(held) = self.attempt(of, bytes) {
            return Ok(held);
        }
        self.relieve(bytes);
        self.attempt(of, bytes).ok_or_else(|| self.refuse(bytes))
    }

    /// Room, waited for.
    ///
    /// # Errors
    /// [`Exhausted`] where none came in time, none will ever come, or too many wait for it.
    pub async fn take(&self, of: Use, bytes: u64) -> Result<Held, Exhausted> {
        if let Some(held) = self.attempt(of, bytes) {
            return Ok(held);
        }
        self.relieve(bytes);
        if bytes > self.shared.limit {
            return Err(self.refuse(bytes));
        }
        let come = async {
            loop {
                // Made before the attempt: room made in between wakes it.
                let room = self.shared.room.notified();
                match self.attempt(of, bytes) {
                    Some(held) => return held,
                    None => room.await,
                }
            }
        };
        self.waited(come).await.ok_or_else(|| self.refuse(bytes))
    }

    /// What `come` brings within the time that a request may wait for memory; none when that is over, or too many wait.
    pub async fn waited<T>(&self, come: impl Future<Output = T>) -> Option<T> {
        let _waiting = self.shared.wait_slot()?;
        tokio::time::timeout(self.shared.wait, come).await.ok()
    }

    /// Has the caches give up what nobody is being sent.
    pub fn relieve(&self, bytes: u64) {
        if let Some(relieve) = self.shared.relief.get() {
            relieve(bytes);
        }
    }

    pub fn limit(&self) -> u64 {
        self.shared.limit
    }

    pub fn used(&self, of: Use) -> u64 {
        self.shared.used[of as usize].load(Relaxed)
    }

    pub fn used_in_all(&self) -> u64 {
        self.shared.total.load(Relaxed)
    }

    /// Requests that wait for memory.
    pub fn waiting(&self) -> u64 {
        self.shared.waiting.load(Relaxed)
    }

    /// Times that no room came.
    pub fn refused(&self) -> u64 {
        self.shared.refused.load(Relaxed)
    }

    fn attempt(&self, of: Use, bytes: u64) -> Option<Held> {
        self.shared.add(of, bytes).then(|| Held {
            shared: Arc::clone(&self.shared),
            of,
            bytes,
        })
    }

    fn refuse(&self, wanted: u64) -> Exhausted {
        self.shared.refused.fetch_add(1, Relaxed);
        Exhausted {
            wanted,
            used: self.used_in_all(),
            limit: self.shared.limit,
        }
    }
}

/// What buffers are mapped.
impl edgepack_uring::Quota for Budget {
    fn may_map(&self, bytes: usize) -> bool {
        self.shared.add(Use::Media, bytes as u64)
    }

    fn unmapped(&self, bytes: usize) {
        self.shared.give_back(Use::Media, bytes as u64);
    }
}

impl Shared {
    fn add(&self, of: Use, bytes: u64) -> bool {
        let sum = |total: u64| {
            total
                .checked_add(bytes)
                .filter(|total| *total <= self.limit)
        };
        let fits = self.total.fetch_update(Relaxed, Relaxed, sum).is_ok();
        if fits {
            self.used[of as usize].fetch_add(bytes, Relaxed);
        }
        fits
    }

    fn give_back(&self, of: Use, bytes: u64) {
        self.used[of as usize].fetch_sub(bytes, Relaxed);
        self.total.fetch_sub(bytes, Relaxed);
        self.room.notify_waiters();
    }

    fn wait_slot(&self) -> Option<Waiting<'_>> {
        let slot = Waiting(&self.waiting);
        (self.waiting.fetch_add(1, Relaxed) < MAX_WAITING).then_some(slot)
    }
}

/// Counts down when the wait ends, however.
struct Waiting<'a>(&'a AtomicU64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (used, limit) = (self.used_in_all(), self.limit());
        write!(f, "Budget({used} of {limit} bytes)")
    }
}

/// A part of the budget; free again when dropped.
pub struct Held {
    shared: Arc<Shared>,
    of: Use,
    bytes: u64,
}

impl Held {
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes in another part of the same budget.
    pub fn merge(&mut self, mut other: Held) {
        if Arc::ptr_eq(&self.shared, &other.shared) && self.of == other.of {
            self.bytes += std::mem::take(&mut other.bytes);
        }
    }

    /// Gives back what is held beyond `bytes`.
    pub fn shrink_to(&mut self, bytes: u64) {
        let surplus = self.bytes.saturating_sub(bytes);
        if surplus > 0 {
            self.bytes -= surplus;
            self.shared.give_back(self.of, surplus);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.shared.give_back(self.of, self.bytes);
        }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({} bytes of {})", self.bytes, self.of.name())
    }
}

/// Bytes that hold their part of the budget until the last slice of them is dropped.
pub fn held_bytes(content: impl AsRef<[u8]> + Send + 'static, held: Held) -> bytes::Bytes {
    struct Owner<T> {
        content: T,
        _held: Held,
    }
    impl<T: AsRef<[u8]>> AsRef<[u8]> for Owner<T> {
        fn as_ref(&self) -> &[u8] {
            self.content.as_ref()
        }
    }
    bytes::Bytes::from_owner(Owner {
        content,
        _held: held,
    })
}

#[cfg(test)]
mod tests;
