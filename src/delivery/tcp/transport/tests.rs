#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::super::activity::Timeouts;
use super::*;

#[tokio::test]
async fn what_is_put_back_comes_before_what_was_not_read_yet() {
    let minute = Duration::from_secs(60);
    let activity = Rc::new(Activity::new(Timeouts {
        head: Some(minute),
        idle: minute,
        send: minute,
        rate: 0,
    }));
    let prefix = Bytes::from_static(b"abcdef");
    let mut transport = Transport::new(&b"gh"[..], prefix, activity);
    transport.put_back(Bytes::new());
    let mut read = [0; 3];
    transport.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"abc");
    transport.put_back(Bytes::copy_from_slice(&read[1..]));
    let mut rest = Vec::new();
    transport.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"bcdefgh");
}
