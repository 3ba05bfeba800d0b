//! A playlist as a player understands it, so that playlists can be compared and updates merged.
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Tags that are about the whole playlist, but for EXT-X-VERSION.
    pub(super) about: Vec<String>,
    pub(super) sequence: u64,
    /// Of EXT-X-SKIP.
    pub(super) skipped: u64,
    pub(super) segments: Vec<Entry>,
    /// Hints and reports.
    pub(super) hints: Vec<String>,
    pub(super) ended: bool,
}

/// A segment, or behind the last one what there is of the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) number: u64,
    /// Discontinuities before it, those that left included.
    pub(super) discontinuity: u64,
    /// By KEYFORMAT.
    pub(super) keys: BTreeMap<String, String>,
    pub(super) map: Option<String>,
    pub(super) date: String,
    pub(super) gap: bool,
    pub(super) parts: Vec<String>,
    pub(super) duration: u64,
    /// Empty while it grows.
    pub(super) uri: String,
}

impl Reading {
    /// Of a whole playlist.
    pub(super) fn of(playlist: &str) -> Self {
        Self::after(playlist, None)
    }

    /// Of an update, skipped segments taken from the playlist before.
    pub(super) fn merged(playlist: &str, before: &Self) -> Self {
        Self::after(playlist, Some(before))
    }

    fn after(playlist: &str, before: Option<&Self>) -> Self {
        let mut reading = Self::default();
        let mut entry = Entry::default();
        for line in playlist.lines() {
            let (tag, value) = line.split_once(':').unwrap_or((line, ""));
            // These apply to a segment's first part as well.
            let applies = ["#EXT-X-KEY", "#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME"];
            if applies.contains(&tag) || tag == "#EXT-X-DISCONTINUITY" {
                assert!(entry.parts.is_empty(), "{line} behind a part\n{playlist}");
            }
            match tag {
                "#EXTM3U" | "#EXT-X-VERSION" => {}
                "#EXT-X-MEDIA-SEQUENCE" => {
                    reading.sequence = value.parse().unwrap();
                    entry.number = reading.sequence;
                }
                "#EXT-X-DISCONTINUITY-SEQUENCE" => entry.discontinuity = value.parse().unwrap(),
                "#EXT-X-SKIP" => {
                    let (_, count) = value.split_once("SKIPPED-SEGMENTS=").unwrap();
                    let count = count.split(',').next().unwrap();
                    reading.skipped = count.parse().unwrap();
                    entry.number += reading.skipped;
                    let Some(before) = before else { continue };
                    let is_skipped =
                        |e: &&Entry| (reading.sequence..entry.number).contains(&e.number);
                    let known = before.segments.iter().filter(is_skipped);
                    reading.segments.extend(known.cloned());
                    assert_eq!(reading.segments.len() as u64, reading.skipped);
                    let last = reading.segments.last().unwrap();
                    assert!(!last.uri.is_empty());
                    entry.keys.clone_from(&last.keys);
                    entry.map.clone_from(&last.map);
                    entry.discontinuity = last.discontinuity;
                }
                "#EXT-X-DISCONTINUITY" => entry.discontinuity += 1,
                "#EXT-X-KEY" if value == "METHOD=NONE" => entry.keys.clear(),
                "#EXT-X-KEY" => {
                    let format = value.split("KEYFORMAT=\"").nth(1);
                    let format = format.map_or("identity", |f| f.split('"').next().unwrap());
                    entry.keys.insert(format.to_owned(), value.to_owned());
                }
                "#EXT-X-MAP" => entry.map = Some(value.to_owned()),
                "#EXT-X-PROGRAM-DATE-TIME" => value.clone_into(&mut entry.date),
                "#EXT-X-GAP" => entry.gap = true,
                "#EXT-X-PART" => entry.parts.push(value.to_owned()),
                "#EXTINF" => entry.duration = micros(value.trim_end_matches(',')),
                "#EXT-X-PRELOAD-HINT" | "#EXT-X-RENDITION-REPORT" => {
                    reading.hints.push(line.to_owned());
                }
                "#EXT-X-ENDLIST" => reading.ended = true,
                _ if line.starts_with('#') => reading.about.push(line.to_owned()),
                _ => {
                    line.clone_into(&mut entry.uri);
                    reading.segments.push(entry.clone());
                    entry = Entry {
                        number: entry.number + 1,
                        discontinuity: entry.discontinuity,
                        keys: entry.keys,
                        map: entry.map,
                        ..Entry::default()
                    };
                }
            }
        }
        assert!(!entry.gap && entry.duration == 0, "{playlist}");
        if !entry.parts.is_empty() {
            reading.segments.push(entry);
        }
        reading
    }

    /// Of a line of the header: `TARGETDURATION`.
    pub(super) fn says(&self, tag: &str) -> Option<&str> {
        let line = format!("#EXT-X-{tag}:");
        self.about.iter().find_map(|l| l.strip_prefix(&line))
    }

    /// The merged update says nothing of having been one.
    pub(super) fn into_whole(mut self) -> Self {
        self.skipped = 0;
        self
    }
}

impl Entry {
    pub(super) fn part_durations(&self) -> Vec<u64> {
        let duration = |part: &String| {
            let (_, rest) = part.split_once("DURATION=").unwrap();
            micros(rest.split(',').next().unwrap())
        };
        self.parts.iter().map(duration).collect()
    }
}

/// Microseconds of seconds with three or six places.
pub(super) fn micros(seconds: &str) -> u64 {
    let (whole, fraction) = seconds.split_once('.').unwrap();
    let fraction = format!("{fraction:0<6}");
    whole.parse::<u64>().unwrap() * 1_000_000 + fraction.parse::<u64>().unwrap()
}
