//! One presentation under one protection: names, identities and key material of its renditions.
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use edgepack_drm::{ContentKey, KeyId, systems};
use edgepack_manifest as manifest;
use edgepack_packager::ondemand::{self, Layout};
use edgepack_packager::{HeaderProtection, Presentation, Rendition, Rotation, TrackProtection};
use ring::digest;

use super::faults;
use super::keys::Plan;
use super::part::Part;
use crate::config::{Drm, Protection};
use crate::delivery::{Etag, Fault, PartIndex};
use crate::keys::KeySet;
use crate::origin::protection::faults::no_label;
use crate::origin::protection::licence::Keyring;
use crate::origin::protection::{self, is_protected};

mod cover;

pub(super) use cover::Cover;
use cover::{Subject, Track};

type Identity = [u8; 12];

/// Distinguishes every variant this process ever made: a part of cache keys.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Immutable; made anew when keys change.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) id: u64,
    protection: Protection,
    keys: Option<Arc<KeySet>>,
    names: HashMap<String, usize>,
    /// One per rendition; none for clear ones: all of the clear variant, text and images.
    tracks: Vec<Option<Track>>,
    /// One per rendition: changes whenever a byte of the rendition would.
    identities: Vec<Identity>,
    signals: BTreeMap<KeyId, Vec<systems::Signal>>,
    key_uri: Option<String>,
    whole_files: OnceLock<Arc<WholeFiles>>,
}

/// Each rendition as one file; none for what cannot be one, because the sizes of its segments are not known before they
/// are made, or because it takes several headers.
#[derive(Debug)]
pub(super) struct WholeFiles {
    pub(super) layouts: Vec<Option<Layout>>,
    /// Of the head and the segments behind it.
    pub(super) indices: Vec<Option<Arc<PartIndex>>>,
}

impl WholeFiles {
    fn new(layouts: Vec<Option<Layout>>) -> Self {
        let index = |layout: &Layout| {
            let head = layout.head().len() as u64;
            let segments = (0..layout.segment_count()).filter_map(|number| layout.segment(number));
            let lengths = segments.map(|range| range.end - range.start);
            PartIndex::new(std::iter::once(head).chain(lengths)).map(Arc::new)
        };
        Self {
            indices: layouts
                .iter()
                .map(|layout| layout.as_ref().and_then(index))
                .collect(),
            layouts,
        }
    }
}

/// What a protected variant is made with.
#[derive(Debug)]
pub(super) struct Keyed<'a> {
    pub(super) plan: &'a Plan,
    pub(super) drm: &'a Drm,
    pub(super) keys: Arc<KeySet>,
}

impl Variant {
    pub(super) fn clear(presentation: &Presentation) -> Self {
        let tracks = presentation.renditions.iter().map(|_| None).collect();
        Self::of(presentation, Protection::Clear, tracks)
    }

    /// # Errors
    /// 502 for a codec that cannot be protected, 503 for a key that is missing, and for a DRM system that cannot be
    /// signalled as the mount says.
    pub(super) fn protected(
        asset: &str,
        presentation: &Presentation,
        protection: Protection,
        keyed: Keyed<'_>,
    ) -> Result<Self, Fault> {
        let Keyed { plan, drm, keys } = keyed;
        let mut tracks = Vec::with_capacity(presentation.renditions.len());
        for (index, rendition) in presentation.renditions.iter().enumerate() {
            let label = plan.labels.get(index).and_then(Option::as_ref);
            let schedule = plan.schedule.tracks.get(index);
            tracks.push(match (label, schedule) {
                (Some(label), Some(schedule)) => Some(Track::new(
                    Subject {
                        asset,
                        presentation,
                        rendition,
                    },
                    protection,
                    drm.rotation,
                    label,
                    schedule,
                    &keys,
                )?),
                _ if is_protected(rendition) => {
                    return Err(no_label(asset, &rendition.name));
                }
                _ => None,
            });
        }
        let mut variant = Self::of(presentation, protection, tracks);
        let records = keys.records().map(|(_, _, record)| record);
        variant.signals = protection::signals(asset, protection, drm, records)?;
        variant.key_uri = protection::key_uri(drm, asset);
        variant.keys = Some(keys);
        Ok(variant)
    }

    fn of(presentation: &Presentation, protection: Protection, tracks: Vec<Option<Track>>) -> Self {
        let mut variant = Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            protection,
            keys: None,
            names: HashMap::with_capacity(tracks.len()),
            identities: Vec::with_capacity(tracks.len()),
            tracks,
            signals: BTreeMap::new(),
            key_uri: None,
            whole_files: OnceLock::new(),
        };
        for (index, rendition) in presentation.renditions.iter().enumerate() {
            let track = variant.tracks.get(index).and_then(Option::as_ref);
            let name = presentation.url_name(rendition, track.map(|track| &track.protection));
            let identity = identity(presentation, rendition, &name, track);
            variant.identities.push(identity);
            variant.names.insert(name, index);
        }
        variant
    }

    /// Whether its keys may be used on without asking for them.
    pub(super) fn is_fresh(&self) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.is_fresh())
    }

    /// Whether it was made with these very keys.
    pub(super) fn has_keys(&self, keys: &Arc<KeySet>) -> bool {
        self.keys.as_ref().is_some_and(|own| Arc::ptr_eq(own, keys))
    }

    /// Made with the same keys as the other.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (&self.keys, &other.keys) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    pub(super) fn protection(&self) -> Protection {
        self.protection
    }

    /// The rendition that a URL's track element names.
    pub(super) fn rendition(&self, track: &str) -> Result<usize, Fault> {
        self.names
            .get(track)
            .copied()
            .ok_or_else(|| faults::no_such_track(track))
    }

    /// The entity tag of a part of the rendition.
    pub(super) fn etag(&self, rendition: usize, part: Part) -> Etag {
        let identity = |rendition: usize| {
            let identity = self.identities.get(rendition);
            identity.map_or(&[][..], |identity| identity)
        };
        let (kind, number) = part.tag();
        let muxed = match part {
            Part::Ts {
                audio: Some(audio), ..
            } => identity(audio),
            _ => &[],
        };
        Etag::from_parts(&[identity(rendition), &[kind], &number.to_be_bytes(), muxed])
    }

    fn track(&self, rendition: usize) -> Option<&Track> {
        self.tracks.get(rendition)?.as_ref()
    }

    /// What CMAF header `number` (from 0) of the rendition says; none where it has no such header.
    pub(super) fn header(&self, rendition: usize, number: u32) -> Option<HeaderProtection<'_>> {
        let number = usize::try_from(number).ok()?;
        let Some(track) = self.track(rendition) else {
            return (number == 0).then_some(HeaderProtection::Clear);
        };
        let protection = &track.protection;
        if number >= protection.headers() {
            return None;
        }
        Some(match protection.periods.get(number)?.common() {
            None => HeaderProtection::Clear,
            // Only the first header can be that of a clear lead, unless the lead outlasts a crypto period.
            Some(encryption) => {
                let first = protection.periods.get(number)?.first_segment;
                if protection.clear_lead > first {
                    HeaderProtection::WithLead(encryption)
                } else {
                    HeaderProtection::Protected(encryption)
                }
            }
        })
    }

    /// How a part of the rendition is covered that lies in `segment` (from 0) and has this number among its likes.
    ///
    /// A protected sound or picture without a key is an error, never clear bytes.
    pub(super) fn cover(
        &self,
        asset: &str,
        presentation: &Presentation,
        rendition: usize,
        segment: usize,
        number: u32,
    ) -> Result<Cover, Fault> {
        let Some(of) = presentation.renditions.get(rendition) else {
            return Err(faults::internal(format!(
                "asset {asset:?} has no rendition {rendition}"
            )));
        };
        match self.track(rendition) {
            Some(track) => {
                let subject = Subject {
                    asset,
                    presentation,
                    rendition: of,
                };
                track.cover(subject, segment, number)
            }
            None if self.protection.needs_key() && is_protected(of) => Err(faults::internal(
                format!("asset {asset:?}: rendition {rendition} has no protection"),
            )),
            None => Ok(Cover::Clear),
        }
    }

    /// Made when first asked for.
    pub(super) fn whole_files(
        &self,
        asset: &str,
        presentation: &Presentation,
    ) -> Result<&Arc<WholeFiles>, Fault> {
        if let Some(files) = self.whole_files.get() {
            return Ok(files);
        }
        let layouts = presentation.renditions.iter().enumerate();
        let layouts = layouts.map(|(index, rendition)| {
            if !self.fits_one_file(index) {
                return Ok(None);
            }
            let cover = self.cover(asset, presentation, index, 0, 0)?;
            ondemand::layout(presentation, rendition, cover.of_segment().encryptor())
                .map_err(|error| faults::bad_source(asset, error))
        });
        let files = WholeFiles::new(layouts.collect::<Result<_, Fault>>()?);
        Ok(self.whole_files.get_or_init(|| Arc::new(files)))
    }

    /// One header, and every segment as it says.
    fn fits_one_file(&self, rendition: usize) -> bool {
        self.track(rendition).is_none_or(|track| {
            let protection = &track.protection;
            protection.common().is_some()
                && protection.clear_lead == 0
                && protection.periods.len() == 1
        })
    }

    /// What manifests say of the protection; `licence_url` when the mount has a ClearKey licence server.
    pub(super) fn manifest_protection(
        &self,
        licence_url: Option<String>,
    ) -> Option<manifest::Protection> {
        let method = match self.protection {
            Protection::Clear => return None,
            Protection::Cenc => manifest::Method::Cenc,
            Protection::Cbcs => manifest::Method::Cbcs,
            Protection::Aes128 => manifest::Method::Aes128,
            Protection::SampleAes => manifest::Method::SampleAes,
        };
        let tracks = self.tracks.iter();
        Some(manifest::Protection {
            method,
            tracks: tracks
                .map(|track| track.as_ref().map(|track| track.protection.clone()))
                .collect(),
            signals: self.signals.clone(),
            clear_key: licence_url.map(|licence_url| manifest::ClearKey { licence_url }),
            key_uri: self.key_uri.clone(),
        })
    }
}

impl Keyring for Variant {
    fn key(&self, kid: KeyId) -> Option<&ContentKey> {
        let record = self.keys.as_ref()?.by_kid(kid)?;
        Some(&record.key)
    }

    fn named_by_fragments(&self, kids: &[KeyId]) -> Vec<KeyId> {
        let tracks = self.tracks.iter().flatten().map(|track| &track.protection);
        tracks
            .filter(|track| track.rotation == Rotation::SampleGroups)
            .map(TrackProtection::kids)
            .filter(|of_track| of_track.iter().any(|kid| kids.contains(kid)))
            .flatten()
            .collect()
    }
}

/// Equal on every node of a fleet. The keys take part through a digest: a key replaced under the same id changes the
/// ETag, and nothing of it can be read back.
fn identity(
    presentation: &Presentation,
    rendition: &Rendition,
    url_name: &str,
    track: Option<&Track>,
) -> Identity {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"edgepack entity tag\0");
    context.update(&presentation.fingerprint.0);
    context.update(rendition.name.as_bytes());
    context.update(&[0]);
    context.update(url_name.as_bytes());
    for key in track.iter().flat_map(|track| &track.keys) {
        context.update(key.key.expose());
    }
    let mut identity = Identity::default();
    identity.copy_from_slice(&context.finish().as_ref()[..size_of::<Identity>()]);
    identity
}
