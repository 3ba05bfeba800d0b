#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

/// The example of the specification (9.1.3).
const REQUEST: &str = r#"{"kids":["LwVHf8JLtPrv2GUXFW2v_A"],"type":"temporary"}"#;

fn refusal(body: &str) -> String {
    parse_request(body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn the_example_of_the_specification_is_read() {
    let kids = parse_request(REQUEST.as_bytes()).unwrap();
    assert_eq!(
        kids,
        ["2f05477f-c24b-b4fa-efd8-6517156daffc".parse().unwrap()]
    );
}

#[test]
fn padding_a_missing_type_and_unknown_members_are_taken() {
    let body = r#"{"kids":["LwVHf8JLtPrv2GUXFW2v_A==","LwVHf8JLtPrv2GUXFW2v_A","AAECAwQFBgcICQoLDA0ODw"],"x":[1]}"#;
    let kids = parse_request(body.as_bytes()).unwrap();
    assert_eq!(kids.len(), 2, "each once");
    assert_eq!(
        kids[1].0,
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    );
}

#[test]
fn requests_that_ask_for_nothing_or_too_much_are_refused() {
    assert_eq!(refusal(r#"{"kids":[]}"#), "licence request: kids is empty");
    assert_eq!(
        refusal(r#"{"kids":["AAEC"]}"#),
        "licence request: a kid is 16 bytes in base64url"
    );
    assert_eq!(
        refusal(r#"{"kids":["LwVHf8JLtPrv2GUXFW2v/A"]}"#),
        "licence request: a kid is 16 bytes in base64url"
    );
    assert!(
        refusal(r#"{"kids":["LwVHf8JLtPrv2GUXFW2v_A"],"type":"persistent-license"}"#)
            .contains("temporary")
    );
    assert!(refusal("").contains("EOF"));
    assert!(refusal("[]").starts_with("licence request: "));
    let many = vec!["\"LwVHf8JLtPrv2GUXFW2v_A\""; MAX_KIDS + 1].join(",");
    assert_eq!(
        refusal(&format!("{{\"kids\":[{many}]}}")),
        "licence request: too many kids"
    );
    assert_eq!(
        refusal(&" ".repeat(MAX_REQUEST_BYTES + 1)),
        "licence request: too long"
    );
    assert!(parse_request(&[0xff, 0xfe]).is_err());
    assert!(parse_request("[".repeat(5000).as_bytes()).is_err());
}

#[test]
fn a_licence_is_a_json_web_key_set() {
    let key = ContentKey::from_hex(
        "2f05477f-c24b-b4fa-efd8-6517156daffc",
        "101112131415161718191a1b1c1d1e1f",
    )
    .unwrap();
    assert_eq!(
        licence(&[key]),
        r#"{"keys":[{"kty":"oct","k":"EBESExQVFhcYGRobHB0eHw","kid":"LwVHf8JLtPrv2GUXFW2v_A"}],"type":"temporary"}"#
    );
    assert_eq!(licence(&[]), r#"{"keys":[],"type":"temporary"}"#);
}
