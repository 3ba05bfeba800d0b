//! Packed audio: frames one after the other, behind an ID3 tag that says when the first one is played (RFC 8216, 3.4).
use edgepack_isobmff::CodecConfig;

use super::audio::AudioStream;
use super::clock::timestamp;
use super::error::{Error, Form};
use super::muxer::Sample;

const OWNER: &[u8] = b"com.apple.streaming.transportStreamTimestamp\0";
const TIMESTAMP_LEN: usize = 8;
const FRAME_LEN: usize = OWNER.len() + TIMESTAMP_LEN;
const ID3_HEADER_LEN: usize = 10;
const TAG_LEN: usize = 2 * ID3_HEADER_LEN + FRAME_LEN;

/// An ID3v2.4 tag with one PRIV frame: the timestamp of `pts` (ticks) in eight bytes.
pub fn timestamp_tag(pts: i64) -> [u8; TAG_LEN] {
    let mut tag = [0; TAG_LEN];
    // Sizes have seven bits a byte; these need no second one.
    let [tag_size, ..] = (ID3_HEADER_LEN + FRAME_LEN).to_le_bytes();
    let [frame_size, ..] = FRAME_LEN.to_le_bytes();
    let (header, frame) = tag.split_at_mut(ID3_HEADER_LEN);
    header.copy_from_slice(&[b'I', b'D', b'3', 4, 0, 0, 0, 0, 0, tag_size]);
    let (header, content) = frame.split_at_mut(ID3_HEADER_LEN);
    header.copy_from_slice(&[b'P', b'R', b'I', b'V', 0, 0, 0, frame_size, 0, 0]);
    let (owner, time) = content.split_at_mut(OWNER.len());
    owner.copy_from_slice(OWNER);
    time.copy_from_slice(&timestamp(pts).to_be_bytes());
    tag
}

/// An audio stream in its packed form.
#[derive(Debug, Clone)]
pub struct PackedAudio {
    /// One per sample description; never empty.
    streams: Vec<AudioStream>,
}

impl PackedAudio {
    /// One configuration per sample description.
    ///
    /// # Errors
    /// [`Error::Codec`] for what has no packed form, and for descriptions that cannot be one stream.
    pub fn new(audio: &[&CodecConfig]) -> Result<Self, Error> {
        let streams: Vec<AudioStream> = audio
            .iter()
            .map(|codec| AudioStream::new(codec, Form::PackedAudio))
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
                form: Form::PackedAudio,
                reason: None,
            }),
            None => Ok(Self { streams }),
            Some(codec) => Err(Error::Codec {
                codec: super::name(codec),
                form: Form::PackedAudio,
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
        let mut total = TAG_LEN;
        for (description, len) in samples {
            if len > 0 {
                total = total.checked_add(self.streams.get(description)?.foreseen_len(len)?)?;
            }
        }
        u64::try_from(total).ok()
    }

    /// Bytes of the segment.
    ///
    /// # Errors
    /// [`Error::Sample`] for one that contradicts its configuration.
    pub fn len(&self, samples: &[Sample<'_>]) -> Result<usize, Error> {
        let mut total = TAG_LEN;
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
        put(&timestamp_tag(
            samples.first().map_or(0, |sample| sample.pts),
        ));
        for (_, sample, stream, leads) in self.frames(samples) {
            if let Some(stream) = stream {
                stream.write(sample.data, leads, &mut put);
            }
        }
        Ok(())
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
