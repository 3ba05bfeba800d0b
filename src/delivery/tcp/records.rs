//! A socket that is read record by record while its handshake lasts.
//!
//! The handshake ends in the midst of what the client sends: its first request comes right behind. What TLS
//! has read of that by then cannot be given to the kernel any more. So each read ends where a record ends,
//! and a poll does not get past it: TLS looks at what it has, and finds the handshake done.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::transport::Readable;

/// Type, version, length (RFC 8446, 5.1).
const HEAD: usize = 5;

#[derive(Debug)]
pub(super) struct Records {
    stream: TcpStream,
    reading: Reading,
}

#[derive(Debug)]
enum Reading {
    /// As the socket gives it.
    Freely,
    Head {
        head: [u8; HEAD],
        read: usize,
    },
    Content {
        left: usize,
    },
    /// The poll that read to its end is not over.
    Between,
}

impl Records {
    /// Read record by record until [`read_freely`](Self::read_freely).
    pub(super) fn one_by_one(stream: TcpStream) -> Self {
        Self {
            stream,
            reading: Reading::NEXT,
        }
    }

    pub(super) fn freely(stream: TcpStream) -> Self {
        Self {
            stream,
            reading: Reading::Freely,
        }
    }

    pub(super) fn read_freely(&mut self) {
        self.reading = Reading::Freely;
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Nothing of a record was read that is not whole.
    pub(super) fn is_between(&self) -> bool {
        matches!(
            self.reading,
            Reading::Between | Reading::Head { read: 0, .. }
        )
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }
}

impl Reading {
    const NEXT: Self = Self::Head {
        head: [0; HEAD],
        read: 0,
    };

    /// Bytes up to where a read has to end.
    fn most(&self) -> usize {
        match self {
            Self::Freely | Self::Between => 0,
            Self::Head { read, .. } => HEAD - read,
            Self::Content { left } => *left,
        }
    }

    fn after(&mut self, bytes: &[u8]) {
        match self {
            Self::Freely | Self::Between => {}
            Self::Head { head, read } => {
                for (to, from) in head.iter_mut().skip(*read).zip(bytes) {
                    *to = *from;
                }
                *read += bytes.len();
                if *read == HEAD {
                    let left = u16::from_be_bytes([head[3], head[4]]).into();
                    *self = Self::content(left);
                }
            }
            Self::Content { left } => *self = Self::content(*left - bytes.len()),
        }
    }

    fn content(left: usize) -> Self {
        if left == 0 {
            Self::Between
        } else {
            Self::Content { left }
        }
    }
}

impl AsyncRead for Records {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match this.reading {
            Reading::Freely => return Pin::new(&mut this.stream).poll_read(cx, buf),
            Reading::Between => {
                this.reading = Reading::NEXT;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Reading::Head { .. } | Reading::Content { .. } => {}
        }
        let most = buf.remaining().min(this.reading.most());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        this.reading.after(part.filled());
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Records {
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
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
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

impl Readable for Records {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_readable(cx)
    }
}

#[cfg(test)]
mod tests;
