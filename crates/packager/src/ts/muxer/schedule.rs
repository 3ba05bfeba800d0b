//! In which order a segment's PES packets go out, and what the program clock shows meanwhile.
//!
//! Everything goes out by the time at which it is decoded. The clock stands [`LEAD`] before that time when its packet
//! begins, so that each access unit has arrived whole when its decode time comes.
use super::pes::Pes;

/// By how much the program clock lies before decode times: 200 ms, two intervals of the clock.
pub(super) const LEAD: i64 = 18_000;
/// Between two clock references at most: 100 ms (ISO/IEC 13818-1, 2.7.2).
const INTERVAL: i64 = 9_000;
/// The first picture goes out before sounds that are due this much earlier: a segment begins with its picture.
const HEAD_START: i64 = 9_000;
/// Packets for the clock alone in one segment: a minute without any sample.
const MAX_CLOCKS: usize = 600;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The stream's next PES packet.
    Video,
    Audio,
    /// A packet without payload, for the clock's sake (ticks).
    Clock(i64),
}

/// Gives the clock to the PES packets that carry it: those of video, or of audio in a program without video.
pub(super) fn schedule(
    has_video: bool,
    video: &mut [Pes],
    audio: &mut [Pes],
    next: Option<i64>,
) -> Vec<Event> {
    let mut schedule = Schedule {
        events: Vec::with_capacity(video.len() + audio.len()),
        clock: None,
        clocks: 0,
    };
    let mut head_start = HEAD_START;
    let mut pictures = video.iter_mut().peekable();
    let mut sounds = audio.iter_mut().peekable();
    loop {
        let picture = pictures
            .peek()
            .map(|pes| pes.dts.saturating_sub(head_start));
        let sound = sounds.peek().map(|pes| pes.pts);
        let is_picture = match (picture, sound) {
            (Some(picture), Some(sound)) => picture <= sound,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => break,
        };
        if is_picture {
            if let Some(pes) = pictures.next() {
                head_start = 0;
                pes.clock = Some(schedule.carried(pes.dts));
                schedule.events.push(Event::Video);
            }
        } else if let Some(pes) = sounds.next() {
            if has_video {
                schedule.run_to(next.map_or(pes.pts, |next| next.min(pes.pts)));
            } else {
                pes.clock = Some(schedule.carried(pes.pts));
            }
            schedule.events.push(Event::Audio);
        }
    }
    if let Some(next) = next.filter(|_| schedule.clock.is_some()) {
        schedule.run_to(next);
    }
    schedule.events
}

struct Schedule {
    events: Vec<Event>,
    /// The decode time that the last clock reference was made for.
    clock: Option<i64>,
    clocks: usize,
}

impl Schedule {
    /// The clock in a PES packet that is due at `time`.
    fn carried(&mut self, time: i64) -> i64 {
        if let Some(clock) = self.clock {
            self.fill(clock, time);
        }
        let clock = self.clock.map_or(time, |clock| clock.max(time));
        self.clock = Some(clock);
        clock.saturating_sub(LEAD)
    }

    /// Lets the clock run up to `time`, in packets of its own where it must be shown.
    fn run_to(&mut self, time: i64) {
        match self.clock {
            Some(clock) => self.fill(clock, time),
            None => self.show(time),
        }
    }

    fn fill(&mut self, mut clock: i64, time: i64) {
        while time.saturating_sub(clock) > INTERVAL && self.clocks < MAX_CLOCKS {
            clock += INTERVAL;
            self.show(clock);
        }
    }

    fn show(&mut self, clock: i64) {
        self.clocks += 1;
        self.clock = Some(clock);
        self.events.push(Event::Clock(clock.saturating_sub(LEAD)));
    }
}

#[cfg(test)]
mod tests;
