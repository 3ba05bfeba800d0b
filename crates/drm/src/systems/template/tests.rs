#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

const VALUES: Values<'_> = Values {
    kid: KeyId([0xab; 16]),
    content_id: "films/é 1?",
};

fn uri(template: &str) -> String {
    fill(template, Form::Uri, VALUES).unwrap()
}

#[test]
fn places_are_filled() {
    assert_eq!(uri("skd://{kid}"), format!("skd://{}", "ab".repeat(16)));
    assert_eq!(
        uri("{kid_uuid}?c={content}"),
        "abababab-abab-abab-abab-abababababab?c=films%2F%C3%A9%201%3F"
    );
    assert_eq!(
        fill("<{content}>", Form::Plain, VALUES).unwrap(),
        "<films/é 1?>"
    );
    assert_eq!(uri("https://a/?b=c&d"), "https://a/?b=c&d");
}

#[test]
fn templates_that_make_no_uri_are_refused() {
    for template in [
        "{x}", "{kid", "kid}", "{}", "{{kid}}", "a b", "\"", "a\nb", "é",
    ] {
        assert!(fill(template, Form::Uri, VALUES).is_err(), "{template}");
    }
    assert_eq!(
        fill("a{KID}", Form::Uri, VALUES).unwrap_err().to_string(),
        "template \"a{KID}\": {KID} is not among {kid}, {kid_uuid}, {content}"
    );
}
