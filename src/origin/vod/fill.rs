//! Fills cache entries: reads a segment's samples into one pooled buffer, encrypts them there, puts the header before.
use std::rc::Rc;
use std::sync::Arc;

use edgepack_packager::{SegmentPlan, SourceRange, cmaf};

use super::asset::Asset;
use super::faults;
use super::variant::Variant;
use crate::cache::Filler;
use crate::delivery::Fault;
use crate::storage::Storage;

/// What a media URL's last element names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The CMAF header, `init.mp4`.
    Header,
    /// Index from 0 into `Rendition::segments`.
    Segment(u32),
}

/// One rendition of one asset version under one protection.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) asset: Arc<Asset>,
    pub(super) variant: Arc<Variant>,
    pub(super) rendition: usize,
}

impl Target {
    fn rendition(&self) -> Result<&edgepack_packager::Rendition, Fault> {
        self.asset
            .presentation
            .renditions
            .get(self.rendition)
            .ok_or_else(|| faults::internal(format!("no rendition {}", self.rendition)))
    }

    /// The CMAF header needs no I/O; `pssh` boxes ride in the manifests.
    pub(super) fn header(&self) -> Result<bytes::Bytes, Fault> {
        let encryption = self.variant.encryption(self.rendition);
        cmaf::header(&self.asset.presentation, self.rendition()?, encryption, &[])
            .map_err(|error| faults::bad_source(&self.asset.path, error))
    }

    pub(super) fn plan(&self, index: u32) -> Result<SegmentPlan, Fault> {
        let presentation = &self.asset.presentation;
        let encryptor = self
            .variant
            .encryptor(&self.asset.path, presentation, self.rendition)?;
        SegmentPlan::new(
            presentation,
            self.rendition()?,
            index as usize,
            encryptor.as_ref(),
        )
        .map_err(|error| faults::bad_source(&self.asset.path, error))
    }
}

/// Fills one segment, to the end whoever has stopped waiting.
pub(super) async fn segment(
    storage: Rc<Storage>,
    target: Target,
    plan: SegmentPlan,
    mut filler: Filler,
) {
    match make(&storage, &target, &plan).await {
        Ok((header, payload)) => {
            filler.push(header);
            filler.push(payload);
            filler.finish();
        }
        Err(fault) => filler.fail(fault),
    }
}

async fn make(
    storage: &Storage,
    target: &Target,
    plan: &SegmentPlan,
) -> Result<(bytes::Bytes, bytes::Bytes), Fault> {
    let asset = &target.asset;
    let ranges = plan.source_ranges();
    let source = ranges.first().map_or(0, |range| range.source);
    let file = asset
        .files
        .get(source)
        .ok_or_else(|| faults::internal(format!("no source {source}")))?;
    let reads: Vec<(u64, u64)> = ranges
        .iter()
        .map(|SourceRange { offset, len, .. }| (*offset, *len))
        .collect();

    let buffer = storage.buffer(plan.payload_len()).await?;
    // Fails unless all of it belongs to the version that the plan was made for.
    let mut buffer = storage.read_ranges(file, &reads, buffer).await?;
    let encryptor = target
        .variant
        .encryptor(&asset.path, &asset.presentation, target.rendition)?;
    let header = match encryptor {
        Some(mut encryptor) => plan
            .protect(&mut encryptor, buffer.as_mut_slice())
            .map_err(|error| faults::not_protectable(&asset.path, error))?,
        None => plan.header(),
    };
    Ok((header, buffer.freeze()))
}
