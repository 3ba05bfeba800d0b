use super::*;
use crate::config::Secret;

#[test]
fn tracks_are_pushed_below_the_publishing_point_with_its_query() {
    let url = "http://origin2.example:8080/live/news/ingest/?token=s3cret";
    let config = Republish::new("second".into(), Secret::new(url.into()));
    let point = PublishingPoint::new(&config).unwrap();
    let request = point.request("v180.cmfv", "video/mp4", ()).unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(
        request.uri(),
        "/live/news/ingest/Streams(v180.cmfv)?token=s3cret"
    );
    assert_eq!(request.headers()[HOST], "origin2.example:8080");
    assert_eq!((point.host.as_str(), point.port), ("origin2.example", 8080));
}

#[test]
fn what_is_secret_is_not_shown() {
    let url = "http://origin2.example/ingest?token=s3cret";
    let config = Republish {
        authorization: Some(Secret::new("Bearer s3cret".into())),
        ..Republish::new("second".into(), Secret::new(url.into()))
    };
    let point = PublishingPoint::new(&config).unwrap();
    let request = point.request("a.cmfa", "audio/mp4", ()).unwrap();
    assert!(request.headers()[AUTHORIZATION].is_sensitive());
    assert!(!format!("{config:?} {point:?}").contains("s3cret"));
}
