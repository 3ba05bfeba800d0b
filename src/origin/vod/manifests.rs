//! Playlists and MPDs, written when first asked for and kept under a budget of their own.
use bytes::Bytes;
use edgepack_manifest::dash::Template;
use edgepack_manifest::hls::Dates;
use edgepack_manifest::{Filter, View, dash, hls};
use edgepack_packager::ondemand::Layout;
use ring::digest;

use super::asset::Asset;
use super::faults;
use super::interstitials::{Schedule, ZERO_MS};
use super::variant::Variant;
use crate::delivery::{Etag, Fault};
use crate::memory::{Budget, Use, held_bytes};

/// What a manifest costs beside its text: key, table slot, entity tag.
const OVERHEAD_BYTES: usize = 512;

/// Numbers are indices of renditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Multivariant,
    MultivariantTs,
    MultivariantOnDemand,
    Mpd,
    MpdTime,
    MpdOnDemand,
    Media(usize),
    IFrames(usize),
    MediaOnDemand(usize),
    /// MPEG-TS of a rendition, or of a video and the audio muxed with it; of subtitles: WebVTT on its time line.
    MediaTs {
        first: usize,
        audio: Option<usize>,
    },
    Packed(usize),
    Thumbnails(usize),
}

impl Kind {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Mpd | Self::MpdTime | Self::MpdOnDemand => "application/dash+xml",
            Self::Thumbnails(_) => "text/vtt",
            _ => "application/vnd.apple.mpegurl",
        }
    }

    /// Of HLS, which interstitials are in.
    pub(super) fn is_media_playlist(self) -> bool {
        matches!(
            self,
            Self::Media(_)
                | Self::IFrames(_)
                | Self::MediaOnDemand(_)
                | Self::MediaTs { .. }
                | Self::Packed(_)
        )
    }

    /// Media playlists are the same whatever the filter.
    fn is_filtered(self) -> bool {
        matches!(
            self,
            Self::Multivariant
                | Self::MultivariantTs
                | Self::MultivariantOnDemand
                | Self::Mpd
                | Self::MpdTime
                | Self::MpdOnDemand
        )
    }

    /// Whether it names the licence server by its absolute address, a viewer's token included: MPDs do, and playlists
    /// whose keys are ClearKey's.
    fn names_licence_server(self) -> bool {
        matches!(
            self,
            Self::Mpd
                | Self::MpdTime
                | Self::MpdOnDemand
                | Self::Media(_)
                | Self::IFrames(_)
                | Self::MediaOnDemand(_)
        )
    }
}

/// A manifest's text and its entity tag, a digest of that text.
#[derive(Debug, Clone)]
pub(super) struct Manifest {
    pub(super) text: Bytes,
    pub(super) etag: Etag,
}

/// What a text depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    variant: u64,
    kind: Kind,
    filter: String,
    licence_url: Option<String>,
    /// Version of the schedule. None: without interstitials.
    schedule: Option<u64>,
}

/// Shared by all workers. Viewers choose filters and host names: what is kept is bounded by bytes.
#[derive(Debug)]
pub(super) struct Manifests {
    written: moka::sync::Cache<Key, Manifest>,
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) asset: &'a Asset,
    pub(super) variant: &'a Variant,
    pub(super) kind: Kind,
    pub(super) filter: &'a Filter,
    pub(super) licence_url: Option<String>,
    /// Of a media playlist of HLS.
    pub(super) schedule: Option<&'a Schedule>,
}

impl Manifests {
    pub(super) fn new(budget_bytes: u64) -> Self {
        let weigh = |key: &Key, manifest: &Manifest| {
            let bytes = manifest.text.len() + key.filter.len() + OVERHEAD_BYTES;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self {
            written: moka::sync::Cache::builder()
                .max_capacity(budget_bytes)
                .weigher(weigh)
                .build(),
        }
    }

    pub(super) fn get_or_write(
        &self,
        wanted: &Wanted<'_>,
        budget: &Budget,
    ) -> Result<Manifest, Fault> {
        let key = Key {
            variant: wanted.variant.id,
            kind: wanted.kind,
            filter: if wanted.kind.is_filtered() {
                wanted.filter.key()
            } else {
                String::new()
            },
            licence_url: wanted
                .licence_url
                .clone()
                .filter(|_| wanted.kind.names_licence_server()),
            schedule: wanted.schedule.map(|schedule| schedule.version),
        };
        if let Some(manifest) = self.written.get(&key) {
            return Ok(manifest);
        }
        let mut text = wanted.write()?;
        text.shrink_to_fit();
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        let held =
            budget.take_at_once(Use::Manifests, (text.capacity() + OVERHEAD_BYTES) as u64)?;
        let manifest = Manifest {
            text: held_bytes(text, held),
            etag: Etag::from_digest(&hash.as_ref()[..12]),
        };
        self.written.insert(key, manifest.clone());
        Ok(manifest)
    }
}

impl Wanted<'_> {
    fn write(&self) -> Result<String, Fault> {
        let presentation = &self.asset.presentation;
        let protection = self.variant.manifest_protection(self.licence_url.clone());
        let ranges = self.schedule.map(Schedule::date_ranges);
        let view = View {
            presentation,
            protection: protection.as_ref(),
            filter: self.filter,
            trick_play: self.asset.trick_play(),
            dates: ranges.as_deref().map(|ranges| Dates {
                zero_ms: ZERO_MS,
                ranges,
            }),
        };
        let rendition = |index: usize| {
            let rendition = presentation.renditions.get(index);
            rendition.ok_or_else(|| faults::internal(format!("no rendition {index}")))
        };
        let written = match self.kind {
            Kind::Multivariant => hls::multivariant(view),
            Kind::MultivariantTs => hls::multivariant_ts(view),
            Kind::MultivariantOnDemand => hls::ondemand(view, self.layouts()?),
            Kind::Mpd => dash::mpd(view, Template::Number),
            Kind::MpdTime => dash::mpd(view, Template::Time),
            Kind::MpdOnDemand => dash::mpd_ondemand(view, self.layouts()?),
            Kind::Media(index) => hls::media(view, rendition(index)?),
            Kind::IFrames(index) => hls::iframes(view, rendition(index)?),
            Kind::MediaOnDemand(index) => {
                hls::media_ondemand(view, rendition(index)?, self.layouts()?)
            }
            Kind::MediaTs { first, audio } => {
                let audio = audio.map(rendition).transpose()?;
                hls::media_ts(view, rendition(first)?, audio)
            }
            Kind::Packed(index) => hls::media_packed(view, rendition(index)?),
            Kind::Thumbnails(index) => hls::thumbnails_vtt(view, rendition(index)?),
        };
        written.map_err(|error| faults::not_written(&self.asset.path, error))
    }

    fn layouts(&self) -> Result<&[Option<Layout>], Fault> {
        let files = self
            .variant
            .whole_files(&self.asset.path, &self.asset.presentation)?;
        Ok(&files.layouts)
    }
}
