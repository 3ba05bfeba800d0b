//! Plain HTTP/1.1 from the page cache: entries that are asked for again move to memory files, and the
//! kernel sends from those without a copy (sendfile(2)).
//!
//! hyper hands slices to the transport, not files. The body leaves its file with the connection's
//! [`Lending`]; the transport finds by a slice's address that it lies in there. What is not found is
//! written as any other bytes: what a client gets never depends on it.
use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use edgepack_uring::{MemFile, MemFiles};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::transport::Readable;
use crate::cache::Entry;
use crate::telemetry::Telemetry;

/// Sent so often from buffers, an entry moves: one that is asked for once or twice is not worth the copy.
const MOVED_AT: u32 = 3;
/// Smaller entries stay: the copy they spare costs less than the calls.
const ENTRY_MIN: u64 = 16 * 1024;
/// Entries on the move at a time, all workers together.
const MOVES_MAX: usize = 2;

/// What moves entries to files; shared by all workers.
#[derive(Debug, Clone)]
pub struct SendFile {
    files: MemFiles,
    moving: Arc<AtomicUsize>,
}

impl SendFile {
    pub fn new(files: MemFiles) -> Self {
        Self {
            files,
            moving: Arc::default(),
        }
    }

    /// Told of every plain answer that comes from `entry`. Moves it, on another thread, when it has come
    /// up often enough.
    pub(super) fn consider(&self, entry: &Arc<Entry>) {
        if entry.len_if_complete().is_none_or(|len| len < ENTRY_MIN)
            || entry.want_in_file() < MOVED_AT
        {
            return;
        }
        let moving = Moving(Arc::clone(&self.moving));
        if self.moving.fetch_add(1, Ordering::Relaxed) >= MOVES_MAX {
            return;
        }
        let (entry, files) = (Arc::clone(entry), self.files.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = entry.move_to_file(&files) {
                tracing::debug!(%error, "an entry stays in its buffers");
            }
            drop(moving);
        });
    }
}

struct Moving(Arc<AtomicUsize>);

impl Drop for Moving {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The file from which a connection's answer comes, if from one.
#[derive(Debug, Default)]
pub(super) struct Lending(RefCell<Option<Lent>>);

#[derive(Debug)]
struct Lent {
    file: MemFile,
    /// Body bytes to come.
    left: u64,
}

impl Lending {
    /// The answer that follows has `length` bytes, in `file`.
    pub(super) fn lend(&self, file: Option<(MemFile, u64)>) {
        *self.0.borrow_mut() = file.map(|(file, left)| Lent { file, left });
    }

    fn find(&self, slice: &[u8]) -> Option<(MemFile, Range<usize>)> {
        let lent = self.0.borrow();
        let file = &lent.as_ref()?.file;
        let range = file.range_of(slice)?;
        Some((file.clone(), range))
    }

    /// A connection that is done with a file does not keep it.
    fn sent(&self, bytes: usize) {
        let mut lent = self.0.borrow_mut();
        if let Some(open) = lent.as_mut() {
            open.left = open.left.saturating_sub(bytes as u64);
            if open.left == 0 {
                *lent = None;
            }
        }
    }
}

/// A socket that sends what is lent from its file.
#[derive(Debug)]
pub(super) struct PlainStream {
    stream: TcpStream,
    lending: Rc<Lending>,
    telemetry: Arc<Telemetry>,
}

impl PlainStream {
    pub(super) fn new(stream: TcpStream, lending: Rc<Lending>, telemetry: Arc<Telemetry>) -> Self {
        Self {
            stream,
            lending,
            telemetry,
        }
    }

    fn poll_io(
        &self,
        cx: &mut Context<'_>,
        mut call: impl FnMut() -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_io(Interest::WRITABLE, &mut call) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    fn poll_send_file(
        &self,
        cx: &mut Context<'_>,
        file: &MemFile,
        range: Range<usize>,
    ) -> Poll<io::Result<usize>> {
        let sent = ready!(self.poll_io(cx, || file.send(range.clone(), self.stream.as_fd())))?;
        self.telemetry.connections.sent_from_file(sent);
        self.lending.sent(sent);
        Poll::Ready(Ok(sent))
    }

    /// The head and what else comes before the lent slice, announced as the beginning of more: it leaves
    /// in one segment with the body's first bytes.
    fn poll_send_head(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let socket = SockRef::from(&self.stream);
        self.poll_io(cx, || {
            socket.send_vectored_with_flags(bufs, libc::MSG_MORE | libc::MSG_NOSIGNAL)
        })
    }
}

impl Readable for PlainStream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_readable(cx)
    }
}

impl AsyncRead for PlainStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for PlainStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let lent = bufs
            .iter()
            .enumerate()
            .find_map(|(at, slice)| Some((at, self.lending.find(slice)?)));
        let Some((at, (file, range))) = lent else {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        };
        let (before, _) = bufs.split_at(at);
        let length = before.iter().map(|slice| slice.len()).sum();
        if length == 0 {
            return self.poll_send_file(cx, &file, range);
        }
        let head = ready!(self.poll_send_head(cx, before))?;
        if head < length {
            return Poll::Ready(Ok(head));
        }
        match self.poll_send_file(cx, &file, range) {
            Poll::Ready(Ok(sent)) => Poll::Ready(Ok(head + sent)),
            // The head is out, and is told first; the rest comes with the next call.
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Ready(Ok(head)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
