//! A live stream with parts, made from the fragments of one file at the pace of its time.
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::server::{Asked, Reply, Server};
use super::{assert_clean, play, scenario};

const PART: f64 = 0.2;
const PARTS: usize = 5;
/// Seconds of the stream that are there when the first viewer comes.
const AHEAD: f64 = 5.0;
const SECONDS: usize = 14;

struct Fragments {
    header: Bytes,
    parts: Vec<Bytes>,
}

static FRAGMENTS: LazyLock<Fragments> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let arguments = format!(
        "-nostdin -v error -f lavfi -i testsrc2=s=320x180:r=25 -t {SECONDS} -c:v libx264 -preset ultrafast \
         -tune zerolatency -g 25 -keyint_min 25 -sc_threshold 0 -pix_fmt yuv420p -f mp4 \
         -movflags empty_moov+default_base_moof+cmaf -frag_duration 200000 live.mp4"
    );
    let made = Command::new("ffmpeg")
        .args(arguments.split_whitespace())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let file = Bytes::from(std::fs::read(folder.path().join("live.mp4")).unwrap());
    let mut header_end = 0;
    let mut parts = Vec::new();
    let mut at = 0;
    let mut begin = 0;
    while at + 8 <= file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        match &file[at + 4..at + 8] {
            b"moof" => {
                if header_end == 0 {
                    header_end = at;
                }
                begin = at;
            }
            b"mdat" => parts.push(file.slice(begin..at + length)),
            _ => {}
        }
        at += length;
    }
    assert_eq!(parts.len(), SECONDS * PARTS);
    Fragments {
        header: file.slice(..header_end),
        parts,
    }
});

#[derive(Clone)]
struct Stream {
    begun: Instant,
    /// Wall-clock time of its first picture.
    zero: SystemTime,
}

impl Stream {
    /// Parts that are there.
    fn there(&self) -> usize {
        let age = self.begun.elapsed().as_secs_f64() + AHEAD;
        ((age / PART) as usize).min(SECONDS * PARTS)
    }

    async fn until(&self, part: usize) {
        let at = (part + 1) as f64 * PART - AHEAD + 0.005;
        let at = self.begun + Duration::from_secs_f64(at.max(0.0));
        tokio::time::sleep_until(at.into()).await;
    }

    fn playlist(&self) -> String {
        let there = self.there();
        let (full, rest) = (there / PARTS, there % PARTS);
        let ended = full == SECONDS;
        let first = full.saturating_sub(6);
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.2\n\
             #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.8,HOLD-BACK=3\n\
             #EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-MAP:URI=\"init.mp4\"\n"
        );
        let time = self.zero + Duration::from_secs(first as u64);
        let time = humantime::format_rfc3339_millis(time);
        let _ = writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{time}");
        let part = |text: &mut String, number: usize, at: usize| {
            let independent = if at == 0 { ",INDEPENDENT=YES" } else { "" };
            let _ = writeln!(
                text,
                "#EXT-X-PART:DURATION=0.2,URI=\"p{number}.{at}.m4s\"{independent}"
            );
        };
        for number in first..full {
            if number + 2 >= full {
                (0..PARTS).for_each(|at| part(&mut text, number, at));
            }
            let _ = writeln!(text, "#EXTINF:1.0,\ns{number}.m4s");
        }
        (0..rest).for_each(|at| part(&mut text, full, at));
        match ended {
            true => text.push_str("#EXT-X-ENDLIST\n"),
            false => {
                let _ = writeln!(
                    text,
                    "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p{full}.{rest}.m4s\""
                );
            }
        }
        text
    }

    async fn answer(&self, asked: Asked) -> Reply {
        let name = asked.path.trim_start_matches('/');
        if name == "init.mp4" {
            return Reply::Whole(FRAGMENTS.header.clone());
        }
        if name == "live.m3u8" {
            let directive = |name: &str| -> Option<usize> {
                let pairs = asked.query.split('&');
                let found = pairs.filter_map(|pair| pair.split_once('='));
                found
                    .filter(|(key, _)| *key == name)
                    .find_map(|(_, value)| value.parse().ok())
            };
            if let Some(number) = directive("_HLS_msn") {
                let part = directive("_HLS_part").unwrap_or(PARTS - 1);
                let last = SECONDS * PARTS - 1;
                self.until((number * PARTS + part).min(last)).await;
            }
            return Reply::Whole(self.playlist().into());
        }
        let number = name.trim_start_matches(['s', 'p']).trim_end_matches(".m4s");
        let range = match number.split_once('.') {
            Some((segment, part)) => {
                let at = segment.parse::<usize>().unwrap() * PARTS + part.parse::<usize>().unwrap();
                at..at + 1
            }
            None => {
                let at = number.parse::<usize>().unwrap() * PARTS;
                at..at + PARTS
            }
        };
        if range.end > SECONDS * PARTS {
            return Reply::Status(404);
        }
        self.until(range.end - 1).await;
        Reply::Whole(FRAGMENTS.parts[range].concat().into())
    }
}

async fn live() -> (Server, Stream) {
    LazyLock::force(&FRAGMENTS);
    let stream = Stream {
        begun: Instant::now(),
        zero: SystemTime::now() - Duration::from_secs_f64(AHEAD),
    };
    let answering = stream.clone();
    let server = Server::start(false, move |asked| {
        let stream = answering.clone();
        Box::pin(async move { stream.answer(asked).await })
    })
    .await;
    (server, stream)
}

#[tokio::test]
async fn parts_are_played_close_behind_the_live_edge() {
    let (server, _) = live().await;
    let mut scenario = scenario(&server.url("/live.m3u8"));
    scenario.load.duration = Duration::from_secs(5);
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert_eq!(outcome.stalls, 0, "{outcome:#?}");
    let latency = outcome.live_latency_s.unwrap();
    assert!((0.3..1.6).contains(&latency.p50), "{latency:?}");
    assert!(outcome.latency_ms["blocked"].count > 10);
    let paths = server.paths();
    // Each part once, by its hint or by its announcement.
    let mut parts: Vec<_> = paths.iter().filter(|path| path.starts_with("/p")).collect();
    let all = parts.len();
    parts.sort();
    parts.dedup();
    assert_eq!(parts.len(), all);
    assert!(all > 15, "{paths:?}");
    assert!(outcome.played_s > 3.5, "{}", outcome.played_s);
}

#[tokio::test]
async fn without_low_latency_whole_segments_are_played_further_behind() {
    let (server, _) = live().await;
    let mut scenario = scenario(&server.url("/live.m3u8"));
    scenario.load.duration = Duration::from_secs(5);
    scenario.playback.low_latency = false;
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert!(server.paths().iter().all(|path| !path.starts_with("/p")));
    assert!(outcome.played_s > 3.0, "{}", outcome.played_s);
}

#[tokio::test]
async fn a_stream_that_ends_is_played_to_its_end() {
    let (server, stream) = live().await;
    let mut scenario = scenario(&server.url("/live.m3u8"));
    scenario.load.duration = Duration::from_secs(20);
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert_eq!(outcome.viewers.finished, 1);
    assert!(stream.begun.elapsed().as_secs_f64() > SECONDS as f64 - AHEAD);
}
