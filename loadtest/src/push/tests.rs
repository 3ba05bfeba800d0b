use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::capture::Capture;
use super::sent::Sent;
use super::waiting::Next;

#[test]
fn what_comes_next_is_behind_the_last_part() {
    let text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-PART:DURATION=1,URI=\"7.0\"\n#EXTINF:2,\n7.m4s\n\
                #EXT-X-PART:DURATION=1,URI=\"8.0\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"8.1\"\n";
    let next = Next {
        msn: 8,
        part: 1,
        hint: Some("8.1".into()),
    };
    assert_eq!(Next::read(text), Some(next));
    assert_eq!(Next::read(&format!("{text}#EXT-X-ENDLIST\n")), None);
    assert_eq!(Next::read("\u{0}\u{1}"), None);
}

#[test]
fn an_answer_belongs_to_the_first_chunk_that_was_sent_while_it_was_waited_for() {
    let sent = Sent::default();
    let begin = Instant::now();
    let at = |ms| begin + Duration::from_millis(ms);
    [100, 200].map(at).into_iter().for_each(|it| sent.note(it));
    assert_eq!(sent.between(at(50), at(110)), Some(at(100)));
    assert_eq!(sent.between(at(50), at(210)), Some(at(100)));
    assert_eq!(sent.between(at(110), at(201)), Some(at(200)));
    assert_eq!(sent.between(at(110), at(190)), None);
}

#[test]
fn what_is_no_stream_of_one_track_is_refused() {
    for bytes in [&b""[..], b"this is a text", b"\0\0\0\x08free"] {
        assert!(Capture::read(Path::new("a.mp4"), Bytes::from_static(bytes)).is_err());
    }
}
