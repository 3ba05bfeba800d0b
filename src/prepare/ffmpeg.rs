//! ffmpeg and ffprobe as child processes: progress, a bound on standing still, an end when nobody waits for them.
use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{Instant, timeout, timeout_at};

use super::Error;

/// ffprobe reads the beginning of a file, at most its end as well.
const PROBE_TIMEOUT: Duration = Duration::from_secs(120);
/// A description of a file with all its streams is far smaller.
const MAX_PROBE_BYTES: u64 = 16 << 20;
/// Lines of what ffmpeg complains of that are kept, and how much of each.
const KEPT_LINES: usize = 40;
const KEPT_CHARS: usize = 500;

/// How far one ffmpeg is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// On the source's time line.
    pub seconds: f64,
    /// Seconds of media per second.
    pub speed: Option<f64>,
}

/// `file:` keeps names with a colon, or a dash in front, from being understood as something else.
pub(super) fn url(path: &Path) -> std::ffi::OsString {
    let mut url = std::ffi::OsString::from("file:");
    url.push(path);
    url
}

/// A name that a shell would take as it is, for showing a command line.
pub(super) fn shown(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%@".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

/// What ffprobe prints for `source`, as JSON.
pub(super) async fn ffprobe(source: &Path, arguments: &[&str]) -> Result<Value, Error> {
    let mut command = command("ffprobe");
    command.args(["-v", "error", "-of", "json"]).args(arguments);
    command.arg(url(source));
    let (status, stdout, complaints) =
        timeout(PROBE_TIMEOUT, output(command, "ffprobe"))
            .await
            .map_err(|_| Error::source_file(source, "ffprobe does not come to an end with it"))??;
    if !status.success() {
        let why = complaints
            .last()
            .map_or("ffprobe cannot read it", String::as_str);
        return Err(Error::source_file(source, why));
    }
    serde_json::from_slice(&stdout)
        .map_err(|error| Error::source_file(source, format_args!("ffprobe: {error}")))
}

/// The names that `ffmpeg -encoders` or `-filters` lists.
pub(super) async fn names(list: &str) -> Result<BTreeSet<String>, Error> {
    let mut command = command("ffmpeg");
    command.args(["-v", "error", list]);
    let (_, stdout, _) = timeout(PROBE_TIMEOUT, output(command, "ffmpeg"))
        .await
        .map_err(|_| Error::Stalled {
            output: format!("ffmpeg {list}"),
            after: PROBE_TIMEOUT,
        })??;
    let text = String::from_utf8_lossy(&stdout);
    let second = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
    Ok(text.lines().filter_map(second).collect())
}

/// Runs ffmpeg to its end; what it complained of, or printed as its result, line by line. `progress` is told how far
/// it is. Standing still for `stall` is an error. Dropping the future ends ffmpeg.
pub(super) async fn run(
    output: &str,
    arguments: &[std::ffi::OsString],
    stall: Duration,
    mut progress: impl FnMut(Progress),
) -> Result<Vec<String>, Error> {
    let mut command = command("ffmpeg");
    command.args(["-nostdin", "-y", "-nostats", "-progress", "pipe:1"]);
    command.args(arguments);
    let mut child = command.spawn().map_err(missing("ffmpeg"))?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(missing("ffmpeg")(std::io::ErrorKind::BrokenPipe.into()));
    };
    let stalled = || Error::Stalled {
        output: output.to_owned(),
        after: stall,
    };
    let watch = async {
        let mut lines = BufReader::new(stdout).lines();
        let mut now = Progress::default();
        let mut frame = String::new();
        let mut deadline = Instant::now() + stall;
        loop {
            let line = timeout_at(deadline, lines.next_line())
                .await
                .map_err(|_| stalled())?;
            let Some(line) = line.ok().flatten() else {
                return Ok(());
            };
            let moved = match line.split_once('=') {
                Some(("frame", value)) if value != frame => {
                    frame = value.to_owned();
                    true
                }
                Some(("out_time_us", value)) => {
                    let before = now.seconds;
                    now.seconds = value.parse().map_or(before, |micros: f64| micros / 1e6);
                    now.seconds > before
                }
                Some(("speed", value)) => {
                    now.speed = value.trim().trim_end_matches('x').parse().ok();
                    false
                }
                Some(("progress", _)) => {
                    progress(now);
                    false
                }
                _ => false,
            };
            if moved {
                deadline = Instant::now() + stall;
            }
        }
    };
    // The first that fails ends both, and with them ffmpeg.
    let ((), complaints) = tokio::try_join!(watch, async { Ok(tail(stderr).await) })?;
    let status = timeout(stall, child.wait())
        .await
        .map_err(|_| stalled())?
        .map_err(missing("ffmpeg"))?;
    if status.success() {
        Ok(complaints)
    } else {
        Err(Error::Failed {
            output: output.to_owned(),
            why: reason(&complaints, status),
        })
    }
}

fn command(tool: &str) -> Command {
    let mut command = Command::new(tool);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // SVT-AV1 speaks past ffmpeg's log level: errors only.
        .env("SVT_LOG", "1")
        // Ctrl-C is for edgepack, which then ends its children.
        .process_group(0)
        .kill_on_drop(true);
    command
}

fn missing(tool: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Missing { tool, source }
}

async fn output(
    mut command: Command,
    tool: &'static str,
) -> Result<(ExitStatus, Vec<u8>, Vec<String>), Error> {
    let mut child = command.spawn().map_err(missing(tool))?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(missing(tool)(std::io::ErrorKind::BrokenPipe.into()));
    };
    let mut bytes = Vec::new();
    let mut stdout = stdout.take(MAX_PROBE_BYTES);
    let (read, complaints) = tokio::join!(stdout.read_to_end(&mut bytes), tail(stderr));
    read.map_err(missing(tool))?;
    drop(stdout);
    let status = child.wait().await.map_err(missing(tool))?;
    Ok((status, bytes, complaints))
}

/// The last lines of a stream that is read to its end.
async fn tail(stream: impl AsyncRead + Unpin) -> Vec<String> {
    let mut stream = BufReader::new(stream);
    let mut kept = VecDeque::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = (&mut stream).take(64 << 10);
        match bounded.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return kept.into(),
            Ok(_) => {}
        }
        let text: String = String::from_utf8_lossy(&line)
            .trim_end()
            .chars()
            .take(KEPT_CHARS)
            .collect();
        if text.is_empty() {
            continue;
        }
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(text);
    }
}

/// The last complaints: the cause, and what followed from it.
fn reason(complaints: &[String], status: ExitStatus) -> String {
    const SHOWN: usize = 3;
    if complaints.is_empty() {
        return format!("no reason given ({status})");
    }
    let first = complaints.len().saturating_sub(SHOWN);
    complaints[first..].join(" · ")
}

#[cfg(test)]
mod tests;
