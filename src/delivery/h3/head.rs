//! An answer's head as it goes out.
use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use edgepack_h3::EncodeError;
use edgepack_h3::response::{write_data_header, write_head};
use http::header::DATE;
use http::{HeaderMap, HeaderValue, StatusCode};

thread_local! {
    /// The worker's date header, and the second since 1970 that it says.
    static DATE_NOW: RefCell<Option<(u64, HeaderValue)>> = const { RefCell::new(None) };
    /// Where the worker writes heads, whose length is known only afterwards.
    static HEAD: RefCell<BytesMut> = RefCell::new(BytesMut::new());
}

/// The HEADERS frame, and the header of a DATA frame of `length` bytes. `peer_limit`: the client's largest field
/// section.
pub(super) fn encode(
    status: StatusCode,
    headers: &HeaderMap,
    peer_limit: u64,
    length: Option<u64>,
) -> Result<Bytes, EncodeError> {
    HEAD.with_borrow_mut(|head| {
        head.clear();
        write_head(status, headers, peer_limit, head)?;
        if let Some(length) = length {
            write_data_header(length, head);
        }
        Ok(Bytes::copy_from_slice(head))
    })
}

/// RFC 9110, 6.6.1
pub(super) fn add_date(headers: &mut HeaderMap) {
    if headers.contains_key(DATE) {
        return;
    }
    let now = SystemTime::now();
    let second = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    DATE_NOW.with_borrow_mut(|written| {
        if written.as_ref().is_none_or(|(of, _)| *of != second) {
            let date = HeaderValue::try_from(httpdate::fmt_http_date(now));
            *written = date.ok().map(|date| (second, date));
        }
        if let Some((_, date)) = written {
            headers.insert(DATE, date.clone());
        }
    });
}
