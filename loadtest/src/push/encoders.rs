//! Encoders: each track of each channel a connection and one long request, chunk after chunk when it is due.
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;

use super::capture::Capture;
use super::{Encoders, Push, Sent};
use crate::run::RunError;

/// Of an answer: more than a status line and what is told of it.
const MAX_ANSWER: u64 = 16 << 10;
/// So long for what a server says that takes nothing more.
const LAST_WORD: Duration = Duration::from_secs(1);

/// On a thread of their own: what viewers do does not make them late.
pub(super) fn start(
    plan: Arc<Push>,
    points: Vec<Url>,
    sent: Arc<Sent>,
    begin: Instant,
) -> Result<std::thread::JoinHandle<Result<Encoders, RunError>>, RunError> {
    std::thread::Builder::new()
        .name("encoders".into())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(RunError::Thread)?;
            Ok(runtime.block_on(all(&plan, points, &sent, begin)))
        })
        .map_err(RunError::Thread)
}

async fn all(plan: &Arc<Push>, points: Vec<Url>, sent: &Arc<Sent>, begin: Instant) -> Encoders {
    let period = plan
        .captures
        .first()
        .map_or(Duration::ZERO, Capture::duration);
    let chunk = plan.captures.first().map_or(Duration::ZERO, |capture| {
        capture
            .chunks
            .first()
            .map_or(Duration::ZERO, |it| capture.seconds(it.end))
    });
    let channels = u32::try_from(points.len()).unwrap_or(u32::MAX);
    let mut tasks = JoinSet::new();
    for (number, point) in (0_u32..).zip(points) {
        // Encoders are not in step with each other.
        let begin = begin + chunk * number / channels.max(1);
        for index in 0..plan.captures.len() {
            let is_watched = index == 0 && number == 0;
            let track = Track {
                plan: Arc::clone(plan),
                index,
                url: stream_url(&point, &plan.captures[index].name),
                begin,
                period,
                sent: is_watched.then(|| Arc::clone(sent)),
                done: Encoders::default(),
            };
            tasks.spawn(track.run());
        }
    }
    let mut sum = Encoders::default();
    while let Some(ended) = tasks.join_next().await {
        let Ok(one) = ended else { continue };
        sum.chunks += one.chunks;
        sum.bytes += one.bytes;
        sum.late.merge(&one.late);
        sum.broken.extend(one.broken);
    }
    sum
}

fn stream_url(point: &Url, name: &str) -> Url {
    let mut url = point.clone();
    url.set_path(&format!("{}/{name}", point.path().trim_end_matches('/')));
    url
}

/// A track of a channel on its way.
struct Track {
    plan: Arc<Push>,
    /// Of the capture.
    index: usize,
    url: Url,
    begin: Instant,
    /// All tracks go round together.
    period: Duration,
    /// Where it is told when chunks go out.
    sent: Option<Arc<Sent>>,
    done: Encoders,
}

impl Track {
    async fn run(mut self) -> Encoders {
        if let Err(what) = self.push().await {
            self.done.broken.push((self.url.to_string(), what));
        }
        self.done
    }

    async fn push(&mut self) -> Result<(), String> {
        let limit = self.plan.timeouts.stall;
        let host = self.url.host_str().unwrap_or_default().to_owned();
        let port = self.url.port_or_known_default().unwrap_or(80);
        let connecting = TcpStream::connect((host.trim_matches(['[', ']']), port));
        let connected = timeout(self.plan.timeouts.connect, connecting).await;
        let connected = connected.map_err(|_| "connecting took too long".to_owned())?;
        let mut tcp = connected.map_err(|error| error.to_string())?;
        tcp.set_nodelay(true).map_err(|error| error.to_string())?;
        let plan = Arc::clone(&self.plan);
        let capture = &plan.captures[self.index];
        let mut first = self.head(&host, port).into_bytes();
        frame(&mut first, &capture.header);
        write(&mut tcp, &first, limit).await?;

        let over = self.begin + plan.duration;
        for round in 0_u32.. {
            let offset = self.period * round;
            for piece in &capture.chunks {
                if capture.seconds(piece.start) >= self.period {
                    break;
                }
                let due = self.begin + offset + capture.seconds(piece.end);
                if due > over {
                    return self.end(tcp, limit).await;
                }
                let mut bytes = Vec::with_capacity(piece.bytes.len() + 32);
                frame(&mut bytes, &piece.shifted(capture.ticks(offset)));
                sleep_until(due).await;
                let now = Instant::now();
                self.done.late.record(now - due);
                if let Some(sent) = &self.sent {
                    sent.note(now);
                }
                write(&mut tcp, &bytes, limit).await?;
                self.done.chunks += 1;
                self.done.bytes += piece.bytes.len() as u64;
            }
        }
        Ok(())
    }

    fn head(&self, host: &str, port: u16) -> String {
        let path = &self.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nTransfer-Encoding: chunked\r\n"
        );
        for (name, value) in &self.plan.headers {
            // Writing to a String cannot fail.
            let _ = write!(
                head,
                "{name}: {}\r\n",
                String::from_utf8_lossy(value.as_bytes())
            );
        }
        head.push_str("\r\n");
        head
    }

    /// The last of the body, and what the server says of it.
    async fn end(&self, mut tcp: TcpStream, limit: Duration) -> Result<(), String> {
        write(&mut tcp, b"0\r\n\r\n", limit).await?;
        let mut answer = [0; 12];
        let read = timeout(limit, tcp.read_exact(&mut answer)).await;
        read.map_err(|_| "no answer to the end of the body".to_owned())?
            .map_err(|error| error.to_string())?;
        match answer.ends_with(b"200") {
            true => Ok(()),
            false => Err(format!("answered {}", answer.escape_ascii())),
        }
    }
}

fn frame(out: &mut Vec<u8>, data: &[u8]) {
    out.extend(format!("{:x}\r\n", data.len()).as_bytes());
    out.extend(data);
    out.extend(b"\r\n");
}

/// What went wrong is what the server said, where it said something.
async fn write(tcp: &mut TcpStream, bytes: &[u8], limit: Duration) -> Result<(), String> {
    let error = match timeout(limit, tcp.write_all(bytes)).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the server takes nothing".to_owned(),
    };
    let mut answer = Vec::new();
    let mut said = tcp.take(MAX_ANSWER);
    match timeout(LAST_WORD, said.read_to_end(&mut answer)).await {
        Ok(_) if !answer.is_empty() => {
            let line = answer.split(|byte| *byte == b'\r').next();
            Err(format!(
                "answered {}",
                line.unwrap_or_default().escape_ascii()
            ))
        }
        _ => Err(error),
    }
}
