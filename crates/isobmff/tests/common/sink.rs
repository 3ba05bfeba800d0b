//! A server that takes what encoders push and gives back each body, in the pieces of its chunked coding.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The bodies put under each path, in the order in which they were complete.
pub type Bodies = BTreeMap<String, Vec<Vec<Vec<u8>>>>;

/// An encoder that sends nothing for so long has died.
const SILENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub struct Sink {
    pub address: SocketAddr,
    bodies: Arc<Mutex<Bodies>>,
    accepting: JoinHandle<()>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let bodies = Arc::<Mutex<Bodies>>::default();
        let kept = Arc::clone(&bodies);
        let accepting = thread::spawn(move || {
            let mut serving = Vec::new();
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let mut first = [0];
                if stream.peek(&mut first).unwrap_or(0) > 0 && first == [b'!'] {
                    break;
                }
                let kept = Arc::clone(&kept);
                serving.push(thread::spawn(move || serve(stream, &kept)));
            }
            for served in serving {
                served.join().unwrap();
            }
        });
        Self {
            address,
            bodies,
            accepting,
        }
    }

    /// All bodies; the encoder has closed its connections.
    pub fn finish(self) -> Bodies {
        let mut stop = TcpStream::connect(self.address).unwrap();
        stop.write_all(b"!").unwrap();
        self.accepting.join().unwrap();
        std::mem::take(&mut self.bodies.lock().unwrap())
    }
}

fn serve(stream: TcpStream, bodies: &Mutex<Bodies>) {
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let mut answers = stream.try_clone().unwrap();
    let mut requests = BufReader::new(stream);
    while let Some((path, chunked)) = head(&mut requests) {
        if chunked {
            let pieces = body(&mut requests);
            let mut bodies = bodies.lock().unwrap();
            bodies.entry(path).or_default().push(pieces);
            // No answer: ffmpeg waits for none, and closes without reading one. The reset that this makes would take
            // with it what it sent and what is not read here yet.
        } else {
            answers
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .ok();
        }
    }
}

fn body(requests: &mut impl BufRead) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    loop {
        let size = line(requests);
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let mut piece = vec![0; size];
        requests.read_exact(&mut piece).unwrap();
        line(requests);
        if size == 0 {
            return pieces;
        }
        pieces.push(piece);
    }
}

/// Path, and whether a body follows. None at the end of the connection.
fn head(requests: &mut impl BufRead) -> Option<(String, bool)> {
    let first = line(requests);
    let path = first.split(' ').nth(1)?.to_owned();
    let mut chunked = false;
    loop {
        let field = line(requests).to_ascii_lowercase();
        if field.trim().is_empty() {
            return Some((path, chunked));
        }
        chunked |= field.starts_with("transfer-encoding: chunked");
    }
}

fn line(requests: &mut impl BufRead) -> String {
    let mut line = String::new();
    requests.read_line(&mut line).unwrap_or(0);
    line
}
