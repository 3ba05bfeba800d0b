#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{IF_NONE_MATCH, IF_RANGE};
use http::{HeaderMap, HeaderName};

use super::*;
use crate::cache::Entry;
use crate::delivery::representation::CachePolicy;
use crate::delivery::{Content, Etag, PartIndex, Protocol, RequestBody, Sending, Source};
use crate::telemetry::CacheStatus;

const DATA: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

fn request(method: Method, headers: &[(HeaderName, &'static str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, HeaderValue::from_static(value));
    }
    Request {
        method,
        uri: "/".parse().unwrap(),
        headers: map,
        body: RequestBody(None),
        peer: ([127, 0, 0, 1], 1).into(),
        protocol: Protocol::Http1,
        secure: false,
        client_certificate: None,
        now: SystemTime::now(),
    }
}

fn of(content: Content) -> Representation {
    Representation {
        etag: Etag::from_digest(&[0xab]),
        last_modified: LastModified::at(UNIX_EPOCH + Duration::from_secs(784_903_526)),
        content_type: "video/mp4",
        encoding: None,
        cache: CachePolicy::Immutable,
        content,
    }
}

/// The entry in three chunks, and how often it was opened.
fn entry(length: Option<u64>) -> (Content, Rc<Cell<u32>>) {
    let opened = Rc::new(Cell::new(0));
    let count = Rc::clone(&opened);
    let content = Content::entry(length, move || async move {
        count.set(count.get() + 1);
        Ok(Entry::complete(vec![
            Bytes::from_static(&DATA[..5]),
            Bytes::from_static(&DATA[5..20]),
            Bytes::from_static(&DATA[20..]),
        ]))
    });
    (content, opened)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

fn answer(method: Method, headers: &[(HeaderName, &'static str)], content: Content) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let response = finish(&request(method, headers), of(content), Audience::Everybody)
            .await
            .unwrap();
        let (status, headers, mut outgoing) = response.into_parts();
        let mut body = Vec::new();
        while let Some(chunk) = outgoing.next().await {
            body.extend_from_slice(&chunk.unwrap());
        }
        Answer {
            status,
            headers,
            body,
        }
    })
}

fn get(headers: &[(HeaderName, &'static str)]) -> Answer {
    answer(Method::GET, headers, entry(Some(36)).0)
}

#[test]
fn the_whole_comes_with_its_validators() {
    for content in [
        entry(Some(36)).0,
        entry(None).0,
        Content::Bytes(Bytes::from_static(DATA)),
    ] {
        let answer = answer(Method::GET, &[], content);
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (StatusCode::OK, DATA)
        );
        assert_eq!(answer.headers[ETAG], "\"ab\"");
        assert_eq!(
            answer.headers[LAST_MODIFIED],
            "Tue, 15 Nov 1994 12:45:26 GMT"
        );
        assert_eq!(
            answer.headers[CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(answer.headers[ACCEPT_RANGES], "bytes");
        assert_eq!(answer.headers[CONTENT_LENGTH], "36");
        assert_eq!(answer.headers[CONTENT_TYPE], "video/mp4");
    }
}

#[test]
fn head_fills_nothing_when_the_length_is_known() {
    let (content, opened) = entry(Some(36));
    let head = answer(Method::HEAD, &[(RANGE, "bytes=0-1")], content);
    assert_eq!(
        (head.status, head.body.len(), opened.get()),
        (StatusCode::OK, 0, 0)
    );
    assert_eq!(head.headers[CONTENT_LENGTH], "36");

    let (content, opened) = entry(None);
    let head = answer(Method::HEAD, &[], content);
    assert_eq!(
        (
            head.headers[CONTENT_LENGTH].to_str().unwrap(),
            head.body.len(),
            opened.get()
        ),
        ("36", 0, 1)
    );
}

#[test]
fn a_known_tag_costs_no_content() {
    let (content, opened) = entry(None);
    let answer = answer(Method::GET, &[(IF_NONE_MATCH, "\"ab\"")], content);
    assert_eq!(
        (answer.status, answer.body.len(), opened.get()),
        (StatusCode::NOT_MODIFIED, 0, 0)
    );
    assert_eq!(answer.headers[ETAG], "\"ab\"");
    assert!(answer.headers.contains_key(CACHE_CONTROL));
    assert!(!answer.headers.contains_key(CONTENT_LENGTH));
}

#[test]
fn a_single_range_is_a_206() {
    for (range, expected, bytes) in [
        ("bytes=4-6", "bytes 4-6/36", &DATA[4..7]),
        ("bytes=30-", "bytes 30-35/36", &DATA[30..]),
        ("bytes=-1", "bytes 35-35/36", &DATA[35..]),
        ("bytes=0-", "bytes 0-35/36", DATA),
    ] {
        let answer = get(&[(RANGE, range)]);
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (StatusCode::PARTIAL_CONTENT, bytes),
            "{range}"
        );
        assert_eq!(answer.headers[CONTENT_RANGE], expected);
        assert_eq!(
            answer.headers[CONTENT_LENGTH],
            bytes.len().to_string().as_str()
        );
    }
}

#[test]
fn several_ranges_are_a_multipart() {
    let answer = get(&[(RANGE, "bytes=0-1,18-21,-1")]);
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(
        answer.headers[CONTENT_TYPE],
        "multipart/byteranges; boundary=edgepack-ab"
    );
    assert!(!answer.headers.contains_key(CONTENT_RANGE));
    assert_eq!(
        answer.headers[CONTENT_LENGTH],
        answer.body.len().to_string().as_str()
    );
    let part = |range: &str, bytes: &str| {
        format!(
            "--edgepack-ab\r\ncontent-type: video/mp4\r\ncontent-range: bytes {range}/36\r\n\r\n{bytes}\r\n"
        )
    };
    let expected =
        part("0-1", "01") + &part("18-21", "ijkl") + &part("35-35", "z") + "--edgepack-ab--\r\n";
    assert_eq!(String::from_utf8(answer.body).unwrap(), expected);
}

#[test]
fn what_is_not_there_is_a_416_that_names_the_length() {
    let (content, opened) = entry(Some(36));
    let known = answer(Method::GET, &[(RANGE, "bytes=36-")], content);
    assert_eq!(
        (known.status, opened.get()),
        (StatusCode::RANGE_NOT_SATISFIABLE, 0)
    );
    assert_eq!(known.headers[CONTENT_RANGE], "bytes */36");
    let unknown = answer(Method::GET, &[(RANGE, "bytes=36-")], entry(None).0);
    assert_eq!(unknown.status, StatusCode::RANGE_NOT_SATISFIABLE);
}

/// [`DATA`] in parts of ten bytes, and which were opened.
fn parts() -> (Content, Rc<RefCell<Vec<usize>>>) {
    let opened = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&opened);
    let index = PartIndex::new(DATA.chunks(10).map(|part| part.len() as u64)).unwrap();
    let content = Content::parts(Arc::new(index), move |part| {
        log.borrow_mut().push(part);
        let bytes = Bytes::from_static(DATA.chunks(10).nth(part).unwrap());
        std::future::ready(Ok(Source {
            entry: Entry::complete(vec![bytes]),
            cache: Some(CacheStatus::Miss),
        }))
    });
    (content, opened)
}

#[test]
fn a_file_of_parts_answers_from_its_index_what_needs_no_bytes() {
    for (method, headers, status) in [
        (Method::HEAD, vec![], StatusCode::OK),
        (
            Method::GET,
            vec![(IF_NONE_MATCH, "\"ab\"")],
            StatusCode::NOT_MODIFIED,
        ),
        (
            Method::GET,
            vec![(RANGE, "bytes=36-")],
            StatusCode::RANGE_NOT_SATISFIABLE,
        ),
    ] {
        let (content, opened) = parts();
        let answer = answer(method.clone(), &headers, content);
        assert_eq!(answer.status, status);
        if method == Method::HEAD {
            assert_eq!(answer.headers[CONTENT_LENGTH], "36");
            assert!(answer.body.is_empty());
        }
        assert!(opened.borrow().is_empty(), "{method} {status}");
    }
}

#[test]
fn a_file_of_parts_is_sent_like_one() {
    let (content, opened) = parts();
    let whole = answer(Method::GET, &[], content);
    assert_eq!(
        (whole.status, whole.body.as_slice()),
        (StatusCode::OK, DATA)
    );
    assert_eq!(whole.headers[CONTENT_LENGTH], "36");
    assert_eq!(whole.headers[CONTENT_TYPE], "video/mp4");
    assert!(!whole.headers.contains_key("cache-status"));
    assert_eq!(*opened.borrow(), [0, 1, 2, 3]);

    for (range, wanted, needed) in [
        ("bytes=12-18", 12..19, vec![1]),
        ("bytes=10-19", 10..20, vec![1]),
        ("bytes=19-20", 19..21, vec![1, 2]),
        ("bytes=-7", 29..36, vec![2, 3]),
        ("bytes=0-", 0..36, vec![0, 1, 2, 3]),
    ] {
        let (content, opened) = parts();
        let part = answer(Method::GET, &[(RANGE, range)], content);
        assert_eq!(
            (part.status, part.body.as_slice()),
            (StatusCode::PARTIAL_CONTENT, &DATA[wanted.clone()]),
            "{range}"
        );
        assert_eq!(
            part.headers[CONTENT_RANGE],
            format!("bytes {}-{}/36", wanted.start, wanted.end - 1)
        );
        assert_eq!(part.headers.contains_key("cache-status"), needed.len() == 1);
        assert_eq!(*opened.borrow(), needed, "{range}");
    }
}

#[test]
fn several_ranges_of_a_file_of_parts_are_the_same_multipart() {
    let ranges = [(RANGE, "bytes=0-1,18-21,-1")];
    let (content, opened) = parts();
    let of_parts = answer(Method::GET, &ranges, content);
    let of_one = get(&ranges);
    assert_eq!(of_parts.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(of_parts.body, of_one.body);
    assert_eq!(of_parts.headers, of_one.headers);
    assert_eq!(*opened.borrow(), [0, 1, 2, 3]);
}

#[test]
fn if_range_of_another_version_sends_the_whole() {
    assert_eq!(
        get(&[(RANGE, "bytes=0-1"), (IF_RANGE, "\"old\"")]).status,
        StatusCode::OK
    );
    assert_eq!(
        get(&[(RANGE, "bytes=0-1"), (IF_RANGE, "\"ab\"")]).status,
        StatusCode::PARTIAL_CONTENT
    );
}

#[test]
fn a_fill_that_fails_is_an_honest_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let content = Content::entry(Some(36), || async {
        let (entry, filler) = Entry::filling();
        filler.fail(Fault::unavailable(
            "source-changed",
            "The file was replaced.",
            1,
        ));
        Ok(entry)
    });
    let fault = runtime
        .block_on(finish(
            &request(Method::GET, &[]),
            of(content),
            Audience::Everybody,
        ))
        .unwrap_err();
    assert_eq!(fault.code, "source-changed");
}

#[test]
fn what_grows_goes_out_while_it_grows() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (entry, mut filler) = Entry::filling();
        let content = Content::Entry {
            length: None,
            sending: Sending::AsItGrows,
            open: Box::new(move || Box::pin(async move { Ok(entry.into()) })),
        };
        filler.push(Bytes::from_static(b"first"));
        let response = finish(&request(Method::GET, &[]), of(content), Audience::Everybody)
            .await
            .unwrap();
        let (_, headers, mut outgoing) = response.into_parts();
        assert!(!headers.contains_key(CONTENT_LENGTH));
        assert_eq!(outgoing.next().await.unwrap().unwrap(), "first");
        filler.push(Bytes::from_static(b"last"));
        filler.finish();
        assert_eq!(outgoing.next().await.unwrap().unwrap(), "last");
        assert!(outgoing.next().await.is_none());
    });
}

#[test]
fn a_token_bearers_answer_is_for_no_shared_cache() {
    for policy in [
        CachePolicy::Immutable,
        CachePolicy::Manifest { max_age_s: 2 },
    ] {
        assert!(
            policy
                .header(Audience::TokenBearer)
                .to_str()
                .unwrap()
                .starts_with("private, max-age=")
        );
        assert!(
            policy
                .header(Audience::Everybody)
                .to_str()
                .unwrap()
                .starts_with("public, max-age=")
        );
    }
}
