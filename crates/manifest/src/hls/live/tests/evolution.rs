//! What holds from one reload to the next, of lines that grow, slide, have gaps, begin anew and end.
use edgepack_packager::Rotation;
use proptest::prelude::*;

use super::protected::{protection, under};
use super::reading::{Reading, micros};
use super::*;
use crate::Method;

/// What happens to a line.
#[derive(Debug, Clone)]
enum Step {
    /// A part of so many ticks; the first of a segment opens it.
    Part(u64),
    Close,
    Gap,
    /// The next segment comes from another encoder, with or without another header.
    Anew {
        header: bool,
    },
    /// The window holds that many segments from here on.
    Slide(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        // 85 % to 100 % of half a second.
        8 => (38_250_u64..=PART).prop_map(Step::Part),
        4 => Just(Step::Close),
        1 => Just(Step::Gap),
        1 => any::<bool>().prop_map(|header| Step::Anew { header }),
        2 => (12_usize..24).prop_map(Step::Slide),
    ]
}

/// A line under way, cut as the packager cuts.
struct Line {
    window: Window,
    at: u64,
    header: u32,
    anew: bool,
}

impl Line {
    fn new() -> Self {
        Self {
            window: window(100, 14, 0),
            at: 114 * 4 * PART,
            header: 0,
            anew: false,
        }
    }

    fn growing(&mut self) -> Option<&mut Segment> {
        let last = self.window.segments.last_mut()?;
        (!last.complete).then(|| Arc::make_mut(last))
    }

    fn open(&mut self) {
        let number = self.window.segments.last().unwrap().number + 1;
        let ms = self.at * 1000 / u64::from(TIMESCALE);
        self.window.segments.push(Arc::new(Segment {
            start: self.at,
            duration: 0,
            wall_clock_ms: NOW_MS + i64::try_from(ms).unwrap(),
            discontinuity: std::mem::take(&mut self.anew),
            header: self.header,
            ..segment(number, 0, false)
        }));
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Part(duration) => {
                let is_full = self.growing().is_some_and(|s| s.parts.len() == 4);
                if is_full {
                    self.take(&Step::Close);
                }
                if self.growing().is_none() {
                    self.open();
                }
                let at = self.at;
                self.at += duration;
                let growing = self.growing().unwrap();
                let independent = growing.parts.is_empty();
                growing
                    .parts
                    .push(Arc::new(part(at, duration, independent)));
                growing.duration += duration;
            }
            Step::Close => {
                if let Some(growing) = self.growing().filter(|s| !s.parts.is_empty()) {
                    growing.complete = true;
                }
            }
            Step::Gap => {
                self.take(&Step::Close);
                if self.growing().is_none() {
                    self.open();
                }
                self.at += 4 * PART;
                let hole = self.growing().unwrap();
                (hole.gap, hole.complete, hole.duration) = (true, true, 4 * PART);
            }
            Step::Anew { header } => {
                self.take(&Step::Close);
                if self.growing().is_none() {
                    (self.anew, self.header) = (true, self.header + u32::from(header));
                    self.at += 1_000_000;
                    self.open();
                }
            }
            Step::Slide(count) => {
                let excess = self.window.segments.len().saturating_sub(count);
                let gone = self.window.segments.drain(..excess);
                let gone = gone.filter(|segment| segment.discontinuity).count();
                self.window.discontinuities_gone += gone as u64;
            }
        }
    }
}

fn rules_of_one(reading: &Reading, playlist: &str) {
    let target = reading.says("TARGETDURATION").unwrap();
    let target = target.parse::<u64>().unwrap() * 1_000_000;
    let part_target = reading.says("PART-INF").unwrap();
    let part_target = micros(part_target.strip_prefix("PART-TARGET=").unwrap());
    let mut behind = 0;
    for entry in reading.segments.iter().rev() {
        let parts = entry.part_durations();
        let sum: u64 = parts.iter().sum();
        let duration = if entry.uri.is_empty() {
            sum
        } else {
            entry.duration
        };
        let near = behind < 3 * target;
        behind += duration;
        assert!(duration < target + 500_000, "{playlist}");
        assert!(entry.map.is_some() && !entry.date.is_empty(), "{playlist}");
        if parts.is_empty() {
            continue;
        }
        assert!(!entry.gap, "parts of a gap\n{playlist}");
        assert!(near, "parts too far behind\n{playlist}");
        assert_eq!(sum, duration, "{playlist}");
        for (index, part) in parts.iter().enumerate() {
            assert!(*part <= part_target, "{playlist}");
            let is_last = index + 1 == parts.len();
            assert!(is_last || part * 100 >= part_target * 85, "{playlist}");
        }
    }
    let hints = |kind: &str| {
        let kind = format!("#EXT-X-PRELOAD-HINT:TYPE={kind}");
        reading
            .hints
            .iter()
            .filter(|l| l.starts_with(&kind))
            .count()
    };
    // A part, or what it waits for: another header, or a key without one.
    let hinted = hints("PART") + hints("MAP");
    assert!(hinted <= usize::from(!reading.ended), "{playlist}");
    if reading.ended {
        assert!(reading.hints.is_empty(), "{playlist}");
        assert!(!playlist.contains("CAN-"), "{playlist}");
    }
}

fn rules_of_two(before: &Reading, after: &Reading, playlist: &str) {
    assert!(after.sequence >= before.sequence, "{playlist}");
    let last = |reading: &Reading| reading.segments.last().map(|s| (s.number, s.parts.len()));
    let numbers = (last(before).map(|l| l.0), last(after).map(|l| l.0));
    assert!(numbers.1 >= numbers.0, "{playlist}");
    for tag in ["TARGETDURATION", "PART-INF"] {
        assert_eq!(before.says(tag), after.says(tag));
    }
    for old in &before.segments {
        let Some(new) = after.segments.iter().find(|s| s.number == old.number) else {
            assert!(old.number < after.sequence, "{playlist}");
            continue;
        };
        assert_eq!(old.discontinuity, new.discontinuity, "{playlist}");
        assert_eq!(
            (&old.keys, &old.map, &old.date),
            (&new.keys, &new.map, &new.date)
        );
        if !old.uri.is_empty() {
            assert_eq!(
                (&old.uri, old.duration, old.gap),
                (&new.uri, new.duration, new.gap)
            );
        }
        // Parts come one by one and leave all at once.
        let common = old.parts.len().min(new.parts.len());
        assert_eq!(old.parts[..common], new.parts[..common], "{playlist}");
    }
}

fn rules_of_update(before: &Reading, update: &str, whole: &Reading, version: &str) {
    let merged = Reading::merged(update, before);
    let skipped = usize::try_from(merged.skipped).unwrap();
    let left = whole.segments.iter().filter(|s| !s.uri.is_empty());
    let left: u64 = left.skip(skipped).map(|s| s.duration).sum();
    if skipped > 0 {
        let version = format!("#EXT-X-VERSION:{version}\n");
        assert!(update.contains(&version), "{update}");
        // Lengths are rounded to microseconds.
        assert!(left + 20 > 12_000_000, "skipped up to {left}\n{update}");
    }
    assert_eq!(merged.into_whole(), *whole, "{update}");
}

/// A directive is answered once the playlist has what it names, and not before.
fn rules_of_directives(window: &Window, reading: &Reading, msn: u64, part: u64) {
    let asked = |part| Directives {
        msn: Some(msn),
        part,
        skip: None,
    };
    let entries = || reading.segments.iter();
    let hinto_whole = entries().any(|s| s.number >= msn && !s.uri.is_empty());
    let answered = |wait| wait == Wait::Answer;
    let whole = asked(None).against(window, Some(500));
    assert_eq!(
        answered(whole),
        hinto_whole || reading.ended,
        "{msn} {whole:?}"
    );
    // Parts that left the playlist are there, in their segments.
    let of_window = window.segments.iter();
    let has_part = of_window.clone().any(|s| {
        let parts = listing::parts(s).len() as u64;
        (s.number == msn && parts > part) || (s.number > msn && (parts > 0 || s.complete))
    });
    let of_part = asked(Some(part)).against(window, Some(500));
    assert_eq!(
        answered(of_part),
        has_part || reading.ended,
        "{msn}.{part} {of_part:?}"
    );
}

fn under_way(steps: &[Step], protection: Option<LiveProtection<'_>>, asked: (u64, u64)) {
    let mut line = Line::new();
    let write = |window: &Window| {
        let view = LiveView {
            protection,
            ..view(window)
        };
        (
            media(&view),
            [Skip::Segments, Skip::DateRanges].map(|skip| delta(&view, skip)),
        )
    };
    let mut before = Reading::of(&write(&line.window).0);
    for step in steps.iter().map(Some).chain([None]) {
        line.take(step.unwrap_or(&Step::Close));
        line.window.ended = step.is_none();
        let (playlist, [segments, ranges]) = write(&line.window);
        let reading = Reading::of(&playlist);
        rules_of_one(&reading, &playlist);
        rules_of_two(&before, &reading, &playlist);
        rules_of_update(&before, &segments, &reading, "9");
        rules_of_update(&before, &ranges, &reading, "10");
        let end = line.window.segments.last().unwrap().number;
        rules_of_directives(
            &line.window,
            &reading,
            (end + asked.0).saturating_sub(4),
            asked.1,
        );
        before = reading;
    }
    assert!(before.ended);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn lines_keep_their_rules_whatever_becomes_of_them(
        steps in prop::collection::vec(step(), 1..80),
        asked in (0_u64..8, 0_u64..8),
        method in prop::sample::select(vec![None, Some(Method::Cbcs), Some(Method::Cenc), Some(Method::Aes128)]),
        rotation in prop::sample::select(vec![Rotation::NewHeader, Rotation::SampleGroups]),
        changes in prop::collection::btree_set(101_u32..140, 0..6),
    ) {
        let periods: Vec<_> = std::iter::once(0).chain(changes).zip(0..).collect();
        let keys = method.map(|method| protection(method, rotation, &periods));
        under_way(&steps, keys.as_ref().map(under), asked);
    }
}
