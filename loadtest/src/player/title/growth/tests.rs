#![allow(clippy::unwrap_used)]
use super::*;

fn since(seen: Instant) -> Since {
    Since::new(seen)
}

fn answer(sent: Instant, first_byte: Instant) -> Answer {
    Answer {
        url: url::Url::parse("http://localhost/").unwrap(),
        status: http::StatusCode::OK,
        headers: http::HeaderMap::new(),
        bytes: 0,
        body: None,
        sent,
        first_byte,
        end: first_byte,
    }
}

#[test]
fn an_answer_without_anything_added_tells_how_long_nothing_was() {
    let begin = Instant::now();
    let later = begin + Duration::from_secs(5);
    let waited = since(begin).on(true, &answer(later, later), false);
    assert_eq!(waited.waited, Duration::from_secs(5));
    assert_eq!(waited.seen, Some(begin));
}

#[test]
fn who_asks_late_and_is_answered_at_once_knows_of_no_wait() {
    let begin = Instant::now();
    let later = begin + Duration::from_secs(5);
    let grown = since(begin).on(false, &answer(later, later), true);
    assert_eq!(grown.waited, Duration::ZERO);
}

#[test]
fn an_answer_that_was_held_back_tells_when_something_was_added() {
    let begin = Instant::now();
    let later = begin + Duration::from_secs(5);
    let grown = since(begin).on(false, &answer(begin, later), true);
    assert_eq!(grown.waited, Duration::from_secs(5));
    assert_eq!(grown.seen, Some(later));
}
