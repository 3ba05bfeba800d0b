//! A channel under one protection at one moment: what manifests say of it, and how segments are covered.
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

use edgepack_drm::{IvSeed, KeyRecord, SampleEncryptor, Scheme};
use edgepack_isobmff::CodecConfig;
use edgepack_manifest as manifest;
use edgepack_packager::live::{Header, track_identity};
use edgepack_packager::{CryptoPeriod, Encryption, HeaderProtection, Rotation, TrackProtection};

use crate::config::Protection;
use crate::delivery::Fault;
use crate::delivery::route::Epoch;
use crate::origin::live::channel::{Announced, Channel};
use crate::origin::live::faults::internal;
use crate::origin::protection::faults::{no_key, no_label, not_offered, not_protectable};
use crate::origin::protection::{self, Label, PeriodKey, is_protected};

/// A channel under one protection at one moment.
#[derive(Debug)]
pub(in super::super) struct Keyed {
    pub(super) announced: Arc<Announced>,
    /// Crypto periods that the window, the next segment and those that are announced lie in.
    pub(super) periods: RangeInclusive<u32>,
    pub(super) records: Records,
    /// Without the address of licences, which hangs on the request.
    manifest: manifest::Protection,
    /// By place in the channel.
    pub(super) tracks: HashMap<usize, TrackKeys>,
}

/// By crypto period and label.
pub(super) type Records = BTreeMap<(u32, String), KeyRecord>;

/// One track's.
#[derive(Debug)]
pub(in super::super) struct TrackKeys {
    pub(in super::super) protection: TrackProtection,
    /// One per `protection.periods`.
    keys: Vec<PeriodKey>,
    scheme: Scheme,
}

/// How the parts of one segment are covered.
#[derive(Debug)]
pub(in super::super) enum Cover {
    Clear,
    /// `grouped`: fragments name the key.
    Samples {
        encryptor: Box<SampleEncryptor>,
        grouped: bool,
    },
}

impl Keyed {
    pub(super) fn new(
        channel: &Channel,
        protection: Protection,
        (announced, labels, headers): (Arc<Announced>, &[Option<Label>], &[Arc<Header>]),
        (epoch, periods): (Epoch, RangeInclusive<u32>),
        records: Records,
    ) -> Result<Self, Fault> {
        let drm = &channel.mount.drm;
        let scheme = protection.scheme().ok_or_else(not_offered)?;
        let mut tracks = HashMap::new();
        let mut of_renditions = Vec::with_capacity(labels.len());
        for (rendition, label) in announced.presentation.renditions.iter().zip(labels) {
            let Some(label) = label else {
                if is_protected(rendition) {
                    return Err(no_label(&channel.name, &rendition.name));
                }
                of_renditions.push(None);
                continue;
            };
            let index = announced.tracks.get(rendition.source).copied();
            let header = index.and_then(|index| headers.get(index));
            let (Some(index), Some(header)) = (index, header) else {
                return Err(internal("a rendition without a track"));
            };
            let identities = identities(channel, epoch, &rendition.name);
            let mut track = TrackKeys {
                protection: TrackProtection {
                    label: label.name.clone(),
                    restrictions: label.restrictions.clone(),
                    clear_lead: 0,
                    rotation: drm.rotation,
                    periods: Vec::new(),
                },
                keys: Vec::new(),
                scheme,
            };
            for ((period, _), record) in records.iter().filter(|((_, of), _)| *of == label.name) {
                let first = channel.first_of(*period);
                track.add(
                    &channel.name,
                    *period,
                    first,
                    identities.key(record),
                    header,
                )?;
            }
            of_renditions.push(Some(track.protection.clone()));
            tracks.insert(index, track);
        }
        Ok(Self {
            manifest: manifest::Protection {
                method: match scheme {
                    Scheme::Cenc => manifest::Method::Cenc,
                    Scheme::Cbcs => manifest::Method::Cbcs,
                },
                tracks: of_renditions,
                signals: protection::signals(&channel.name, protection, drm, records.values())?,
                clear_key: None,
                key_uri: protection::key_uri(drm, &channel.name),
            },
            announced,
            periods,
            records,
            tracks,
        })
    }

    /// What manifests say; `licence_url` when the mount has a ClearKey licence server.
    pub(in super::super) fn manifest(&self, licence_url: Option<String>) -> manifest::Protection {
        manifest::Protection {
            clear_key: licence_url.map(|licence_url| manifest::ClearKey { licence_url }),
            ..self.manifest.clone()
        }
    }

    /// Crypto periods whose keys are here.
    pub(in super::super) fn periods(&self) -> &RangeInclusive<u32> {
        &self.periods
    }

    /// # Errors
    /// 500 for a track that has no protection here.
    pub(in super::super) fn track(&self, index: usize) -> Result<&TrackKeys, Fault> {
        self.tracks
            .get(&index)
            .ok_or_else(|| internal(format!("track {index} of the channel has no protection")))
    }
}

/// What the IVs of a track hang on.
struct Identities {
    /// Of counters, which no two lives may share, here or on another node: samples differ, and numbers begin anew.
    counted: Vec<u8>,
    /// Of constant IVs. They stand in headers, which players keep while the node starts anew.
    constant: Vec<u8>,
}

fn identities(channel: &Channel, epoch: Epoch, track: &str) -> Identities {
    let epoch = epoch.0.to_be_bytes();
    let life = [&channel.life[..], &epoch].concat();
    Identities {
        counted: track_identity(&channel.fingerprint, &life, track),
        constant: track_identity(&channel.fingerprint, &epoch, track),
    }
}

impl Identities {
    fn key(&self, record: &KeyRecord) -> PeriodKey {
        let constant = PeriodKey::new(record, &self.constant);
        let counted = PeriodKey::new(record, &self.counted);
        PeriodKey {
            seed: IvSeed {
                cbcs: constant.seed.cbcs,
                ..counted.seed
            },
            ..counted
        }
    }
}

impl TrackKeys {
    /// The next crypto period, from the segment `first` on.
    fn add(
        &mut self,
        channel: &str,
        number: u32,
        first: u32,
        key: PeriodKey,
        header: &Header,
    ) -> Result<(), Fault> {
        let encryptor = self.encryptor(channel, &key, header.codec())?;
        self.protection.periods.push(CryptoPeriod {
            first_segment: if self.keys.is_empty() { 0 } else { first },
            number,
            kid: key.key.kid,
            key_tag: key.tag(),
            encryption: Encryption::Common(encryptor.track_encryption().clone()),
        });
        self.keys.push(key);
        Ok(())
    }

    /// Of the header for the segments of a crypto period; none where no header names its key.
    pub(in super::super) fn header(&self, crypto: u32) -> Option<HeaderProtection<'_>> {
        let periods = &self.protection.periods;
        let of_header = match self.protection.rotation {
            Rotation::NewHeader => periods.iter().find(|period| period.number == crypto),
            Rotation::SampleGroups => periods.first().filter(|_| crypto == 0),
        };
        Some(HeaderProtection::Protected(of_header?.common()?))
    }

    /// Of a segment, which `codec` describes.
    ///
    /// # Errors
    /// 502 for a codec that cannot be protected, 503 without the key of its crypto period.
    pub(in super::super) fn cover(
        &self,
        channel: &Channel,
        number: u64,
        codec: &CodecConfig,
    ) -> Result<Cover, Fault> {
        let period = channel.period_of(number);
        let mut periods = self.protection.periods.iter();
        let at = periods.position(|known| known.number == period);
        let at = at.ok_or_else(|| no_key(&channel.name, &self.protection.label, period))?;
        let key = self
            .keys
            .get(at)
            .ok_or_else(|| internal("a track without keys"))?;
        Ok(Cover::Samples {
            encryptor: Box::new(self.encryptor(&channel.name, key, codec)?),
            grouped: self.protection.rotation == Rotation::SampleGroups && at != 0,
        })
    }

    fn encryptor(
        &self,
        channel: &str,
        key: &PeriodKey,
        codec: &CodecConfig,
    ) -> Result<SampleEncryptor, Fault> {
        SampleEncryptor::new(self.scheme, &key.key, key.seed, codec)
            .map_err(|error| not_protectable(channel, error))
    }
}
