#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::c14n::{Method, canonicalize};
use super::*;
use std::process::Command;

fn parse(text: &str) -> Result<Tree> {
    Tree::parse(text.as_bytes(), &Limits::default())
}

fn reason(text: &str) -> &'static str {
    match parse(text).err() {
        Some(Error::Xml { reason, .. }) => reason,
        other => panic!("{text}: {other:?}"),
    }
}

fn over(text: &str, limits: &Limits) -> &'static str {
    match Tree::parse(text.as_bytes(), limits).err() {
        Some(Error::Limit { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn namespaces_are_resolved_whatever_the_prefix() {
    let tree = parse(
        "<a:x xmlns:a='one' xmlns='two'><y a:k='1' k='2'/><a:z xmlns:a='three'><a:q/></a:z><a:q/></a:x>",
    )
    .unwrap();
    let names: Vec<_> = tree
        .elements()
        .map(|(_, element)| (&*element.ns, &*element.local))
        .collect();
    let expected = [
        ("one", "x"),
        ("two", "y"),
        ("three", "z"),
        ("three", "q"),
        ("one", "q"),
    ];
    assert_eq!(names, expected);
    assert_eq!(tree.get(1).attribute("k"), Some("2"));
}

#[test]
fn characters_and_entities_are_expanded() {
    let text = "<x a='&lt;&#x9;&amp;\n&#65;'>a&gt;<![CDATA[<&amp;]]>&#x1F600;&apos;&quot;\r\nb</x>";
    let tree = parse(text).unwrap();
    assert_eq!(tree.get(0).attribute("a"), Some("<\t& A"));
    assert_eq!(tree.text(0).unwrap().concat(), "a><&amp;\u{1f600}'\"\nb");
}

#[test]
fn utf_16_is_read() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><x>\u{1f600}</x>";
    for unit in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(unit)
            .collect();
        let tree = Tree::parse(&bytes, &Limits::default()).unwrap();
        assert_eq!(tree.text(0).unwrap(), ["\u{1f600}"]);
        assert!(Tree::parse(&bytes[..bytes.len() - 1], &Limits::default()).is_err());
    }
}

#[test]
fn entity_bombs_and_doctypes_are_refused() {
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><x>&b;</x>";
    assert_eq!(reason(bomb), "DOCTYPE is not allowed");
    assert_eq!(
        reason("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>"),
        "DOCTYPE is not allowed"
    );
    for text in [
        "<x>&b;</x>",
        "<x a='&b;'/>",
        "<x>&#0;</x>",
        "<x>&#xD800;</x>",
        "<x>&#x110000;</x>",
        "<x>&#0000000000000065;</x>",
        "<x>&#;</x>",
        "<x>&#x;</x>",
        "<x>&#-1;</x>",
    ] {
        reason(text);
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for text in [
        "",
        "text",
        "<x>",
        "<x></y>",
        "</x>",
        "<x/><x/>",
        "<x/>text",
        "<x/>&amp;",
        "<x a='1' a='2'/>",
        "<x a=1/>",
        "<x a='<'/>",
        "<x a='&'/>",
        "<x>a & b</x>",
        "<x>]]></x>",
        "<x>\u{1}</x>",
        "<x>\u{ffff}</x>",
        "<1/>",
        "<a:b:c xmlns:a='u'/>",
        "<:x/>",
        "<x:/>",
        "<?target?><x/>",
        "<x/><?xml version='1.0'?>",
        "<?xml version='1.1'?><x/>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><x/>",
        "<x><!-- a -- b --></x>",
    ] {
        let error = parse(text).err();
        assert!(
            matches!(error, Some(Error::Xml { .. })),
            "{text}: {error:?}"
        );
    }
    let latin1 = Tree::parse(b"<x>\xe9</x>", &Limits::default()).err();
    assert!(matches!(latin1, Some(Error::Xml { offset: 3, .. })));
}

#[test]
fn namespace_tricks_are_refused() {
    for text in [
        "<a:x/>",
        "<x a:b='1'/>",
        "<x xmlns:a=''/>",
        "<x xmlns:xml='urn:other'/>",
        "<x xmlns:xmlns='urn:other'/>",
        "<x xmlns:a='http://www.w3.org/XML/1998/namespace'/>",
        "<x xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<x xmlns:a='u' xmlns:b='u' a:k='1' b:k='2'/>",
        "<x><y xmlns:a='u'/><a:z/></x>",
    ] {
        reason(text);
    }
}

#[test]
fn one_id_for_two_elements_is_refused() {
    for text in [
        "<x><y id='a'/><y id='a'/></x>",
        "<x id='a'><y Id='a'/></x>",
        "<x xml:id='a'><y ID='a'/></x>",
    ] {
        let error = parse(text).err();
        assert!(matches!(error, Some(Error::Duplicate { .. })), "{text}");
    }
}

#[test]
fn every_bound_holds() {
    let limits = Limits::default();
    let deep = |depth| format!("{}{}", "<x>".repeat(depth), "</x>".repeat(depth));
    assert!(parse(&deep(limits.depth)).is_ok());
    let nested = "elements inside of each other";
    assert_eq!(over(&deep(limits.depth + 1), &limits), nested);
    assert_eq!(over(&"<x>".repeat(1_000_000), &limits), nested);
    // The reader must not recurse, whatever is asked for.
    let unbounded = Limits {
        depth: usize::MAX,
        ..limits
    };
    assert_eq!(over(&deep(100_000), &unbounded), nested);

    let many = format!("<x>{}</x>", "<y/>".repeat(100_000));
    assert_eq!(over(&many, &limits), "elements and pieces of text");
    let comments = format!("<x>{}</x>", "<!---->".repeat(100_000));
    assert_eq!(over(&comments, &limits), "elements and pieces of text");
    let references = format!("<x>{}</x>", "&#65;".repeat(100_000));
    assert_eq!(over(&references, &limits), "elements and pieces of text");

    let attributes: String = (0..100).map(|n| format!(" a{n}='1'")).collect();
    let attributed = format!("<x{attributes}/>");
    assert_eq!(over(&attributed, &limits), "attributes of an element");
    let declare = |level: usize| -> String {
        let declared: String = (0..60)
            .map(|n| format!(" xmlns:a{level}x{n}='u'"))
            .collect();
        format!("<x{declared}>")
    };
    let declared = format!("{}{}{}", declare(0), declare(1), declare(2));
    assert_eq!(over(&declared, &limits), "namespaces in force");

    let long = "x".repeat(limits.bytes);
    assert_eq!(over(&format!("<x>{long}</x>"), &limits), "bytes");
}

/// The reader that everybody has agrees on what a document is in canonical form.
fn canonical_elsewhere(text: &str, option: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document.xml");
    std::fs::write(&path, text).unwrap();
    let run = Command::new("xmllint")
        .args(["--nocatalogs", "--nonet", option])
        .arg(&path)
        .output();
    let Ok(run) = run else {
        eprintln!("skipped: no xmllint");
        return None;
    };
    assert!(run.status.success(), "{text}");
    Some(String::from_utf8(run.stdout).unwrap())
}

const DOCUMENTS: [&str; 6] = [
    "<x b='2' a='1'   c=\"'\"/>",
    "<x xmlns='urn:u' xmlns:b='urn:v' xmlns:a='urn:w'><y xmlns='urn:u'/><z xmlns=''><q xmlns='urn:u'/></z></x>",
    "<a:x xmlns:a='urn:u' xmlns:b='urn:v' b:k='1' a:k='2' k='3' xml:lang='en'><b:y xmlns:b='urn:v'/></a:x>",
    "<x a='&lt;&#x9;&#xA;&#xD;&amp;&quot;&apos;>'>&lt;&gt;&amp;\"'&#xD;<![CDATA[<a>]]></x>",
    "<?xml version='1.0'?>\n<x>\r\n <y  />\t<z> \u{e9} </z ></x>\n",
    "<a:x xmlns:a='urn:u'><a:y xmlns:a='urn:v'><a:z xmlns:a='urn:u' xmlns:unused='urn:w'/></a:y></a:x>",
];

#[test]
fn canonical_forms_are_those_of_libxml2() {
    for text in DOCUMENTS {
        let tree = parse(text).unwrap();
        for (option, method) in [
            ("--c14n", Method::Inclusive10),
            ("--c14n11", Method::Inclusive11),
            ("--exc-c14n", Method::Exclusive(Vec::new())),
        ] {
            let Some(expected) = canonical_elsewhere(text, option) else {
                return;
            };
            let is = canonicalize(&tree, Tree::ROOT, &method, None);
            let is = String::from_utf8(is.to_vec()).unwrap();
            assert_eq!(is, expected.trim_end_matches('\n'), "{option}: {text}");
        }
    }
}

#[test]
fn comments_are_left_out_of_canonical_forms() {
    let tree = parse("<!-- a --><x>a<!-- b -->b</x><!-- c -->").unwrap();
    let is = canonicalize(&tree, Tree::ROOT, &Method::Inclusive10, None);
    assert_eq!(&*is, b"<x>ab</x>");
}

#[test]
fn a_part_is_canonical_with_what_it_inherits() {
    let text = "<x xmlns='u' xmlns:a='v' xml:lang='en' xml:base='b'><a:y><z a:k='1'/></a:y></x>";
    let tree = parse(text).unwrap();
    let of = |method: &Method, without| {
        String::from_utf8(canonicalize(&tree, 1, method, without).to_vec()).unwrap()
    };
    assert_eq!(
        of(&Method::Inclusive10, None),
        "<a:y xmlns=\"u\" xmlns:a=\"v\" xml:base=\"b\" xml:lang=\"en\"><z a:k=\"1\"></z></a:y>"
    );
    // In 1.1 `xml:base` would be joined, and CPIX has none; it is not inherited.
    assert_eq!(
        of(&Method::Inclusive11, Some(2)),
        "<a:y xmlns=\"u\" xmlns:a=\"v\" xml:lang=\"en\"></a:y>"
    );
    assert_eq!(
        of(&Method::Exclusive(Vec::new()), None),
        "<a:y xmlns:a=\"v\"><z xmlns=\"u\" a:k=\"1\"></z></a:y>"
    );
    assert_eq!(
        of(&Method::Exclusive(vec![String::new()]), None),
        "<a:y xmlns=\"u\" xmlns:a=\"v\"><z a:k=\"1\"></z></a:y>"
    );
}
