#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use http::StatusCode;
use proptest::prelude::*;

use super::*;

fn priority(urgency: u8, incremental: bool) -> Option<Priority> {
    Some(Priority {
        urgency,
        incremental,
    })
}

fn headers(lines: &[&'static str]) -> HeaderMap {
    let lines = lines.iter().map(|line| HeaderValue::from_static(line));
    lines.map(|line| (PRIORITY, line)).collect()
}

#[test]
fn a_field_value_is_read_as_the_rfc_has_it() {
    for (value, wanted) in [
        ("", priority(3, false)),
        ("  ", priority(3, false)),
        ("u=0", priority(0, false)),
        ("u=7, i", priority(7, true)),
        ("i,u=1", priority(1, true)),
        ("u=5,\t i=?1", priority(5, true)),
        ("u=5, i=?0", priority(5, false)),
        ("u=1, u=6", priority(6, false)),
        (" u=2;x=1;y;z=\"a\\\"b\" , i;q=:aGk=:  ", priority(2, true)),
        (
            "a=(1 2.5 \"s\";p tok);r, b=:aGk=:, c=*t/x, u=4",
            priority(4, false),
        ),
    ] {
        assert_eq!(Priority::parse(value.as_bytes()), wanted, "{value}");
    }
}

#[test]
fn what_is_out_of_bounds_or_of_another_type_has_its_default() {
    for value in [
        "u=8", "u=-1", "u=2.5", "u=?1", "u", "i=1", "u=\"1\"", "u=(1)", "U=1",
    ] {
        let wanted = (value != "U=1").then(Priority::default);
        assert_eq!(Priority::parse(value.as_bytes()), wanted, "{value}");
    }
}

#[test]
fn what_is_no_dictionary_is_ignored_as_a_whole() {
    for value in [
        "u=1,",
        ",u=1",
        "u=1 i",
        "u=",
        "u=1;",
        "u=?2",
        "u= 1",
        "u=\"open",
        "u=\"\\x\"",
        "u=1.",
        "u=1.2345",
        "u=1234567890123456",
        "u=-",
        "a=(1 2",
        "a=(1\"2\")",
        "a=:x",
        "a=:!:",
        "u=1, \u{e9}",
        "=1",
    ] {
        assert_eq!(Priority::parse(value.as_bytes()), None, "{value}");
    }
}

#[test]
fn several_lines_are_one_dictionary() {
    assert_eq!(Priority::asked(&headers(&[])), None);
    assert_eq!(Priority::asked(&headers(&["u=1", "i"])), priority(1, true));
    assert_eq!(
        Priority::asked(&headers(&["u=1", "u=2"])),
        priority(2, false)
    );
    assert_eq!(Priority::asked(&headers(&["u=1", "?"])), None);
}

#[test]
fn manifests_and_keys_come_before_sound_and_sound_before_pictures() {
    let order = [
        Priority::of_content(Some(Kind::Manifest), b"application/dash+xml"),
        Priority::of_content(Some(Kind::Segment), b"audio/mp4"),
        Priority::of_content(Some(Kind::Segment), b"video/mp4"),
        Priority::of_content(Some(Kind::Segment), b"image/jpeg"),
    ];
    assert!(order.is_sorted_by(|one, next| one.urgency < next.urgency));
    let first = order[0];
    assert_eq!(
        Priority::of_content(Some(Kind::Key), b"application/octet-stream"),
        first
    );
    assert_eq!(
        Priority::of_content(Some(Kind::Init), b"video/mp4"),
        first,
        "no segment can be used without it"
    );
}

#[test]
fn the_client_wins_over_our_guess_and_the_origin_changes_what_it_names() {
    let video = || Response::bytes(StatusCode::OK, "video/mp4", "v");
    assert_eq!(Priority::decide(None, &video()), Priority::new(3));
    let asked = priority(6, true);
    assert_eq!(Priority::decide(asked, &video()), asked.unwrap());
    let raised = video().header(PRIORITY, HeaderValue::from_static("u=1"));
    assert_eq!(
        Priority::decide(asked, &raised),
        priority(1, true).unwrap(),
        "what it does not name stays"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_in_bounds(value in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Some(priority) = Priority::parse(&value) {
            prop_assert!(priority.urgency <= Priority::URGENCY_MAX);
        }
    }

    #[test]
    fn any_dictionary_like_text_is_read_without_panic(value in "[ui=?01;, \\t\"\\\\:().a*-]{0,40}") {
        let _ = Priority::parse(value.as_bytes());
    }

    #[test]
    fn what_is_written_is_read(urgency in 0u8..8, incremental: bool) {
        let value = format!("u={urgency}, i=?{}", u8::from(incremental));
        prop_assert_eq!(Priority::parse(value.as_bytes()), priority(urgency, incremental));
    }
}
