//! Over TCP: as much of HTTP/1.1 as it takes to be asked.
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;

use aes::Aes128;
use ctr::cipher::{KeyIvInit, StreamCipher};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::segments::{Segment, Segments};
use crate::peers::Way;

const KEY: [u8; 16] = [7; 16];
/// What a TLS record holds.
const RECORD: usize = 16 << 10;
const TAG: usize = 16;
/// Records that are written at once.
const RECORDS: usize = 4;

pub(super) struct Sender {
    way: Way,
    buffer: Vec<u8>,
}

impl Sender {
    pub(super) fn new(way: Way) -> Self {
        Self {
            way,
            buffer: Vec::new(),
        }
    }

    /// One request after the other, until the client has enough.
    pub(super) fn answer(&mut self, mut stream: TcpStream, segments: &Segments) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut head = [0; 4096];
        let mut filled = 0;
        loop {
            let ended = head[..filled]
                .windows(4)
                .position(|bytes| bytes == b"\r\n\r\n");
            let Some(end) = ended else {
                match stream.read(&mut head[filled..])? {
                    0 => return Ok(()),
                    count => filled += count,
                }
                continue;
            };
            let text = String::from_utf8_lossy(&head[..end]);
            let path = text.split(' ').nth(1).unwrap_or_default();
            let segment = segments.get(path).ok_or(io::ErrorKind::NotFound)?;
            self.send(&mut stream, segment)?;
            head.copy_within(end + 4..filled, 0);
            filled -= end + 4;
        }
    }

    fn send(&mut self, stream: &mut TcpStream, segment: &Segment) -> io::Result<()> {
        let len = segment.bytes.len();
        let sent = match self.way {
            Way::Seal => len + len.div_ceil(RECORD) * TAG,
            _ => len,
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {sent}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        match self.way {
            Way::Write | Way::Datagrams => stream.write_all(&segment.bytes),
            Way::Sendfile => send_file(stream, segment),
            Way::Seal => self.seal(stream, &segment.bytes),
            Way::Read | Way::ReadCtr => self.read(stream, segment),
        }
    }

    fn seal(&mut self, stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        let key = UnboundKey::new(&AES_128_GCM, &KEY).map_err(|_| io::ErrorKind::Other)?;
        let key = LessSafeKey::new(key);
        for records in bytes.chunks(RECORD * RECORDS) {
            self.buffer.clear();
            for (number, record) in (0..).zip(records.chunks(RECORD)) {
                let start = self.buffer.len();
                self.buffer.extend_from_slice(record);
                let mut nonce = [0; 12];
                nonce[0] = number;
                let nonce = Nonce::assume_unique_for_key(nonce);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::empty(), &mut self.buffer[start..])
                    .map_err(|_| io::ErrorKind::Other)?;
                self.buffer.extend_from_slice(tag.as_ref());
            }
            stream.write_all(&self.buffer)?;
        }
        Ok(())
    }

    fn read(&mut self, stream: &mut TcpStream, segment: &Segment) -> io::Result<()> {
        self.buffer.resize(segment.bytes.len(), 0);
        segment.file.read_exact_at(&mut self.buffer, 0)?;
        if self.way == Way::ReadCtr {
            let mut cipher = ctr::Ctr128BE::<Aes128>::new(&KEY.into(), &[0; 16].into());
            cipher.apply_keystream(&mut self.buffer);
        }
        stream.write_all(&self.buffer)
    }
}

fn send_file(stream: &TcpStream, segment: &Segment) -> io::Result<()> {
    let mut offset = 0;
    let len = segment.bytes.len() as u64;
    while offset < len {
        let left = usize::try_from(len - offset).unwrap_or(usize::MAX);
        if rustix::fs::sendfile(stream, &segment.memory, Some(&mut offset), left)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}
