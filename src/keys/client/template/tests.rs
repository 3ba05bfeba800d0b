#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn values_stay_in_their_place() {
    let filled = |value| fill("/k/{content}?a={content}", &[("content", value)]);
    assert_eq!(
        filled("films/one two?x=1&y#z%").unwrap().as_str(),
        "/k/films/one%20two%3Fx%3D1%26y%23z%25?a=films/one%20two%3Fx%3D1%26y%23z%25"
    );
    assert_eq!(
        filled("{content}").unwrap().as_str(),
        "/k/%7Bcontent%7D?a=%7Bcontent%7D"
    );
    assert_eq!(filled("é\n").unwrap().as_str(), "/k/%C3%A9%0A?a=%C3%A9%0A");
    assert!(filled("films/../one").is_err());
    assert!(filled(".").is_err());
}

#[test]
fn a_query_alone_gets_its_path() {
    assert_eq!(fill("?a={b}", &[("b", "1")]).unwrap().as_str(), "/?a=1");
}
