//! TLS by the kernel: after the handshake it seals and opens the records.
//!
//! What is written goes from the cache's buffers through one call into the kernel, which encrypts as it
//! copies. What is read arrives opened; alerts and handshake messages come apart from the content, as
//! control messages. A client's key update (RFC 8446, 4.6.3) cannot be followed: Linux takes one set of keys
//! per connection. Such a connection ends.
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{TcpListener, TcpStream as StdStream};
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use nix::sys::socket::sockopt::{TcpTlsRx, TcpTlsTx, TcpUlp, TlsCryptoInfo};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, TlsGetRecordType, recvmsg, setsockopt};
use rustls::{CipherSuite, ConnectionTrafficSecrets, ProtocolVersion};
use socket2::{MsgHdr, SockRef};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::records::Records;
use super::transport::Readable;

/// RFC 8446, 4.2.1.
const TLS_1_3: u16 = 0x0304;
/// Bytes of content in a record (RFC 8446, 5.1).
const RECORD: u64 = 16 * 1024;
/// Records under one key, well below what AES-GCM bears (RFC 8446, 5.5): 128 GiB. Then the connection ends.
const RECORDS_MAX: u64 = 1 << 23;
const ALERT: u8 = 21;
/// A warning: close_notify (RFC 8446, 6.1).
const CLOSE_NOTIFY: [u8; 2] = [1, 0];

/// The ciphers of TLS 1.3 that the kernel takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelTls {
    aes_128_gcm: bool,
    aes_256_gcm: bool,
    chacha20_poly1305: bool,
}

impl KernelTls {
    /// Asks the kernel, with a connection from the process to itself.
    ///
    /// # Errors
    /// Why it takes none.
    pub fn probe() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let taken = |info: TlsCryptoInfo| -> io::Result<()> {
            let _client = StdStream::connect(listener.local_addr()?)?;
            let (stream, _) = listener.accept()?;
            setsockopt(&stream, TcpUlp::default(), b"tls")?;
            setsockopt(&stream, TcpTlsTx, &info)?;
            setsockopt(&stream, TcpTlsRx, &info)?;
            Ok(())
        };
        let aes_128_gcm = taken(aes_128_gcm([0; 16], [0; 12], 0));
        let found = Self {
            aes_128_gcm: aes_128_gcm.is_ok(),
            aes_256_gcm: taken(aes_256_gcm([0; 32], [0; 12], 0)).is_ok(),
            chacha20_poly1305: taken(chacha20_poly1305([0; 32], [0; 12], 0)).is_ok(),
        };
        if found.aes_256_gcm || found.chacha20_poly1305 {
            return Ok(found);
        }
        aes_128_gcm.map(|()| found)
    }

    fn takes(self, suite: CipherSuite) -> bool {
        match suite {
            CipherSuite::TLS13_AES_128_GCM_SHA256 => self.aes_128_gcm,
            CipherSuite::TLS13_AES_256_GCM_SHA384 => self.aes_256_gcm,
            CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => self.chacha20_poly1305,
            _ => false,
        }
    }

    /// Whether the connection can be given to the kernel.
    pub(super) fn fits(self, stream: &TlsStream<Records>) -> bool {
        let (records, tls) = stream.get_ref();
        tls.protocol_version() == Some(ProtocolVersion::TLSv1_3)
            && tls
                .negotiated_cipher_suite()
                .is_some_and(|suite| self.takes(suite.suite()))
            && records.is_between()
            // Nothing to send, nothing opened.
            && !tls.wants_write()
            && tls.wants_read()
    }
}

/// Attaches the kernel's TLS to a socket, which goes on as before until it is given keys.
pub(super) fn attach(stream: &TcpStream) -> io::Result<()> {
    Ok(setsockopt(stream, TcpUlp::default(), b"tls")?)
}

fn aes_128_gcm(key: [u8; 16], iv: [u8; 12], sequence: u64) -> TlsCryptoInfo {
    let (salt, iv) = halves(iv);
    TlsCryptoInfo::Aes128Gcm(libc::tls12_crypto_info_aes_gcm_128 {
        info: of_type(libc::TLS_CIPHER_AES_GCM_128),
        iv,
        key,
        salt,
        rec_seq: sequence.to_be_bytes(),
    })
}

fn aes_256_gcm(key: [u8; 32], iv: [u8; 12], sequence: u64) -> TlsCryptoInfo {
    let (salt, iv) = halves(iv);
    TlsCryptoInfo::Aes256Gcm(libc::tls12_crypto_info_aes_gcm_256 {
        info: of_type(libc::TLS_CIPHER_AES_GCM_256),
        iv,
        key,
        salt,
        rec_seq: sequence.to_be_bytes(),
    })
}

fn chacha20_poly1305(key: [u8; 32], iv: [u8; 12], sequence: u64) -> TlsCryptoInfo {
    TlsCryptoInfo::Chacha20Poly1305(libc::tls12_crypto_info_chacha20_poly1305 {
        info: of_type(libc::TLS_CIPHER_CHACHA20_POLY1305),
        iv,
        key,
        salt: [],
        rec_seq: sequence.to_be_bytes(),
    })
}

fn of_type(cipher_type: u16) -> libc::tls_crypto_info {
    libc::tls_crypto_info {
        version: TLS_1_3,
        cipher_type,
    }
}

/// The kernel calls the first four bytes of the IV its salt.
fn halves([a, b, c, d, iv @ ..]: [u8; 12]) -> ([u8; 4], [u8; 8]) {
    ([a, b, c, d], iv)
}

fn keys((sequence, secrets): (u64, ConnectionTrafficSecrets)) -> io::Result<TlsCryptoInfo> {
    fn sized<const N: usize>(bytes: &[u8]) -> io::Result<[u8; N]> {
        bytes.try_into().map_err(io::Error::other)
    }
    match secrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv } => Ok(aes_128_gcm(
            sized(key.as_ref())?,
            sized(iv.as_ref())?,
            sequence,
        )),
        ConnectionTrafficSecrets::Aes256Gcm { key, iv } => Ok(aes_256_gcm(
            sized(key.as_ref())?,
            sized(iv.as_ref())?,
            sequence,
        )),
        ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => Ok(chacha20_poly1305(
            sized(key.as_ref())?,
            sized(iv.as_ref())?,
            sequence,
        )),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// A connection past its handshake, whose records are the kernel's.
#[derive(Debug)]
pub(super) struct KernelStream {
    stream: TcpStream,
    /// Sealed, at most.
    records: u64,
    /// close_notify is sent.
    said_goodbye: bool,
}

impl KernelStream {
    /// Gives the kernel the keys. `stream` [fits](KernelTls::fits), and is [attached](attach).
    ///
    /// # Errors
    /// Of the system: the connection is lost, because its keys left the TLS library.
    pub(super) fn take(stream: TlsStream<Records>) -> io::Result<Self> {
        let (records, tls) = stream.into_inner();
        let secrets = tls.dangerous_extract_secrets().map_err(io::Error::other)?;
        let stream = records.into_stream();
        setsockopt(&stream, TcpTlsTx, &keys(secrets.tx)?)?;
        setsockopt(&stream, TcpTlsRx, &keys(secrets.rx)?)?;
        Ok(Self {
            stream,
            records: 0,
            said_goodbye: false,
        })
    }

    fn poll_io<T>(
        &self,
        interest: Interest,
        cx: &mut Context<'_>,
        mut call: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        // Only a call that would block says that the socket is done: the kernel hands records out one by one.
        loop {
            if interest.is_readable() {
                ready!(self.stream.poll_read_ready(cx))?;
            } else {
                ready!(self.stream.poll_write_ready(cx))?;
            }
            match self.stream.try_io(interest, &mut call) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    /// Of one type of record as much as fits. Content, if the kernel does not say otherwise.
    fn receive(&self, into: &mut [u8]) -> io::Result<(TlsGetRecordType, usize)> {
        let mut control = nix::cmsg_space!(u8);
        let mut into = [IoSliceMut::new(into)];
        let fd = self.stream.as_raw_fd();
        let message = recvmsg::<()>(fd, &mut into, Some(&mut control), MsgFlags::empty())?;
        let mut kind = TlsGetRecordType::ApplicationData;
        for said in message.cmsgs()? {
            if let ControlMessageOwned::TlsGetRecordType(said) = said {
                kind = said;
            }
        }
        Ok((kind, message.bytes))
    }

    fn say_goodbye(&self) -> io::Result<usize> {
        // struct cmsghdr (cmsg(3)): length, level, type; then the type of record, and padding.
        const LENGTH: usize = size_of::<libc::cmsghdr>() + 1;
        let mut control = Vec::with_capacity(24);
        control.extend(LENGTH.to_ne_bytes());
        control.extend(libc::SOL_TLS.to_ne_bytes());
        control.extend(libc::TLS_SET_RECORD_TYPE.to_ne_bytes());
        control.push(ALERT);
        control.resize(24, 0);
        let content = [IoSlice::new(&CLOSE_NOTIFY)];
        let message = MsgHdr::new().with_buffers(&content).with_control(&control);
        SockRef::from(&self.stream).sendmsg(&message, libc::MSG_NOSIGNAL)
    }
}

impl Readable for KernelStream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_readable(cx)
    }
}

impl AsyncRead for KernelStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let into = buf.initialize_unfilled();
        let (kind, read) =
            ready!(self.poll_io(Interest::READABLE, cx, || self.receive(&mut *into)))?;
        match (kind, into.get(..read)) {
            (TlsGetRecordType::ApplicationData, _) => buf.advance(read),
            // The end, as an empty read says it.
            (TlsGetRecordType::Alert, Some([_, 0])) => {}
            (TlsGetRecordType::Alert, _) => {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
            _ => return Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for KernelStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.records >= RECORDS_MAX {
            return Poll::Ready(Err(io::Error::other("the connection's keys are used up")));
        }
        let socket = SockRef::from(&self.stream);
        let sent = ready!(self.poll_io(Interest::WRITABLE, cx, || {
            socket.send_vectored_with_flags(bufs, libc::MSG_NOSIGNAL)
        }))?;
        self.records += sent as u64 / RECORD + 1;
        Poll::Ready(Ok(sent))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.said_goodbye {
            ready!(self.poll_io(Interest::WRITABLE, cx, || self.say_goodbye()))?;
            self.said_goodbye = true;
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
