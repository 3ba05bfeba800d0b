#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;

fn rendered(element: &Element) -> String {
    let mut out = String::new();
    element.render(&mut out);
    out
}

#[test]
fn text_and_attributes_are_escaped() {
    let element = el("p")
        .attr("title", "\"a\" & 'b'")
        .text("<script>&\u{0}\u{202e}");
    assert_eq!(
        rendered(&element),
        "<p title=\"&quot;a&quot; &amp; 'b'\">&lt;script&gt;&amp;\u{fffd}\u{fffd}</p>\n"
    );
}

#[test]
fn coordinates_have_a_tenth_at_most() {
    assert_eq!(coordinate(12.0), "12");
    assert_eq!(coordinate(12.34), "12.3");
    assert_eq!(coordinate(-0.01), "0");
}

proptest! {
    #[test]
    fn whatever_is_said_stays_within_its_element(text in "(?s).{0,60}", attribute in "(?s).{0,60}") {
        let html = rendered(&el("div").child(el("span").attr("title", attribute).text(text)));
        let mut reader = Reader::from_str(&html);
        reader.config_mut().check_end_names = true;
        let mut elements = 0;
        loop {
            match reader.read_event() {
                Ok(Event::Eof) => break,
                Ok(Event::Start(start)) => {
                    elements += 1;
                    for attribute in start.attributes() {
                        prop_assert!(attribute.is_ok());
                    }
                }
                Ok(Event::Comment(_) | Event::CData(_) | Event::PI(_) | Event::Empty(_)) => {
                    prop_assert!(false, "{}", html);
                }
                Ok(_) => {}
                Err(error) => prop_assert!(false, "{error}: {html}"),
            }
        }
        prop_assert_eq!(elements, 2);
    }
}
