//! Segments of fragmented MP4: structure, where samples lie, decode times, encryption.
use std::collections::BTreeMap;
use std::ops::Range;

use super::boxes::{Box, boxes};
use super::header::HeaderTrack;
use super::timing::{Clock, lasts};
use super::{Announced, Continuity, Findings, Header, Violation, rules};
use crate::presentation::Protection;

mod protection;
mod run;

use run::{Run, Traf};

/// Samples of one segment that are looked at: hours of them.
const MAX_SAMPLES: u64 = 1 << 20;

/// Judges a segment, or a part of one.
pub fn fragment(
    bytes: &[u8],
    announced: &Announced,
    header: &Header,
    continuity: &mut Continuity,
) -> Vec<Violation> {
    continuity.enter(announced);
    let mut judge = Judge {
        found: Findings::default(),
        header,
        announced,
        clocks: &mut continuity.clocks,
        tracks: BTreeMap::new(),
        samples: 0,
    };
    judge.structure(bytes);
    judge.duration();
    let found = judge.found.0;
    if !found.is_empty() {
        // What follows is not measured against something broken.
        continuity.reset();
    }
    found
}

#[derive(Debug)]
struct Judge<'a> {
    found: Findings,
    header: &'a Header,
    announced: &'a Announced,
    clocks: &'a mut BTreeMap<u32, Clock>,
    tracks: BTreeMap<u32, Sum>,
    samples: u64,
}

/// What one track has in the segment.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    /// Seconds.
    duration: f64,
    longest: f64,
    earliest: Option<f64>,
}

impl Judge<'_> {
    fn structure(&mut self, bytes: &[u8]) {
        let mut open: Option<Box<'_>> = None;
        let mut sequence: Option<u32> = None;
        let mut fragments = 0u32;
        for entry in boxes(bytes) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(what) => {
                    self.found.add(rules::BOX_STRUCTURE, what);
                    break;
                }
            };
            let at = entry.offset;
            match (&entry.kind, open.take()) {
                (b"mdat", Some(moof)) => self.fragment(&moof, entry.data()),
                (kind, Some(moof)) => {
                    let what = format!(
                        "{} at {at} where the mdat of the moof at {} should be",
                        kind.escape_ascii(),
                        moof.offset
                    );
                    self.found.add(rules::FRAGMENT_ORDER, what);
                    open = (entry.kind == *b"moof").then_some(entry);
                }
                (b"moof", None) => {
                    fragments += 1;
                    sequence = self.sequence(&entry, sequence);
                    open = Some(entry);
                }
                (b"mdat", None) => {
                    let what = format!("an mdat at {at} without its moof");
                    self.found.add(rules::FRAGMENT_ORDER, what);
                }
                (b"moov", None) => {
                    let what = format!("a moov at {at} of a segment");
                    self.found.add(rules::FRAGMENT_ORDER, what);
                }
                _ => {}
            }
        }
        if let Some(moof) = open {
            let what = format!("the moof at {} has no mdat", moof.offset);
            self.found.add(rules::FRAGMENT_ORDER, what);
        }
        if fragments == 0 {
            self.found.add(rules::FRAGMENT_ORDER, "no moof");
        }
    }

    fn sequence(&mut self, moof: &Box<'_>, before: Option<u32>) -> Option<u32> {
        let read = || moof.child(b"mfhd")?.full()?.2.u32();
        let Some(number) = read() else {
            let what = format!("the moof at {} has no mfhd", moof.offset);
            self.found.add(rules::FRAGMENT_SEQUENCE, what);
            return before;
        };
        if before.is_some_and(|before| number <= before) {
            let what = format!("fragment {number} behind fragment {}", before.unwrap_or(0));
            self.found.add(rules::FRAGMENT_SEQUENCE, what);
        }
        Some(number)
    }

    fn fragment(&mut self, moof: &Box<'_>, data: Range<usize>) {
        let mut end = moof.offset as u64;
        for (nth, child) in moof.children().enumerate() {
            let child = match child {
                Ok(child) => child,
                Err(what) => {
                    self.found.add(rules::BOX_STRUCTURE, what);
                    return;
                }
            };
            if child.kind != *b"traf" {
                continue;
            }
            let children: Result<Vec<Box<'_>>, String> = child.children().collect();
            match children {
                Ok(children) => {
                    if let Err((rule, what)) = self.traf(moof, &children, &data, &mut end) {
                        let what = format!("traf {nth} of the moof at {}: {what}", moof.offset);
                        self.found.add(rule, what);
                    }
                }
                Err(what) => self.found.add(rules::BOX_STRUCTURE, what),
            }
        }
    }

    fn traf(
        &mut self,
        moof: &Box<'_>,
        children: &[Box<'_>],
        data: &Range<usize>,
        end: &mut u64,
    ) -> Result<(), (&'static str, String)> {
        let tfhd = children.iter().find(|child| child.kind == *b"tfhd");
        let tfhd = tfhd.ok_or((rules::BOX_STRUCTURE, "no tfhd".to_owned()))?;
        let id = tfhd.full().and_then(|(_, _, mut fields)| fields.u32());
        let track = self.header.tracks.iter().find(|track| Some(track.id) == id);
        let Some(track) = track else {
            let known = self.header.tracks.iter().map(|track| track.id);
            let known: Vec<u32> = known.collect();
            let what = format!("track {} where the header has {known:?}", id.unwrap_or(0));
            return Err((rules::TRACK, what));
        };
        let traf = Traf::read(tfhd, track);
        let traf = traf.ok_or((rules::BOX_STRUCTURE, "a tfhd cut short".to_owned()))?;
        if traf.absolute {
            let what = "tfhd has a base-data-offset".to_owned();
            self.found.add(rules::ABSOLUTE_ADDRESS, what);
        }
        let mut runs = Vec::new();
        for trun in children.iter().filter(|child| child.kind == *b"trun") {
            let run = Run::read(trun, &traf);
            let run = run.ok_or((rules::SAMPLE_DATA, "a trun cut short".to_owned()))?;
            self.samples += u64::from(run.count);
            if self.samples > MAX_SAMPLES {
                let what = format!("more than {MAX_SAMPLES} samples in a segment");
                return Err((rules::SAMPLE_DATA, what));
            }
            runs.push(run);
        }
        let base = if traf.from_moof {
            moof.offset as u64
        } else {
            *end
        };
        if !traf.absolute {
            *end = place(&runs, base, data).map_err(|what| (rules::SAMPLE_DATA, what))?;
        }
        let tfdt = children.iter().find(|child| child.kind == *b"tfdt");
        let time = tfdt.and_then(|tfdt| {
            let (version, _, mut fields) = tfdt.full()?;
            match version {
                0 => fields.u32().map(u64::from),
                _ => fields.u64(),
            }
        });
        let no_time = (rules::DECODE_TIME_MISSING, "no tfdt".to_owned());
        self.times(track, time.ok_or(no_time)?, &runs);
        let announced = self.announced.protection == Protection::Samples;
        protection::judge(&mut self.found, track, &traf, &runs, children, announced);
        Ok(())
    }

    fn times(&mut self, track: &HeaderTrack, time: u64, runs: &[Run<'_>]) {
        let scale = f64::from(track.timescale);
        if let Some(clock) = self.clocks.get(&track.id)
            && let Some(jump) = clock.jump(time, track.timescale)
        {
            let what = format!(
                "segment {}, track {}: decoding goes on at {:.6} s instead of {:.6} s ({jump:+.6} s)",
                self.announced.number,
                track.id,
                time as f64 / scale,
                clock.next,
            );
            self.found.add(rules::DECODE_TIME, what);
        }
        let sum = self.tracks.entry(track.id).or_default();
        let mut at = time;
        let mut last = 0;
        for sample in runs.iter().flat_map(Run::samples) {
            let shown = (at as f64 + sample.composition as f64) / scale + track.edit;
            sum.earliest = Some(sum.earliest.map_or(shown, |before| before.min(shown)));
            at = at.saturating_add(u64::from(sample.duration));
            last = sample.duration;
            sum.longest = sum.longest.max(f64::from(sample.duration) / scale);
        }
        sum.duration += (at - time) as f64 / scale;
        let clock = Clock {
            next: at as f64 / scale,
            ticks: at,
            timescale: track.timescale,
            sample: f64::from(last) / scale,
        };
        self.clocks.insert(track.id, clock);
    }

    /// The longest track must last as announced, and the first begin as announced.
    fn duration(&mut self) {
        if !self.found.0.is_empty() {
            return;
        }
        let mut sums = self.tracks.values().copied();
        let Some(first) = sums.next() else {
            self.found.add(rules::SAMPLE_DATA, "no traf");
            return;
        };
        let longer = |a: Sum, b: Sum| if b.duration > a.duration { b } else { a };
        let sum = sums.fold(first, longer);
        let Announced {
            duration, exact, ..
        } = *self.announced;
        if let Some(told) = duration
            && !lasts(sum.duration, told, exact, sum.longest)
        {
            let what = format!("{:.6} s came, {told:.6} s were announced", sum.duration);
            self.found.add(rules::DURATION, what);
        }
        let (Some(told), Some(earliest)) = (self.announced.media_time, sum.earliest) else {
            return;
        };
        let nominal = duration.filter(|_| !exact).unwrap_or_default() / 2.0;
        let tolerance = nominal.max((2.0 * sum.longest).min(0.25)).max(0.1);
        if (earliest - told).abs() > tolerance {
            let what = format!("begins at {earliest:.6} s, announced is {told:.6} s");
            self.found.add(rules::MEDIA_TIME, what);
        }
    }
}

/// Where the data of the runs end; all must lie in the `mdat`.
fn place(runs: &[Run<'_>], base: u64, data: &Range<usize>) -> Result<u64, String> {
    let mut end = base;
    for run in runs {
        let start = match run.data_offset {
            Some(offset) => base.checked_add_signed(i64::from(offset)),
            None => Some(end),
        };
        let bytes: u64 = run.samples().map(|sample| u64::from(sample.size)).sum();
        let behind = start.and_then(|start| start.checked_add(bytes));
        let (Some(start), Some(behind)) = (start, behind) else {
            return Err("samples before the beginning".to_owned());
        };
        if bytes > 0 && (start < data.start as u64 || behind > data.end as u64) {
            return Err(format!(
                "samples at {start}..{behind}, the mdat has {}..{}",
                data.start, data.end
            ));
        }
        end = behind;
    }
    Ok(end)
}
