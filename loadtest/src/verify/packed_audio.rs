//! Packed audio (HLS 3.1.3): an ID3 tag, then frames.
use super::boxes::Fields;
use super::timing::{Clock, lasts};
use super::{Announced, Continuity, Findings, Violation, rules};

const OWNER: &[u8] = b"com.apple.streaming.transportStreamTimestamp\0";
const CLOCK: u32 = 90_000;
/// Sampling rates of ADTS by index (ISO/IEC 14496-3, 1.6.3.4).
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// Judges a segment. Frames are followed in ADTS; of other codecs the first is looked for.
pub fn packed_audio(
    bytes: &[u8],
    announced: &Announced,
    continuity: &mut Continuity,
) -> Vec<Violation> {
    continuity.enter(announced);
    let mut found = Findings::default();
    let (time, frames) = tagged(bytes);
    if time.is_none() {
        let what = "no ID3 tag with a transport stream timestamp";
        found.add(rules::AUDIO_TIMESTAMP, what);
    }
    match frames {
        [0xff, second, ..] if second & 0xf6 == 0xf0 => match adts(frames) {
            Ok((duration, frame)) => {
                let told = announced.duration.unwrap_or(duration);
                if !lasts(duration, told, announced.exact, frame) {
                    let what = format!("{duration:.3} s came, {told:.3} s were announced");
                    found.add(rules::DURATION, what);
                }
                if let Some(time) = time {
                    follow(&mut found, time, duration, frame, announced, continuity);
                }
            }
            Err(what) => found.add(rules::AUDIO_FRAMES, what),
        },
        // MPEG-1 audio; AC-3 and E-AC-3; AC-4.
        [0xff, second, ..] if second & 0xe0 == 0xe0 => {}
        [0x0b, 0x77, ..] | [0xac, 0x40 | 0x41, ..] => {}
        _ => found.add(rules::AUDIO_FRAMES, "no frame begins behind the ID3 tag"),
    }
    if !found.0.is_empty() {
        continuity.reset();
    }
    found.0
}

fn follow(
    found: &mut Findings,
    time: u64,
    duration: f64,
    frame: f64,
    announced: &Announced,
    continuity: &mut Continuity,
) {
    const WRAP: i64 = 1 << 33;
    if let Some(clock) = continuity.clocks.get(&0) {
        let ahead = (time as i64 - clock.ticks as i64).rem_euclid(WRAP);
        let step = if ahead >= WRAP / 2 {
            ahead - WRAP
        } else {
            ahead
        };
        let jump = step as f64 / f64::from(CLOCK);
        if jump.abs() > frame.max(0.002) {
            let number = announced.number;
            let what = format!("segment {number} goes on {jump:+.4} s from where it ended");
            found.add(rules::DECODE_TIME, what);
        }
    }
    let ticks = time + (duration * f64::from(CLOCK)).round() as u64;
    let clock = Clock {
        next: ticks as f64 / f64::from(CLOCK),
        ticks,
        timescale: CLOCK,
        sample: frame,
    };
    continuity.clocks.insert(0, clock);
}

/// The timestamp, 33 bits of 90 kHz, and what is behind the tag.
fn tagged(bytes: &[u8]) -> (Option<u64>, &[u8]) {
    let mut fields = Fields(bytes);
    if fields.take(3) != Some(b"ID3") {
        return (None, bytes);
    }
    let read = (|| {
        fields.take(3)?;
        let size = fields.u32()?;
        // Seven bits of each byte.
        let size = (0..4).fold(0, |sum, at| sum | ((size >> (8 * at)) & 0x7f) << (7 * at));
        fields.take(usize::try_from(size).ok()?)
    })();
    let Some(tag) = read else {
        return (None, fields.0);
    };
    let found = tag.windows(OWNER.len()).position(|part| part == OWNER);
    let time = found.and_then(|at| Fields(tag.get(at + OWNER.len()..)?).u64());
    (time.filter(|time| *time < 1 << 33), fields.0)
}

/// Seconds of all frames, and of one.
fn adts(mut frames: &[u8]) -> Result<(f64, f64), String> {
    let mut duration = 0.0;
    let mut frame = 0.0;
    let mut at = 0;
    while !frames.is_empty() {
        let read = (|| {
            let mut fields = Fields(frames);
            let head = fields.u32()?;
            let tail = fields.u32()?;
            let length = ((head & 3) << 11) | (tail >> 21);
            let rate = RATES.get(((head >> 10) & 0xf) as usize)?;
            let blocks = ((tail >> 8) & 3) + 1;
            let fits = (head >> 16) & 0xfff6 == 0xfff0 && length >= 7;
            fits.then_some((usize::try_from(length).ok()?, *rate, blocks))
        })();
        let (length, rate, blocks) = read.ok_or_else(|| format!("no ADTS frame at {at}"))?;
        let rest = frames.get(length..);
        frames = rest.ok_or_else(|| format!("the frame at {at} is cut off"))?;
        at += length;
        frame = f64::from(1024 * blocks) / f64::from(rate);
        duration += frame;
    }
    Ok((duration, frame))
}
