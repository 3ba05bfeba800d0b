#![allow(clippy::unwrap_used)]
use super::*;

#[test]
fn an_order_needs_a_stretch_and_a_plain_file_name() {
    let wanted = Order {
        start_ms: 1000,
        end_ms: 2500,
        name: "evening.mp4".to_owned(),
    };
    assert_eq!(order("start=1&end=2.5&to=evening"), Ok(wanted.clone()));
    let written_out = "start=1970-01-01T00%3A00%3A01Z&end=2.5&to=evening.mp4";
    assert_eq!(order(written_out), Ok(wanted));
    for wrong in [
        "end=2&to=a",
        "start=1&to=a",
        "start=1&end=2",
        "start=2&end=2&to=a",
        "start=1&end=2&to=../a",
        "start=1&end=2&to=.a",
        "start=1&end=2&to=.mp4",
        "start=1&end=2&to=a%2Fb",
        "start=1&end=2&to=a&what=b",
    ] {
        assert!(order(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_path_names_the_channel() {
    assert_eq!(channel("/channels/live/news/harvest"), Some("/live/news"));
    assert_eq!(channel("/channels/harvest"), None);
    assert_eq!(channel("/channels/live/news"), None);
}

#[tokio::test]
async fn films_are_asked_for_with_post_and_of_a_channel() {
    let plain = HeaderMap::new();
    let get = answer("/live/news", &Method::GET, &plain, "", None).await;
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(get.headers()[ALLOW], "POST");
    let query = "start=1&end=2&to=a";
    let none = answer("/live/news", &Method::POST, &plain, query, None).await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
    let page = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("http://a.example"))]);
    let forged = answer("/live/news", &Method::POST, &page, query, None).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
}
