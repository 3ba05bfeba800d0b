//! Which samples make which PES packet.
use super::Sample;
use super::pes::Pes;
use crate::ts::audio::AudioStream;
use crate::ts::clock::ticks;
use crate::ts::error::Error;
use crate::ts::video::VideoStream;

/// Audio in one PES packet: 200 ms, or where its packets carry the clock, 100 ms.
const AUDIO_TICKS: i64 = 18_000;
const AUDIO_TICKS_WITH_CLOCK: i64 = 9_000;
/// How far a frame may lie from where those before it in the PES packet put it: half a millisecond.
const AUDIO_TOLERANCE: u64 = 45;
/// Bytes of audio in one PES packet, whose length has 16 bits.
const MAX_AUDIO_LEN: usize = 65_500;

const NO_DESCRIPTION: &str = "it names a sample description that is not there";

/// One PES packet per access unit. Samples without bytes have none.
pub(super) fn pictures(streams: &[VideoStream], samples: &[Sample<'_>]) -> Result<Vec<Pes>, Error> {
    let mut list = Vec::with_capacity(samples.len());
    let mut before = None;
    for (index, sample) in samples.iter().enumerate() {
        let fault = |reason| Error::Sample { index, reason };
        let stream = streams
            .get(sample.description)
            .ok_or_else(|| fault(NO_DESCRIPTION))?;
        // Whoever begins with this segment, or with this description, has seen no parameter sets.
        let is_entry = sample.is_sync || before != Some(sample.description);
        before = Some(sample.description);
        let unit = stream.survey(sample.data, is_entry).map_err(fault)?;
        if unit.len == 0 {
            continue;
        }
        list.push(Pes {
            pts: sample.pts,
            dts: sample.dts,
            samples: index..index + 1,
            unit: Some(unit),
            payload_len: unit.len,
            is_random_access: sample.is_sync,
            clock: None,
            stuffing: 0,
            packets: 0,
            is_spread: false,
        });
    }
    Ok(list)
}

/// Frames that follow each other without a gap go together.
pub(super) fn sounds(
    streams: &[AudioStream],
    samples: &[Sample<'_>],
    has_video: bool,
) -> Result<Vec<Pes>, Error> {
    let longest = if has_video {
        AUDIO_TICKS
    } else {
        AUDIO_TICKS_WITH_CLOCK
    };
    let mut list: Vec<Pes> = Vec::new();
    let mut description = None;
    for (index, sample) in samples.iter().enumerate() {
        let fault = |reason| Error::Sample { index, reason };
        let stream = streams
            .get(sample.description)
            .ok_or_else(|| fault(NO_DESCRIPTION))?;
        if sample.data.is_empty() {
            continue;
        }
        let (duration, rate) = stream.frame_duration();
        let after = |frames: usize| {
            let frames = i64::try_from(frames).unwrap_or(i64::MAX);
            ticks(frames.saturating_mul(i64::from(duration)), rate)
        };
        let followed = list.last_mut().filter(|pes| {
            let frames = pes.samples.len();
            let expected = pes.pts.saturating_add(after(frames));
            description == Some(sample.description)
                && pes.samples.end == index
                && after(frames + 1) <= longest
                && sample.pts.saturating_sub(expected).unsigned_abs() <= AUDIO_TOLERANCE
        });
        if let Some(pes) = followed {
            let len = stream.frame_len(sample.data, false).map_err(fault)?;
            if pes.payload_len + len <= MAX_AUDIO_LEN {
                pes.payload_len += len;
                pes.samples.end += 1;
                continue;
            }
        }
        let payload_len = stream.frame_len(sample.data, true).map_err(fault)?;
        if payload_len > MAX_AUDIO_LEN {
            return Err(fault("an audio frame of more than 65500 bytes"));
        }
        description = Some(sample.description);
        list.push(Pes {
            pts: sample.pts,
            dts: sample.pts,
            samples: index..index + 1,
            unit: None,
            payload_len,
            is_random_access: list.is_empty(),
            clock: None,
            stuffing: 0,
            packets: 0,
            is_spread: false,
        });
    }
    Ok(list)
}
