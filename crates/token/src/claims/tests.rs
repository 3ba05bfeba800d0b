#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use proptest::prelude::*;

fn covering(paths: &[&str]) -> Claims {
    Claims {
        paths: Some(paths.iter().map(|path| path.parse().unwrap()).collect()),
        ..Claims::default()
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn a_path_covers_itself_and_what_lies_below_it() {
    let claims = covering(&["/vod/a"]);
    for path in ["/vod/a", "/vod/a/", "/vod/a/clear/index.m3u8"] {
        assert!(claims.covers(path), "{path}");
    }
    for path in [
        "/vod/ab",
        "/vod/ab/x",
        "/vod",
        "/",
        "/vodka/a",
        "/VOD/a",
        "/vod/A",
    ] {
        assert!(!claims.covers(path), "{path}");
    }
}

#[test]
fn paths_with_dot_or_empty_segments_are_covered_by_nothing_that_names_a_path() {
    let claims = covering(&["/vod/a", "/"]);
    for path in [
        "/vod/a/../b",
        "/vod/a/./b",
        "/vod/a//b",
        "//vod/a",
        "vod/a",
        "",
        "/..",
        "/vod/a/..",
        "/vod/a\0",
        "//",
    ] {
        assert!(!claims.covers(path), "{path:?}");
    }
}

#[test]
fn percent_signs_are_letters_like_others() {
    let claims = covering(&["/vod/100%"]);
    assert!(claims.covers("/vod/100%/x"));
    assert!(!claims.covers("/vod/100%25/x"));
    assert!(!covering(&["/vod/a b"]).covers("/vod/a%20b"));
}

#[test]
fn a_trailing_slash_of_the_claim_makes_no_difference() {
    let claims = covering(&["/vod/a/"]);
    assert!(claims.covers("/vod/a/x") && claims.covers("/vod/a"));
    assert!(!claims.covers("/vod/ab"));
}

#[test]
fn the_root_covers_everything_and_an_empty_list_nothing() {
    assert!(covering(&["/"]).covers("/live/x"));
    assert!(!covering(&[]).covers("/live/x"));
    assert!(Claims::default().covers("/live/x"));
}

#[test]
fn any_of_several_paths_will_do() {
    let claims = covering(&["/vod/a", "/vod/b"]);
    assert!(claims.covers("/vod/b/x") && claims.covers("/vod/a/x") && !claims.covers("/vod/c/x"));
}

#[test]
fn relative_and_dotted_paths_are_no_prefixes() {
    for text in [
        "",
        "vod",
        "/vod/../etc",
        "/vod//a",
        "/./vod",
        "//",
        "/vod/\0",
    ] {
        assert_eq!(text.parse::<PathPrefix>(), Err(PathPrefixError), "{text:?}");
    }
}

#[test]
fn expiry_is_exclusive_and_not_before_inclusive() {
    let claims = Claims {
        expires_at: Some(at(200)),
        not_before: Some(at(100)),
        ..Claims::default()
    };
    let check = |now| claims.check_time(now, Duration::ZERO);
    assert_eq!(check(at(99)), Err(TokenError::NotYetValid { at: at(100) }));
    assert_eq!(check(at(100)), Ok(()));
    assert_eq!(check(at(200) - Duration::from_nanos(1)), Ok(()));
    assert_eq!(check(at(200)), Err(TokenError::Expired { at: at(200) }));
}

#[test]
fn leeway_loosens_both_ends() {
    let claims = Claims {
        expires_at: Some(at(200)),
        not_before: Some(at(100)),
        ..Claims::default()
    };
    let check = |now| claims.check_time(now, Duration::from_secs(10));
    assert!(check(at(89)).is_err() && check(at(90)).is_ok());
    assert!(check(at(209)).is_ok() && check(at(210)).is_err());
}

proptest! {
    #[test]
    fn a_prefix_covers_exactly_the_paths_that_continue_its_segments(
        prefix in prop::collection::vec("[a-c]{1,2}", 0..4),
        path in prop::collection::vec("[a-c]{1,2}", 0..5),
    ) {
        let claims = covering(&[&format!("/{}", prefix.join("/"))]);
        prop_assert_eq!(claims.covers(&format!("/{}", path.join("/"))), path.starts_with(&prefix));
    }

    #[test]
    fn whatever_is_covered_lies_under_the_prefix(path in "[/.a%]{0,12}") {
        if covering(&["/a"]).covers(&path) {
            prop_assert!(path == "/a" || path.starts_with("/a/"));
            prop_assert!(!path.contains("/../") && !path.ends_with("/..") && !path.contains("//"));
        }
    }
}
