//! The parser of W3C WebVTT, 6.1: it never fails but for the signature.
use std::borrow::Cow;

use super::parse_timestamp;
use crate::text::track::Builder;
use crate::text::{Cue, Error, MAX_DOCUMENT_BYTES, Region, Result, TimestampMap, Track};

/// Reads a WebVTT file. Malformed blocks are skipped and counted ([`Track::warnings`]).
///
/// # Errors
/// [`Error::NotWebVtt`]; [`Error::Limit`] for a file or a number of cues beyond the limits.
pub fn parse_webvtt(file: &[u8]) -> Result<Track> {
    if file.len() > MAX_DOCUMENT_BYTES {
        return Err(Error::limit("bytes of WebVTT", MAX_DOCUMENT_BYTES));
    }
    let text = String::from_utf8_lossy(file);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = normalised(text);
    let mut lines = Lines { rest: Some(&text) };
    let signature = lines.next().unwrap_or_default();
    match signature.strip_prefix("WEBVTT") {
        Some(rest) if rest.is_empty() || rest.starts_with([' ', '\t']) => {}
        _ => return Err(Error::NotWebVtt),
    }
    let mut reader = Reader::default();
    reader.header(&mut lines);
    while let Some(line) = lines.peek() {
        if line.is_empty() {
            lines.next();
        } else {
            reader.block(&mut lines)?;
        }
    }
    Ok(reader.builder.finish())
}

/// NUL characters replaced, lines ended by line feeds.
fn normalised(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', '\r']) {
        return Cow::Borrowed(text);
    }
    let text = text.replace('\0', "\u{fffd}");
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

#[derive(Debug, Clone, Copy)]
struct Lines<'a> {
    /// None behind the last line.
    rest: Option<&'a str>,
}

impl<'a> Lines<'a> {
    fn peek(mut self) -> Option<&'a str> {
        self.next()
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        // What follows the last line feed is a line only if it is not empty.
        if rest.is_empty() {
            self.rest = None;
            return None;
        }
        match rest.split_once('\n') {
            Some((line, rest)) => {
                self.rest = Some(rest);
                Some(line)
            }
            None => {
                self.rest = None;
                Some(rest)
            }
        }
    }
}

#[derive(Debug, Default)]
struct Reader {
    builder: Builder,
    /// Styles and regions stand before the first cue.
    seen_cue: bool,
}

impl Reader {
    /// The lines directly below the signature.
    fn header(&mut self, lines: &mut Lines<'_>) {
        while let Some(line) = lines
            .peek()
            .filter(|line| !line.is_empty() && !line.contains("-->"))
        {
            lines.next();
            if let Some(map) = line.strip_prefix("X-TIMESTAMP-MAP=") {
                match timestamp_map(map) {
                    Some(map) => self.builder.timestamp_map(map),
                    None => self.builder.warn(),
                }
            }
        }
    }

    /// One block: lines up to an empty one, or up to the time line of another cue.
    fn block(&mut self, lines: &mut Lines<'_>) -> Result<()> {
        let mut block = vec![];
        let mut times = None;
        let mut ahead = *lines;
        while let Some(line) = ahead.next().filter(|line| !line.is_empty()) {
            if line.contains("-->") {
                // The first line of a block, or the second behind an identifier.
                if times.is_some() || block.len() > 1 {
                    break;
                }
                times = Some((block.pop().unwrap_or_default(), line));
            } else {
                block.push(line);
            }
            *lines = ahead;
        }
        match times {
            Some((id, line)) => self.cue(id, line, &block.join("\n")),
            None => {
                self.other(&block);
                Ok(())
            }
        }
    }

    fn cue(&mut self, id: &str, times: &str, payload: &str) -> Result<()> {
        let Some((start, end, settings)) = cue_times(times) else {
            self.builder.warn();
            return Ok(());
        };
        self.seen_cue = true;
        self.builder.push(Cue {
            start: start * 1000,
            end: end * 1000,
            id: id.to_owned(),
            settings: settings.to_owned(),
            payload: payload.to_owned(),
        })
    }

    fn other(&mut self, block: &[&str]) {
        let Some((first, rest)) = block.split_first() else {
            return;
        };
        let is = |name| {
            first
                .strip_prefix(name)
                .is_some_and(|rest| rest.trim_ascii().is_empty())
        };
        if is("STYLE") && !self.seen_cue {
            self.builder.push_style(&rest.join("\n"));
        } else if is("REGION") && !self.seen_cue {
            self.builder.push_region(Region::parse(&rest.join("\n")));
        } else if !first.starts_with("NOTE") {
            self.builder.warn();
        }
    }
}

/// `start --> end settings`, milliseconds.
fn cue_times(line: &str) -> Option<(u64, u64, &str)> {
    let (start, rest) = parse_timestamp(line.trim_ascii_start())?;
    let rest = rest.trim_ascii_start().strip_prefix("-->")?;
    let (end, settings) = parse_timestamp(rest.trim_ascii_start())?;
    Some((start, end, settings))
}

/// `LOCAL:` and `MPEGTS:` in either order.
fn timestamp_map(map: &str) -> Option<TimestampMap> {
    let (mut local, mut mpegts) = (None, None);
    for part in map.split(',') {
        if let Some(time) = part.trim_ascii().strip_prefix("LOCAL:") {
            local = parse_timestamp(time).map(|(millis, _)| millis * 1000);
        } else if let Some(time) = part.trim_ascii().strip_prefix("MPEGTS:") {
            mpegts = time.parse().ok();
        }
    }
    Some(TimestampMap {
        local: local?,
        mpegts: mpegts?,
    })
}
