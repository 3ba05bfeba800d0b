//! HTTP/3 as clients see it: the `h3` crate where they behave, bare QUIC streams where they do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#[path = "h3_client/early.rs"]
mod early;
#[path = "h3_client/floods.rs"]
mod floods;
#[path = "h3_client/lifecycle.rs"]
mod lifecycle;
#[path = "h3_client/migration.rs"]
mod migration;
#[path = "h3_client/priorities.rs"]
mod priorities;
#[path = "h3_client/support.rs"]
mod support;
#[path = "h3_client/violations.rs"]
mod violations;

use bytes::Bytes;
use edgepack::delivery::h3::Options;
use edgepack_h3::Code;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use support::*;

#[test]
fn get_head_and_empty_answers() {
    with_server(Options::default(), async |server| {
        let client = server.client().await;
        let answer = client.fetch(get("/hello")).await.unwrap();
        assert_eq!(answer.head.status(), StatusCode::OK);
        assert_eq!(answer.head.headers()["content-type"], "text/plain");
        assert_eq!(answer.head.headers()["content-length"], "5");
        assert_eq!(answer.head.headers()["server"], "edgepack");
        assert!(httpdate::parse_http_date(answer.head.headers()["date"].to_str().unwrap()).is_ok());
        assert_eq!(answer.body, "hello");

        let mut head = get("/head");
        *head.method_mut() = Method::HEAD;
        let answer = client.fetch(head).await.unwrap();
        assert_eq!(answer.head.headers()["content-length"], "123");
        assert!(answer.body.is_empty());

        let answer = client.fetch(get("/no-content")).await.unwrap();
        assert_eq!(answer.head.status(), StatusCode::NO_CONTENT);
        assert!(answer.body.is_empty());
    });
}

#[test]
fn many_streams_at_once_each_get_their_own() {
    with_server(Options::default(), async |server| {
        let client = server.client().await;
        let answers = join_all((0..60).map(|n| {
            let client = &client;
            async move { client.fetch(get(&format!("/number/{n}"))).await.unwrap() }
        }))
        .await;
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(answer.body, format!("/number/{n}"));
        }
    });
}

#[test]
fn more_streams_than_may_be_handled_at_once_wait_their_turn() {
    let options = Options {
        max_concurrent_requests: 2,
        ..Options::default()
    };
    with_server(options, async |server| {
        let client = server.client().await;
        let fetches = (0..30).map(|n| client.fetch(get(&format!("/{n}"))));
        assert!(join_all(fetches).await.iter().all(Result::is_ok));
    });
}

#[test]
fn five_megabytes_arrive_as_they_are() {
    with_server(Options::default(), async |server| {
        let client = server.client().await;
        let media = media();
        let answers = join_all([(); 3].map(|()| client.fetch(get("/media")))).await;
        for answer in answers {
            let answer = answer.unwrap();
            assert_eq!(answer.head.headers()["content-length"], "5242880");
            assert!(answer.body == media);
        }
    });
}

#[test]
fn a_growing_body_arrives_while_it_grows() {
    with_server(Options::default(), async |server| {
        let client = server.client().await;
        let mut stream = client
            .send
            .clone()
            .send_request(get("/growing"))
            .await
            .unwrap();
        stream.finish().await.unwrap();
        server.handler.begun.notified().await;
        let mut filler = server.handler.filler.take().unwrap();
        let head = stream.recv_response().await.unwrap();
        assert!(!head.headers().contains_key("content-length"));
        for part in ["moof", "mdat"] {
            filler.push(Bytes::from(part));
            let mut data = stream.recv_data().await.unwrap().unwrap();
            assert_eq!(bytes::Buf::copy_to_bytes(&mut data, 4), part);
        }
        filler.finish();
        assert!(stream.recv_data().await.unwrap().is_none());
    });
}

#[test]
fn a_body_that_fails_is_reset_and_never_looks_whole() {
    with_server(Options::default(), async |server| {
        let quic = server.quic().await.unwrap();
        let error = raw_request(&quic, &raw_get("/breaks"), true)
            .await
            .unwrap_err();
        assert_eq!(reset_code(&error), Code::INTERNAL_ERROR.value());
        // A fill that is given up ends the same way.
        let growing = raw_get("/growing");
        let (answered, ()) = tokio::join!(raw_request(&quic, &growing, true), async {
            server.handler.begun.notified().await;
            drop(server.handler.filler.take());
        });
        assert_eq!(
            reset_code(&answered.unwrap_err()),
            Code::INTERNAL_ERROR.value()
        );
    });
}

#[test]
fn a_file_of_parts_arrives_whole_or_not_at_all() {
    with_server(Options::default(), async |server| {
        let client = server.client().await;
        let media = media();
        let answer = client.fetch(get("/parts")).await.unwrap();
        assert_eq!(answer.head.headers()["content-length"], "5242880");
        assert!(answer.body == media);
        let mut ranged = get("/parts");
        let range = http::HeaderValue::from_static("bytes=699999-1400000");
        ranged.headers_mut().insert("range", range);
        let answer = client.fetch(ranged).await.unwrap();
        assert_eq!(answer.head.status(), StatusCode::PARTIAL_CONTENT);
        assert!(answer.body == media[699_999..1_400_001]);

        let quic = server.quic().await.unwrap();
        let broken = raw_request(&quic, &raw_get("/parts-broken"), true).await;
        assert_eq!(
            reset_code(&broken.unwrap_err()),
            Code::INTERNAL_ERROR.value()
        );
    });
}

#[test]
fn a_posted_body_reaches_the_handler_within_its_limit() {
    let options = Options {
        max_request_body: 100_000,
        ..Options::default()
    };
    with_server(options, async |server| {
        let client = server.client().await;
        let post = || {
            http::Request::post("https://localhost/echo")
                .body(())
                .unwrap()
        };
        let body = media().slice(..100_000);
        let answer = client.send_body(post(), body.clone()).await.unwrap();
        assert!(answer.body == body);

        let mut declared = post();
        declared
            .headers_mut()
            .insert("content-length", 100_000.into());
        let answer = client.send_body(declared, body).await.unwrap();
        assert_eq!(answer.body.len(), 100_000);

        let answer = client.send_body(post(), media().slice(..100_001)).await;
        assert_eq!(answer.unwrap().head.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let answer = client.fetch(post()).await.unwrap();
        assert!(answer.body.is_empty());
    });
}

#[test]
fn a_panic_in_the_core_costs_one_response() {
    with_server(Options::default(), async |server| {
        let quic = server.quic().await.unwrap();
        let error = raw_request(&quic, &raw_get("/panics"), true)
            .await
            .unwrap_err();
        assert_eq!(reset_code(&error), Code::INTERNAL_ERROR.value());
        assert!(raw_request(&quic, &raw_get("/hello"), true).await.is_ok());
    });
}
