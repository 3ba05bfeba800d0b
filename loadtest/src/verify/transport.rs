//! Segments of MPEG transport streams (ISO/IEC 13818-1).
use std::collections::BTreeMap;

use super::boxes::Fields;
use super::timing::{Clock, lasts};
use super::{Announced, Continuity, Findings, Violation, rules};

mod tables;

use tables::{Sections, Table};

const PACKET: usize = 188;
/// Of PES timestamps, per second.
const CLOCK: u32 = 90_000;
/// Timestamps have 33 bits.
const WRAP: i64 = 1 << 33;
/// PIDs that are looked at.
const MAX_PIDS: usize = 64;
/// Timestamps of one stream lie near each other: muxers interleave within a second or so.
const JUMP: i64 = 10 * CLOCK as i64;

/// Judges a segment.
pub fn transport(
    bytes: &[u8],
    announced: &Announced,
    continuity: &mut Continuity,
) -> Vec<Violation> {
    continuity.enter(announced);
    let mut judge = Judge::default();
    if bytes.is_empty() || !bytes.len().is_multiple_of(PACKET) {
        let what = format!("{} bytes are no whole packets of {PACKET}", bytes.len());
        judge.found.add(rules::TS_PACKETS, what);
    }
    for (at, packet) in bytes.chunks_exact(PACKET).enumerate() {
        if let Err((rule, what)) = judge.packet(packet) {
            judge.found.add(rule, format!("packet {at}: {what}"));
        }
        if judge.found.0.len() >= super::MAX_VIOLATIONS {
            break;
        }
    }
    judge.finish(announced, continuity);
    if !judge.found.0.is_empty() {
        continuity.reset();
    }
    judge.found.0
}

#[derive(Debug, Default)]
struct Judge {
    found: Findings,
    sections: Sections,
    counters: BTreeMap<u16, u8>,
    /// Elementary streams that PES packets were seen of.
    streams: BTreeMap<u16, Stream>,
}

/// Timestamps of one PID, in order of decoding, without wraps.
#[derive(Clone, Copy, Debug)]
struct Stream {
    first: i64,
    last: i64,
    /// The earliest and latest that are shown.
    shown: (i64, i64),
    count: i64,
}

type Broken = (&'static str, String);

impl Judge {
    fn packet(&mut self, packet: &[u8]) -> Result<(), Broken> {
        let mut fields = Fields(packet);
        let cut = (rules::TS_PACKETS, "cut short".to_owned());
        let head = fields.u32().ok_or(cut)?;
        if head >> 24 != 0x47 {
            let what = format!("begins with {:#04x}", head >> 24);
            return Err((rules::TS_PACKETS, what));
        }
        if head & 0x80_0000 != 0 || head & 0xc0 != 0 {
            let what = "is marked as broken or scrambled".to_owned();
            return Err((rules::TS_PACKETS, what));
        }
        let pid = ((head >> 8) & 0x1fff) as u16;
        let starts = head & 0x40_0000 != 0;
        // Null packets, and tables of the network that players pass over (2.4.3.3, EN 300 468).
        if pid == 0x1fff || (1..0x20).contains(&pid) {
            return Ok(());
        }
        let mut announced_jump = false;
        if head & 0x20 != 0 {
            let length = usize::from(fields.u8().unwrap_or_default());
            let adaptation = fields.take(length);
            let adaptation = adaptation.ok_or_else(|| {
                let what = "an adaptation field longer than its packet".to_owned();
                (rules::TS_PACKETS, what)
            })?;
            announced_jump = adaptation.first().is_some_and(|flags| flags & 0x80 != 0);
        }
        if head & 0x10 == 0 {
            return Ok(());
        }
        let counted = self.count(pid, (head & 0xf) as u8, announced_jump);
        match self.sections.payload(pid, starts, fields.0) {
            Ok(Table::None) if starts => self.pes(pid, fields)?,
            Ok(_) => {}
            Err(what) => return Err((rules::TS_TABLES, what)),
        }
        counted
    }

    fn count(&mut self, pid: u16, counter: u8, announced_jump: bool) -> Result<(), Broken> {
        if self.counters.len() >= MAX_PIDS && !self.counters.contains_key(&pid) {
            return Ok(());
        }
        let before = self.counters.insert(pid, counter);
        let Some(before) = before.filter(|_| !announced_jump) else {
            return Ok(());
        };
        // A packet may be sent twice.
        if counter == before || counter == (before + 1) & 0xf {
            return Ok(());
        }
        let what = format!("PID {pid}: counter {counter} behind {before}");
        Err((rules::TS_CONTINUITY, what))
    }

    fn pes(&mut self, pid: u16, mut fields: Fields<'_>) -> Result<(), Broken> {
        if !self.sections.is_media(pid) {
            if !self.sections.complete() {
                let what = format!("PID {pid} has payload before PAT and PMT");
                return Err((rules::TS_TABLES, what));
            }
            return Ok(());
        }
        let broken = |what: &str| (rules::TS_PES, format!("PID {pid}: {what}"));
        let prefix = fields
            .u32()
            .ok_or_else(|| broken("a PES packet cut short"))?;
        if prefix >> 8 != 1 {
            return Err(broken("no start code where a PES packet begins"));
        }
        fields.u16();
        let flags = fields.u16().unwrap_or_default();
        fields.u8();
        // Other streams than sound and pictures have other headers.
        if !matches!(prefix & 0xff, 0xc0..=0xef | 0xbd | 0xfd) {
            return Ok(());
        }
        let shown = match flags & 0x80 {
            0 => return Ok(()),
            _ => timestamp(&mut fields).ok_or_else(|| broken("a malformed PTS"))?,
        };
        let decoded = match flags & 0x40 {
            0 => shown,
            _ => timestamp(&mut fields).ok_or_else(|| broken("a malformed DTS"))?,
        };
        let Some(stream) = self.streams.get_mut(&pid) else {
            if self.streams.len() < MAX_PIDS {
                let stream = Stream {
                    first: decoded,
                    last: decoded,
                    shown: (shown, shown),
                    count: 1,
                };
                self.streams.insert(pid, stream);
            }
            return Ok(());
        };
        let step = near(decoded, stream.last) - stream.last;
        stream.last += step;
        let shown = near(shown, stream.last);
        stream.shown = (stream.shown.0.min(shown), stream.shown.1.max(shown));
        stream.count += 1;
        if step <= 0 || step > JUMP || shown < stream.last {
            let what = format!(
                "time {decoded} behind {}, shown at {shown}",
                stream.last - step
            );
            return Err(broken(&what));
        }
        Ok(())
    }

    fn finish(&mut self, announced: &Announced, continuity: &mut Continuity) {
        if !self.sections.complete() {
            let what = "no PAT and PMT before the media";
            self.found.add(rules::TS_TABLES, what);
        } else if self.streams.is_empty() {
            self.found.add(rules::TS_PES, "no PES packet with a time");
        }
        // The finest stream tells the length: a PES packet of sound may hold a quarter of a second.
        let mut finest = (0, 0.0, 0.0);
        for (pid, stream) in &self.streams {
            let step = match stream.count {
                1 => 0.0,
                count => (stream.last - stream.first) as f64 / (count - 1) as f64,
            };
            let step = step / f64::from(CLOCK);
            let span = (stream.shown.1 - stream.shown.0) as f64 / f64::from(CLOCK) + step;
            if stream.count > finest.0 {
                finest = (stream.count, span, step);
            }
            follow(&mut self.found, *pid, stream, step, announced, continuity);
        }
        let Some(told) = announced.duration.filter(|_| self.found.0.is_empty()) else {
            return;
        };
        // Of a single picture or PES packet nothing tells how long it lasts.
        let (count, span, step) = finest;
        if count > 1 && !lasts(span, told, announced.exact, step) {
            let what = format!("{span:.3} s came, {told:.3} s were announced");
            self.found.add(rules::DURATION, what);
        }
    }
}

/// Whether the stream goes on where it ended in the segment before.
fn follow(
    found: &mut Findings,
    pid: u16,
    stream: &Stream,
    step: f64,
    announced: &Announced,
    continuity: &mut Continuity,
) {
    if let Some(clock) = continuity.clocks.get(&u32::from(pid)) {
        let before = i64::try_from(clock.ticks).unwrap_or_default();
        let jump = near(stream.first, before) - before;
        let jump = jump as f64 / f64::from(CLOCK);
        let tolerance = (4.0 * step.max(clock.sample)).clamp(0.1, 1.0);
        if jump.abs() > tolerance {
            let what = format!(
                "segment {}, PID {pid}: decoding goes on {jump:+.3} s from where it ended",
                announced.number
            );
            found.add(rules::DECODE_TIME, what);
        }
    }
    let end = stream.last + (step * f64::from(CLOCK)) as i64;
    let clock = Clock {
        next: end as f64 / f64::from(CLOCK),
        ticks: u64::try_from(end.rem_euclid(WRAP)).unwrap_or_default(),
        timescale: CLOCK,
        sample: step,
    };
    continuity.clocks.insert(u32::from(pid), clock);
}

/// The one of the times that `timestamp` may stand for that is nearest to `to`.
fn near(timestamp: i64, to: i64) -> i64 {
    let ahead = (timestamp - to).rem_euclid(WRAP);
    let step = if ahead >= WRAP / 2 {
        ahead - WRAP
    } else {
        ahead
    };
    to + step
}

/// PTS or DTS (2.4.3.7): 33 bits among markers.
fn timestamp(fields: &mut Fields<'_>) -> Option<i64> {
    let high = i64::from(fields.u8()?);
    let middle = i64::from(fields.u16()?);
    let low = i64::from(fields.u16()?);
    let marked = high & middle & low & 1 == 1;
    marked.then_some(((high >> 1) & 7) << 30 | (middle >> 1) << 15 | low >> 1)
}
