//! What ffmpeg pushes, in each of its forms, is caught byte for byte and sent to a node in pieces of odd sizes.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::streams;
use crate::playback::media_playlists;
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{ffmpeg, frames, piped_frames};
use crate::support::tools::output;
use crate::support::{Node, Serve};

/// As it came, its body without the framing.
#[derive(Clone, Debug, Default)]
struct Caught {
    method: String,
    /// Below the publishing point.
    stream: String,
    body: Vec<u8>,
}

/// A server that takes whatever is pushed and keeps it. A connection's first request has the place in which it was
/// connected: ffmpeg opens one for each file and waits for no answer, and whose thread comes first is chance.
struct Sink {
    address: String,
    caught: Arc<Mutex<Vec<Caught>>>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Sink {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self {
            address: listener.local_addr().unwrap().to_string(),
            caught: Arc::default(),
            connections: Arc::default(),
        };
        let (caught, connections) = (sink.caught.clone(), sink.connections.clone());
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let place = reserve(&caught);
                let caught = caught.clone();
                let taking = std::thread::spawn(move || take(connection, place, &caught));
                connections.lock().unwrap().push(taking);
            }
        });
        sink
    }

    /// What ffmpeg pushes of the pictures and the sound that all live tests share, as they are encoded.
    fn catch(&self, arguments: &str, name: &str) -> Vec<Caught> {
        let mut command = ffmpeg();
        for input in ["video.mp4", "audio.mp4"] {
            command.arg("-i").arg(streams().join(input));
        }
        let base = format!("http://{}", self.address);
        let arguments = arguments.replace("{base}", &base);
        // A blank within an argument.
        let blank = |argument: &str| argument.replace('~', " ");
        command.args(arguments.split_whitespace().map(blank));
        command.arg(format!("{base}/{name}"));
        output(&mut command);
        // Connections are accepted in their order: when this one is answered, all of ffmpeg's have been.
        let mut last = TcpStream::connect(&self.address).unwrap();
        last.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        last.read_exact(&mut [0]).unwrap();
        drop(last);
        let connections = std::mem::take(&mut *self.connections.lock().unwrap());
        connections.into_iter().for_each(|it| it.join().unwrap());
        let mut caught = std::mem::take(&mut *self.caught.lock().unwrap());
        caught.retain(|request| !["", "GET"].contains(&request.method.as_str()));
        caught
    }
}

/// A place for a request that is yet to come.
fn reserve(keep: &Mutex<Vec<Caught>>) -> usize {
    let mut keep = keep.lock().unwrap();
    keep.push(Caught::default());
    keep.len() - 1
}

/// The requests of one connection, the first of them in its `place`.
fn take(stream: TcpStream, place: usize, keep: &Mutex<Vec<Caught>>) {
    let mut place = Some(place);
    let mut answers = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split(' ');
        let method = words.next().unwrap().to_owned();
        let stream = words.next().unwrap().trim_start_matches('/').to_owned();
        let (mut chunked, mut length) = (false, 0);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let header = header.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            chunked |= header == "transfer-encoding: chunked";
            if let Some(value) = header.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if header == "expect: 100-continue" {
                answers.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
            }
        }
        let at = place.take().unwrap_or_else(|| reserve(keep));
        let body = match chunked {
            true => chunks(&mut reader),
            false => {
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                body
            }
        };
        keep.lock().unwrap()[at] = Caught {
            method,
            stream,
            body,
        };
        // Not all of its muxers wait for an answer.
        let _ = answers.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
}

/// A chunked body (RFC 9112, 7.1).
fn chunks(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let size = usize::from_str_radix(line.trim_end(), 16).unwrap();
        let mut piece = vec![0; size + 2];
        reader.read_exact(&mut piece).unwrap();
        body.extend(&piece[..size]);
        if size == 0 {
            return body;
        }
    }
}

/// Sends it as it was caught: byte by byte where boxes of a header lie, then in pieces that fit no box. The status.
fn replay(node: &Node, caught: &Caught) -> String {
    const BY_BYTE: usize = 2000;
    const SIZES: [usize; 4] = [7, 4093, 31, 65_537];
    let address = node.http.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let Caught {
        method,
        stream: name,
        body,
    } = caught;
    write!(
        stream,
        "{method} /live/news/ingest/{name} HTTP/1.1\r\nHost: {address}\r\nTransfer-Encoding: chunked\r\n\
         Connection: close\r\n\r\n"
    )
    .unwrap();
    let (first, rest) = body.split_at(BY_BYTE.min(body.len()));
    let mut send = |piece: &[u8]| {
        let head = format!("{:x}\r\n", piece.len());
        let framed = [head.as_bytes(), piece, b"\r\n"].concat();
        // Whoever answers early, and hangs up, has said why.
        let _ = stream.write_all(&framed);
    };
    first.chunks(1).for_each(&mut send);
    let mut left = rest;
    for size in SIZES.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let (piece, more) = left.split_at((*size).min(left.len()));
        send(piece);
        left = more;
    }
    let _ = stream.write_all(b"0\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// Header and whole segments of a media playlist, one after the other.
fn listed(url: &str) -> Vec<u8> {
    let text = fetch_text(url);
    let folder = url.trim_end_matches("index.m3u8");
    let header = text.split("#EXT-X-MAP:URI=\"").nth(1).unwrap();
    let mut bytes = fetch(&format!("{folder}{}", header.split('"').next().unwrap()));
    for name in text
        .lines()
        .filter(|line| line.ends_with(".m4s") && !line.starts_with('#'))
    {
        bytes.extend(fetch(&format!("{folder}{name}")));
    }
    bytes
}

/// Replays what was caught, and looks at what viewers get: the pictures that were encoded, all or up to the segment
/// that has no end, and as much of the sound.
fn is_played(caught: &[Caught]) {
    assert!(!caught.is_empty());
    let node = Serve::live("", "").start();
    for request in caught {
        assert_eq!(
            replay(&node, request),
            "200",
            "{} {}",
            request.method,
            request.stream
        );
    }
    let playlists = media_playlists(&format!("{}/live/news/clear/index.m3u8", node.http));
    let [audio, video] = playlists.as_slice() else {
        panic!("{playlists:?}")
    };
    for (url, file, stream, least) in [
        (video, "video.mp4", "0:v:0", 200),
        (audio, "audio.mp4", "0:a:0", 370),
    ] {
        let text = fetch_text(url);
        assert!(
            !text.contains("#EXT-X-GAP") && !text.contains("#EXT-X-DISCONTINUITY\n"),
            "{text}"
        );
        let truth = frames(&streams().join(file).display().to_string(), stream, &[]);
        let shown = piped_frames(listed(url), stream, &[]);
        assert!(
            shown.len() >= least,
            "{url}: {} of {}",
            shown.len(),
            truth.len()
        );
        assert_eq!(shown[..], truth[..shown.len()], "{url}");
    }
}

#[test]
fn ffmpeg_dash_in_chunks() {
    let caught = Sink::start().catch(
        "-c copy -f dash -ldash 1 -streaming 1 -use_template 1 -use_timeline 0 -seg_duration 2 \
         -frag_type duration -frag_duration 0.5 -method PUT -http_persistent 1",
        "manifest.mpd",
    );
    is_played(&caught);
}

#[test]
fn ffmpeg_dash_in_segments() {
    let caught = Sink::start().catch(
        "-c copy -f dash -use_template 1 -use_timeline 1 -seg_duration 2 -method PUT",
        "manifest.mpd",
    );
    is_played(&caught);
}

#[test]
fn ffmpeg_hls_with_pictures_and_sound_in_one() {
    let caught = Sink::start().catch(
        "-c copy -f hls -hls_segment_type fmp4 -hls_time 2 -method PUT -http_persistent 1",
        "live.m3u8",
    );
    is_played(&caught);
}

#[test]
fn ffmpeg_hls_with_a_folder_for_each_track() {
    let caught = Sink::start().catch(
        "-map 0:v -map 1:a -c copy -f hls -hls_segment_type fmp4 -hls_time 2 -method PUT \
         -var_stream_map v:0,agroup:a,name:v~a:0,agroup:a,name:a -hls_segment_filename {base}/%v/%d.m4s",
        "%v/live.m3u8",
    );
    is_played(&caught);
}

#[test]
fn ffmpeg_mp4_to_one_name() {
    let sink = Sink::start();
    let mut caught = Vec::new();
    for (map, name) in [("0:v", "video.mp4"), ("1:a", "audio.mp4")] {
        let arguments = format!(
            "-map {map} -c copy -f mp4 -frag_duration 500000 -movflags +cmaf+empty_moov+default_base_moof -method PUT"
        );
        caught.extend(sink.catch(&arguments, name));
    }
    is_played(&caught);
}
