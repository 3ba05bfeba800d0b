//! TLS by the kernel: after the handshake it seals and opens the records.
//!
//! Which ciphers it takes it is asked once. A connection whose handshake is over then gives it the keys, if
//! it speaks TLS 1.3 with one of these; every other stays with the TLS library.
use std::io;
use std::net::{TcpListener, TcpStream as StdStream};

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{TcpTlsRx, TcpTlsTx, TcpUlp, TlsCryptoInfo};
use rustls::{CipherSuite, ConnectionTrafficSecrets, ProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::records::Records;

mod stream;

pub(super) use stream::KernelStream;

/// RFC 8446, 4.2.1.
const TLS_1_3: u16 = 0x0304;

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

#[cfg(test)]
mod tests;
