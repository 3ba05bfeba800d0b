//! The memory budget holds whatever is asked for, and the node goes on serving.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::playback::media_playlists;
use crate::support::client::{fetch, fetch_text};
use crate::support::{KEY_HEX, KID_HEX, Node, Serve, media};

const MIB: u64 = 1 << 20;
const BUDGET: u64 = 96 * MIB;
/// The program, its tables and threads, and what connections buffer.
const SLACK: u64 = 40 * MIB;

/// Noise that no encoder makes small: segments of some 10 MB.
fn make_noise(root: &Path) {
    let status = media::ffmpeg()
        .args(["-f", "lavfi", "-i"])
        .arg("nullsrc=s=512x288:r=25:d=16,format=yuv420p,noise=alls=100:allf=t+u")
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-qp", "1"])
        .args(["-g", "50", "-sc_threshold", "0"])
        .arg(root.join("noise.mp4"))
        .status()
        .unwrap();
    assert!(status.success());
}

/// A request whose answer is taken up to the end of its head.
struct Slow {
    stream: BufReader<TcpStream>,
    status: u16,
    retry_after: bool,
    length: u64,
}

impl Slow {
    fn ask(node: &Node, url: &str) -> TcpStream {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        // Or the system's buffers would hold whole segments.
        socket.set_recv_buffer_size(64 << 10).unwrap();
        let address: std::net::SocketAddr = node.http.replace("http://", "").parse().unwrap();
        socket.connect(&address.into()).unwrap();
        let mut stream = TcpStream::from(socket);
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let path = url.replace(&node.http, "");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        stream
    }

    fn head(stream: TcpStream) -> Self {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let (mut retry_after, mut length) = (false, 0);
        loop {
            line.clear();
            stream.read_line(&mut line).unwrap();
            let (name, value) = match line.trim_end().split_once(": ") {
                Some(field) => field,
                None => break,
            };
            match name.to_ascii_lowercase().as_str() {
                "retry-after" => retry_after = true,
                "content-length" => length = value.parse().unwrap(),
                _ => {}
            }
        }
        Self {
            stream,
            status,
            retry_after,
            length,
        }
    }

    fn rest(mut self) -> u64 {
        let mut sink = std::io::sink();
        std::io::copy(&mut self.stream.by_ref().take(self.length), &mut sink).unwrap()
    }
}

fn kilobytes(node: &Node, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let value = line.unwrap().trim_start_matches(':').trim();
    value.trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

fn segments(node: &Node, protection: &str) -> Vec<String> {
    let playlists = media_playlists(&format!(
        "{}/vod/noise.mp4/{protection}/index.m3u8",
        node.http
    ));
    let text = fetch_text(&playlists[0]);
    let folder = playlists[0].trim_end_matches("index.m3u8");
    let names = text.lines().filter(|line| line.ends_with(".m4s"));
    names.map(|name| format!("{folder}{name}")).collect()
}

#[test]
fn slow_viewers_of_more_than_fits_are_served_or_asked_back_and_memory_stays_within_its_budget() {
    let root = tempfile::tempdir().unwrap();
    make_noise(root.path());
    let section = format!(
        "[node]\nworkers = 2\nmemory = \"{}MiB\"\nmemory_wait = \"300ms\"\n[log]\naccess = \"off\"\n",
        BUDGET / MIB
    );
    let mount = format!(
        "target_duration = \"2s\"\nprotections = [\"clear\", \"cenc\", \"cbcs\"]\n\
         [mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n"
    );
    let serve = Serve::all(root.path()).section(&section).mount(&mount);
    let node = serve.start();
    let urls: Vec<String> = ["clear", "cenc", "cbcs"]
        .into_iter()
        .flat_map(|protection| segments(&node, protection))
        .collect();
    let before = kilobytes(&node, "VmRSS");

    // Two rounds: what the first ones left in the cache has to make way in the second.
    for round in 0..2 {
        let asked: Vec<TcpStream> = urls.iter().map(|url| Slow::ask(&node, url)).collect();
        let answers: Vec<Slow> = asked.into_iter().map(Slow::head).collect();
        let wanted: u64 = answers.iter().map(|answer| answer.length).sum();
        let served = answers.iter().filter(|answer| answer.status == 200).count();
        let refused = answers.iter().filter(|answer| answer.status == 503);
        let refused = refused
            .inspect(|answer| assert!(answer.retry_after))
            .count();
        assert_eq!(served + refused, urls.len());
        assert!(
            served >= 2,
            "round {round}: {served} of {} served",
            urls.len()
        );
        assert!(refused > 0, "round {round}: {wanted} bytes all fit");
        assert!(node.metric("edgepack_memory_used_bytes") <= BUDGET as f64);
        // Who was served gets all of it, however late.
        for answer in answers.into_iter().filter(|answer| answer.status == 200) {
            let length = answer.length;
            assert_eq!(answer.rest(), length);
        }
        let peak = kilobytes(&node, "VmHWM");
        assert!(
            peak <= BUDGET + SLACK,
            "round {round}: {} MiB resident at most, {} MiB before",
            peak / MIB,
            before / MIB
        );
    }
    println!("{} MiB resident at most", kilobytes(&node, "VmHWM") / MIB);
    assert!(node.metric("edgepack_memory_refused_total") > 0.0);

    // Nobody is slow any more: everything is served, one after the other, whatever the cache holds.
    for url in &urls {
        assert!(fetch(url).len() as u64 > MIB, "{url}");
    }
    assert_eq!(node.metric("edgepack_memory_waiting"), 0.0);
    assert!(kilobytes(&node, "VmHWM") <= BUDGET + SLACK);
}
