//! From the payloads of a plan to a segment in memory of the caller's.
use std::borrow::Cow;

use super::gather::Gathered;
use super::{Form, Plan};
use crate::ts::encrypt::{self, Encrypted};
use crate::ts::error::Error as MuxError;
use crate::ts::muxer::{Layout, Sample};
use crate::ts::packed::PackedAudio;
use crate::{Error, Result};

/// The payloads of a plan, encrypted where the plan says so.
#[derive(Debug)]
pub struct Prepared<'a> {
    plan: &'a Plan,
    video: Payload<'a>,
    audio: Payload<'a>,
}

#[derive(Debug)]
struct Payload<'a> {
    bytes: &'a [u8],
    encrypted: Encrypted,
}

/// A segment whose length is known, to be written once into memory of that length, or more.
#[derive(Debug)]
pub struct Segment<'a> {
    plan: &'a Plan,
    content: Content<'a>,
}

#[derive(Debug)]
enum Content<'a> {
    TransportStream(Layout<'a>),
    PackedAudio {
        packed: &'a PackedAudio,
        samples: Vec<Sample<'a>>,
        len: usize,
    },
}

impl Plan {
    /// Takes the payloads that [`source_ranges`](Self::source_ranges) asks for, and encrypts them in place where the plan
    /// was made with SAMPLE-AES.
    ///
    /// # Errors
    /// [`Error::Payload`] for payloads of another length, [`Error::Source`] for samples that contradict their codec.
    pub fn prepare<'a>(
        &'a self,
        video_payload: &'a mut [u8],
        audio_payload: &'a mut [u8],
    ) -> Result<Prepared<'a>> {
        self.check(&self.video, video_payload)?;
        self.check(&self.audio, audio_payload)?;
        let (mut video, mut audio) = (Encrypted::default(), Encrypted::default());
        if let Some(aes) = &self.sample_aes {
            let (pictures, sounds) = match &self.form {
                Form::TransportStream(muxer, _) => muxer.streams(),
                Form::PackedAudio(packed) => (&[][..], packed.streams()),
            };
            let samples = cut(&self.video, video_payload);
            video = encrypt::pictures(aes, pictures, samples).map_err(|error| self.fault(error))?;
            let samples = cut(&self.audio, audio_payload);
            audio = encrypt::sounds(aes, sounds, samples).map_err(|error| self.fault(error))?;
        }
        Ok(Prepared {
            plan: self,
            video: Payload {
                bytes: video_payload,
                encrypted: video,
            },
            audio: Payload {
                bytes: audio_payload,
                encrypted: audio,
            },
        })
    }

    fn check(&self, part: &Option<Gathered>, payload: &[u8]) -> Result<()> {
        let needed = part.as_ref().map_or(0, |part| part.len);
        if u64::try_from(payload.len()) == Ok(needed) {
            return Ok(());
        }
        Err(Error::Payload {
            rendition: self.names(),
            number: self.number,
            reason: format!("{} bytes of media instead of {needed}", payload.len()),
        })
    }
}

impl Prepared<'_> {
    /// # Errors
    /// [`Error::Source`] for samples that contradict their codec.
    pub fn segment(&self) -> Result<Segment<'_>> {
        let plan = self.plan;
        let video = self.video.samples(&plan.video);
        let audio = self.audio.samples(&plan.audio);
        let content = match &plan.form {
            Form::TransportStream(muxer, place) => {
                Layout::new(muxer, *place, Cow::Owned(video), Cow::Owned(audio))
                    .map(Content::TransportStream)
            }
            Form::PackedAudio(packed) => packed.len(&audio).map(|len| Content::PackedAudio {
                packed,
                samples: audio,
                len,
            }),
        };
        let content = content.map_err(|error| plan.fault(error))?;
        Ok(Segment { plan, content })
    }
}

impl Segment<'_> {
    /// Bytes of the segment.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a segment has its tables, or its tag"
    )]
    pub fn len(&self) -> usize {
        match &self.content {
            Content::TransportStream(layout) => layout.len(),
            Content::PackedAudio { len, .. } => *len,
        }
    }

    /// Writes the segment to the start of `out`. What is longer than the segment has room behind it, such as the padding
    /// of AES-128 ([`MAX_PADDING`](edgepack_drm::aes128::MAX_PADDING)).
    ///
    /// # Errors
    /// [`Error::Payload`] for memory that is shorter than the segment.
    pub fn write(&self, out: &mut [u8]) -> Result<()> {
        let (needed, got) = (self.len(), out.len());
        let written = match out.get_mut(..needed) {
            None => Err(MuxError::Room { needed, got }),
            Some(out) => match &self.content {
                Content::TransportStream(layout) => layout.write(out),
                Content::PackedAudio {
                    packed, samples, ..
                } => packed.write(samples, out),
            },
        };
        written.map_err(|error| self.plan.fault(error))
    }
}

impl Payload<'_> {
    fn samples(&self, part: &Option<Gathered>) -> Vec<Sample<'_>> {
        let Some(part) = part else {
            return Vec::new();
        };
        let mut samples = part.samples(self.bytes);
        for (sample, place) in samples.iter_mut().zip(&self.encrypted.places) {
            if let Some(place) = place {
                sample.data = self.encrypted.moved.get(place.clone()).unwrap_or_default();
            }
        }
        samples
    }
}

/// The payload's samples with their descriptions.
fn cut<'p>(part: &Option<Gathered>, mut payload: &'p mut [u8]) -> Vec<(usize, &'p mut [u8])> {
    let lens = part.iter().flat_map(Gathered::lens);
    let samples = lens.map(|(description, len)| {
        let (sample, rest) = std::mem::take(&mut payload)
            .split_at_mut_checked(len)
            .unwrap_or_default();
        payload = rest;
        (description, sample)
    });
    samples.collect()
}
