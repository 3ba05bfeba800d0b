//! TLS that gathers records: a write seals, the end of the connection's turn sends.
//!
//! HTTP/2 flushes after every frame of 16 KB, and a flush that is obeyed costs a system call. Here sealed
//! records wait until the connection has nothing more to do for the moment, when its task calls
//! [`Flush::poll`], or until there are [`SEALED_BYTES_MAX`] bytes. Then all of them go out before the next
//! is sealed, so that a slow client's records are no smaller than a fast one's.
//!
//! A frame of HTTP/2 is nine bytes longer than a record holds. Such a rest waits to begin the next record
//! instead of having one of its own.
use std::cell::RefCell;
use std::io::{self, IoSlice, Write};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::flush::{Flush, HoldsBack};
use super::records::Records;
use super::transport::Readable;
use crate::delivery::tls::SEALED_BYTES_MAX;

/// Bytes of content in a record (RFC 8446, 5.1).
const RECORD: usize = 16 * 1024;
/// Longest rest that waits for the next record: it is copied once more.
const REST_MAX: usize = 1024;
/// Slices that one write looks at: as many as HTTP/1.1 gathers, and the rest before them.
const SLICES_MAX: usize = 65;

type Shared = Rc<RefCell<State>>;

/// The connection's end of the stream. Borrows last for one call, so that they never meet.
#[derive(Debug)]
pub(super) struct Sealing(Shared);

#[derive(Debug)]
struct State {
    stream: TlsStream<Records>,
    /// Content that begins the next record.
    rest: Vec<u8>,
    /// Content sealed since the socket last took everything.
    sealed: usize,
}

/// `stream` is past its handshake, and has no buffer limit of its own.
pub(super) fn sealing(stream: TlsStream<Records>) -> (Sealing, Flush) {
    let shared = Rc::new(RefCell::new(State {
        stream,
        rest: Vec::new(),
        sealed: 0,
    }));
    (Sealing(Rc::clone(&shared)), Flush::of(shared))
}

impl HoldsBack for State {
    /// Seals what waits, and sends what is sealed.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.seal_rest()?;
        self.poll_send(cx)
    }
}

impl State {
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.sealed = 0;
        Poll::Ready(Ok(()))
    }

    fn seal_rest(&mut self) -> io::Result<()> {
        if !self.rest.is_empty() {
            self.stream.get_mut().1.writer().write_all(&self.rest)?;
            self.sealed += self.rest.len();
            // An idle connection keeps no memory for it.
            self.rest = Vec::new();
        }
        Ok(())
    }

    /// Takes what fits beside the records that wait; these are sent first where nothing does.
    fn poll_seal(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if self.sealed >= SEALED_BYTES_MAX {
            ready!(self.poll_send(cx))?;
        }
        let bufs = bufs.get(..SLICES_MAX - 1).unwrap_or(bufs);
        let offered: usize = bufs.iter().map(|buf| buf.len()).sum();
        let taken = offered.min((SEALED_BYTES_MAX - self.sealed).max(RECORD));
        let content = self.rest.len() + taken;
        let over = content % RECORD;
        let seal = if over <= REST_MAX {
            content - over
        } else {
            content
        };
        self.seal(bufs, taken, seal)?;
        Poll::Ready(Ok(taken))
    }

    /// Of the rest and the first `taken` bytes of `bufs` the first `seal` become records, the others the
    /// rest.
    fn seal(&mut self, bufs: &[IoSlice<'_>], taken: usize, seal: usize) -> io::Result<()> {
        let Self { stream, rest, .. } = self;
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut count = 0;
        let mut sealing = 0;
        let mut over = Vec::new();
        let mut left = rest.len() + taken;
        for buf in std::iter::once(rest.as_slice()).chain(bufs.iter().map(|buf| &**buf)) {
            let buf = buf.get(..left).unwrap_or(buf);
            left -= buf.len();
            let (now, later) = buf.split_at(buf.len().min(seal - sealing));
            if let (Some(slice), false) = (slices.get_mut(count), now.is_empty()) {
                *slice = IoSlice::new(now);
                count += 1;
                sealing += now.len();
            }
            over.extend_from_slice(later);
        }
        let mut slices = slices.get_mut(..count).unwrap_or_default();
        while !slices.is_empty() {
            let sealed = stream.get_mut().1.writer().write_vectored(slices)?;
            if sealed == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            IoSlice::advance_slices(&mut slices, sealed);
        }
        self.sealed += sealing;
        self.rest = over;
        Ok(())
    }
}

impl Readable for Sealing {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let state = self.0.borrow();
        let (stream, tls) = state.stream.get_ref();
        if !tls.wants_read() {
            // Content that is decrypted, or the end.
            return Poll::Ready(());
        }
        stream.poll_readable(cx)
    }
}

impl AsyncRead for Sealing {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.borrow_mut().stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Sealing {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_seal(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_seal(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Left to [`Flush`].
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.borrow_mut();
        state.seal_rest()?;
        Pin::new(&mut state.stream).poll_shutdown(cx)
    }
}
