//! Which segments a film is made of.
use std::sync::Arc;

use super::super::Recording;
use super::super::files::RecordedHeader;
use super::super::record::Entry;
use super::HarvestError;

/// So much sound before the first picture, for its decoder: Opus asks for 80 ms, AAC for a frame or two.
pub(super) const PREROLL_MS: u64 = 100;

/// One track of a film.
#[derive(Debug)]
pub(super) struct Picked {
    pub(super) name: String,
    pub(super) epoch: u32,
    pub(super) timescale: u32,
    /// Never empty; each follows the one before.
    pub(super) segments: Vec<(Arc<RecordedHeader>, Entry)>,
}

impl Picked {
    /// What the header's edit list takes from every composition time: the priming of sound.
    pub(super) fn priming(&self) -> u64 {
        let header = self.segments.first().map(|(header, _)| header);
        header.map_or(0, |header| priming(header))
    }

    fn span(&self) -> (u64, u64) {
        let start = self.segments.first().map_or(0, |(_, entry)| entry.start);
        let end = self
            .segments
            .last()
            .map_or(0, |(_, e)| e.start + e.duration);
        (start, end)
    }
}

pub(super) fn priming(header: &RecordedHeader) -> u64 {
    let track = header.stream.movie.tracks.first();
    let edit = track.and_then(|track| track.edits.iter().find(|edit| edit.media_time > 0));
    edit.map_or(0, |edit| u64::try_from(edit.media_time).unwrap_or(0))
}

/// Ticks that a part may begin after the one before and yet follow it: what live lines allow themselves.
pub(super) fn tolerance(timescale: u32) -> u64 {
    u64::from(timescale / 10)
}

/// The first leads.
pub(super) fn tracks(
    recording: &Recording,
    names: &[&str],
    from_ms: i64,
    to_ms: i64,
) -> Result<Vec<Picked>, HarvestError> {
    let (first, others) = names.split_first().ok_or(HarvestError::NoTracks)?;
    let lead = pick(recording, first, (from_ms, to_ms), |_, entry, timescale| {
        entry.wall_clock_ms < to_ms && entry.end_ms(timescale) > from_ms
    })?;
    let (start, end) = lead.span();
    let (epoch, scale) = (lead.epoch, u128::from(lead.timescale));
    let mut picked = vec![lead];
    for name in others {
        let within = |header: &RecordedHeader, entry: &Entry, timescale: u32| {
            // What is behind an edit list is shown earlier, and its decoder wants some before.
            let early = priming(header) + u64::from(timescale) * PREROLL_MS / 1000;
            let own = u128::from(timescale);
            let until = u128::from(entry.start + entry.duration + early) * scale;
            let begins = u128::from(entry.start.saturating_sub(early)) * scale;
            header.epoch == epoch
                && begins < u128::from(end) * own
                && until > u128::from(start) * own
        };
        let mut track = pick(recording, name, (from_ms, to_ms), within)?;
        // A hole before the film is none of it.
        let before = |(_, entry): &(Arc<RecordedHeader>, Entry)| {
            let until = u128::from(entry.start + entry.duration) * scale;
            entry.gap && until <= u128::from(start) * u128::from(track.timescale)
        };
        let gaps = track.segments.iter().take_while(|segment| before(segment));
        let gaps = gaps.count();
        track.segments.drain(..gaps);
        picked.push(track);
    }
    for track in &picked {
        follow(track, (from_ms, to_ms))?;
    }
    Ok(picked)
}

fn pick(
    recording: &Recording,
    name: &str,
    (from_ms, to_ms): (i64, i64),
    within: impl Fn(&RecordedHeader, &Entry, u32) -> bool,
) -> Result<Picked, HarvestError> {
    let catalogue = recording.lock();
    let mut segments = Vec::new();
    for file in catalogue.files(name) {
        // Without its header a file has gaps only, and they are told by numbers.
        let Some(header) = &file.header else {
            continue;
        };
        let timescale = file.common.timescale;
        let entries = file.entries.iter();
        let entries = entries.filter(|entry| within(header, entry, timescale));
        segments.extend(entries.map(|entry| (Arc::clone(header), *entry)));
    }
    let Some((header, _)) = segments.first() else {
        return Err(HarvestError::Nothing {
            track: name.to_owned(),
            from_ms,
            to_ms,
        });
    };
    Ok(Picked {
        name: name.to_owned(),
        epoch: header.epoch,
        timescale: header.timescale,
        segments,
    })
}

/// # Errors
/// [`HarvestError::Gap`], [`HarvestError::Discontinuity`].
fn follow(track: &Picked, (from_ms, to_ms): (i64, i64)) -> Result<(), HarvestError> {
    let name = || track.name.clone();
    let Some((first, _)) = track.segments.first() else {
        return Err(HarvestError::Nothing {
            track: name(),
            from_ms,
            to_ms,
        });
    };
    let mut before: Option<&Entry> = None;
    for (header, entry) in &track.segments {
        let at_ms = entry.wall_clock_ms;
        if entry.gap {
            return Err(HarvestError::Gap {
                track: name(),
                from_ms: at_ms,
                until_ms: entry.end_ms(track.timescale),
            });
        }
        let other = header.epoch != first.epoch
            || header.timescale != first.timescale
            || priming(header) != priming(first);
        if let Some(before) = before {
            let end = before.start + before.duration;
            let late = entry.start.checked_sub(end);
            if other || entry.discontinuity || late.is_none() {
                let track = name();
                return Err(HarvestError::Discontinuity { track, at_ms });
            }
            if before.number + 1 != entry.number || late > Some(tolerance(track.timescale)) {
                return Err(HarvestError::Gap {
                    track: name(),
                    from_ms: before.end_ms(track.timescale),
                    until_ms: at_ms,
                });
            }
        }
        before = Some(entry);
    }
    Ok(())
}
