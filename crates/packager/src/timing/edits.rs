//! Edit lists (ISO/IEC 14496-12, 8.6.6).
use edgepack_isobmff::{Edit, Track};

use super::MAX_MEDIA_TIME;
use crate::timeline::Moment;

/// 1.0 in 16.16.
const RATE_ONE: i32 = 1 << 16;

/// What a track's edit list says, media timescale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EditMap {
    /// Whether there is an edit list at all.
    pub(crate) explicit: bool,
    /// The leading empty edits.
    pub(crate) delay: i64,
    /// Where in the media the presentation starts.
    pub(crate) media_time: i64,
    /// Composition time from which on nothing is shown.
    end: Option<Fraction>,
}

/// Ticks of the media timescale, with a denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fraction {
    ticks: i128,
    scale: i128,
}

impl EditMap {
    /// Why the list cannot be honoured is the error.
    pub(crate) fn new(track: &Track, movie_timescale: u32) -> Result<Self, String> {
        let mut map = Self {
            explicit: !track.edits.is_empty(),
            ..Self::default()
        };
        let movie_timescale = i128::from(movie_timescale.max(1));
        let mut shown: Option<&Edit> = None;
        let mut paused = false;
        for edit in &track.edits {
            let duration = i128::from(edit.segment_duration) * i128::from(track.timescale);
            if edit.media_time < 0 {
                // An empty edit after the shown one shows nothing.
                if shown.is_none() {
                    // To the nearest tick.
                    let delay = (duration + movie_timescale / 2) / movie_timescale;
                    map.delay = bounded(i128::from(map.delay) + delay)
                        .ok_or("an empty edit of absurd length")?;
                }
                paused |= shown.is_some() && edit.segment_duration > 0;
                continue;
            }
            if edit.media_rate != RATE_ONE {
                return Err(format!(
                    "an edit with media rate {} instead of 1",
                    f64::from(edit.media_rate) / f64::from(RATE_ONE)
                ));
            }
            let media_time =
                bounded(i128::from(edit.media_time)).ok_or("an edit at an absurd media time")?;
            match (shown, map.end) {
                (None, _) => map.media_time = media_time,
                (Some(_), Some(end)) if !paused && end.is_near(media_time, track.timescale) => {}
                _ => return Err(cut_into_pieces(track, map.end, paused, media_time)),
            }
            shown = Some(edit);
            // A duration of 0 leaves the end open (8.6.6.1).
            map.end = (edit.segment_duration > 0).then(|| Fraction {
                ticks: i128::from(media_time) * movie_timescale + duration,
                scale: movie_timescale,
            });
        }
        Ok(map)
    }

    /// A part of this map: shown from composition time `start` (a negative one delays) until `end` on the presentation
    /// time line, which is composition time + `offset`.
    pub(crate) fn clipped(
        &self,
        start: i64,
        end: Option<Moment>,
        offset: i64,
        timescale: u32,
    ) -> Self {
        let clip = end.map(|end| {
            let scale = i128::from(end.timescale);
            Fraction {
                ticks: i128::from(end.value) * i128::from(timescale) - i128::from(offset) * scale,
                scale,
            }
        });
        Self {
            explicit: true,
            delay: (-start).max(0),
            media_time: start.max(0),
            end: match (self.end, clip) {
                (Some(a), Some(b)) if a.ticks * b.scale < b.ticks * a.scale => Some(a),
                (end, clip) => clip.or(end),
            },
        }
    }

    /// The first composition time that comes after the end of the edit; a sample there is not shown.
    pub(crate) fn end_time(&self) -> i64 {
        self.end.map_or(i64::MAX, |end| {
            let after =
                end.ticks.div_euclid(end.scale) + i128::from(end.ticks.rem_euclid(end.scale) > 0);
            let bounded = after.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
            i64::try_from(bounded).unwrap_or(i64::MAX)
        })
    }
}

impl Fraction {
    /// Whether an edit that begins at `media_time` goes on where this one ends: as near as clocks can say, plus a tick.
    fn is_near(self, media_time: i64, timescale: u32) -> bool {
        let apart = (i128::from(media_time) * self.scale - self.ticks).abs();
        apart <= i128::from(timescale) + self.scale
    }

    fn seconds(self, timescale: u32) -> f64 {
        self.ticks as f64 / self.scale as f64 / f64::from(timescale)
    }
}

fn cut_into_pieces(track: &Track, end: Option<Fraction>, paused: bool, next: i64) -> String {
    let begin = next as f64 / f64::from(track.timescale);
    let why = match end {
        _ if paused => "with a pause between two edits".to_owned(),
        Some(end) => format!(
            "where media goes on at {begin:.3} s after {:.3} s",
            end.seconds(track.timescale)
        ),
        None => "with an edit after one without an end".to_owned(),
    };
    format!(
        "an edit list with several edits, {why}: describe the pieces as clips, or write the file anew without edits"
    )
}

fn bounded(time: i128) -> Option<i64> {
    i64::try_from(time)
        .ok()
        .filter(|time| *time <= MAX_MEDIA_TIME)
}
