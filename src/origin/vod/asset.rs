//! An asset as it stands on disk: its files, what they hold, and its variants.
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use edgepack_packager::{
    Kind, Presentation, Rendition, SourceContent, TrickFrame, TrickPlay, text,
};

use super::keys::Plan;
use super::sources::Sources;
use super::subtitles::Subtitles;
use super::variant::{Keyed, Variant};
use crate::config::{Drm, Protection};
use crate::delivery::{Fault, LastModified};
use crate::keys::{KeyRequest, KeySet};
use crate::memory::{Budget, Held, Use};

/// A cue is a few strings; TTML keeps its document, too.
const BYTES_PER_BYTE_OF_TEXT: u64 = 8;

/// Of an asset with next to nothing in it: names, manifests, open files.
const BASE_WEIGHT: u64 = 32 * 1024;

/// The asset under one protection, as of the last time that keys were asked for.
type Slot = RwLock<Option<Arc<Variant>>>;

/// One version of one asset; a changed file makes a new one.
#[derive(Debug)]
pub(super) struct Asset {
    /// Path below its mount.
    pub(super) path: String,
    /// Its files in the order of `Presentation::sources`.
    pub(super) sources: Sources,
    pub(super) presentation: Presentation,
    pub(super) last_modified: Option<LastModified>,
    pub(super) subtitles: Subtitles,
    trick_play: OnceLock<Vec<Option<TrickPlay>>>,
    /// Its part of the node's memory, as long as anybody uses it.
    memory: Option<Held>,
    variants: [Slot; Protection::ALL.len()],
}

impl Asset {
    pub(super) fn new(path: String, sources: Sources, presentation: Presentation) -> Self {
        let last_modified = sources
            .all()
            .filter_map(|file| file.version().modified())
            .max()
            .and_then(LastModified::at);
        Self {
            path,
            sources,
            subtitles: Subtitles::new(&presentation),
            presentation,
            last_modified,
            trick_play: OnceLock::new(),
            memory: None,
            variants: Default::default(),
        }
    }

    /// With its weight in memory taken from `budget`; `read`: what reading its files took already.
    ///
    /// # Errors
    /// 503 where there is no room.
    pub(super) async fn weighed(mut self, budget: &Budget, mut read: Held) -> Result<Self, Fault> {
        let weight = self.weight();
        read.shrink_to(weight);
        let more = weight - read.bytes();
        if more > 0 {
            read.merge(budget.take(Use::Titles, more).await?);
        }
        self.memory = Some(read);
        Ok(self)
    }

    /// One per rendition; found when first asked for.
    pub(super) fn trick_play(&self) -> &[Option<TrickPlay>] {
        self.trick_play.get_or_init(|| {
            let renditions = self.presentation.renditions.iter();
            renditions
                .map(|rendition| self.presentation.trick_play(rendition))
                .collect()
        })
    }

    /// Bytes of memory, estimated: the sample tables, what was found in them, and the segments.
    pub(super) fn weight(&self) -> u64 {
        let presentation = &self.presentation;
        let sources = presentation.sources.iter();
        let movies = sources.filter_map(|source| source.movie());
        let tables: u64 = movies.map(|movie| movie.moov.len() as u64).sum();
        let renditions = presentation.renditions.iter();
        let segments: usize = renditions.map(|r| size_of_val(r.segments.as_slice())).sum();
        BASE_WEIGHT + tables + tables / 5 + segments as u64 + self.grown_later()
    }

    /// What viewers make it hold in time: cues, and the sync samples.
    fn grown_later(&self) -> u64 {
        let presentation = &self.presentation;
        let of = |rendition: &Rendition| match rendition.kind() {
            // Both forms share the cues.
            Kind::Text => {
                let source = presentation.sources.get(rendition.source);
                let bytes = match source.map(|source| &source.content) {
                    Some(SourceContent::Text { len, .. }) => *len,
                    _ => presentation
                        .track(rendition)
                        .map_or(0, |track| track.samples.bytes_in(0..track.samples.len())),
                };
                bytes.min(text::MAX_DOCUMENT_BYTES as u64) * BYTES_PER_BYTE_OF_TEXT / 2
            }
            Kind::Video => {
                let track = presentation.track(rendition);
                let frames = track.map_or(0, |track| track.samples.sync_samples().len());
                (frames * size_of::<TrickFrame>()) as u64
            }
            Kind::Audio | Kind::Image => 0,
        };
        presentation.renditions.iter().map(of).sum()
    }

    /// The asset under one protection, where its keys may be used on without asking for them.
    pub(super) fn ready_variant(&self, protection: Protection) -> Option<Arc<Variant>> {
        let variant = self.slot(protection).read();
        let variant = variant.unwrap_or_else(PoisonError::into_inner).clone()?;
        variant.is_fresh().then_some(variant)
    }

    pub(super) fn clear_variant(&self) -> Arc<Variant> {
        self.kept(Protection::Clear, Variant::clear(&self.presentation))
    }

    /// # Errors
    /// 503 where no key label fits a rendition.
    pub(super) fn key_plan(&self, drm: &Drm) -> Result<Plan, Fault> {
        Plan::new(&self.path, &self.presentation, drm)
    }

    pub(super) fn key_request(
        &self,
        plan: &Plan,
        mount: usize,
        protection: Protection,
    ) -> KeyRequest {
        plan.request(mount, &self.path, &self.presentation, protection)
    }

    /// Made anew when the keys are others.
    pub(super) fn protected_variant(
        &self,
        protection: Protection,
        drm: &Drm,
        plan: &Plan,
        keys: Arc<KeySet>,
    ) -> Result<Arc<Variant>, Fault> {
        let known = self.slot(protection).read();
        let known = known.unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.has_keys(&keys)) {
            return Ok(known);
        }
        let keyed = Keyed { plan, drm, keys };
        let variant = Variant::protected(&self.path, &self.presentation, protection, keyed)?;
        Ok(self.kept(protection, variant))
    }

    fn kept(&self, protection: Protection, variant: Variant) -> Arc<Variant> {
        let slot = self.slot(protection).write();
        let mut slot = slot.unwrap_or_else(PoisonError::into_inner);
        // Another worker may have been faster; segments are cached by variant.
        match slot.as_ref() {
            Some(known) if known.is_like(&variant) => known.clone(),
            _ => slot.insert(Arc::new(variant)).clone(),
        }
    }

    fn slot(&self, protection: Protection) -> &Slot {
        &self.variants[protection as usize]
    }
}
