//! From field lines to a request (RFC 9114, 4.2 and 4.3).
use http::header::{CONTENT_LENGTH, COOKIE, HOST};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use crate::response::is_connection_specific;
use crate::{Error, Malformed};

pub(super) struct Head {
    pub(super) request: Request<()>,
    pub(super) content_length: Option<u64>,
}

#[derive(Default)]
pub(super) struct HeadBuilder {
    method: Option<Method>,
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    path: Option<PathAndQuery>,
    /// `OPTIONS *`
    asterisk: bool,
    headers: HeaderMap,
    /// Crumbs, joined by `"; "` (4.2.1).
    cookie: Option<Vec<u8>>,
}

impl HeadBuilder {
    pub(super) fn line(
        &mut self,
        name: &[u8],
        value: &[u8],
        secret: bool,
    ) -> Result<(), Malformed> {
        if let Some(pseudo) = name.strip_prefix(b":") {
            if !self.headers.is_empty() || self.cookie.is_some() {
                return Err(Malformed::PseudoHeaderOrder);
            }
            return self.pseudo_header(pseudo, value);
        }
        let name = field_name(name)?;
        let value = field_value(&name, value, secret)?;
        if name == COOKIE {
            match &mut self.cookie {
                Some(cookie) => {
                    cookie.extend_from_slice(b"; ");
                    cookie.extend_from_slice(value.as_bytes());
                }
                None => self.cookie = Some(value.as_bytes().to_vec()),
            }
            return Ok(());
        }
        append(&mut self.headers, name, value)
    }

    pub(super) fn finish(mut self) -> Result<Head, Error> {
        let method = self
            .method
            .ok_or(Malformed::MissingPseudoHeader(":method"))?;
        if method == Method::CONNECT {
            if self.scheme.is_some() {
                return Err(Malformed::ConnectWith(":scheme").into());
            }
            if self.path.is_some() {
                return Err(Malformed::ConnectWith(":path").into());
            }
            self.authority
                .ok_or(Malformed::MissingPseudoHeader(":authority"))?;
            return Err(Error::Connect);
        }
        let scheme = self
            .scheme
            .ok_or(Malformed::MissingPseudoHeader(":scheme"))?;
        let path = self.path.ok_or(Malformed::MissingPseudoHeader(":path"))?;
        if self.asterisk && method != Method::OPTIONS {
            return Err(Malformed::InvalidPseudoHeader(":path").into());
        }
        let authority = agreed_authority(self.authority, &self.headers)?;
        let content_length = content_length(&self.headers)?;
        if let Some(cookie) = self.cookie {
            let cookie = HeaderValue::try_from(cookie).map_err(|_| Malformed::FieldValue)?;
            append(&mut self.headers, COOKIE, cookie)?;
        }

        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(scheme);
        parts.authority = Some(authority);
        parts.path_and_query = Some(path);
        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() =
            Uri::from_parts(parts).map_err(|_| Malformed::InvalidPseudoHeader(":path"))?;
        *request.version_mut() = Version::HTTP_3;
        *request.headers_mut() = self.headers;
        Ok(Head {
            request,
            content_length,
        })
    }

    fn pseudo_header(&mut self, name: &[u8], value: &[u8]) -> Result<(), Malformed> {
        match name {
            b"method" => set_once(&mut self.method, || {
                Method::from_bytes(value).map_err(|_| Malformed::InvalidPseudoHeader(":method"))
            }),
            b"scheme" => set_once(&mut self.scheme, || {
                scheme(value).ok_or(Malformed::InvalidPseudoHeader(":scheme"))
            }),
            b"authority" => set_once(&mut self.authority, || {
                authority(value).ok_or(Malformed::InvalidPseudoHeader(":authority"))
            }),
            b"path" => {
                self.asterisk = value == b"*";
                set_once(&mut self.path, || {
                    path(value).ok_or(Malformed::InvalidPseudoHeader(":path"))
                })
            }
            // `:protocol` too: extended CONNECT is not announced.
            _ => Err(Malformed::UndefinedPseudoHeader),
        }
    }
}

#[derive(Default)]
pub(super) struct TrailersBuilder {
    trailers: HeaderMap,
}

impl TrailersBuilder {
    pub(super) fn line(
        &mut self,
        name: &[u8],
        value: &[u8],
        secret: bool,
    ) -> Result<(), Malformed> {
        if name.starts_with(b":") {
            return Err(Malformed::PseudoHeaderInTrailers);
        }
        let name = field_name(name)?;
        let value = field_value(&name, value, secret)?;
        append(&mut self.trailers, name, value)
    }

    pub(super) fn finish(self) -> HeaderMap {
        self.trailers
    }
}

fn set_once<T>(
    slot: &mut Option<T>,
    parse: impl FnOnce() -> Result<T, Malformed>,
) -> Result<(), Malformed> {
    if slot.is_some() {
        return Err(Malformed::DuplicatePseudoHeader);
    }
    *slot = Some(parse()?);
    Ok(())
}

/// A token in lower case (4.2) that does not speak of a connection.
fn field_name(name: &[u8]) -> Result<HeaderName, Malformed> {
    let name = HeaderName::from_lowercase(name).map_err(|_| Malformed::FieldName)?;
    if is_connection_specific(name.as_str()) {
        return Err(Malformed::ConnectionSpecific);
    }
    Ok(name)
}

/// Visible characters, with spaces and tabs only between them (RFC 9110, 5.5).
fn field_value(name: &HeaderName, value: &[u8], secret: bool) -> Result<HeaderValue, Malformed> {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    if blank(value.first()) || blank(value.last()) {
        return Err(Malformed::FieldValue);
    }
    if name == http::header::TE && value != b"trailers" {
        return Err(Malformed::Te);
    }
    let mut value = HeaderValue::from_bytes(value).map_err(|_| Malformed::FieldValue)?;
    value.set_sensitive(secret);
    Ok(value)
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) -> Result<(), Malformed> {
    headers
        .try_append(name, value)
        .map_err(|_| Malformed::FieldName)?;
    Ok(())
}

/// A letter, then letters, digits, `+`, `-`, `.` (RFC 3986, 3.1).
fn scheme(value: &[u8]) -> Option<Scheme> {
    value.first().filter(|first| first.is_ascii_alphabetic())?;
    Scheme::try_from(value).ok()
}

/// Host and port; never user information, which `http` and `https` do not have (4.3.1).
fn authority(value: &[u8]) -> Option<Authority> {
    if value.is_empty() || value.contains(&b'@') {
        return None;
    }
    Authority::try_from(value).ok()
}

/// Begins with `/`, or is `*` alone; has no fragment, which would not be sent (4.3.1).
fn path(value: &[u8]) -> Option<PathAndQuery> {
    let absolute = value.first() == Some(&b'/');
    if value.contains(&b'#') || !(absolute || value == b"*") {
        return None;
    }
    PathAndQuery::try_from(value).ok()
}

/// `:authority` and `host` are each other's stand-in, and equal where both are given (4.3.1).
fn agreed_authority(
    pseudo: Option<Authority>,
    headers: &HeaderMap,
) -> Result<Authority, Malformed> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(Malformed::Host);
    }
    match (pseudo, host) {
        (Some(pseudo), Some(host)) => {
            if pseudo.as_str().as_bytes() == host.as_bytes() {
                Ok(pseudo)
            } else {
                Err(Malformed::HostMismatch)
            }
        }
        (Some(pseudo), None) => Ok(pseudo),
        (None, Some(host)) => authority(host.as_bytes()).ok_or(Malformed::Host),
        (None, None) => Err(Malformed::MissingAuthority),
    }
}

/// Decimal digits; where given more than once, the same (RFC 9110, 8.6).
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Malformed> {
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        let digits = value.as_bytes();
        let parsed = std::str::from_utf8(digits)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse::<u64>().ok())
            .ok_or(Malformed::ContentLength)?;
        if length.is_some_and(|before| before != parsed) {
            return Err(Malformed::ContentLength);
        }
        length = Some(parsed);
    }
    Ok(length)
}
