//! The byte stream under a connection: plain or TLS, with what was already read put back in front.
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::activity::Activity;

/// Tells of bytes to read without a buffer for them.
pub(super) trait Readable {
    /// Ready, too, at the end of the stream, and when it broke: the next read tells.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()>;
}

impl Readable for TcpStream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_read_ready(cx).map(drop)
    }
}

#[derive(Debug)]
pub(super) struct Transport<S> {
    stream: S,
    /// Read before, and to be read again: while it was found out what the client speaks, or by a reader that
    /// is gone.
    prefix: Bytes,
    activity: Rc<Activity>,
}

impl<S> Transport<S> {
    pub(super) fn new(stream: S, prefix: Bytes, activity: Rc<Activity>) -> Self {
        activity.read(prefix.len());
        Self {
            stream,
            prefix,
            activity,
        }
    }

    /// `bytes` were read and come again with the next read.
    pub(super) fn put_back(&mut self, bytes: Bytes) {
        self.activity.read(bytes.len());
        if self.prefix.is_empty() {
            self.prefix = bytes;
        } else if !bytes.is_empty() {
            // The reader had not come to the end of what was put back before.
            self.prefix = [bytes, std::mem::take(&mut self.prefix)].concat().into();
        }
    }

    fn account(&self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &polled {
            Poll::Ready(Ok(bytes)) => self.activity.wrote(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.cannot_write(),
        }
        polled
    }
}

impl<S: Readable> Readable for Transport<S> {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.prefix.has_remaining() {
            return Poll::Ready(());
        }
        self.stream.poll_readable(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Transport<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut prefixed = false;
        if self.prefix.has_remaining() {
            let count = self.prefix.len().min(buf.remaining());
            buf.put_slice(&self.prefix.split_to(count));
            prefixed = true;
        }
        // With the prefix comes what is there: read by itself it would make the reader double its buffer.
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Pending | Poll::Ready(Err(_)) if prefixed => return Poll::Ready(Ok(())),
            polled => ready!(polled)?,
        }
        self.activity.read(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Transport<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.account(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.account(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
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
