#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use proptest::prelude::*;

fn refusal(text: &str) -> String {
    check_fragment(text).unwrap_err().to_string()
}

#[test]
fn what_key_servers_send_for_dash_is_taken() {
    for text in [
        r#"<pssh xmlns="urn:mpeg:cenc:2013">AAAA</pssh>"#,
        "<cenc:pssh>AAAA</cenc:pssh>\n<mspr:pro xmlns:mspr=\"urn:microsoft:playready\">AAAA</mspr:pro>",
        "<mspr:IsEncrypted>1</mspr:IsEncrypted><mspr:IV_Size>8</mspr:IV_Size><mspr:kid>x==</mspr:kid>",
        r#"<!-- licence --><dashif:Laurl licenseType="EME-1.0">https://a/?b=1&amp;c=&#x32;</dashif:Laurl>"#,
        "<a b='1'/><![CDATA[ ]]>",
        "",
        " \r\n\t",
    ] {
        check_fragment(text).unwrap();
    }
}

#[test]
fn nothing_gets_out_of_the_element_around() {
    for text in [
        "</ContentProtection>",
        "<a></a></ContentProtection><BaseURL>https://evil/</BaseURL><ContentProtection>",
        "<a>",
        "<a></b>",
        "<a",
        "<a b=\"",
        "<!--",
        "<!-- -- -->",
        "<![CDATA[",
        "text",
        "<a/>&amp;",
        "<a>]]></a>",
        "<a b=\"<\"/>",
        "<a b=1/>",
        "<a b/>",
        "<a b=\"1\"c=\"2\"/>",
        "< a/>",
        "<a></ a>",
        "<a></a b=\"1\">",
        "<!- a -->",
        "<![cdata[]]>",
        "<a>&#xd800;</a>",
        "<a>&#x110000;</a>",
        "<a>&;</a>",
        "<a>& </a>",
        "<a b=\"&\"/>",
        "<a:/>",
        "<:a/>",
        "<a b=\"\" b=\"\"/>",
        "<1a/>",
        "<a:b:c xmlns:a=\"u\"/>",
        "<a/b/>",
        "<a>\u{1}</a>",
        "<a>&#1;</a>",
        "<a b=\"&#0;\"/>",
        "<a>\u{fffe}</a>",
    ] {
        assert!(check_fragment(text).is_err(), "{text:?}");
    }
}

#[test]
fn entities_document_types_and_instructions_are_refused() {
    assert_eq!(
        refusal("<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>"),
        "XML: a document type"
    );
    assert_eq!(
        refusal("<a>&nbsp;</a>"),
        "XML: entity nbsp is not among XML's own"
    );
    assert!(check_fragment("<a b=\"&nbsp;\"/>").is_err());
    assert_eq!(refusal("<?php?><a/>"), "XML: a processing instruction");
    assert_eq!(
        refusal("<?xml version=\"1.0\"?><a/>"),
        "XML: a processing instruction"
    );
}

#[test]
fn prefixes_must_be_declared_where_they_are_used() {
    check_fragment("<x:a xmlns:x=\"u\"><x:b x:c=\"\"/></x:a>").unwrap();
    assert_eq!(
        refusal("<x:a xmlns:x=\"u\"/><x:b/>"),
        "XML: prefix x is not declared"
    );
    assert_eq!(refusal("<a y:b=\"\"/>"), "XML: prefix y is not declared");
    assert!(check_fragment("<a xmlns:x=\"\"/>").is_err());
    assert!(check_fragment("<a xmlns=\"u v\"/>").is_err());
    assert!(check_fragment("<a xmlns:xml=\"u\"/>").is_err());
}

#[test]
fn depth_width_and_length_are_bounded() {
    let nested = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    check_fragment(&nested(MAX_DEPTH)).unwrap();
    assert!(refusal(&nested(MAX_DEPTH + 1)).contains("deep"));
    let wide: String = (0..=MAX_ATTRIBUTES)
        .map(|i| format!(" a{i}=\"\""))
        .collect();
    assert!(refusal(&format!("<a{wide}/>")).contains("attributes"));
    assert!(refusal(&" ".repeat(MAX_FRAGMENT_BYTES + 1)).contains("longer"));
}

#[test]
fn the_canonical_form_closes_sorts_and_escapes() {
    let text = "<b z='1' a=\"&quot;&#9;\" xmlns='' xmlns:c=\"u\" c:d='>'/><!-- c --><![CDATA[ ]]><e>&lt;&#13;</e>";
    assert_eq!(
        canonical(text, Around::MPD).unwrap(),
        "<b xmlns=\"\" xmlns:c=\"u\" a=\"&quot;&#x9;\" z=\"1\" c:d=\">\"></b> <e>&lt;&#xD;</e>"
    );
}

#[test]
fn declarations_that_change_nothing_are_left_out() {
    let text = "<a xmlns=\"\" xmlns:p=\"u\"><p:b xmlns:p=\"u\"/><b xmlns:p=\"v\" xmlns=\"\"/></a>";
    let rest = " xmlns:p=\"u\"><p:b></p:b><b xmlns:p=\"v\"></b></a>";
    assert_eq!(
        canonical(text, Around::NO_NAMESPACE).unwrap(),
        format!("<a{rest}")
    );
    assert_eq!(
        canonical(text, Around::MPD).unwrap(),
        format!("<a xmlns=\"\"{rest}"),
        "out of the MPD's namespace"
    );
}

proptest! {
    #[test]
    fn what_is_accepted_is_its_own_canonical_form(text in "[<>/a-c:=\"'& ;#x!-]{0,40}|(<a( b=\"[^<&\"]{0,3}\"){0,1}>([a-z&;]{0,4}|<b/>)</a>){0,3}") {
        if let Ok(form) = canonical(&text, Around::MPD) {
            prop_assert_eq!(&canonical(&form, Around::MPD).unwrap(), &form);
        }
    }
}
