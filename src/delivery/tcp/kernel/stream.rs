//! A connection past its handshake, whose records are the kernel's.
//!
//! What is written goes from the cache's buffers through one call into the kernel, which encrypts as it
//! copies. Every call ends a record, and a frame of HTTP/2 is nine bytes longer than a record holds: such a
//! rest waits to begin the next record, or for the end of the connection's turn, when its task calls
//! [`Flush::poll`].
//!
//! What is read arrives opened; alerts and handshake messages come apart from the content, as control
//! messages. A client's key update (RFC 8446, 4.6.3) is not followed: Linux before 6.14 takes one set of
//! keys per connection. Such a connection ends.
use std::cell::RefCell;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::{TcpTlsRx, TcpTlsTx};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, TlsGetRecordType, recvmsg, setsockopt};
use socket2::{MsgHdr, SockRef};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::super::flush::{Flush, HoldsBack};
use super::super::records::Records;
use super::super::transport::Readable;
use super::keys;

/// Bytes of content in a record (RFC 8446, 5.1).
const RECORD: usize = 16 * 1024;
/// Records under one key, well below what AES-GCM bears (RFC 8446, 5.5): 128 GiB. Then the connection ends.
const RECORDS_MAX: u64 = 1 << 23;
/// Longest rest that waits for the next record: it is copied once more.
const REST_MAX: usize = 1024;
/// Slices that one write looks at: as many as HTTP/1.1 gathers, and the rest before them.
const SLICES_MAX: usize = 65;
const ALERT: u8 = 21;
/// A warning: close_notify (RFC 8446, 6.1).
const CLOSE_NOTIFY: [u8; 2] = [1, 0];
/// A warning that means nothing by itself: close_notify follows (RFC 8446, 6.1).
const USER_CANCELED: u8 = 90;

type Shared = Rc<RefCell<State>>;

/// The connection's end of the stream. Borrows last for one call, so that they never meet.
#[derive(Debug)]
pub(in super::super) struct KernelStream(Shared);

#[derive(Debug)]
struct State {
    socket: Socket,
    /// Content that begins the next record.
    rest: Vec<u8>,
    /// Sealed, at most.
    records: u64,
    /// close_notify is sent.
    said_goodbye: bool,
}

#[derive(Debug)]
struct Socket(TcpStream);

impl KernelStream {
    /// Gives the kernel the keys. `stream` [fits](super::KernelTls::fits), and is
    /// [attached](super::attach).
    ///
    /// # Errors
    /// Of the system: the connection is lost, because its keys left the TLS library.
    pub(in super::super) fn take(stream: TlsStream<Records>) -> io::Result<(Self, Flush)> {
        let (records, tls) = stream.into_inner();
        let secrets = tls.dangerous_extract_secrets().map_err(io::Error::other)?;
        let stream = records.into_stream();
        setsockopt(&stream, TcpTlsTx, &keys(secrets.tx)?)?;
        setsockopt(&stream, TcpTlsRx, &keys(secrets.rx)?)?;
        let shared = Rc::new(RefCell::new(State {
            socket: Socket(stream),
            rest: Vec::new(),
            records: 0,
            said_goodbye: false,
        }));
        Ok((Self(Rc::clone(&shared)), Flush::of(shared)))
    }
}

impl Socket {
    fn poll_io<T>(
        &self,
        interest: Interest,
        cx: &mut Context<'_>,
        mut call: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        // Only a call that would block says that the socket is done: the kernel hands records out one by one.
        loop {
            if interest.is_readable() {
                ready!(self.0.poll_read_ready(cx))?;
            } else {
                ready!(self.0.poll_write_ready(cx))?;
            }
            match self.0.try_io(interest, &mut call) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    /// Of one type of record as much as fits. Content, if the kernel does not say otherwise.
    fn receive(&self, into: &mut [u8]) -> io::Result<(TlsGetRecordType, usize)> {
        let mut control = Control::default();
        let mut into = [IoSliceMut::new(into)];
        let fd = self.0.as_raw_fd();
        let message = recvmsg::<()>(fd, &mut into, Some(&mut control.0), MsgFlags::empty())?;
        let mut kind = TlsGetRecordType::ApplicationData;
        for said in message.cmsgs()? {
            if let ControlMessageOwned::TlsGetRecordType(said) = said {
                kind = said;
            }
        }
        Ok((kind, message.bytes))
    }

    fn say_goodbye(&self) -> io::Result<usize> {
        // Records that found no room wait behind the socket, which forgets them when it is shut down. Where
        // poll(2) sees room for more, the next call takes all of them with it.
        let mut asked = [PollFd::new(self.0.as_fd(), PollFlags::POLLOUT)];
        if poll(&mut asked, PollTimeout::ZERO)? == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let control = Control::of_record(ALERT);
        let content = [IoSlice::new(&CLOSE_NOTIFY)];
        let message = MsgHdr::new()
            .with_buffers(&content)
            .with_control(&control.0);
        SockRef::from(&self.0).sendmsg(&message, libc::MSG_NOSIGNAL)
    }
}

/// One control message that holds the type of a record (cmsg(3)): length, level, type, content, padding.
#[derive(Default)]
#[repr(align(8))]
struct Control([u8; Control::SPACE]);

impl Control {
    const LENGTH: usize = size_of::<libc::cmsghdr>() + 1;
    const SPACE: usize = Self::LENGTH.next_multiple_of(align_of::<libc::cmsghdr>());

    fn of_record(kind: u8) -> Self {
        let fields = [
            &Self::LENGTH.to_ne_bytes()[..],
            &libc::SOL_TLS.to_ne_bytes(),
            &libc::TLS_SET_RECORD_TYPE.to_ne_bytes(),
            &[kind],
        ];
        let mut control = Self::default();
        for (to, from) in control.0.iter_mut().zip(fields.iter().copied().flatten()) {
            *to = *from;
        }
        control
    }
}

impl State {
    /// Seals and sends as much as the socket takes.
    fn poll_send(
        socket: &Socket,
        records: &mut u64,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if *records >= RECORDS_MAX {
            return Poll::Ready(Err(io::Error::other("the connection's keys are used up")));
        }
        let send = || SockRef::from(&socket.0).send_vectored_with_flags(bufs, libc::MSG_NOSIGNAL);
        let sent = ready!(socket.poll_io(Interest::WRITABLE, cx, send))?;
        *records += sent.div_ceil(RECORD) as u64;
        Poll::Ready(Ok(sent))
    }

    fn poll_send_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            let rest = [IoSlice::new(&self.rest)];
            let sent = ready!(Self::poll_send(&self.socket, &mut self.records, cx, &rest))?;
            self.rest.drain(..sent);
        }
        // An idle connection keeps no memory for it.
        self.rest = Vec::new();
        Poll::Ready(Ok(()))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bufs = bufs.get(..SLICES_MAX - 1).unwrap_or(bufs);
        let offered: usize = bufs.iter().map(|buf| buf.len()).sum();
        loop {
            let content = self.rest.len() + offered;
            let over = content % RECORD;
            let send = if over <= REST_MAX {
                content - over
            } else {
                content
            };
            let mut sent = 0;
            if send > 0 {
                let mut slices = [IoSlice::new(&[]); SLICES_MAX];
                let slices = first(send, &self.rest, bufs, &mut slices);
                sent = ready!(Self::poll_send(&self.socket, &mut self.records, cx, slices))?;
            }
            // The kernel may take less than the rest alone.
            let of_rest = sent.min(self.rest.len());
            if sent < send {
                self.rest.drain(..of_rest);
                if sent == of_rest {
                    continue;
                }
                return Poll::Ready(Ok(sent - of_rest));
            }
            self.rest.drain(..of_rest);
            let mut skip = sent - of_rest;
            for buf in bufs {
                let skipped = skip.min(buf.len());
                skip -= skipped;
                self.rest
                    .extend_from_slice(buf.get(skipped..).unwrap_or_default());
            }
            return Poll::Ready(Ok(offered));
        }
    }
}

/// The first `count` bytes of `rest` and `bufs`.
fn first<'s, 'b>(
    count: usize,
    rest: &'b [u8],
    bufs: &'b [IoSlice<'b>],
    slices: &'s mut [IoSlice<'b>; SLICES_MAX],
) -> &'s [IoSlice<'b>] {
    let mut left = count;
    let mut used = 0;
    let all = std::iter::once(rest).chain(bufs.iter().map(|buf| &**buf));
    for (slice, buf) in slices.iter_mut().zip(all) {
        let buf = buf.get(..left).unwrap_or(buf);
        left -= buf.len();
        *slice = IoSlice::new(buf);
        used += 1;
    }
    slices.get(..used).unwrap_or_default()
}

impl HoldsBack for State {
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send_rest(cx)
    }
}

impl Readable for KernelStream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.borrow().socket.0.poll_readable(cx)
    }
}

impl AsyncRead for KernelStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let state = self.0.borrow();
        loop {
            let into = buf.initialize_unfilled();
            let receive = || state.socket.receive(&mut *into);
            let (kind, read) = ready!(state.socket.poll_io(Interest::READABLE, cx, receive))?;
            return Poll::Ready(match (kind, into.get(..read)) {
                (TlsGetRecordType::ApplicationData, _) => {
                    buf.advance(read);
                    Ok(())
                }
                // The end, as an empty read says it.
                (TlsGetRecordType::Alert, Some([_, 0])) => Ok(()),
                (TlsGetRecordType::Alert, Some([_, USER_CANCELED])) => continue,
                (TlsGetRecordType::Alert, _) => Err(io::ErrorKind::ConnectionAborted.into()),
                _ => Err(io::ErrorKind::Unsupported.into()),
            });
        }
    }
}

impl AsyncWrite for KernelStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_write(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_write(cx, bufs)
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
        ready!(state.poll_send_rest(cx))?;
        if !state.said_goodbye {
            let goodbye = || state.socket.say_goodbye();
            ready!(state.socket.poll_io(Interest::WRITABLE, cx, goodbye))?;
            state.said_goodbye = true;
        }
        Pin::new(&mut state.socket.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
