//! Packed audio: frames one after the other, behind an ID3 tag that says when the first one is played (RFC 8216, 3.4).
use edgepack_isobmff::CodecConfig;

use super::audio::AudioStream;
use super::error::{Error, Form};
use super::muxer::Sample;
use super::setup::EncryptedAudio;

mod id3;

pub use id3::timestamp_tag;

/// An audio stream in its packed form.
#[derive(Debug, Clone)]
pub struct PackedAudio {
    /// One per sample description; never empty.
    streams: Vec<AudioStream>,
    /// Likewise, under SAMPLE-AES.
    setups: Vec<EncryptedAudio>,
}

impl PackedAudio {
    /// One configuration per sample description.
    ///
    /// # Errors
    /// [`Error::Codec`] for what has no packed form, and for descriptions that cannot be one stream.
    pub fn new(audio: &[&CodecConfig]) -> Result<Self, Error> {
        Self::of(audio, Form::PackedAudio, Vec::new())
    }

    /// The same under SAMPLE-AES: samples are handed in encrypted, and the tag says what they hold.
    ///
    /// # Errors
    /// [`Error::Codec`] for what HLS does not encrypt so, beside those of [`new`](Self::new).
    pub fn sample_encrypted(audio: &[&CodecConfig]) -> Result<Self, Error> {
        let setups = audio
            .iter()
            .map(|codec| EncryptedAudio::new(codec, Form::EncryptedPackedAudio))
            .collect::<Result<_, _>>()?;
        Self::of(audio, Form::EncryptedPackedAudio, setups)
    }

    fn of(audio: &[&CodecConfig], form: Form, setups: Vec<EncryptedAudio>) -> Result<Self, Error> {
        let streams: Vec<AudioStream> = audio
            .iter()
            .map(|codec| AudioStream::new(codec, form))
            .collect::<Result<_, _>>()?;
        let extension = streams.first().map(AudioStream::extension);
        let differs = |stream: &AudioStream| Some(stream.extension()) != extension;
        match streams
            .iter()
            .position(differs)
            .and_then(|index| audio.get(index))
        {
            None if streams.is_empty() => Err(Error::Codec {
                codec: "nothing".to_owned(),
                form,
                reason: None,
            }),
            None => Ok(Self { streams, setups }),
            Some(codec) => Err(Error::Codec {
                codec: super::name(codec),
                form,
                reason: Some("another codec goes before it in the same stream"),
            }),
        }
    }

    /// `aac`, `ac3`, `ec3` or `mp3`.
    pub fn extension(&self) -> &'static str {
        self.streams.first().map_or("", AudioStream::extension)
    }

    /// Bytes of a segment of samples with these lengths. None where that depends on their content.
    pub fn foreseen_len(&self, samples: impl Iterator<Item = (usize, usize)>) -> Option<u64> {
        let mut samples = samples.filter(|(_, len)| *len > 0).peekable();
        let (description, len) = samples.peek().copied().unwrap_or_default();
        let setup = self.setups.get(description);
        let mut total = id3::tag_len(setup.map(|setup| setup.information_len(len)));
        for (description, len) in samples {
            total = total.checked_add(self.streams.get(description)?.foreseen_len(len)?)?;
        }
        u64::try_from(total).ok()
    }

    /// Bytes of the segment.
    ///
    /// # Errors
    /// [`Error::Sample`] for one that contradicts its configuration.
    pub fn len(&self, samples: &[Sample<'_>]) -> Result<usize, Error> {
        let mut total = self.tag(samples).len();
        for (index, sample, stream, leads) in self.frames(samples) {
            let fault = |reason| Error::Sample { index, reason };
            let stream =
                stream.ok_or_else(|| fault("it names a sample description that is not there"))?;
            total += stream.frame_len(sample.data, leads).map_err(fault)?;
        }
        Ok(total)
    }

    /// Writes the segment. `out` has the length that [`PackedAudio::len`] says.
    ///
    /// # Errors
    /// [`Error::Room`] where it has not, and those of [`PackedAudio::len`].
    pub fn write(&self, samples: &[Sample<'_>], out: &mut [u8]) -> Result<(), Error> {
        let needed = self.len(samples)?;
        if out.len() != needed {
            return Err(Error::Room {
                needed,
                got: out.len(),
            });
        }
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&self.tag(samples));
        for (_, sample, stream, leads) in self.frames(samples) {
            if let Some(stream) = stream {
                stream.write(sample.data, leads, &mut put);
            }
        }
        Ok(())
    }

    /// Sample descriptions.
    pub(super) fn streams(&self) -> &[AudioStream] {
        &self.streams
    }

    fn tag(&self, samples: &[Sample<'_>]) -> Vec<u8> {
        let pts = samples.first().map_or(0, |sample| sample.pts);
        let first = samples.iter().find(|sample| !sample.data.is_empty());
        let (description, frame) =
            first.map_or((0, &[][..]), |sample| (sample.description, sample.data));
        let setup = self.setups.get(description);
        id3::tag(pts, setup.map(|setup| setup.information(frame)).as_deref())
    }

    /// The samples that have bytes, with their places and streams, and whether decoding begins with them.
    fn frames<'a>(
        &'a self,
        samples: &'a [Sample<'a>],
    ) -> impl Iterator<Item = (usize, &'a Sample<'a>, Option<&'a AudioStream>, bool)> {
        let mut before = None;
        let frames = samples
            .iter()
            .enumerate()
            .filter(|(_, sample)| !sample.data.is_empty());
        frames.map(move |(index, sample)| {
            let leads = before.replace(sample.description) != Some(sample.description);
            (index, sample, self.streams.get(sample.description), leads)
        })
    }
}

#[cfg(test)]
mod tests;
