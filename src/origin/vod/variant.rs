//! One presentation under one protection: names, identities and key material of its renditions.
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use edgepack_drm::{ContentKey, IvSeed, SampleEncryptor, Scheme};
use edgepack_manifest as manifest;
use edgepack_packager::ondemand::{self, Layout};
use edgepack_packager::{Kind, Presentation, Rendition};
use ring::digest;

use super::faults;
use super::part::Part;
use crate::delivery::route::Protection;
use crate::delivery::{Etag, Fault, PartIndex};

type Identity = [u8; 12];

/// Made once per asset and protection; immutable.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) key: Option<ContentKey>,
    scheme: Option<Scheme>,
    tracks: HashMap<String, usize>,
    /// One per rendition.
    seeds: Vec<IvSeed>,
    /// One per rendition: changes whenever a byte of the rendition would.
    identities: Vec<Identity>,
    /// One per rendition; none for clear ones: all without a scheme, text and images with one.
    encryptions: Vec<Option<edgepack_drm::TrackEncryption>>,
    whole_files: OnceLock<Arc<WholeFiles>>,
}

/// Each rendition as one file; none for what cannot be one, because the sizes of its segments are not known before they
/// are made.
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

impl Variant {
    /// Fails when a rendition's codec cannot be protected with the scheme: such an asset is not offered at all,
    /// rather than with some of its tracks in the clear.
    pub(super) fn new(
        asset: &str,
        presentation: &Presentation,
        protection: Protection,
        key: Option<&ContentKey>,
    ) -> Result<Self, Fault> {
        let scheme = protection.scheme();
        let key = match scheme {
            Some(_) => Some(key.ok_or_else(|| faults::no_key(asset))?.clone()),
            None => None,
        };
        let mut variant = Self {
            key,
            scheme,
            tracks: HashMap::new(),
            seeds: Vec::new(),
            identities: Vec::new(),
            encryptions: Vec::new(),
            whole_files: OnceLock::new(),
        };
        for (index, rendition) in presentation.renditions.iter().enumerate() {
            if let Some(key) = &variant.key {
                variant
                    .seeds
                    .push(IvSeed::derive(key, &presentation.track_identity(rendition)));
            }
            let encryptor = variant.encryptor(asset, presentation, index, 0)?;
            let encryption = encryptor.as_ref().map(SampleEncryptor::track_encryption);
            let name = presentation.url_name(rendition, encryption);
            variant.identities.push(identity(
                presentation,
                rendition,
                &name,
                variant.key.as_ref(),
            ));
            variant.tracks.insert(name, index);
            variant.encryptions.push(encryption.cloned());
        }
        Ok(variant)
    }

    /// The rendition that a URL's track element names.
    pub(super) fn rendition(&self, track: &str) -> Result<usize, Fault> {
        self.tracks
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
        let mut tag = identity(rendition).to_vec();
        tag.push(kind);
        tag.extend(number.to_be_bytes());
        if let Part::Ts {
            audio: Some(audio), ..
        } = part
        {
            tag.extend(identity(audio));
        }
        Etag::from_digest(&tag)
    }

    pub(super) fn encryption(&self, rendition: usize) -> Option<&edgepack_drm::TrackEncryption> {
        self.encryptions.get(rendition)?.as_ref()
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
            let encryptor = self.encryptor(asset, presentation, index, 0)?;
            ondemand::layout(presentation, rendition, encryptor.as_ref())
                .map_err(|error| faults::bad_source(asset, error))
        });
        let files = WholeFiles::new(layouts.collect::<Result<_, Fault>>()?);
        Ok(self.whole_files.get_or_init(|| Arc::new(files)))
    }

    /// For one segment's samples, whose sample entry may be another than that of the segment before.
    ///
    /// `None` for the clear variant, and for text and images: a protected sound or picture without an encryptor is an
    /// error, never clear bytes.
    pub(super) fn encryptor(
        &self,
        asset: &str,
        presentation: &Presentation,
        rendition: usize,
        segment: usize,
    ) -> Result<Option<SampleEncryptor>, Fault> {
        let Some(scheme) = self.scheme else {
            return Ok(None);
        };
        let key = self.key.as_ref().ok_or_else(|| faults::no_key(asset))?;
        let (Some(rendition_ref), Some(seed)) = (
            presentation.renditions.get(rendition),
            self.seeds.get(rendition),
        ) else {
            return Err(faults::internal(format!(
                "asset {asset:?} has no rendition {rendition}"
            )));
        };
        if !is_protected(rendition_ref) {
            return Ok(None);
        }
        let codec = presentation.segment_codec(rendition_ref, segment);
        let codec =
            codec.ok_or_else(|| faults::bad_source(asset, "a track has no sample entry"))?;
        SampleEncryptor::new(scheme, key, *seed, codec)
            .map(Some)
            .map_err(|error| faults::not_protectable(asset, error))
    }

    /// What manifests say of the protection; `licence_url` when the mount has a ClearKey licence server.
    pub(super) fn manifest_protection(
        &self,
        licence_url: Option<String>,
    ) -> Option<manifest::Protection> {
        let scheme = self.scheme?;
        let mut systems = vec![manifest::System::W3cCommon];
        systems.extend(licence_url.map(|licence_url| manifest::System::ClearKey { licence_url }));
        Some(manifest::Protection {
            scheme,
            tracks: self.encryptions.clone(),
            systems,
        })
    }
}

/// Subtitles and thumbnails stay clear, as players expect them.
fn is_protected(rendition: &Rendition) -> bool {
    matches!(rendition.kind(), Kind::Video | Kind::Audio)
}

/// Equal on every node of a fleet. The key takes part through a digest: a key replaced under the same id changes the
/// ETag, and nothing of it can be read back.
fn identity(
    presentation: &Presentation,
    rendition: &Rendition,
    url_name: &str,
    key: Option<&ContentKey>,
) -> Identity {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"edgepack entity tag\0");
    context.update(&presentation.fingerprint.0);
    context.update(rendition.name.as_bytes());
    context.update(&[0]);
    context.update(url_name.as_bytes());
    if let Some(key) = key {
        context.update(key.expose());
    }
    let mut identity = Identity::default();
    identity.copy_from_slice(&context.finish().as_ref()[..size_of::<Identity>()]);
    identity
}
