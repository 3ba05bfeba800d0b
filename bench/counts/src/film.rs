//! An hour of pictures and sound in memory, as a presentation, with the media of one segment.
use std::sync::Arc;

use bytes::Bytes;
use edgepack_drm::{ContentKey, IvSeed, KeyId, SampleEncryptor, Scheme};
use edgepack_isobmff::{Limits, Movie, MovieReader, Step};
use edgepack_packager::{
    Kind, Options, Presentation, Rendition, SegmentPlan, SegmentProtection, Source,
};

use crate::Result;
use title::{Shape, Title};

#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared with the tests of crates/isobmff"
)]
#[path = "../../../crates/isobmff/tests/common/title.rs"]
mod title;

/// A segment in the middle: tables are walked from somewhere, not from their beginning.
pub(crate) const SEGMENT: usize = 450;
const KEY: [u8; 16] = [0x2b; 16];
const OPTIONS: Options = Options {
    target_duration_ms: 4000,
};

#[derive(Debug)]
pub(crate) struct Film {
    head: Bytes,
    len: u64,
    /// Without its `moov`, whose digest would be most of what composing counts: callgrind knows no SHA instructions.
    source: Source,
    pub(crate) presentation: Arc<Presentation>,
}

impl Film {
    pub(crate) fn new() -> Result<Self> {
        let title = Title::new(Shape {
            hours: 1,
            variable_rate: false,
        });
        let (head, len) = (Bytes::from(title.head), title.file_len);
        let source = parse(&head, len)?;
        let movie = source.movie().ok_or("the film is no movie")?;
        let without_moov = Movie {
            moov: Bytes::new(),
            ..Movie::clone(movie)
        };
        let without_moov = Source::of_movie("film.mp4", Arc::new(without_moov), [0; 32]);
        Ok(Self {
            presentation: Arc::new(Presentation::build(vec![source], &OPTIONS)?),
            source: without_moov,
            head,
            len,
        })
    }

    /// What a title costs once its files are parsed, the digest of them aside.
    pub(crate) fn compose(&self) -> Result<Presentation> {
        Ok(Presentation::build(vec![self.source.clone()], &OPTIONS)?)
    }

    /// What opening the file costs once its bytes are there.
    pub(crate) fn parse(&self) -> Result<Source> {
        parse(&self.head, self.len)
    }

    pub(crate) fn rendition(&self, kind: Kind) -> Result<Rendition> {
        let mut renditions = self.presentation.renditions.iter();
        let found = renditions.find(|rendition| rendition.kind() == kind);
        Ok(found.ok_or("the film lacks a track")?.clone())
    }

    /// Deterministic, so that a count is.
    pub(crate) fn encryptor(&self, r: &Rendition, scheme: Scheme) -> Result<SampleEncryptor> {
        let key = ContentKey::new(KeyId([1; 16]), KEY);
        let seed = IvSeed::derive(&key, &self.presentation.track_identity(r));
        let codec = self.presentation.codec(r).ok_or("the film has no codec")?;
        Ok(SampleEncryptor::new(scheme, &key, seed, codec)?)
    }

    /// Plan and media of [`SEGMENT`], one slice a picture.
    pub(crate) fn segment(&self, r: &Rendition, scheme: Scheme) -> Result<(SegmentPlan, Vec<u8>)> {
        let encryptor = self.encryptor(r, scheme)?;
        let protection = SegmentProtection::Header(&encryptor);
        let plan = SegmentPlan::new(&self.presentation, r, SEGMENT, protection)?;
        let mut media = noise(usize::try_from(plan.payload_len())?);
        if r.kind() == Kind::Video {
            self.frame_units(r, &mut media)?;
        }
        Ok((plan, media))
    }

    /// Writes length and first bytes of a slice where each sample begins.
    fn frame_units(&self, r: &Rendition, media: &mut [u8]) -> Result<()> {
        /// IDR, first macroblock 0, slice type 7.
        const SLICE: [u8; 4] = [0x65, 0b1000_1000, 0b1000_0100, 0b0000_1000];
        let segment = r.segments.get(SEGMENT).ok_or("the film is too short")?;
        let track = self.presentation.track(r).ok_or("the film lacks a track")?;
        let samples = track.samples.iter_from(segment.first_sample);
        let mut rest = media;
        for sample in samples.take(usize::try_from(segment.sample_count)?) {
            let size = usize::try_from(sample.size)?;
            let (picture, after) = rest.split_at_mut(size);
            picture[..4].copy_from_slice(&(sample.size - 4).to_be_bytes());
            picture[4..8].copy_from_slice(&SLICE);
            rest = after;
        }
        Ok(())
    }
}

fn parse(head: &Bytes, len: u64) -> Result<Source> {
    let mut reader = MovieReader::new(len, Limits::default());
    loop {
        match reader.step()? {
            Step::Need(range) => {
                let start = usize::try_from(range.offset)?;
                let wanted = usize::try_from(range.len)?;
                // The reader may look past the tables; there the media are, and nobody looks at them.
                let bytes = match head.get(start..start + wanted) {
                    Some(_) => head.slice(start..start + wanted),
                    None => {
                        let mut bytes = head.get(start..).unwrap_or_default().to_vec();
                        bytes.resize(wanted, 0);
                        bytes.into()
                    }
                };
                reader.supply(range, bytes)?;
            }
            Step::Done(movie) => {
                return Ok(Source::of_movie("film.mp4", Arc::new(*movie), [0; 32]));
            }
        }
    }
}

/// No byte is 0, so that none begins a start code.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8 | 1
    };
    (0..len).map(|_| next()).collect()
}
