//! Fills cache entries: reads what a part is made of into pooled buffers, and makes the part of it.
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_drm::{ContentKey, SampleAes, aes128};
use edgepack_packager::{
    Error as PackagerError, Media, SegmentPlan, SourceRange, TextForm, cmaf, image, ts,
};

use super::asset::Asset;
use super::faults;
use super::part::Part;
use super::subtitles;
use super::variant::{Cover, Variant};
use crate::cache::Filler;
use crate::config::Protection;
use crate::delivery::Fault;
use crate::memory::{Use, held_bytes};
use crate::origin::protection::faults::not_protectable;
use crate::storage::{PooledBuf, Storage};

/// One rendition of one asset version under one protection.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) asset: Arc<Asset>,
    pub(super) variant: Arc<Variant>,
    pub(super) rendition: usize,
}

/// How a part is made; known before any I/O.
#[derive(Debug)]
pub(super) enum Recipe {
    /// A CMAF fragment of the source's samples.
    Fragment {
        plan: Box<SegmentPlan>,
        cover: Cover,
    },
    /// MPEG-TS or packed audio.
    Ts {
        plan: Box<ts::Plan>,
        whole: Option<Whole>,
    },
    /// Bytes of a source as they are.
    Raw(SourceRange),
    /// Made of cues.
    Text(TextPart),
}

/// AES-128 over all of it.
#[derive(Debug)]
pub(super) struct Whole {
    key: ContentKey,
    iv: [u8; 16],
}

#[derive(Debug, Clone, Copy)]
pub(super) enum TextPart {
    /// The CMAF header, which holds what precedes the cues in WebVTT.
    Header,
    Cmaf {
        number: u32,
    },
    WebVtt {
        number: u32,
        for_ts: bool,
    },
}

impl Recipe {
    fn fragment(plan: SegmentPlan, cover: Cover) -> Self {
        let plan = Box::new(plan);
        Self::Fragment { plan, cover }
    }

    fn ts(plan: ts::Plan, whole: Option<Whole>) -> Self {
        let plan = Box::new(plan);
        Self::Ts { plan, whole }
    }

    /// Where it does not depend on what is read.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Fragment {
                plan,
                cover: Cover::Whole { .. },
            } => plan.content_length().map(aes128::padded_len),
            Self::Fragment { plan, .. } => plan.content_length(),
            Self::Raw(range) => Some(range.len),
            Self::Ts { plan, whole: None } => plan.content_length(),
            Self::Ts { plan, .. } => plan.content_length().map(aes128::padded_len),
            Self::Text(_) => None,
        }
    }
}

impl Target {
    pub(super) fn rendition(&self) -> Result<&edgepack_packager::Rendition, Fault> {
        self.rendition_at(self.rendition)
    }

    fn rendition_at(&self, index: usize) -> Result<&edgepack_packager::Rendition, Fault> {
        let renditions = &self.asset.presentation.renditions;
        renditions
            .get(index)
            .ok_or_else(|| faults::internal(format!("no rendition {index}")))
    }

    /// The CMAF header needs no I/O; `pssh` boxes ride in the manifests.
    pub(super) fn header(&self, number: u32) -> Result<Bytes, Fault> {
        let rendition = self.rendition()?;
        self.has_cmaf()?;
        let protection = self.variant.header(self.rendition, number);
        let protection = protection.ok_or_else(|| faults::no_such_header(number + 1))?;
        cmaf::header(&self.asset.presentation, rendition, protection, &[])
            .map_err(|error| self.bad_source(error))
    }

    /// SAMPLE-AES is of MPEG-TS and packed audio; in CMAF the same METHOD means `cbcs`.
    fn has_cmaf(&self) -> Result<(), Fault> {
        match self.variant.protection() {
            Protection::SampleAes => Err(faults::not_in_that_form(Protection::SampleAes)),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// 404 for a part that the rendition does not have.
    pub(super) fn recipe(&self, part: Part) -> Result<Recipe, Fault> {
        let p = &self.asset.presentation;
        let r = self.rendition()?;
        let segment = |number: u32| {
            r.segments
                .get(number as usize)
                .ok_or_else(|| faults::no_such_segment(number + 1, r.segments.len()))
        };
        let cover = |segment: usize, number: u32| {
            let variant = &self.variant;
            variant.cover(&self.asset.path, p, self.rendition, segment, number)
        };
        match (part, &r.media) {
            (Part::Header(0), Media::Text { .. }) => Ok(Recipe::Text(TextPart::Header)),
            (Part::Segment(number), Media::Text { .. }) => {
                segment(number)?;
                Ok(Recipe::Text(TextPart::Cmaf { number }))
            }
            (Part::Segment(number), Media::Video { .. } | Media::Audio { .. }) => {
                segment(number)?;
                self.has_cmaf()?;
                let segment = number as usize;
                let cover = cover(segment, number)?;
                let plan = SegmentPlan::new(p, r, segment, cover.of_segment());
                let plan = plan.map_err(|e| self.bad_source(e))?;
                Ok(Recipe::fragment(plan, cover))
            }
            (Part::Keyframe(number), Media::Video { .. }) => {
                self.has_cmaf()?;
                let frames = self.asset.trick_play().get(self.rendition);
                let frames = frames
                    .and_then(Option::as_ref)
                    .map_or(&[][..], |trick| &trick.frames);
                let frame = frames.get(number as usize);
                let frame =
                    frame.ok_or_else(|| faults::no_such_segment(number + 1, frames.len()))?;
                let after = r
                    .segments
                    .partition_point(|segment| segment.first_sample <= frame.sample);
                let segment = after.saturating_sub(1);
                let cover = cover(segment, number)?;
                let plan = SegmentPlan::keyframe(p, r, number as usize, frame, cover.of_segment());
                let plan = plan.map_err(|e| self.bad_source(e))?;
                Ok(Recipe::fragment(plan, cover))
            }
            (Part::Ts { number, audio }, Media::Video { .. }) => {
                let audio = audio.map(|audio| self.rendition_at(audio)).transpose()?;
                let (whole, aes) = in_ts(cover(number as usize, number)?)?;
                let plan = ts::Plan::new(p, Some(r), audio, number as usize, aes);
                let plan = plan.map_err(|e| self.not_in_ts(e))?;
                Ok(Recipe::ts(plan, whole))
            }
            (
                Part::Ts {
                    number,
                    audio: None,
                },
                Media::Audio { .. },
            ) => {
                let (whole, aes) = in_ts(cover(number as usize, number)?)?;
                let plan = ts::Plan::new(p, None, Some(r), number as usize, aes);
                let plan = plan.map_err(|e| self.not_in_ts(e))?;
                Ok(Recipe::ts(plan, whole))
            }
            (Part::Packed(number), Media::Audio { .. }) => {
                let (whole, aes) = in_ts(cover(number as usize, number)?)?;
                let plan = ts::Plan::packed(p, r, number as usize, aes);
                let plan = plan.map_err(|e| self.not_in_ts(e))?;
                Ok(Recipe::ts(plan, whole))
            }
            (
                Part::WebVtt { number, for_ts },
                Media::Text {
                    form: TextForm::WebVtt,
                },
            ) => {
                segment(number)?;
                Ok(Recipe::Text(TextPart::WebVtt { number, for_ts }))
            }
            (Part::Image(number), Media::Image { .. }) => {
                let range = image::sheet(p, r, number as usize)
                    .ok_or_else(|| faults::no_such_segment(number + 1, r.segments.len()))?;
                Ok(Recipe::Raw(range))
            }
            _ => Err(faults::no_such_form(&r.name)),
        }
    }

    fn bad_source(&self, error: impl std::fmt::Display) -> Fault {
        faults::bad_source(&self.asset.path, error)
    }

    fn not_in_ts(&self, error: PackagerError) -> Fault {
        match error {
            PackagerError::NoSuchSegment { number, count, .. } => {
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                faults::no_such_segment(number.saturating_add(1), count)
            }
            PackagerError::Carriage { .. } => faults::not_in_ts(&self.asset.path, error),
            other => self.bad_source(other),
        }
    }
}

/// Fills one entry, to the end whoever has stopped waiting.
pub(super) async fn fill(storage: Rc<Storage>, target: Target, recipe: Recipe, mut filler: Filler) {
    match make(&storage, &target, recipe).await {
        Ok(chunks) => {
            for chunk in chunks {
                filler.push(chunk);
            }
            filler.finish();
        }
        Err(fault) => filler.fail(fault),
    }
}

/// What encrypts a segment of MPEG-TS: from outside, or its samples.
fn in_ts(cover: Cover) -> Result<(Option<Whole>, Option<SampleAes>), Fault> {
    match cover {
        Cover::Clear => Ok((None, None)),
        Cover::Whole { key, iv } => Ok((Some(Whole { key, iv }), None)),
        Cover::SampleAes { key, iv } => Ok((None, Some(SampleAes::new(&key, iv)))),
        Cover::Lead => Err(faults::not_in_that_form(Protection::Cbcs)),
        Cover::Samples { encryptor, .. } => {
            let scheme = encryptor.track_encryption().scheme;
            Err(faults::internal(format!("{scheme:?} in MPEG-TS")))
        }
    }
}

async fn make(storage: &Storage, target: &Target, recipe: Recipe) -> Result<Vec<Bytes>, Fault> {
    match recipe {
        Recipe::Fragment { plan, cover } => fragment(storage, target, &plan, cover).await,
        Recipe::Raw(range) => {
            let read = read(storage, &target.asset, &[range]).await?;
            Ok(vec![read.freeze()])
        }
        Recipe::Ts { plan, whole } => transport_stream(storage, target, &plan, whole).await,
        Recipe::Text(part) => {
            let cues = target.asset.subtitles.cues(storage, target).await?;
            let made = subtitles::part(target, &cues, part)?;
            let budget = storage.shared().budget();
            let held = budget.take(Use::Text, made.len() as u64).await?;
            Ok(vec![held_bytes(made, held)])
        }
    }
}

async fn fragment(
    storage: &Storage,
    target: &Target,
    plan: &SegmentPlan,
    cover: Cover,
) -> Result<Vec<Bytes>, Fault> {
    let asset = &target.asset;
    match cover {
        Cover::Clear | Cover::Lead => {
            let header = plan.header();
            let media = read_behind(storage, asset, plan.source_ranges(), &header, 0).await?;
            Ok(vec![media.freeze()])
        }
        Cover::Samples { mut encryptor, .. } => {
            let mut media = read(storage, asset, plan.source_ranges()).await?;
            let header = plan.protect(&mut encryptor, media.as_mut_slice());
            let header = header.map_err(|error| not_protectable(&asset.path, error))?;
            Ok(vec![header, media.freeze()])
        }
        Cover::Whole { key, iv } => {
            let (header, padding) = (plan.header(), aes128::MAX_PADDING);
            let ranges = plan.source_ranges();
            let buffer = read_behind(storage, asset, ranges, &header, padding).await?;
            encrypt_whole(buffer, &Whole { key, iv })
        }
        Cover::SampleAes { .. } => Err(faults::internal("SAMPLE-AES in CMAF")),
    }
}

async fn transport_stream(
    storage: &Storage,
    target: &Target,
    plan: &ts::Plan,
    whole: Option<Whole>,
) -> Result<Vec<Bytes>, Fault> {
    let [video, audio] = plan.source_ranges();
    let mut video = read(storage, &target.asset, video).await?;
    let mut audio = read(storage, &target.asset, audio).await?;
    let prepared = plan.prepare(video.as_mut_slice(), audio.as_mut_slice());
    let prepared = prepared.map_err(|error| target.bad_source(error))?;
    let segment = prepared.segment();
    let segment = segment.map_err(|error| target.bad_source(error))?;
    let len = segment.len();
    // The pool bounds what is kept and what is being sent; the length was not known before.
    let mut buffer = storage.buffer(aes128::padded_len(len as u64)).await?;
    buffer
        .extend_with(len, |out| segment.write(out))
        .ok_or_else(|| faults::internal("a buffer smaller than asked"))?
        .map_err(|error| target.bad_source(error))?;
    match whole {
        None => Ok(vec![buffer.freeze()]),
        Some(whole) => encrypt_whole(buffer, &whole),
    }
}

/// The buffer has room for the padding.
fn encrypt_whole(mut buffer: PooledBuf, whole: &Whole) -> Result<Vec<Bytes>, Fault> {
    let len = buffer.len();
    if !buffer.extend_from_slice(&[0; aes128::MAX_PADDING][len % aes128::MAX_PADDING..]) {
        return Err(faults::internal("a buffer without room for padding"));
    }
    aes128::encrypt_in_place(&whole.key, &whole.iv, buffer.as_mut_slice(), len)
        .map_err(|error| faults::internal(error.to_string()))?;
    Ok(vec![buffer.freeze()])
}

/// All ranges lie in one source. Fails unless all of it belongs to the version that the ranges were found in.
pub(super) async fn read(
    storage: &Storage,
    asset: &Asset,
    ranges: &[SourceRange],
) -> Result<PooledBuf, Fault> {
    read_behind(storage, asset, ranges, &[], 0).await
}

/// The same behind `front`, with room for `back` bytes more.
async fn read_behind(
    storage: &Storage,
    asset: &Asset,
    ranges: &[SourceRange],
    front: &[u8],
    back: usize,
) -> Result<PooledBuf, Fault> {
    let too_small = || faults::internal("a buffer smaller than asked");
    let Some(first) = ranges.first() else {
        let mut buffer = storage.buffer((front.len() + back) as u64).await?;
        return match buffer.extend_from_slice(front) {
            true => Ok(buffer),
            false => Err(too_small()),
        };
    };
    let (_, file) = asset
        .sources
        .files
        .get(first.source)
        .ok_or_else(|| faults::internal(format!("no source {}", first.source)))?;
    let reads: Vec<(u64, u64)> = ranges
        .iter()
        .map(|range| (range.offset, range.len))
        .collect();
    let mut read = storage.read_media(file, &reads, front.len(), back).await?;
    match read.prepend(front) {
        true => Ok(read),
        false => Err(too_small()),
    }
}
