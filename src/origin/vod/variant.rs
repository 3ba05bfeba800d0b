//! One presentation under one protection: names, identities and key material of its renditions.
use std::collections::HashMap;

use edgepack_drm::{ContentKey, IvSeed, SampleEncryptor, Scheme};
use edgepack_manifest as manifest;
use edgepack_packager::{Presentation, Rendition};
use ring::digest;

use super::faults;
use super::manifests::Written;
use crate::delivery::route::Protection;
use crate::delivery::{Etag, Fault};

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
    /// Empty for clear.
    encryptions: Vec<edgepack_drm::TrackEncryption>,
    pub(super) manifests: Written,
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
            manifests: Written::default(),
        };
        for (index, rendition) in presentation.renditions.iter().enumerate() {
            if let Some(key) = &variant.key {
                variant
                    .seeds
                    .push(IvSeed::derive(key, &presentation.track_identity(rendition)));
            }
            let encryptor = variant.encryptor(asset, presentation, index)?;
            let encryption = encryptor.as_ref().map(SampleEncryptor::track_encryption);
            let name = presentation.url_name(rendition, encryption);
            variant.identities.push(identity(
                presentation,
                rendition,
                &name,
                variant.key.as_ref(),
            ));
            variant.tracks.insert(name, index);
            variant.encryptions.extend(encryption.cloned());
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

    /// The entity tag of the rendition's header (0) or of a segment, by its number in the URL.
    pub(super) fn etag(&self, rendition: usize, number: u32) -> Etag {
        let mut tag = [0; size_of::<Identity>() + size_of::<u32>()];
        let (identity, part) = tag.split_at_mut(size_of::<Identity>());
        identity.copy_from_slice(
            self.identities
                .get(rendition)
                .unwrap_or(&[0; size_of::<Identity>()]),
        );
        part.copy_from_slice(&number.to_be_bytes());
        Etag::from_digest(&tag)
    }

    pub(super) fn encryption(&self, rendition: usize) -> Option<&edgepack_drm::TrackEncryption> {
        self.encryptions.get(rendition)
    }

    /// `None` for the clear variant only: a protected one without an encryptor is an error, never clear bytes.
    pub(super) fn encryptor(
        &self,
        asset: &str,
        presentation: &Presentation,
        rendition: usize,
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
        let codec = presentation
            .codec(rendition_ref)
            .ok_or_else(|| faults::not_protectable(asset, "a track without sample entry"))?;
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
