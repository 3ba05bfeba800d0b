//! Channels fed by a child process, and channels pushed on to another node.
use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::support::client::{fetch, fetch_text};
use crate::support::media::{ffmpeg, piped_frames};
use crate::support::tools::output;
use crate::support::{Curl, Node, Serve};

/// For whatever is waited for.
const PATIENCE: Duration = Duration::from_secs(40);
/// Between looks at what tells of itself only when asked.
const LOOK: Duration = Duration::from_millis(50);

/// Until `look` finds something.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "no {what} in time");
        std::thread::sleep(LOOK);
    }
}

fn free_udp_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn free_tcp_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A media playlist of the channel, when it is there.
fn playlist(node: &Node, track: &str) -> Option<String> {
    let answer = Curl::get(&format!("{}/live/news/clear/{track}/index.m3u8", node.http)).run();
    (answer.status == 200).then(|| answer.text())
}

fn multivariant(node: &Node) -> Option<String> {
    let answer = Curl::get(&format!("{}/live/news/clear/index.m3u8", node.http)).run();
    (answer.status == 200).then(|| answer.text())
}

/// Segments of a media playlist that are whole.
fn segments(playlist: &str) -> Vec<&str> {
    let lines = playlist.lines();
    lines
        .filter(|line| line.ends_with(".m4s") && !line.starts_with('#'))
        .collect()
}

/// Media sequence number of each, first to last.
fn numbers(playlist: &str) -> Vec<u64> {
    let number = |name: &&str| {
        name.split_once('-')?
            .1
            .trim_end_matches(".m4s")
            .parse()
            .ok()
    };
    segments(playlist).iter().filter_map(number).collect()
}

mod contribution {
    use super::*;

    /// An encoder; ended with its owner.
    struct Encoder(Child);

    impl Drop for Encoder {
        fn drop(&mut self) {
            // It may have ended already.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Pictures and sound in real time, with a key frame a second.
    fn encoder(form: &str, url: &str) -> Encoder {
        let child = ffmpeg()
            .args(["-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25"])
            .args(["-re", "-f", "lavfi", "-i", "sine=440:r=48000"])
            .args([
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-tune",
                "zerolatency",
                "-g",
                "25",
            ])
            .args([
                "-pix_fmt", "yuv420p", "-b:v", "400k", "-c:a", "aac", "-t", "60", "-f", form, url,
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Encoder(child)
    }

    /// Until the channel plays: an encoder that finds nobody there yet is started again.
    fn encoder_until<T>(
        form: &str,
        url: &str,
        what: &str,
        mut look: impl FnMut() -> Option<T>,
    ) -> (Encoder, T) {
        let mut running = encoder(form, url);
        let found = wait_for(what, || {
            if running.0.try_wait().unwrap().is_some() {
                running = encoder(form, url);
            }
            look()
        });
        (running, found)
    }

    /// Of the node's children the one that is ffmpeg.
    fn child_of(node: &Node) -> Option<u32> {
        let parent = node.pid().to_string();
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .find_map(|entry| {
                let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
                let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
                let (_, rest) = stat.rsplit_once(") ")?;
                let mut fields = rest.split(' ');
                let alive = fields.next()? != "Z";
                (alive && fields.next()? == parent).then_some(pid)
            })
    }

    fn is_alive(pid: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| !rest.starts_with('Z'))
    }

    fn codecs(node: &Node) -> String {
        let mut ffprobe = Command::new("ffprobe");
        ffprobe
            .args([
                "-v",
                "error",
                "-show_entries",
                "stream=codec_name",
                "-of",
                "csv=p=0",
            ])
            .arg(format!("{}/live/news/clear/index.m3u8", node.http));
        let mut names: Vec<String> = output(&mut ffprobe)
            .lines()
            .map(|line| line.trim_matches(',').to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        names.sort();
        names.dedup();
        names.join(" ")
    }

    #[test]
    fn a_channel_fed_by_srt_plays_and_goes_on_behind_a_discontinuity_when_its_child_dies() {
        let port = free_udp_port();
        let phrase = "open-sesame-0123";
        let url = |mode: &str| {
            format!("srt://127.0.0.1:{port}?mode={mode}&passphrase={phrase}&pbkeylen=16")
        };
        let channel = format!(
            "[mount.live.channel.ingest]\nsrt = \"{}\"\nfirst_pause = \"100ms\"\nlongest_pause = \"1s\"\n",
            url("listener")
        );
        let mut node = Serve::live("", &channel).start();
        let whole = |least: usize| {
            let node = &node;
            move || {
                multivariant(node)?;
                playlist(node, "v180").filter(|text| segments(text).len() >= least)
            }
        };
        let (first_encoder, text) = encoder_until("mpegts", &url("caller"), "playlist", whole(2));
        assert!(!text.contains("EXT-X-DISCONTINUITY\n"), "{text}");
        assert_eq!(codecs(&node), "aac h264");
        assert_eq!(node.metric("edgepack_contribution_up") as u64, 1);
        assert!(node.metric("edgepack_contribution_bytes_total") > 10_000.0);
        let child = child_of(&node).unwrap();
        assert!(
            Command::new("kill")
                .arg("-9")
                .arg(child.to_string())
                .status()
                .unwrap()
                .success()
        );
        drop(first_encoder);
        let after = || {
            let text = playlist(&node, "v180")?;
            let (_, behind) = text.split_once("#EXT-X-DISCONTINUITY\n")?;
            (segments(behind).len() >= 2).then_some(text.clone())
        };
        let (encoder, text) = encoder_until("mpegts", &url("caller"), "discontinuity", after);
        assert!(!text.contains("EXT-X-ENDLIST"), "{text}");
        let told = numbers(&text);
        assert!(told.windows(2).all(|pair| pair[1] == pair[0] + 1), "{text}");
        assert!(node.metric("edgepack_contribution_restarts_total") >= 1.0);
        let again = child_of(&node).unwrap();
        assert_ne!(again, child);
        // Nobody pushes by HTTP to a channel that is fed this way.
        Curl::get(&format!("{}/live/news/ingest/video.mp4", node.http))
            .arg("-X")
            .arg("POST")
            .run()
            .expect(403);
        // The child goes with the node, and no secret is in the log.
        node.signal("-TERM");
        assert!(node.wait_for_exit().success());
        assert!(!is_alive(again));
        assert!(!node.written().contains(phrase));
        drop(encoder);
    }

    #[test]
    fn a_channel_fed_by_rtmp_plays() {
        let url = format!("rtmp://127.0.0.1:{}/live/k3y-of-news", free_tcp_port());
        let channel = format!(
            "[mount.live.channel.ingest]\nrtmp = \"{url}\"\nfirst_pause = \"100ms\"\nlongest_pause = \"1s\"\n"
        );
        let node = Serve::live("", &channel).start();
        let look = || {
            multivariant(&node)?;
            playlist(&node, "v180").filter(|text| segments(text).len() >= 2)
        };
        let (_encoder, _) = encoder_until("flv", &url, "playlist", look);
        assert_eq!(codecs(&node), "aac h264");
        assert!(!node.written().contains("k3y-of-news"));
    }

    #[test]
    fn a_child_that_cannot_be_started_is_told_and_tried_again() {
        let channel = "[mount.live.channel.ingest]\nsrt = \"srt://127.0.0.1:9?mode=listener\"\n\
                       program = \"/nowhere/ffmpeg\"\nfirst_pause = \"50ms\"\nlongest_pause = \"50ms\"\n";
        let node = Serve::live("", channel).start();
        wait_for("second attempt", || {
            (node.metric("edgepack_contribution_restarts_total") >= 2.0).then_some(())
        });
        assert!(node.written().contains("/nowhere/ffmpeg cannot be started"));
        assert_eq!(node.metric("edgepack_contribution_up") as u64, 0);
    }
}

mod republish {
    use super::*;

    /// Forty seconds of pictures with a key frame a second, in chunks of half a second.
    fn video() -> &'static Path {
        static FILE: OnceLock<PathBuf> = OnceLock::new();
        FILE.get_or_init(|| {
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("republish-1");
            let file = folder.join("video.mp4");
            if folder.join("complete").is_file() {
                return file;
            }
            std::fs::create_dir_all(&folder).unwrap();
            output(
                ffmpeg()
                    .args(["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-t", "40"])
                    .args([
                        "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25",
                    ])
                    .args(["-sc_threshold", "0", "-b:v", "400k", "-pix_fmt", "yuv420p"])
                    .args(["-f", "mp4", "-frag_duration", "500000"])
                    .args(["-movflags", "+cmaf+empty_moov+default_base_moof"])
                    .arg(&file),
            );
            std::fs::write(folder.join("complete"), "").unwrap();
            file
        })
    }

    /// The pushed file, cut before each chunk; the header with the first.
    fn chunks() -> Vec<Vec<u8>> {
        let bytes = std::fs::read(video()).unwrap();
        let (mut at, mut cuts) = (0, Vec::new());
        while let Some(head) = bytes.get(at..at + 8) {
            if head[4..] == *b"moof" || head[4..] == *b"mfra" {
                cuts.push(at);
            }
            at += u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        }
        // The end is not told: the channel lives on.
        cuts[0] = 0;
        cuts.windows(2)
            .map(|pair| bytes[pair[0]..pair[1]].to_vec())
            .collect()
    }

    fn second(port: u16) -> Node {
        Serve::live("", "bearer = \"s3cret\"").port(port).start()
    }

    fn first(port: u16) -> Node {
        let channel = format!(
            "[[mount.live.channel.republish]]\nurl = \"http://127.0.0.1:{port}/live/news/ingest\"\n\
             name = \"second\"\nbearer = \"s3cret\"\nqueue_segments = 2\n\
             first_pause = \"50ms\"\nlongest_pause = \"200ms\"\n"
        );
        Serve::live("", &channel).start()
    }

    /// The last whole segment of a node, when it has one.
    fn latest(node: &Node) -> Option<u64> {
        multivariant(node)?;
        numbers(&playlist(node, "v180")?).last().copied()
    }

    /// Digests of each whole segment's frames, by number.
    fn digests(node: &Node) -> Vec<(u64, Vec<String>)> {
        let folder = format!("{}/live/news/clear/v180/", node.http);
        let text = fetch_text(&format!("{folder}index.m3u8"));
        let map = text
            .lines()
            .find_map(|line| line.split("URI=\"init").nth(1)?.split('"').next());
        let init = fetch(&format!("{folder}init{}", map.unwrap()));
        segments(&text)
            .iter()
            .zip(numbers(&text))
            .map(|(name, number)| {
                let media = [&init[..], &fetch(&format!("{folder}{name}"))].concat();
                (number, piped_frames(media, "0:v:0", &[]))
            })
            .collect()
    }

    /// Pushes one chunk a call, in one request.
    struct Pushing {
        stream: std::net::TcpStream,
        chunks: std::vec::IntoIter<Vec<u8>>,
    }

    impl Pushing {
        fn begin(node: &Node) -> Self {
            use std::io::Write;
            let address = node.http.trim_start_matches("http://");
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            write!(
                stream,
                "POST /live/news/ingest/Streams(video.cmfv) HTTP/1.1\r\nHost: {address}\r\n\
                 Transfer-Encoding: chunked\r\n\r\n"
            )
            .unwrap();
            Self {
                stream,
                chunks: chunks().into_iter(),
            }
        }

        fn send(&mut self) {
            use std::io::Write;
            let chunk = self.chunks.next().expect("the film is long enough");
            write!(self.stream, "{:x}\r\n", chunk.len()).unwrap();
            self.stream.write_all(&chunk).unwrap();
            self.stream.write_all(b"\r\n").unwrap();
        }
    }

    #[test]
    fn a_channel_is_pushed_on_and_the_next_node_may_come_and_go() {
        let port = free_tcp_port();
        let one = first(port);
        let mut two = second(port);
        let mut pushing = Pushing::begin(&one);
        // A little faster than in real time: clocks that are off too far are not believed.
        let mut send_until = |what: &str, done: &mut dyn FnMut() -> bool| {
            wait_for(what, || {
                pushing.send();
                std::thread::sleep(Duration::from_millis(250));
                done().then_some(())
            });
        };
        let mut at_first = None;
        // Whole segments, there.
        send_until("second node's segments", &mut || {
            latest(&two).is_some_and(|latest| latest >= *at_first.get_or_insert(latest) + 2)
        });
        let (there, here) = (digests(&two), digests(&one));
        assert!(there.len() >= 2);
        for (number, frames) in &there {
            let of_first = here.iter().find(|(of, _)| of == number);
            assert_eq!(
                Some(frames),
                of_first.map(|(_, frames)| frames),
                "segment {number}"
            );
            assert_eq!(frames.len(), 50);
        }
        assert_eq!(one.metric("edgepack_republish_up") as u64, 1);
        assert!(one.metric("edgepack_republish_bytes_total") > 10_000.0);

        two.signal("-KILL");
        two.wait_for_exit();
        let before = latest(&one).unwrap();
        send_until("first node alone", &mut || {
            latest(&one).is_some_and(|now| now >= before + 4)
        });
        assert!(one.metric("edgepack_republish_reconnects_total") >= 1.0);
        assert!(one.metric("edgepack_republish_dropped_segments_total") >= 1.0);
        assert_eq!(one.metric("edgepack_republish_up") as u64, 0);
        let text = playlist(&one, "v180").unwrap();
        assert!(
            !text.contains("EXT-X-GAP") && !text.contains("EXT-X-DISCONTINUITY\n"),
            "{text}"
        );

        let two = second(port);
        send_until("second node's return", &mut || {
            latest(&two).is_some_and(|there| there > before + 4)
        });
        let (there, here) = (digests(&two), digests(&one));
        let (number, frames) = there.last().unwrap();
        let of_first = here.iter().find(|(of, _)| of == number).unwrap();
        assert_eq!(frames, &of_first.1);
        // The encoder was answered nothing so far: its request goes on.
        pushing.stream.set_nonblocking(true).unwrap();
        assert!(pushing.stream.read(&mut [0; 16]).is_err());
    }

    #[test]
    fn a_destination_that_refuses_is_asked_again_and_the_channel_goes_on() {
        let port = free_tcp_port();
        let channel = format!(
            "[[mount.live.channel.republish]]\nurl = \"http://127.0.0.1:{port}/live/news/ingest\"\n\
             bearer = \"wr0ng\"\nfirst_pause = \"50ms\"\nlongest_pause = \"100ms\"\n"
        );
        let one = Serve::live("", &channel).start();
        let two = second(port);
        let mut pushing = Pushing::begin(&one);
        wait_for("refusals", || {
            pushing.send();
            std::thread::sleep(Duration::from_millis(50));
            latest(&one)?;
            (one.metric("edgepack_republish_reconnects_total") >= 2.0).then_some(())
        });
        assert!(latest(&one).is_some());
        assert!(multivariant(&two).is_none());
        let log = one.written();
        assert!(log.contains("answered 403"), "{log}");
        assert!(!log.contains("wr0ng"));
    }
}
