use super::*;
use crate::config::{Secret, Transport};

fn veiled(url: &str, line: &str) -> String {
    let contribution = Contribution::new(Transport::Srt, Secret::new(url.to_owned()));
    Secrets::of(&contribution).veil(line)
}

#[test]
fn a_pass_phrase_is_veiled_however_it_is_written() {
    let url = "srt://127.0.0.1:9000?mode=listener&passphrase=open%20sesame&streamid=news";
    let line = "srt://127.0.0.1:9000?mode=listener&passphrase=open%20sesame&streamid=news: refused";
    assert_eq!(
        veiled(url, line),
        "srt://127.0.0.1:9000?mode=listener&passphrase=…&streamid=…: refused"
    );
    assert_eq!(veiled(url, "passphrase open sesame"), "passphrase …");
}

#[test]
fn a_stream_key_and_a_password_are_veiled_and_the_place_is_not() {
    let url = "rtmp://user:pa55@127.0.0.1:1935/live/k3y?sign=abc";
    let line = "Unexpected stream k3y at rtmp://user:pa55@127.0.0.1:1935/live/k3y?sign=abc";
    assert_eq!(
        veiled(url, line),
        "Unexpected stream … at rtmp://…@127.0.0.1:1935/live/…?sign=…"
    );
}
