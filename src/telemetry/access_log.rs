//! The access log: one JSON object a line, written by a thread of its own.
//!
//! Workers never wait for the disk: the queue is bounded, and what does not fit is dropped and counted.
//! A log file that was moved away (logrotate) is opened anew within a second.
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::{Duration, Instant};

use prometheus::IntCounter;
use serde::Serialize;

use super::Error;

/// Lines that may wait for the disk.
const QUEUE_LINES: usize = 8192;
/// How old a line may grow in the buffer, and how soon a moved file is noticed.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
const BUFFER_BYTES: usize = 64 * 1024;
/// How long the end of the process waits for the disk.
const FLUSH_WAIT: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    Stdout,
    File(PathBuf),
}

#[derive(Debug)]
pub struct AccessLog {
    queue: SyncSender<Message>,
    dropped: Option<IntCounter>,
}

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

impl AccessLog {
    /// # Errors
    /// When the file cannot be opened, or the thread not be started.
    pub fn open(sink: Sink) -> Result<Self, Error> {
        let path = match &sink {
            Sink::Stdout => PathBuf::from("stdout"),
            Sink::File(path) => path.clone(),
        };
        let failed = |source| Error::AccessLog {
            path: path.clone(),
            source,
        };
        let output = Output::open(sink).map_err(failed)?;
        let (queue, lines) = mpsc::sync_channel(QUEUE_LINES);
        std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || write_all(output, &lines))
            .map_err(failed)?;
        Ok(Self {
            queue,
            dropped: None,
        })
    }

    pub(super) fn counting_drops(mut self, counter: IntCounter) -> Self {
        self.dropped = Some(counter);
        self
    }

    pub(super) fn write(&self, record: &impl Serialize) {
        let mut line = Vec::with_capacity(512);
        if serde_json::to_writer(&mut line, record).is_err() {
            return self.count_drop();
        }
        line.push(b'\n');
        match self.queue.try_send(Message::Line(line)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.count_drop(),
        }
    }

    pub(super) fn flush(&self) {
        let (done, wait) = mpsc::sync_channel(1);
        if self.queue.try_send(Message::Flush(done)).is_ok() {
            // A disk that does not answer in time does not hold up the end.
            let _ = wait.recv_timeout(FLUSH_WAIT);
        }
    }

    fn count_drop(&self) {
        if let Some(counter) = &self.dropped {
            counter.inc();
        }
    }
}

struct Output {
    writer: BufWriter<Box<dyn Write + Send>>,
    /// Path and inode of the file that is open.
    file: Option<(PathBuf, u64)>,
    complained: bool,
}

impl Output {
    fn open(sink: Sink) -> io::Result<Self> {
        let (inner, file): (Box<dyn Write + Send>, _) = match sink {
            Sink::Stdout => (Box::new(io::stdout()), None),
            Sink::File(path) => {
                let (file, inode) = open_append(&path)?;
                (Box::new(file), Some((path, inode)))
            }
        };
        Ok(Self {
            writer: BufWriter::with_capacity(BUFFER_BYTES, inner),
            file,
            complained: false,
        })
    }

    fn line(&mut self, line: &[u8]) {
        let outcome = self.writer.write_all(line);
        self.note(outcome);
    }

    fn flush(&mut self) {
        let outcome = self.writer.flush();
        self.note(outcome);
    }

    /// Said once until it works again: a full disk must not fill the journal too.
    fn note(&mut self, outcome: io::Result<()>) {
        match outcome {
            Ok(()) => self.complained = false,
            Err(error) if !self.complained => {
                tracing::error!(%error, "the access log cannot be written");
                self.complained = true;
            }
            Err(_) => {}
        }
    }

    fn reopen_if_moved(&mut self) {
        let Some((path, inode)) = &self.file else {
            return;
        };
        if std::fs::metadata(path).is_ok_and(|metadata| metadata.ino() == *inode) {
            return;
        }
        let path = path.clone();
        match open_append(&path) {
            Ok((file, inode)) => {
                self.flush();
                self.writer = BufWriter::with_capacity(BUFFER_BYTES, Box::new(file));
                self.file = Some((path, inode));
            }
            Err(error) => self.note(Err(error)),
        }
    }
}

fn open_append(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let inode = file.metadata()?.ino();
    Ok((file, inode))
}

fn write_all(mut output: Output, queue: &Receiver<Message>) {
    let mut flush_at = Instant::now() + FLUSH_EVERY;
    loop {
        match queue.recv_timeout(flush_at.saturating_duration_since(Instant::now())) {
            Ok(Message::Line(line)) => output.line(&line),
            Ok(Message::Flush(done)) => {
                output.flush();
                // Whoever asked may have stopped waiting.
                let _ = done.try_send(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return output.flush(),
        }
        if Instant::now() >= flush_at {
            output.flush();
            output.reopen_if_moved();
            flush_at = Instant::now() + FLUSH_EVERY;
        }
    }
}

#[cfg(test)]
mod tests;
