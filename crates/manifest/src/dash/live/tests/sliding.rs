//! What holds from one update to the next, whatever encoders do.
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::encoder::Life;
use super::*;

/// What a player knows of a track in a Period.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    start: i64,
    offset: i64,
    timescale: i64,
    /// `@duration`.
    every: Option<i64>,
    ahead_us: i64,
    first: u64,
    last: Option<u64>,
    /// Number, start, duration.
    listed: Vec<(u64, i64, i64)>,
    until: Option<i64>,
}

/// By Period and Representation.
fn read(mpd: &str) -> BTreeMap<(u64, String), Seen> {
    let periods = elements(mpd, "Period");
    let starts: Vec<i64> = periods
        .iter()
        .map(|p| micros(attribute(p, "start").unwrap()))
        .collect();
    let mut seen = BTreeMap::new();
    for (at, period) in periods.iter().enumerate() {
        let id = attribute(period, "id").unwrap().parse().unwrap();
        let start = starts[at];
        let lasts = attribute(period, "duration").map(|d| start + micros(d));
        for set in elements(period, "AdaptationSet") {
            let template = elements(set, "SegmentTemplate")[0];
            let number = |name| attribute(template, name).map(|v| v.parse::<i64>().unwrap());
            let first = number("startNumber").unwrap().unsigned_abs();
            let mut listed = Vec::new();
            let mut t = 0;
            for run in elements(template, "S") {
                let of = |name| attribute(run, name).map(|v| v.parse::<i64>().unwrap());
                t = of("t").unwrap_or(t);
                for _ in 0..=of("r").unwrap_or(0) {
                    listed.push((first + listed.len() as u64, t, of("d").unwrap()));
                    t += of("d").unwrap();
                }
            }
            let ahead = attribute(template, "availabilityTimeOffset");
            let ahead = ahead.map_or(0.0, |v| v.parse::<f64>().unwrap());
            for representation in elements(set, "Representation") {
                let name = attribute(representation, "id").unwrap().to_owned();
                seen.insert(
                    (id, name),
                    Seen {
                        start,
                        offset: number("presentationTimeOffset").unwrap_or(0),
                        timescale: number("timescale").unwrap(),
                        every: number("duration"),
                        ahead_us: (ahead * 1_000_000.0).round() as i64,
                        first,
                        last: number("endNumber").map(i64::unsigned_abs),
                        listed: listed.clone(),
                        until: lasts.or_else(|| starts.get(at + 1).copied()),
                    },
                );
            }
        }
    }
    seen
}

impl Seen {
    fn at(&self, units: i64) -> i64 {
        self.start + (units - self.offset) * 1_000_000 / self.timescale
    }

    /// Number and start of what may be asked for at a moment, microseconds, and of what it is said to begin at.
    fn available(&self, now: i64, depth: i64) -> Vec<(u64, i64)> {
        let Some(every) = self.every else {
            let listed = self.listed.iter();
            return listed
                .map(|(number, t, _)| (*number, self.at(*t)))
                .collect();
        };
        let place = |n: i64| self.start + n * every * 1_000_000 / self.timescale;
        let before_end = |n: i64| self.until.is_none_or(|until| place(n) < until);
        let numbers = (0..).take_while(|n| place(n + 1) - self.ahead_us <= now && before_end(*n));
        numbers
            .filter(|n| place(n + 1) + depth >= now)
            .map(|n| (self.first + n.unsigned_abs(), place(n)))
            .filter(|(number, _)| self.last.is_none_or(|last| *number <= last))
            .collect()
    }
}

fn windows_of(studio: &Studio, now: i64) -> BTreeMap<String, Window> {
    let names = studio.presentation.renditions.iter();
    let names = names.map(|rendition| rendition.name.clone());
    names.zip(studio.windows(now)).collect()
}

/// Groups of pictures, when encoders crash and come back, alone or with their node, what media time they begin with, how
/// far sound lags.
fn studios() -> impl Strategy<Value = Studio> {
    let restart = (
        4_000_i64..40_000,
        0_i64..30_000,
        prop_oneof![Just(0_u64), 0..10_000_000_u64],
        any::<bool>(),
    );
    let group = prop_oneof![Just(50_u64), Just(25), Just(40), Just(32)];
    (
        any::<bool>(),
        group,
        0_i64..900,
        proptest::collection::vec(restart, 0..3),
        proptest::collection::vec(0_u64..40, 0..2),
        prop_oneof![Just(0_u64), Just(1_000_000), 0..100_000_u64],
    )
        .prop_map(|(low_latency, group, lag, restarts, gaps, media)| {
            let mut pictures = Encoder::video();
            pictures.group = group;
            let mut studio = Studio::new(vec![pictures, Encoder::audio()]);
            studio.settings.low_latency = low_latency;
            for (index, encoder) in studio.encoders.iter_mut().enumerate() {
                let units = |ms: u64| ms * u64::from(encoder.timescale) / 1000;
                let mut lives = vec![Life {
                    media: units(media),
                    ..encoder.lives[0]
                }];
                for (lived, down, media, new_node) in &restarts {
                    let last = lives.last_mut().unwrap();
                    last.end_ms = last.begin_ms + lived;
                    let next = Life {
                        begin_ms: last.end_ms + down,
                        end_ms: i64::MAX,
                        media: units(*media),
                        epoch: last.epoch + u32::from(*new_node),
                        header: if *new_node { 0 } else { last.header + 1 },
                        discontinuity: true,
                    };
                    lives.push(next);
                }
                if index == 1 {
                    for life in &mut lives {
                        life.begin_ms += lag;
                        life.end_ms = life.end_ms.saturating_add(lag);
                    }
                }
                encoder.lives = lives;
                encoder.gaps = gaps.iter().map(|gap| 886_183_201 + gap).collect();
            }
            studio
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What was said of a Period, and of a segment, stays.
    #[test]
    fn updates_agree(mut studio in studios(), step in 300_i64..3000) {
        let mut known: BTreeMap<(u64, String), Seen> = BTreeMap::new();
        let mut segments: BTreeMap<(u64, String, u64), (i64, i64)> = BTreeMap::new();
        let mut now = BEGIN_MS + 2000;
        while now < BEGIN_MS + 120_000 {
            now += step;
            let Ok(mpd) = studio.try_mpd(now) else { continue };
            for (key, seen) in read(&mpd) {
                for (number, t, d) in &seen.listed {
                    let before = segments.insert((key.0, key.1.clone(), *number), (*t, *d));
                    prop_assert!(before.is_none_or(|before| before == (*t, *d)));
                }
                if let Some(before) = known.insert(key, seen.clone()) {
                    let fixed = |s: &Seen| (s.start, s.offset, s.timescale, s.every, s.ahead_us);
                    prop_assert_eq!(fixed(&before), fixed(&seen));
                    prop_assert!(before.first <= seen.first);
                    prop_assert!(seen.every.is_none() || before.first == seen.first);
                }
            }
        }
    }

    /// Periods, and segments in them, follow one another.
    #[test]
    fn nothing_overlaps(mut studio in studios(), step in 300_i64..3000) {
        let mut now = BEGIN_MS + 2000;
        while now < BEGIN_MS + 100_000 {
            now += step;
            let Ok(mpd) = studio.try_mpd(now) else { continue };
            let mut ends: BTreeMap<String, i64> = BTreeMap::new();
            let mut starts = Vec::new();
            for ((id, name), seen) in read(&mpd) {
                starts.push((id, seen.start));
                for (_, t, d) in &seen.listed {
                    let end = ends.entry(name.clone()).or_insert(i64::MIN);
                    // Sound may reach over a boundary, by less than half of a segment.
                    prop_assert!(seen.at(*t) + 1_500_000 >= *end, "{}", mpd);
                    *end = seen.at(*t + *d);
                }
                if let Some(until) = seen.until {
                    prop_assert!(until >= seen.start, "{}", mpd);
                }
            }
            starts.dedup();
            prop_assert!(starts.windows(2).all(|two| two[0].1 < two[1].1), "{}", mpd);
        }
    }

    /// What a player may ask for has begun to come, under the number and at the time that it is told, in one life.
    #[test]
    fn nothing_is_promised_that_is_not_there(
        mut studio in studios(),
        step in 300_i64..3000,
    ) {
        studio.depth = 40;
        let mut now = BEGIN_MS + 2000;
        while now < BEGIN_MS + 70_000 {
            now += step;
            let Ok(mpd) = studio.try_mpd(now) else { continue };
            let windows = windows_of(&studio, now);
            let last_period = read(&mpd).keys().map(|(id, _)| *id).max();
            for ((id, name), seen) in read(&mpd) {
                let window = &windows[&name];
                // Nobody knows of an encoder's crash before it is missed.
                let crashed = studio.encoders.iter().any(|encoder| {
                    encoder.lives.iter().any(|life| life.end_ms <= now)
                        || !encoder.gaps.is_empty()
                });
                if seen.every.is_some() && crashed && Some(id) == last_period {
                    continue;
                }
                for (number, at) in seen.available(now * 1000, 30_000_000) {
                    let index = window.find(number);
                    prop_assert!(index.is_some(), "{} {} at {}\n{}", name, number, now, mpd);
                    let segment = &window.segments[index.unwrap()];
                    prop_assert!(!segment.gap, "{} {}\n{}", name, number, mpd);
                    let priming = if name == "a-en" { 1024 } else { 0 };
                    let start = i64::try_from(segment.start.saturating_sub(priming)).unwrap();
                    let off = seen.at(start) - at;
                    prop_assert!((-510_000..=126_000).contains(&off), "{} {} {}\n{}", name, number, off, mpd);
                    if seen.every.is_none() {
                        prop_assert!(segment.complete && off.abs() <= 1);
                    }
                }
            }
        }
    }
}
