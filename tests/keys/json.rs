//! Plain JSON.
use edgepack::config::KeyProvider;
use edgepack::keys::{KeyError, KeyRequest, KeyStore};

use crate::server::{json_key, json_kid};
use crate::support::{SERVER, get, request, server, store, unique};

fn store_of(path: &str, post: bool) -> KeyStore {
    let url = format!("http://127.0.0.1:{}/json/{path}", SERVER.plain);
    store(KeyProvider::Http {
        server: server(url),
        post,
    })
}

fn assert_keys(
    store: &KeyStore,
    request: &KeyRequest,
    path: &str,
    period: fn(u32) -> Option<String>,
) {
    let set = get(store, request).unwrap();
    assert_eq!(
        set.records().count(),
        request.labels.len() * request.periods.len()
    );
    for (label, at, record) in set.records() {
        let kid = json_kid(path, label, period(at).as_deref());
        assert_eq!(
            (record.key.kid.0, *record.key.expose()),
            (kid, json_key(kid)),
            "{label} {at}"
        );
    }
}

#[test]
fn labels_are_asked_for_together_or_each_for_itself() {
    let film = request("films/one two");
    let path = "films/one%20two";
    assert_keys(
        &store_of("valid/{content}?labels={labels}", false),
        &film,
        path,
        |_| None,
    );
    assert_keys(
        &store_of("valid/{content}?label={label}", false),
        &film,
        path,
        |_| None,
    );
    assert_keys(&store_of("valid/{content}", true), &film, path, |_| None);
}

#[test]
fn crypto_periods_are_asked_for_each_for_itself() {
    let content = unique("valid");
    let rotated = KeyRequest {
        periods: 2..40,
        ..request(&content)
    };
    let connections = SERVER.count("connections");
    let store = store_of("valid/{content}?label={label}&period={period}", false);
    assert_keys(&store, &rotated, &content, |period| {
        Some(period.to_string())
    });
    assert_eq!(SERVER.count(&format!("valid/{content}")), 2 * 38);
    // Eight of the store's, kept alive; the tests beside this one have theirs.
    let made = SERVER.count("connections") - connections;
    assert!(made < 60, "{made} connections for 76 requests");
}

#[test]
fn one_key_for_all_periods_is_taken_for_each() {
    let rotated = KeyRequest {
        periods: 0..3,
        ..request("film")
    };
    assert_keys(
        &store_of("valid/{content}?labels={labels}", false),
        &rotated,
        "film",
        |_| None,
    );
}

#[test]
fn failures_and_lies_are_told_apart() {
    let error = |mode: &str| {
        let store = store_of(&format!("{mode}/{{content}}?labels={{labels}}"), false);
        get(&store, &request(&unique(mode))).unwrap_err()
    };
    assert_eq!(error("failing"), KeyError::Failed(500));
    assert_eq!(error("unknown"), KeyError::Unknown(404));
    assert_eq!(error("redirect"), KeyError::Refused(302));
    assert!(matches!(error("reset"), KeyError::Unreachable(_)));
    for mode in ["html", "huge", "huge-said", "deep", "bomb"] {
        assert!(matches!(error(mode), KeyError::Wrong(_)), "{mode}");
    }
    let none = get(&store_of("valid/{content}", false), &request("film")).unwrap_err();
    assert!(matches!(none, KeyError::Wrong(_)));
}

#[test]
fn a_content_that_climbs_is_not_asked_for() {
    let store = store_of("valid/{content}?labels={labels}", false);
    let error = get(&store, &request("films/../../count/connections")).unwrap_err();
    assert!(matches!(error, KeyError::Unreasonable(_)));
}
