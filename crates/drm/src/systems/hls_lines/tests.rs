#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

const KEY: &str = "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://a,b\",KEYFORMAT=\"com.apple.streamingkeydelivery\",KEYFORMATVERSIONS=\"1\"";

#[test]
fn lines_come_out_one_by_one_whatever_their_ends() {
    let two = format!("{KEY}\r\n\r\n{KEY}  ");
    assert_eq!(
        check_hls_lines(&two, Playlist::Media).unwrap(),
        format!("{KEY}\n{KEY}\n")
    );
    let session = KEY.replace("X-KEY", "X-SESSION-KEY");
    assert_eq!(
        check_hls_lines(&session, Playlist::Multivariant).unwrap(),
        format!("{session}\n")
    );
    assert_eq!(check_hls_lines("", Playlist::Media).unwrap(), "");
}

#[test]
fn only_tags_of_the_playlists_kind_are_taken() {
    for (text, playlist) in [
        (KEY, Playlist::Multivariant),
        ("#EXT-X-ENDLIST", Playlist::Media),
        ("#EXT-X-KEY", Playlist::Media),
        ("https://evil/segment.ts", Playlist::Media),
        ("# a comment", Playlist::Media),
    ] {
        assert!(check_hls_lines(text, playlist).is_err(), "{text}");
    }
    assert!(check_hls_lines(&format!("{KEY}\n#EXTM3U"), Playlist::Media).is_err());
    assert!(check_hls_lines(&format!("{KEY}\n").repeat(MAX_LINES + 1), Playlist::Media).is_err());
    assert!(check_hls_lines(&" ".repeat(MAX_BYTES + 1), Playlist::Media).is_err());
}

#[test]
fn attribute_lists_are_read_strictly() {
    for list in [
        "",
        "METHOD=NONE",
        "METHOD=NONE,URI=\"a\"",
        "METHOD=\"SAMPLE-AES\",URI=\"a\"",
        "METHOD=SAMPLE-AES",
        "URI=\"a\"",
        "METHOD=SAMPLE-AES,URI=a",
        "METHOD=SAMPLE-AES,URI=\"\"",
        "METHOD=SAMPLE-AES,URI=\"a",
        "METHOD=SAMPLE-AES,URI=\"a\"X=1",
        "METHOD=SAMPLE-AES,URI=\"a\",",
        "METHOD=SAMPLE-AES,URI=\"a\",URI=\"b\"",
        "METHOD=,URI=\"a\"",
        "METHOD=SAMPLE-AES, URI=\"a\"",
        "method=SAMPLE-AES,URI=\"a\"",
        "METHOD=SAMPLE-AES,URI=\"\u{1}\"",
        "METHOD=SAMPLE-AES,URI=\"a\tb\"",
    ] {
        let text = format!("#EXT-X-KEY:{list}");
        assert!(check_hls_lines(&text, Playlist::Media).is_err(), "{list}");
    }
}
