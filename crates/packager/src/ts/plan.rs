//! From a presentation to one segment of a transport stream, or of packed audio.
use edgepack_drm::SampleAes;
use edgepack_isobmff::CodecConfig;

use super::clock::ticks;
use super::error::Error as MuxError;
use super::muxer::{Muxer, Place, Sample};
use super::packed::PackedAudio;
use super::spans::{Pair, presentation_of_0};
use crate::{Error, Presentation, Rendition, Result, SourceRange};

mod gather;
mod prepare;

use gather::Gathered;
pub use prepare::{Prepared, Segment};

/// A segment: which bytes of the sources it holds, and how they become a transport stream or packed audio.
#[derive(Debug, Clone)]
pub struct Plan {
    form: Form,
    number: usize,
    video: Option<Gathered>,
    audio: Option<Gathered>,
    sample_aes: Option<SampleAes>,
}

#[derive(Debug, Clone)]
enum Form {
    TransportStream(Muxer, Place),
    PackedAudio(PackedAudio),
}

impl Plan {
    /// A segment of a transport stream with the renditions given; its number counts from 0, as [`spans`](super::spans)
    /// lists them. `sample_aes`: what its samples are encrypted with; none for a clear segment, or one that is encrypted
    /// as a whole.
    ///
    /// # Errors
    /// [`Error::NoSuchSegment`]; [`Error::Carriage`] for a codec that HLS has no place for in a transport stream, or none
    /// under SAMPLE-AES.
    pub fn new(
        p: &Presentation,
        video: Option<&Rendition>,
        audio: Option<&Rendition>,
        number: usize,
        sample_aes: Option<SampleAes>,
    ) -> Result<Self> {
        let pair = Pair { video, audio };
        let span = pair.span(number).ok_or_else(|| Error::NoSuchSegment {
            rendition: names(video, audio),
            number,
            count: pair.len(),
        })?;
        let new = match sample_aes {
            None => Muxer::new,
            Some(_) => Muxer::sample_encrypted,
        };
        let muxer = new(&codecs(p, video), &codecs(p, audio))
            .map_err(|error| carriage(names(video, audio), error))?;
        let next = pair
            .span(number + 1)
            .and_then(|next| match (next.video, video) {
                (Some(segment), Some(video)) => gather::first_decode_time(p, video, segment),
                _ => gather::first_sound(p, audio?, next.audio.start),
            });
        let place = Place {
            number,
            starts_over: number == 0,
            next,
        };
        let pictures = span
            .video
            .zip(video)
            .map(|(segment, video)| Gathered::pictures(p, video, segment, next));
        let sounds = audio.map(|audio| Gathered::sounds(p, audio, span.audio));
        Ok(Self {
            form: Form::TransportStream(muxer, place),
            number,
            video: pictures,
            audio: sounds,
            sample_aes,
        })
    }

    /// A segment of packed audio; `number` counts from 0, `sample_aes` is as in [`new`](Self::new).
    ///
    /// # Errors
    /// [`Error::NoSuchSegment`]; [`Error::Carriage`] for a codec without a packed form, or without one under SAMPLE-AES.
    pub fn packed(
        p: &Presentation,
        audio: &Rendition,
        number: usize,
        sample_aes: Option<SampleAes>,
    ) -> Result<Self> {
        let count = audio.segments.len();
        if number >= count {
            return Err(Error::NoSuchSegment {
                rendition: audio.name.clone(),
                number,
                count,
            });
        }
        let new = match sample_aes {
            None => PackedAudio::new,
            Some(_) => PackedAudio::sample_encrypted,
        };
        let packed =
            new(&codecs(p, Some(audio))).map_err(|error| carriage(audio.name.clone(), error))?;
        Ok(Self {
            form: Form::PackedAudio(packed),
            number,
            video: None,
            audio: Some(Gathered::sounds(p, audio, number..number + 1)),
            sample_aes,
        })
    }

    /// Source ranges of the video and of the audio, each in order and adjacent ones merged. Read one after the other
    /// into one piece of memory, each list makes one payload.
    pub fn source_ranges(&self) -> [&[SourceRange]; 2] {
        [&self.video, &self.audio].map(|part| part.as_ref().map_or(&[][..], |part| &part.ranges))
    }

    /// Bytes of the two payloads.
    pub fn payload_lens(&self) -> [u64; 2] {
        [&self.video, &self.audio].map(|part| part.as_ref().map_or(0, |part| part.len))
    }

    /// Of the segment; None where it depends on the media, as in every transport stream.
    pub fn content_length(&self) -> Option<u64> {
        match &self.form {
            Form::TransportStream(..) => None,
            Form::PackedAudio(packed) => {
                packed.foreseen_len(self.audio.iter().flat_map(Gathered::lens))
            }
        }
    }

    /// The segment, made of the payloads that [`source_ranges`](Self::source_ranges) asks for.
    ///
    /// # Errors
    /// [`Error::Payload`] for payloads of another length, [`Error::Source`] for samples that contradict their codec.
    pub fn mux(&self, video_payload: &mut [u8], audio_payload: &mut [u8]) -> Result<Vec<u8>> {
        self.mux_into(video_payload, audio_payload, |len| vec![0; len])
    }

    /// The same into memory of the caller's: `allocate` is asked once, for the exact length, and may give more.
    ///
    /// # Errors
    /// Those of [`mux`](Self::mux), and [`Error::Payload`] for less memory than asked for.
    pub fn mux_into<M: AsMut<[u8]>>(
        &self,
        video_payload: &mut [u8],
        audio_payload: &mut [u8],
        allocate: impl FnOnce(usize) -> M,
    ) -> Result<M> {
        let prepared = self.prepare(video_payload, audio_payload)?;
        let segment = prepared.segment()?;
        let mut out = allocate(segment.len());
        segment.write(out.as_mut())?;
        Ok(out)
    }

    fn fault(&self, error: MuxError) -> Error {
        let part = self.video.as_ref().or(self.audio.as_ref());
        match error {
            MuxError::Room { .. } => Error::Payload {
                rendition: self.names(),
                number: self.number,
                reason: error.to_string(),
            },
            _ => Error::Source {
                source_name: part
                    .map(|part| part.source_name.clone())
                    .unwrap_or_default(),
                reason: format!("{}, segment {}: {error}", self.names(), self.number),
            },
        }
    }

    fn names(&self) -> String {
        let parts = [&self.video, &self.audio];
        let names: Vec<&str> = parts
            .into_iter()
            .flatten()
            .map(|part| part.rendition.as_str())
            .collect();
        names.join("+")
    }
}

fn carriage(rendition: String, error: MuxError) -> Error {
    Error::Carriage {
        rendition,
        source: error,
    }
}

fn names(video: Option<&Rendition>, audio: Option<&Rendition>) -> String {
    let names: Vec<&str> = [video, audio]
        .into_iter()
        .flatten()
        .map(|rendition| rendition.name.as_str())
        .collect();
    names.join("+")
}

/// One per sample description, in the order that samples name them in.
fn codecs<'a>(p: &'a Presentation, rendition: Option<&Rendition>) -> Vec<&'a CodecConfig> {
    let entries = rendition
        .into_iter()
        .flat_map(|rendition| p.sample_entries(rendition));
    entries.map(|entry| &entry.codec).collect()
}

#[cfg(test)]
mod tests;
