//! Which keys an asset needs: the labels that its renditions fall under, and its crypto periods.
use edgepack_packager::Presentation;
use edgepack_packager::protection::Schedule;

use crate::config::{Drm, Protection};
use crate::delivery::Fault;
use crate::keys::KeyRequest;
use crate::origin::protection::{self, Label};

/// What keys are for, before any of them is known.
#[derive(Debug)]
pub(super) struct Plan {
    /// One per rendition; none for text and images.
    pub(super) labels: Vec<Option<Label>>,
    pub(super) schedule: Schedule,
}

impl Plan {
    /// # Errors
    /// 503 for audio or video that no label of the mount fits.
    pub(super) fn new(asset: &str, presentation: &Presentation, drm: &Drm) -> Result<Self, Fault> {
        let clear_lead_ms = u64::try_from(drm.clear_lead.as_millis()).unwrap_or(u64::MAX);
        Ok(Self {
            labels: protection::labels(asset, presentation, drm)?,
            schedule: Schedule::new(presentation, drm.rotate, clear_lead_ms),
        })
    }

    /// All keys of the asset at once: its manifests name all of them.
    pub(super) fn request(
        &self,
        mount: usize,
        asset: &str,
        presentation: &Presentation,
        protection: Protection,
    ) -> KeyRequest {
        KeyRequest {
            mount,
            content_id: asset.to_owned(),
            protection,
            labels: protection::uses(presentation, &self.labels),
            periods: 0..self.schedule.periods.max(1),
        }
    }
}
