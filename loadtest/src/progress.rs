//! How a run is getting on: a bar on a terminal, lines elsewhere. To standard error.
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::outcome::Second;

/// Without a terminal, after the first of them one line stands for so many seconds.
const LINE_EVERY: u64 = 10;

#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// `duration`: how long it will take; zero where nobody knows.
    pub fn new(duration: Duration) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = match duration.as_secs() {
                0 => ProgressBar::new_spinner(),
                seconds => ProgressBar::new(seconds),
            };
            let template = "{elapsed} {wide_bar} {msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        Self { bar }
    }

    pub fn second(&self, second: &Second) {
        let text = line(second);
        match &self.bar {
            Some(bar) => {
                bar.set_position(second.at_s as u64);
                bar.set_message(text);
            }
            None => {
                let at = second.at_s as u64;
                if at <= LINE_EVERY || at.is_multiple_of(LINE_EVERY) {
                    eprintln!("{at:>5} s {text}");
                }
            }
        }
    }

    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn line(second: &Second) -> String {
    let mut text = format!(
        "{} req/s, {:.2} Gbit/s",
        second.requests,
        second.bytes as f64 * 8.0 / 1e9
    );
    if second.viewers > 0 {
        text = format!(
            "{} viewers, {} stalled, {text}",
            second.viewers, second.stalled
        );
    }
    if second.segment_p99_ms > 0.0 {
        text.push_str(&format!(", segment p99 {:.1} ms", second.segment_p99_ms));
    }
    if second.errors > 0 {
        text.push_str(&format!(", {} errors", second.errors));
    }
    text
}
