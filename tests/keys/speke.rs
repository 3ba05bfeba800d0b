//! SPEKE v2.
use std::collections::HashSet;
use std::time::{Duration, Instant};

use edgepack::config::{KeyProvider, Keys, Protection, Secret, Speke};
use edgepack::keys::{KeyError, KeyRequest, KeyStore};

use crate::server::key_of;
use crate::support::{FAIRPLAY, SERVER, get, request, server, speke, store, store_with, unique};

fn store_of(speke: Speke) -> KeyStore {
    store(KeyProvider::Speke(Box::new(speke)))
}

fn error(mode: &str) -> KeyError {
    get(&store_of(speke(mode)), &request(&unique(mode))).unwrap_err()
}

fn wrong(error: &KeyError, words: &str) {
    let KeyError::Wrong(why) = error else {
        panic!("{error:?}");
    };
    assert!(why.contains(words), "{why}");
}

#[test]
fn a_good_server_gives_every_key_and_what_is_said_of_it() {
    let store = store_of(speke("valid"));
    let set = get(&store, &request("films/one & two")).unwrap();
    assert_eq!(set.records().count(), 2);
    for (_, _, record) in set.records() {
        assert_eq!(*record.key.expose(), key_of(record.key.kid.0));
        let fairplay = record
            .said
            .iter()
            .find(|said| said.system_id == FAIRPLAY)
            .unwrap();
        assert!(fairplay.hls_media.as_ref().unwrap().contains("skd://"));
        assert!(record.said[0].pssh.is_some());
    }
}

#[test]
fn key_ids_are_made_of_what_they_are_for_and_of_nothing_else() {
    let kids = |request: &KeyRequest| -> Vec<_> {
        let set = get(&store_of(speke("valid")), request).unwrap();
        set.records().map(|(_, _, record)| record.key.kid).collect()
    };
    let rotated = KeyRequest {
        periods: 0..3,
        ..request("film")
    };
    let cenc = KeyRequest {
        protection: Protection::Cenc,
        ..request("film")
    };
    let plain = kids(&request("film"));
    assert_eq!(plain, kids(&request("film")));
    assert_eq!(
        plain[..],
        kids(&rotated)[..2],
        "the first period's are the same"
    );
    let all: HashSet<_> = [kids(&rotated), kids(&cenc), kids(&request("other"))]
        .concat()
        .into_iter()
        .collect();
    assert_eq!(all.len(), 6 + 2 + 2);
}

#[test]
fn many_crypto_periods_are_asked_for_in_several_documents() {
    let content = unique("valid");
    let rotated = KeyRequest {
        periods: 5..305,
        ..request(&content)
    };
    let set = get(&store_of(speke("valid")), &rotated).unwrap();
    assert_eq!(set.records().count(), 600);
    assert!(set.record("HD", 304).is_some() && set.record("HD", 4).is_none());
    assert_eq!(SERVER.count(&format!("valid/{content}")), 3);
}

#[test]
fn keys_encrypted_for_our_certificate_are_opened() {
    let encrypted = |mode: &str| {
        let file = |name: &str| std::fs::read(SERVER.file(name)).unwrap();
        store_of(Speke {
            document_certificate: Some(file("recipient.pem")),
            document_key: Some(Secret::new(file("recipient.key"))),
            ..speke(mode)
        })
    };
    let set = get(&encrypted("encrypted"), &request("film")).unwrap();
    for (_, _, record) in set.records() {
        assert_eq!(*record.key.expose(), key_of(record.key.kid.0));
    }
    wrong(
        &get(&encrypted("bad-mac"), &request("film")).unwrap_err(),
        "MAC",
    );
    wrong(&get(&encrypted("clear"), &request("film")).unwrap_err(), "");
}

#[test]
fn lies_are_refused() {
    wrong(&error("wrong-kid"), "not asked for");
    wrong(&error("missing-key"), "lacks");
    wrong(&error("other-scheme"), "commonEncryptionScheme");
    wrong(&error("other-content"), "contentId");
    wrong(&error("no-version"), "SPEKE 2.0");
    wrong(&error("html"), "");
}

#[test]
fn documents_that_are_weapons_do_no_harm() {
    for mode in ["bomb", "outside", "deep"] {
        let started = Instant::now();
        wrong(&error(mode), "");
        assert!(started.elapsed() < Duration::from_secs(5), "{mode}");
    }
    for mode in ["huge", "huge-said"] {
        let started = Instant::now();
        wrong(&error(mode), "larger than");
        assert!(started.elapsed() < Duration::from_secs(5), "{mode}");
    }
}

#[test]
fn a_slow_server_is_given_up() {
    let started = Instant::now();
    assert_eq!(error("slow"), KeyError::Slow(Duration::from_secs(1)));
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn failures_are_told_apart() {
    assert_eq!(error("failing"), KeyError::Failed(500));
    assert_eq!(error("unknown"), KeyError::Unknown(404));
    assert_eq!(error("redirect"), KeyError::Refused(302));
    assert_eq!(error("secret"), KeyError::Refused(401));
    assert!(matches!(error("reset"), KeyError::Unreachable(_)));
    assert!(matches!(error("cut"), KeyError::Unreachable(_)));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let nobody = Speke::new(server(format!("http://127.0.0.1:{port}/")));
    let error = get(&store_of(nobody), &request("film")).unwrap_err();
    assert!(
        matches!(&error, KeyError::Unreachable(why) if why.contains("refused")),
        "{error}"
    );
}

#[test]
fn what_may_help_is_tried_again_and_nothing_else() {
    let content = unique("flaky");
    get(&store_of(speke("flaky")), &request(&content)).unwrap();
    assert_eq!(SERVER.count(&format!("flaky/{content}")), 2);
    for (mode, attempts) in [
        ("failing", 2),
        ("unknown", 1),
        ("redirect", 1),
        ("wrong-kid", 1),
    ] {
        let content = unique(mode);
        get(&store_of(speke(mode)), &request(&content)).unwrap_err();
        assert_eq!(
            SERVER.count(&format!("{mode}/{content}")),
            attempts,
            "{mode}"
        );
    }
}

#[test]
fn viewers_at_once_are_one_request() {
    let store = store_of(speke("leisurely"));
    let content = unique("leisurely");
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| get(&store, &request(&content)).unwrap());
        }
    });
    assert_eq!(SERVER.count(&format!("leisurely/{content}")), 1);
}

#[test]
fn keys_serve_on_when_the_server_fails() {
    let content = unique("once");
    let keys = Keys {
        ttl: Duration::from_secs(1),
        unready_after: Some(Duration::from_millis(100)),
        ..Keys::new(KeyProvider::Speke(Box::new(speke("once"))))
    };
    let store = store_with(keys);
    let set = get(&store, &request(&content)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while store.unwell().is_empty() {
        assert!(Instant::now() < deadline);
        let stale = get(&store, &request(&content)).unwrap();
        assert!(std::sync::Arc::ptr_eq(&set, &stale));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(store.unwell()[0].error, KeyError::Failed(500));
    get(&store, &request(&content)).unwrap();
}

#[test]
fn credentials_are_shown() {
    let mut secret = speke("secret");
    secret.server.authorization = Some(Secret::new(crate::server::CREDENTIAL.into()));
    assert!(!format!("{secret:?}").contains("sesame"));
    get(&store_of(secret), &request("film")).unwrap();
}
