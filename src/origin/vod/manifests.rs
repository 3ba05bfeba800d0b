//! Playlists and MPDs of an asset, written once per asset version and kept beside it.
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use edgepack_manifest::{View, dash, hls};
use ring::digest;

use super::asset::Asset;
use super::faults;
use super::variant::Variant;
use crate::delivery::{Etag, Fault};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Multivariant,
    Mpd,
    /// Of the rendition with this index.
    Media(usize),
}

impl Kind {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Multivariant | Self::Media(_) => "application/vnd.apple.mpegurl",
            Self::Mpd => "application/dash+xml",
        }
    }
}

/// A manifest's text and its entity tag, a digest of that text.
#[derive(Debug, Clone)]
pub(super) struct Manifest {
    pub(super) text: Bytes,
    pub(super) etag: Etag,
}

/// The manifests written so far of one variant. Bounded by what can be asked: two, and one per rendition.
///
/// Only an MPD that names a licence server depends on anything else, the address it was asked under; the last such
/// text is kept.
#[derive(Debug, Default)]
pub(super) struct Written {
    slots: Mutex<Vec<(Kind, Option<String>, Manifest)>>,
}

impl Written {
    pub(super) fn get_or_write(
        &self,
        asset: &Asset,
        variant: &Variant,
        kind: Kind,
        licence_url: Option<String>,
    ) -> Result<Manifest, Fault> {
        // Playlists name keys by relative URIs: they need to know that there is a licence server, not where.
        let address = licence_url.clone().filter(|_| kind == Kind::Mpd);
        if let Some(manifest) = self.find(kind, &address) {
            return Ok(manifest);
        }
        let protection = variant.manifest_protection(licence_url);
        let view = View {
            presentation: &asset.presentation,
            protection: protection.as_ref(),
        };
        let text = match kind {
            Kind::Multivariant => hls::multivariant(view),
            Kind::Mpd => dash::mpd(view),
            Kind::Media(index) => match asset.presentation.renditions.get(index) {
                Some(rendition) => hls::media(view, rendition),
                None => return Err(faults::internal(format!("no rendition {index}"))),
            },
        };
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        let manifest = Manifest {
            text: text.into(),
            etag: Etag::from_digest(&hash.as_ref()[..12]),
        };
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(slot, _, _)| *slot != kind);
        slots.push((kind, address, manifest.clone()));
        Ok(manifest)
    }

    fn find(&self, kind: Kind, address: &Option<String>) -> Option<Manifest> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let found = slots
            .iter()
            .find(|(slot, at, _)| *slot == kind && at == address)?;
        Some(found.2.clone())
    }
}
