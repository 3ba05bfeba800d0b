//! TLS that gathers records: a write seals, the end of the connection's turn sends.
//!
//! HTTP/2 flushes after every frame of 16 KB, and a flush that is obeyed costs a system call. Here sealed
//! records wait until the connection has nothing more to do for the moment, when its task calls
//! [`Flush::poll`], or until there are [`SEALED_BYTES_MAX`](crate::delivery::tls::SEALED_BYTES_MAX) bytes.
use std::cell::RefCell;
use std::io::{self, IoSlice, Write};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

type Shared = Rc<RefCell<TlsStream<TcpStream>>>;

/// The connection's end of the stream. Borrows last for one call, so that they never meet.
#[derive(Debug)]
pub(super) struct Sealing(Shared);

/// The task's end.
#[derive(Debug)]
pub(super) struct Flush(Option<Shared>);

/// `stream` is past its handshake, and has its buffer limit.
pub(super) fn sealing(stream: TlsStream<TcpStream>) -> (Sealing, Flush) {
    let shared = Rc::new(RefCell::new(stream));
    (Sealing(Rc::clone(&shared)), Flush(Some(shared)))
}

impl Flush {
    /// For a stream that holds nothing back.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Sends what is sealed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_ref().map_or(Poll::Ready(Ok(())), |stream| {
            Pin::new(&mut *stream.borrow_mut()).poll_flush(cx)
        })
    }
}

impl Sealing {
    /// Seals what fits beside the records that wait; these are sent first where nothing fits.
    fn poll_seal(
        &self,
        cx: &mut Context<'_>,
        mut seal: impl FnMut(&mut dyn Write) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let mut stream = self.0.borrow_mut();
        loop {
            let sealed = seal(&mut stream.get_mut().1.writer())?;
            if sealed > 0 || !stream.get_ref().1.wants_write() {
                return Poll::Ready(Ok(sealed));
            }
            ready!(Pin::new(&mut *stream).poll_flush(cx))?;
        }
    }
}

impl AsyncRead for Sealing {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_read(cx, buf)
    }
}

impl AsyncWrite for Sealing {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_seal(cx, |writer| writer.write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_seal(cx, |writer| writer.write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Left to [`Flush`].
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_shutdown(cx)
    }
}
