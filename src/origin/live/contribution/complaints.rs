//! What the child says goes to the log: lines cut to size, so many a second, without secrets.
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;

use super::redact::Secrets;

/// Of a line.
const MAX_BYTES: usize = 512;
/// In a row.
const BURST: u32 = 20;
/// Later one more each.
const REFILL: Duration = Duration::from_millis(500);
const BUFFER_BYTES: usize = 4096;

/// Until the child closes its end.
pub(super) async fn listen(stderr: impl AsyncRead + Unpin, channel: &str, secrets: &Secrets) {
    let mut ration = Ration::new(Instant::now());
    lines(stderr, |line| {
        // What does not fit is perhaps a secret cut in two.
        let line = secrets.veil(line);
        match ration.take(Instant::now()) {
            Some(0) => tracing::warn!(channel, line, "ingest child"),
            Some(left_out) => tracing::warn!(channel, line, left_out, "ingest child"),
            None => {}
        }
    })
    .await;
}

/// Each line, or as much of it as one may have.
async fn lines(mut input: impl AsyncRead + Unpin, mut line_came: impl FnMut(&str)) {
    let mut line: Vec<u8> = Vec::new();
    let mut buffer = [0; BUFFER_BYTES];
    let mut came = |line: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        if !text.is_empty() {
            line_came(text);
        }
        line.clear();
    };
    while let Ok(count @ 1..) = input.read(&mut buffer).await {
        for byte in &buffer[..count] {
            match byte {
                b'\n' | b'\r' => came(&mut line),
                byte if line.len() < MAX_BYTES => line.push(*byte),
                _ => {}
            }
        }
    }
    came(&mut line);
}

/// So many lines at once, and then one now and then.
struct Ration {
    left: u32,
    since: Instant,
    left_out: u64,
}

impl Ration {
    fn new(now: Instant) -> Self {
        Self {
            left: BURST,
            since: now,
            left_out: 0,
        }
    }

    /// How many lines have been left out before this one; none where it is left out itself.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let passed = now.duration_since(self.since).as_millis() / REFILL.as_millis();
        let more = u32::try_from(passed).unwrap_or(u32::MAX);
        if more > 0 {
            self.left = self.left.saturating_add(more).min(BURST);
            self.since = now;
        }
        if self.left == 0 {
            self.left_out += 1;
            return None;
        }
        self.left -= 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests;
