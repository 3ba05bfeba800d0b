//! Headers, segments and whole files of a rendition.
use std::sync::Arc;

use edgepack_packager::{Kind, ts};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::asset::Asset;
use super::fill::{self, Target};
use super::part::Part;
use super::variant::Variant;
use super::{SegmentKey, Vod, faults};
use crate::cache::{Entry, Lookup};
use crate::config::Mount;
use crate::delivery::representation::Source;
use crate::delivery::route::{AssetRoute, Leaf, PackedCodec, Protection, TsTracks};
use crate::delivery::{CachePolicy, Content, Fault, Representation};
use crate::telemetry::CacheStatus;

impl Vod {
    pub(super) async fn media(
        &self,
        mount: &Arc<Mount>,
        route: &AssetRoute<'_>,
    ) -> Result<Representation, Fault> {
        let asset = self.asset(mount, route).await?;
        let variant = self.variant(&asset, mount, route).await?;
        let (rendition, part) = resolve(&asset, &variant, route)?;
        let target = Target {
            asset,
            variant,
            rendition,
        };
        let info = target.rendition()?;
        let content_type = part.content_type(info.kind(), &info.codecs);
        let (etag, last_modified) = (
            target.variant.etag(rendition, part),
            target.asset.last_modified.clone(),
        );
        let content = match part {
            Part::Header(number) if matches!(info.kind(), Kind::Video | Kind::Audio) => {
                Content::Bytes(target.header(number)?)
            }
            Part::FileHead => self.whole_file(target)?,
            part => self.part(target, part)?,
        };
        Ok(Representation {
            etag,
            last_modified,
            content_type,
            encoding: None,
            cache: CachePolicy::Immutable,
            content,
        })
    }

    /// A part that is cached is there at once; of one that is not, the recipe tells the length before any I/O.
    fn part(&self, target: Target, part: Part) -> Result<Content, Fault> {
        let key = SegmentKey {
            variant: target.variant.id,
            rendition: target.rendition,
            part,
        };
        let shared = self.shared.clone();
        if let Some(entry) = shared.segments.ready(&key) {
            let source = Source {
                cache: Some(CacheStatus::Hit),
                entry,
            };
            return Ok(Content::Ready(source));
        }
        let recipe = target.recipe(part)?;
        let storage = self.storage.clone();
        Ok(Content::entry(recipe.length(), move || {
            let (entry, lookup) = shared
                .segments
                .get_or_fill(key, |filler| fill::fill(storage, target, recipe, filler));
            let cache = match lookup {
                Lookup::Hit | Lookup::Coalesced => CacheStatus::Hit,
                Lookup::Miss => CacheStatus::Miss,
            };
            std::future::ready(Ok(Source {
                entry,
                cache: Some(cache),
            }))
        }))
    }

    /// Header, index and segments in a row; each segment is the one that has a URL of its own.
    fn whole_file(&self, target: Target) -> Result<Content, Fault> {
        let name = &target.rendition()?.name;
        let variant = &target.variant;
        let files = variant.whole_files(&target.asset.path, &target.asset.presentation)?;
        let of = target.rendition;
        let (Some(Some(layout)), Some(Some(index))) =
            (files.layouts.get(of), files.indices.get(of))
        else {
            return Err(faults::sizes_unknown(name));
        };
        let (index, head, vod) = (index.clone(), layout.head().clone(), self.clone());
        Ok(Content::parts(index, move |part| {
            let opening =
                match part.checked_sub(1) {
                    None => Ok(std::future::ready(Ok(Source::from(Entry::complete(vec![
                        head.clone(),
                    ]))))
                    .boxed_local()),
                    Some(number) => vod.open_segment(target.clone(), number),
                };
            async move { opening?.await }
        }))
    }

    fn open_segment(
        &self,
        target: Target,
        number: usize,
    ) -> Result<LocalBoxFuture<'static, Result<Source, Fault>>, Fault> {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        match self.part(target, Part::Segment(number))? {
            Content::Ready(source) => Ok(std::future::ready(Ok(source)).boxed_local()),
            Content::Entry { open, .. } => Ok(open()),
            _ => Err(faults::internal("a segment that is no entry")),
        }
    }
}

/// The rendition, and which part of it.
fn resolve(
    asset: &Asset,
    variant: &Variant,
    route: &AssetRoute<'_>,
) -> Result<(usize, Part), Fault> {
    let of = |track: &str, part: Part| Ok((variant.rendition(track)?, part));
    match &route.leaf {
        Leaf::Init { track, number } => of(track, Part::Header(number - 1)),
        Leaf::Segment { track, number } => of(track, Part::Segment(number - 1)),
        Leaf::SegmentAt { track, time } => {
            let rendition = variant.rendition(track)?;
            let segments = asset.presentation.renditions.get(rendition);
            let segments = segments.map_or(&[][..], |rendition| &rendition.segments);
            let index = segments.binary_search_by_key(time, |segment| segment.start);
            let index = index.map_err(|_| faults::no_segment_at(*time))?;
            Ok((
                rendition,
                Part::Segment(u32::try_from(index).unwrap_or(u32::MAX)),
            ))
        }
        Leaf::IFrame { track, number } => of(track, Part::Keyframe(number - 1)),
        Leaf::MediaFile { track } => of(track, Part::FileHead),
        Leaf::TsSegment { tracks, number } => {
            let (first, audio) = of_ts(asset, variant, tracks)?;
            let number = number - 1;
            Ok((first, Part::Ts { number, audio }))
        }
        Leaf::PackedAudio {
            track,
            number,
            codec,
        } => {
            let rendition = variant.rendition(track)?;
            fits_ts(variant.protection())?;
            if packed_codec(asset, rendition) != Some(*codec) {
                return Err(faults::no_such_form(track));
            }
            Ok((rendition, Part::Packed(number - 1)))
        }
        Leaf::WebVtt { track, number } => of(
            track,
            Part::WebVtt {
                number: number - 1,
                for_ts: false,
            },
        ),
        Leaf::TsWebVtt { track, number } => of(
            track,
            Part::WebVtt {
                number: number - 1,
                for_ts: true,
            },
        ),
        Leaf::Image { track, number } => of(track, Part::Image(number - 1)),
        leaf => Err(faults::internal(format!("{leaf} is no media"))),
    }
}

/// The rendition that the segments follow, and the audio muxed with it.
pub(super) fn of_ts(
    asset: &Asset,
    variant: &Variant,
    tracks: &TsTracks<'_>,
) -> Result<(usize, Option<usize>), Fault> {
    fits_ts(variant.protection())?;
    let of = |rendition: usize| {
        let rendition = asset.presentation.renditions.get(rendition);
        rendition.map(|rendition| (rendition.kind(), rendition.period))
    };
    let first = variant.rendition(tracks.first())?;
    let Some(second) = tracks.second() else {
        return Ok((first, None));
    };
    let second = variant.rendition(second)?;
    match (of(first), of(second)) {
        // Nothing sounds together that plays at different times.
        (Some((Kind::Video, period)), Some((Kind::Audio, other))) if period == other => {
            Ok((first, Some(second)))
        }
        _ => Err(faults::no_such_track(&tracks.to_string())),
    }
}

/// How the rendition leaves as packed audio, if it does.
fn packed_codec(asset: &Asset, rendition: usize) -> Option<PackedCodec> {
    let presentation = &asset.presentation;
    let codec = presentation.codec(presentation.renditions.get(rendition)?)?;
    let extension = ts::packed_extension(codec)?;
    PackedCodec::ALL
        .into_iter()
        .find(|codec| codec.extension() == extension)
}

/// Common encryption is of CMAF.
fn fits_ts(protection: Protection) -> Result<(), Fault> {
    match protection {
        Protection::Clear | Protection::Aes128 | Protection::SampleAes => Ok(()),
        Protection::Cenc | Protection::Cbcs => Err(faults::not_in_that_form(protection)),
    }
}
