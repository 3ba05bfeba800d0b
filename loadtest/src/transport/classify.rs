//! Which class a fault of the network, of TLS or of HTTP belongs to.
use std::error::Error;
use std::io;

use super::Failure;
use crate::outcome::ErrorClass;

/// `whole`: of a body whose length was announced.
pub(super) fn hyper(error: &hyper::Error, in_body: bool, announced: bool) -> Failure {
    let class = match find(error) {
        Some(Cause::Tls) => ErrorClass::Tls,
        Some(Cause::Io(io::ErrorKind::UnexpectedEof)) if in_body => ErrorClass::Length,
        Some(Cause::TimedOut) => ErrorClass::Timeout,
        // RFC 9113, 8.1.1: DATA that does not add up to the length is a stream error of this kind.
        Some(Cause::Http2Protocol) if in_body && announced => ErrorClass::Length,
        Some(_) => ErrorClass::Reset,
        None if error.is_parse() => ErrorClass::Unreadable,
        None => ErrorClass::Reset,
    };
    Failure::new(class, chain(error))
}

/// Of a connection that is being made.
pub(super) fn connecting(error: &io::Error) -> Failure {
    let class = match find(error) {
        Some(Cause::Tls) => ErrorClass::Tls,
        Some(Cause::TimedOut) => ErrorClass::Timeout,
        _ => ErrorClass::Connect,
    };
    Failure::new(class, chain(error))
}

/// Of an established or nascent QUIC connection.
pub(super) fn quic(error: &quinn::ConnectionError, established: bool) -> Failure {
    use quinn::ConnectionError as E;
    // RFC 9001, 4.8: alerts of TLS are the codes 0x100 to 0x1ff.
    let tls = |code: u64| (0x100..0x200).contains(&code);
    let class = match error {
        E::TimedOut => ErrorClass::Timeout,
        E::TransportError(error) if tls(error.code.into()) => ErrorClass::Tls,
        E::ConnectionClosed(close) if tls(close.error_code.into()) => ErrorClass::Tls,
        _ if established => ErrorClass::Reset,
        _ => ErrorClass::Connect,
    };
    Failure::new(class, chain(error))
}

/// An error with its causes, as a sentence.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

enum Cause {
    Tls,
    TimedOut,
    Io(io::ErrorKind),
    Http2Protocol,
    Http2,
}

fn find(error: &(dyn Error + 'static)) -> Option<Cause> {
    let mut next = Some(error);
    let mut found = None;
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return Some(Cause::Tls);
        }
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            let protocol = error.is_library() && error.reason() == Some(h2::Reason::PROTOCOL_ERROR);
            found = Some(match protocol {
                true => Cause::Http2Protocol,
                false => Cause::Http2,
            });
        }
        if let Some(io) = error.downcast_ref::<io::Error>() {
            if io
                .get_ref()
                .is_some_and(|inner| inner.is::<rustls::Error>())
            {
                return Some(Cause::Tls);
            }
            found = Some(match io.kind() {
                io::ErrorKind::TimedOut => Cause::TimedOut,
                kind => Cause::Io(kind),
            });
        }
        next = error.source();
    }
    found
}
