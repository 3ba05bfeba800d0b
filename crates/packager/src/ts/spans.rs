//! Which segments of a video and an audio rendition make a segment of both.
//!
//! Audio is cut where the ladder's video is, but not in every case segment by segment: sound that begins late or has a
//! gap has fewer segments, sound that goes on after the pictures has more. So time decides. A segment of audio goes
//! with the last segment of video that begins before it; those that begin after the video's end are segments of their
//! own.
use std::ops::Range;

use crate::{Media, Rendition, Segment};

/// A segment of a transport stream, in the order of its playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Index into the video rendition's segments; none without video and after its end.
    pub video: Option<usize>,
    /// Indices into the audio rendition's segments.
    pub audio: Range<usize>,
    /// On the presentation's time line, in the timescale of the video rendition; of the audio where there is none.
    pub start: u64,
    pub duration: u64,
}

/// The segments of a transport stream: for its playlist. Their number is that of [`Plan::new`](super::Plan::new).
pub fn spans(video: Option<&Rendition>, audio: Option<&Rendition>) -> Vec<Span> {
    let pair = Pair { video, audio };
    (0..pair.len())
        .filter_map(|number| pair.span(number))
        .collect()
}

/// What goes into one transport stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) video: Option<&'a Rendition>,
    pub(super) audio: Option<&'a Rendition>,
}

impl Pair<'_> {
    pub(super) fn len(&self) -> usize {
        self.video_segments().len() + self.audio_segments().len() - self.first_after_video()
    }

    /// None past the end.
    pub(super) fn span(&self, number: usize) -> Option<Span> {
        let pictures = self.video_segments();
        let after_video = self.first_after_video();
        let Some(segment) = pictures.get(number) else {
            let at = after_video + (number - pictures.len());
            let (start, end) = self.sound(at)?;
            // The end of the pictures may lie half a frame behind the sound that follows them.
            let start = start.max(self.video.map_or(0, Rendition::duration));
            return Some(Span {
                video: None,
                audio: at..at + 1,
                start,
                duration: end.saturating_sub(start).max(1),
            });
        };
        let first = if number == 0 {
            0
        } else {
            self.first_from(segment.start)
        };
        let mut end = segment.start + segment.duration;
        let audio = match pictures.get(number + 1) {
            Some(next) => first..self.first_from(next.start),
            None => {
                // Behind the last picture there is room for sound that goes on, and for silence before other sound.
                let last = after_video.checked_sub(1).and_then(|last| self.sound(last));
                let next = self.sound(after_video);
                let more = last.map(|(_, end)| end).max(next.map(|(start, _)| start));
                end = end.max(more.unwrap_or(0));
                first..after_video
            }
        };
        Some(Span {
            video: Some(number),
            audio: audio.start..audio.end.max(audio.start),
            start: segment.start,
            duration: end - segment.start,
        })
    }

    /// When a segment of audio begins and ends, in the video's timescale.
    fn sound(&self, at: usize) -> Option<(u64, u64)> {
        let audio = self.audio?;
        let segment = audio.segments.get(at)?;
        let ours = u128::from(self.video.map_or(audio.timescale, |video| video.timescale));
        let theirs = u128::from(audio.timescale.max(1));
        let rescaled = |time: u64| u64::try_from((u128::from(time) * ours).div_ceil(theirs)).ok();
        // Without pictures the first segment begins at 0, whenever it is heard.
        let begin = match self.video {
            Some(_) => u64::try_from(begin(audio, segment)).unwrap_or(0),
            None => segment.start,
        };
        Some((
            rescaled(begin)?,
            rescaled(segment.start.checked_add(segment.duration)?)?,
        ))
    }

    fn video_segments(&self) -> &[Segment] {
        self.video.map_or(&[], |video| &video.segments)
    }

    fn audio_segments(&self) -> &[Segment] {
        self.audio.map_or(&[], |audio| &audio.segments)
    }

    fn first_after_video(&self) -> usize {
        self.video
            .map_or(0, |video| self.first_from(video.duration()))
    }

    /// The first segment of audio that begins at this time of the video or after it.
    ///
    /// Half a frame early counts: rungs whose clocks differ agree on their boundaries to half a frame, and the audio is
    /// cut at one of theirs.
    fn first_from(&self, time: u64) -> usize {
        let (Some(video), Some(audio)) = (self.video, self.audio) else {
            return 0;
        };
        let (frames, seconds) = match video.media {
            Media::Video {
                frame_rate: (frames, seconds),
                ..
            } => (frames.max(1), seconds),
            _ => (1, 0),
        };
        let doubled = 2 * i128::from(frames);
        let (ours, theirs) = (i128::from(video.timescale), i128::from(audio.timescale));
        let half_a_frame = i128::from(seconds) * ours * theirs;
        let time = i128::from(time) * doubled * theirs;
        audio.segments.partition_point(|segment| {
            i128::from(begin(audio, segment)) * doubled * ours + half_a_frame < time
        })
    }
}

/// When the first frame of a segment is played. (The first segment says 0 of itself, whatever comes when.)
fn begin(audio: &Rendition, segment: &Segment) -> i64 {
    if segment.start > 0 {
        return i64::try_from(segment.start).unwrap_or(i64::MAX);
    }
    let decode_time = i64::try_from(segment.base_media_decode_time).unwrap_or(i64::MAX);
    decode_time.saturating_add(presentation_of_0(audio))
}

/// The presentation time of decode time 0, in the rendition's timescale.
pub(super) fn presentation_of_0(rendition: &Rendition) -> i64 {
    let priming = i64::try_from(rendition.priming).unwrap_or(i64::MAX);
    rendition.composition_shift.saturating_sub(priming)
}

#[cfg(test)]
mod tests;
