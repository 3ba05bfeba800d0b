//! Arbitrary bytes as a request stream and as a unidirectional stream: no panic, and the same words
//! however the bytes are cut.
#![no_main]
use bytes::Bytes;
use edgepack_h3::{Connection, Limits, RequestEvent, RequestStream, UniStream};
use libfuzzer_sys::fuzz_target;

fn hear<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<String>, Vec<u8>) {
    let mut stream = RequestStream::new(Limits::default());
    let (mut words, mut body) = (Vec::new(), Vec::new());
    for piece in pieces {
        let mut chunk = Bytes::copy_from_slice(piece);
        loop {
            match stream.receive(&mut chunk) {
                Ok(None) => break,
                Ok(Some(RequestEvent::Data(data))) => body.extend_from_slice(&data),
                Ok(Some(event)) => words.push(format!("{event:?}")),
                Err(error) => {
                    words.push(error.to_string());
                    return (words, body);
                }
            }
        }
    }
    words.push(format!("{:?}", stream.ended()));
    (words, body)
}

fuzz_target!(|input: (Vec<u8>, u8)| {
    let (bytes, cut) = input;
    let cut = usize::from(cut).max(1);
    let whole = hear(std::iter::once(bytes.as_slice()));
    assert_eq!(hear(bytes.chunks(cut)), whole);

    let mut connection = Connection::new(Limits::default());
    let mut stream = UniStream::new();
    for piece in bytes.chunks(cut) {
        if stream
            .receive(&mut connection, Bytes::copy_from_slice(piece))
            .is_err()
        {
            return;
        }
    }
    let _ = stream.ended();
});
