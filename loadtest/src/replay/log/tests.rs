#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn both_formats_tell_the_same() {
    let json =
        r#"{"time":"2026-11-20T10:00:01Z","peer":"10.0.0.1","method":"GET","path":"/a.m4s?x=1"}"#;
    let combined = r#"10.0.0.1 - bob [20/Nov/2026:11:00:01 +0100] "GET /a.m4s?x=1 HTTP/2.0" 200 5 "-" "a \"b\"""#;
    assert_eq!(parse(json), parse(combined));
    let Line::Request(entry) = parse(json) else {
        panic!("no request");
    };
    assert_eq!(entry.path, "/a.m4s?x=1");
    assert_eq!(entry.time, 1795168801.0);
}

#[test]
fn what_is_no_get_is_left_out_and_what_is_no_line_is_told() {
    let post = r#"10.0.0.1 - - [20/Nov/2026:11:00:01 +0100] "POST /a HTTP/1.1" 200 5"#;
    assert_eq!(parse(post), Line::Other);
    assert_eq!(parse(""), Line::Other);
    for line in [
        "GET /a",
        "{",
        "1 - - [x] \"GET /a\"",
        "1 - - [20/Abc/2026:11:00:01 +0100] \"GET /a\"",
    ] {
        assert_eq!(parse(line), Line::Unreadable, "{line}");
    }
}
