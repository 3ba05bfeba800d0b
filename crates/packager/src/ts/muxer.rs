//! Elementary samples in, one segment of a transport stream out.
use std::borrow::Cow;

use edgepack_isobmff::CodecConfig;

use super::audio::AudioStream;
use super::error::{Error, Form};
use super::psi::{self, AUDIO_PID, StreamEntry, VIDEO_PID};
use super::setup::EncryptedAudio;
use super::video::VideoStream;

mod gather;
mod layout;
mod packets;
mod padding;
mod pes;
mod schedule;

pub use layout::Layout;

/// An access unit of video, or a frame of audio, as MP4 stores it.
///
/// Under SAMPLE-AES the samples come encrypted; what protects a whole segment (AES-128) takes what [`Layout`] puts out.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// Presentation time, ticks of 90 kHz from the start of the presentation ([`ticks`](super::ticks)).
    pub pts: i64,
    /// Decode time, likewise: rising from sample to sample, never after `pts`. Of audio it is not looked at.
    pub dts: i64,
    pub is_sync: bool,
    /// Index into the configurations that the stream was opened with.
    pub description: usize,
    pub data: &'a [u8],
}

/// Where a segment stands in its stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// Counted without gaps from one segment to the next: the tables' continuity counters are made from it.
    pub number: usize,
    /// Nothing in this time line goes before: counters and clock are said to be discontinuous.
    pub starts_over: bool,
    /// When what the next segment begins with is decoded (ticks). The program clock runs up to it, and not beyond.
    pub next: Option<i64>,
}

/// A program of one video stream, one audio stream, or both.
#[derive(Debug, Clone)]
pub struct Muxer {
    /// One per sample description.
    video: Vec<VideoStream>,
    audio: Vec<AudioStream>,
    association: Vec<u8>,
    clock_pid: u16,
    streams: Vec<StreamEntry>,
    map: Vec<u8>,
    /// Under SAMPLE-AES, one per sample description of the audio: it belongs to the map.
    setups: Vec<EncryptedAudio>,
}

impl Muxer {
    /// One configuration per sample description of a stream; none at all for a stream that is not there.
    ///
    /// # Errors
    /// [`Error::Codec`] for what HLS does not carry in a transport stream, and for descriptions that cannot be one
    /// stream.
    pub fn new(video: &[&CodecConfig], audio: &[&CodecConfig]) -> Result<Self, Error> {
        let video_streams: Vec<VideoStream> = video
            .iter()
            .map(|codec| VideoStream::new(codec))
            .collect::<Result<_, _>>()?;
        let audio_streams: Vec<AudioStream> = audio
            .iter()
            .map(|codec| AudioStream::new(codec, Form::TransportStream))
            .collect::<Result<_, _>>()?;
        let audio_entries = audio_streams
            .iter()
            .map(|stream| StreamEntry {
                pid: AUDIO_PID,
                stream_type: stream.stream_type(),
                descriptors: stream.descriptors(),
            })
            .collect();
        let streams = (video_streams, audio_streams);
        Self::of((video, audio), streams, audio_entries, Vec::new())
    }

    /// The same under SAMPLE-AES. Samples are handed in encrypted; those of video say lengths of NAL units in four
    /// bytes, whatever their configuration says.
    ///
    /// # Errors
    /// [`Error::Codec`] for what HLS does not encrypt so, beside those of [`new`](Self::new).
    pub fn sample_encrypted(video: &[&CodecConfig], audio: &[&CodecConfig]) -> Result<Self, Error> {
        const FORM: Form = Form::EncryptedTransportStream;
        let video_streams: Vec<VideoStream> = video
            .iter()
            .map(|codec| VideoStream::sample_encrypted(codec))
            .collect::<Result<_, _>>()?;
        let audio_streams: Vec<AudioStream> = audio
            .iter()
            .map(|codec| AudioStream::new(codec, FORM))
            .collect::<Result<_, _>>()?;
        let setups: Vec<EncryptedAudio> = audio
            .iter()
            .map(|codec| EncryptedAudio::new(codec, FORM))
            .collect::<Result<_, _>>()?;
        let audio_entries = setups
            .iter()
            .map(|setup| StreamEntry {
                pid: AUDIO_PID,
                stream_type: setup.stream_type,
                descriptors: setup.indicator(),
            })
            .collect();
        let streams = (video_streams, audio_streams);
        Self::of((video, audio), streams, audio_entries, setups)
    }

    fn of(
        (video, audio): (&[&CodecConfig], &[&CodecConfig]),
        (video_streams, audio_streams): (Vec<VideoStream>, Vec<AudioStream>),
        audio_entries: Vec<StreamEntry>,
        setups: Vec<EncryptedAudio>,
    ) -> Result<Self, Error> {
        let video_entries: Vec<StreamEntry> = video_streams
            .iter()
            .map(|stream| StreamEntry {
                pid: VIDEO_PID,
                stream_type: stream.stream_type(),
                descriptors: stream.descriptors(),
            })
            .collect();
        let mut streams: Vec<StreamEntry> = Vec::with_capacity(2);
        for (entries, codecs) in [(video_entries, video), (audio_entries, audio)] {
            streams.extend(entries.first().cloned());
            let different = entries
                .iter()
                .position(|entry| Some(entry) != entries.first());
            if let Some(codec) = different.and_then(|index| codecs.get(index)) {
                return Err(Error::Codec {
                    codec: super::name(codec),
                    form: Form::TransportStream,
                    reason: Some("another codec goes before it in the same stream"),
                });
            }
        }
        let clock_pid = streams.first().map_or(VIDEO_PID, |stream| stream.pid);
        Ok(Self {
            video: video_streams,
            audio: audio_streams,
            association: psi::program_association(),
            map: psi::program_map(clock_pid, &streams),
            clock_pid,
            streams,
            setups,
        })
    }

    /// Sample descriptions of video, then of audio.
    pub(super) fn streams(&self) -> (&[VideoStream], &[AudioStream]) {
        (&self.video, &self.audio)
    }

    /// The program map of a segment with these sounds.
    fn map(&self, audio: &[Sample<'_>]) -> Cow<'_, [u8]> {
        let first = audio.iter().find(|sample| !sample.data.is_empty());
        let (description, frame) =
            first.map_or((0, &[][..]), |sample| (sample.description, sample.data));
        let Some(setup) = self.setups.get(description) else {
            return Cow::Borrowed(&self.map);
        };
        let mut streams = self.streams.clone();
        for stream in &mut streams {
            if stream.pid == AUDIO_PID {
                stream.descriptors.extend(setup.registration(frame));
            }
        }
        Cow::Owned(psi::program_map(self.clock_pid, &streams))
    }

    /// Finds out what the segment consists of, so that its length is known; samples in decode order.
    ///
    /// # Errors
    /// [`Error::Sample`] for one that contradicts its configuration, or is too large for its stream.
    pub fn layout<'a>(
        &'a self,
        place: Place,
        video: &'a [Sample<'a>],
        audio: &'a [Sample<'a>],
    ) -> Result<Layout<'a>, Error> {
        Layout::new(self, place, Cow::Borrowed(video), Cow::Borrowed(audio))
    }

    /// The whole segment.
    ///
    /// # Errors
    /// Those of [`Muxer::layout`].
    pub fn segment(
        &self,
        place: Place,
        video: &[Sample<'_>],
        audio: &[Sample<'_>],
    ) -> Result<Vec<u8>, Error> {
        let layout = self.layout(place, video, audio)?;
        let mut out = vec![0; layout.len()];
        layout.write(&mut out)?;
        Ok(out)
    }
}
