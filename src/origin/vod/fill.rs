//! Fills cache entries: reads what a part is made of into pooled buffers, and makes the part of it.
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_packager::{
    Error as PackagerError, Media, SegmentPlan, SourceRange, TextForm, cmaf, image, ts,
};

use super::asset::Asset;
use super::faults;
use super::part::Part;
use super::subtitles;
use super::variant::Variant;
use crate::cache::Filler;
use crate::delivery::Fault;
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
    /// A CMAF fragment of the source's samples, protected where the variant is.
    Fragment {
        plan: SegmentPlan,
        /// The one that its samples belong to.
        segment: usize,
    },
    Ts(ts::Plan),
    /// Bytes of a source as they are.
    Raw(SourceRange),
    /// Made of cues.
    Text(TextPart),
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
    /// Where it does not depend on what is read.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Fragment { plan, .. } => plan.content_length(),
            Self::Raw(range) => Some(range.len),
            Self::Ts(plan) => plan.content_length(),
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
    pub(super) fn header(&self) -> Result<Bytes, Fault> {
        let encryption = self.variant.encryption(self.rendition);
        cmaf::header(&self.asset.presentation, self.rendition()?, encryption, &[])
            .map_err(|error| self.bad_source(error))
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
        let encryptor = |segment: usize| {
            let variant = &self.variant;
            variant.encryptor(&self.asset.path, p, self.rendition, segment)
        };
        match (part, &r.media) {
            (Part::Header, Media::Text { .. }) => Ok(Recipe::Text(TextPart::Header)),
            (Part::Segment(number), Media::Text { .. }) => {
                segment(number)?;
                Ok(Recipe::Text(TextPart::Cmaf { number }))
            }
            (Part::Segment(number), Media::Video { .. } | Media::Audio { .. }) => {
                segment(number)?;
                let segment = number as usize;
                let plan = SegmentPlan::new(p, r, segment, encryptor(segment)?.as_ref());
                let plan = plan.map_err(|e| self.bad_source(e))?;
                Ok(Recipe::Fragment { plan, segment })
            }
            (Part::Keyframe(number), Media::Video { .. }) => {
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
                let encryptor = encryptor(segment)?;
                let plan = SegmentPlan::keyframe(p, r, number as usize, frame, encryptor.as_ref());
                let plan = plan.map_err(|e| self.bad_source(e))?;
                Ok(Recipe::Fragment { plan, segment })
            }
            (Part::Ts { number, audio }, Media::Video { .. }) => {
                let audio = audio.map(|audio| self.rendition_at(audio)).transpose()?;
                let plan = ts::Plan::new(p, Some(r), audio, number as usize, None);
                Ok(Recipe::Ts(plan.map_err(|e| self.not_in_ts(e))?))
            }
            (
                Part::Ts {
                    number,
                    audio: None,
                },
                Media::Audio { .. },
            ) => {
                let plan = ts::Plan::new(p, None, Some(r), number as usize, None);
                Ok(Recipe::Ts(plan.map_err(|e| self.not_in_ts(e))?))
            }
            (Part::Packed(number), Media::Audio { .. }) => {
                let plan = ts::Plan::packed(p, r, number as usize, None);
                Ok(Recipe::Ts(plan.map_err(|e| self.not_in_ts(e))?))
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
    match make(&storage, &target, &recipe).await {
        Ok(chunks) => {
            for chunk in chunks {
                filler.push(chunk);
            }
            filler.finish();
        }
        Err(fault) => filler.fail(fault),
    }
}

async fn make(storage: &Storage, target: &Target, recipe: &Recipe) -> Result<Vec<Bytes>, Fault> {
    match recipe {
        Recipe::Fragment { plan, segment } => fragment(storage, target, plan, *segment).await,
        Recipe::Raw(range) => {
            let read = read(storage, &target.asset, std::slice::from_ref(range)).await?;
            Ok(vec![read.freeze()])
        }
        Recipe::Ts(plan) => {
            let [video, audio] = plan.source_ranges();
            let mut video = read(storage, &target.asset, video).await?;
            let mut audio = read(storage, &target.asset, audio).await?;
            let muxed = plan.mux(video.as_mut_slice(), audio.as_mut_slice());
            let muxed = muxed.map_err(|error| target.bad_source(error))?;
            drop((video, audio));
            // The pool bounds what is kept and what is being sent; the length was not known before.
            let mut buffer = storage.buffer(muxed.len() as u64).await?;
            if !buffer.extend_from_slice(&muxed) {
                return Err(faults::internal("a buffer smaller than asked"));
            }
            Ok(vec![buffer.freeze()])
        }
        Recipe::Text(part) => {
            let cues = target.asset.subtitles.cues(storage, target).await?;
            let made = subtitles::part(target, &cues, *part)?;
            Ok(vec![made])
        }
    }
}

async fn fragment(
    storage: &Storage,
    target: &Target,
    plan: &SegmentPlan,
    segment: usize,
) -> Result<Vec<Bytes>, Fault> {
    let asset = &target.asset;
    let mut buffer = read(storage, asset, plan.source_ranges()).await?;
    let variant = &target.variant;
    let encryptor =
        variant.encryptor(&asset.path, &asset.presentation, target.rendition, segment)?;
    let header = match encryptor {
        Some(mut encryptor) => plan
            .protect(&mut encryptor, buffer.as_mut_slice())
            .map_err(|error| faults::not_protectable(&asset.path, error))?,
        None => plan.header(),
    };
    Ok(vec![header, buffer.freeze()])
}

/// All ranges lie in one source. Fails unless all of it belongs to the version that the ranges were found in.
pub(super) async fn read(
    storage: &Storage,
    asset: &Asset,
    ranges: &[SourceRange],
) -> Result<PooledBuf, Fault> {
    let total: u64 = ranges.iter().map(|range| range.len).sum();
    let buffer = storage.buffer(total).await?;
    let Some(first) = ranges.first() else {
        return Ok(buffer);
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
    Ok(storage.read_ranges(file, &reads, buffer).await?)
}
