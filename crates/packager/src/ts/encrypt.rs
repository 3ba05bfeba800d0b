//! Samples of a segment under SAMPLE-AES: encrypted where they lie, but for those that have another form in the stream.
use std::ops::Range;

use edgepack_drm::SampleAes;

use super::audio::{AudioStream, Syntax};
use super::error::Error;
use super::video::VideoStream;

const NO_DESCRIPTION: &str = "it names a sample description that is not there";

/// Where samples ended up.
#[derive(Debug, Default)]
pub(super) struct Encrypted {
    /// The bytes of those that are not in the payload any more.
    pub(super) moved: Vec<u8>,
    /// Of each sample, where in `moved` it is; none for one that is in its old place.
    pub(super) places: Vec<Option<Range<usize>>>,
}

impl Encrypted {
    fn with_capacity(samples: usize) -> Self {
        Self {
            moved: Vec::new(),
            places: Vec::with_capacity(samples),
        }
    }
}

/// Of each sample its description and its bytes.
pub(super) fn pictures(
    aes: &SampleAes,
    streams: &[VideoStream],
    samples: Vec<(usize, &mut [u8])>,
) -> Result<Encrypted, Error> {
    let mut encrypted = Encrypted::with_capacity(samples.len());
    for (index, (description, sample)) in samples.into_iter().enumerate() {
        let fault = |reason| Error::Sample { index, reason };
        let stream = streams
            .get(description)
            .ok_or_else(|| fault(NO_DESCRIPTION))?;
        let start = encrypted.moved.len();
        let is_moved = stream
            .encrypt(aes, sample, &mut encrypted.moved)
            .map_err(fault)?;
        let place = is_moved.then_some(start..encrypted.moved.len());
        encrypted.places.push(place);
    }
    Ok(encrypted)
}

/// Likewise. A frame that says in itself what decoding starts with says it before it is encrypted: all of its bytes
/// count from the end of the ADTS header.
pub(super) fn sounds(
    aes: &SampleAes,
    streams: &[AudioStream],
    samples: Vec<(usize, &mut [u8])>,
) -> Result<Encrypted, Error> {
    let mut encrypted = Encrypted::with_capacity(samples.len());
    let mut in_place: Vec<&mut [u8]> = Vec::with_capacity(samples.len());
    for (index, (description, sample)) in samples.into_iter().enumerate() {
        let fault = |reason| Error::Sample { index, reason };
        let stream = streams
            .get(description)
            .ok_or_else(|| fault(NO_DESCRIPTION))?;
        if stream.syntax() == Some(Syntax::Eac3) {
            aes.encrypt_eac3_frame(sample)
                .map_err(|unprotectable| fault(unprotectable.reason()))?;
            encrypted.places.push(None);
            continue;
        }
        let prefix = stream.prefix(sample);
        if prefix.is_empty() || sample.is_empty() {
            encrypted.places.push(None);
            in_place.push(sample);
        } else {
            let start = encrypted.moved.len();
            encrypted.moved.extend_from_slice(prefix);
            encrypted.moved.extend_from_slice(sample);
            encrypted.places.push(Some(start..encrypted.moved.len()));
        }
    }
    aes.encrypt_frames(in_place.into_iter());
    aes.encrypt_frames(cut(&mut encrypted.moved, &encrypted.places).into_iter());
    Ok(encrypted)
}

/// The samples in `moved`, which lie one after the other.
fn cut<'m>(mut moved: &'m mut [u8], places: &[Option<Range<usize>>]) -> Vec<&'m mut [u8]> {
    let mut samples = Vec::new();
    for place in places.iter().flatten() {
        let (sample, rest) = moved.split_at_mut(place.len().min(moved.len()));
        samples.push(sample);
        moved = rest;
    }
    samples
}
