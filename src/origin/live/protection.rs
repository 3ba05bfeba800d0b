//! A channel under protection: the keys of its crypto periods, and what manifests and parts make of them.
//!
//! # Crypto periods
//! They are counted from 1970, by media sequence number: all tracks, and all nodes of a fleet, change keys at the same
//! segment. A key that has been used is kept as long as segments under it are: what a provider says later about the same
//! period changes nothing.
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use edgepack_drm::{ContentKey, KeyId, KeyRecord, SampleEncryptor, Scheme};
use edgepack_isobmff::CodecConfig;
use edgepack_manifest as manifest;
use edgepack_packager::live::{Header, track_identity};
use edgepack_packager::protection::Every;
use edgepack_packager::{CryptoPeriod, Encryption, HeaderProtection, Rotation, TrackProtection};
use futures_util::FutureExt;

use super::channel::{Announced, Channel, State};
use super::faults::internal;
use crate::config::Protection;
use crate::delivery::Fault;
use crate::keys::{KeyRequest, KeyStore};
use crate::origin::protection::faults::{no_key, no_label, not_offered, not_protectable};
use crate::origin::protection::licence::Keyring;
use crate::origin::protection::{self, Label, PeriodKey, is_protected};

/// Keys are there so many segments before they are used, for MPDs to announce them: players compute the numbers of
/// segments, and go on under the old key until they are told.
const AHEAD: u64 = 5;

/// What has been made of keys so far, by protection.
#[derive(Debug, Default)]
pub(super) struct Vault {
    slots: Mutex<HashMap<Protection, Arc<Keyed>>>,
}

/// A channel under one protection at one moment.
#[derive(Debug)]
pub(super) struct Keyed {
    announced: Arc<Announced>,
    /// Crypto periods that the window, the next segment and those that are announced lie in.
    periods: RangeInclusive<u32>,
    records: Records,
    /// Without the address of licences, which hangs on the request.
    manifest: manifest::Protection,
    /// By place in the channel.
    tracks: HashMap<usize, TrackKeys>,
}

/// By crypto period and label.
type Records = BTreeMap<(u32, String), KeyRecord>;

/// One track's.
#[derive(Debug)]
pub(super) struct TrackKeys {
    pub(super) protection: TrackProtection,
    /// One per `protection.periods`.
    keys: Vec<PeriodKey>,
    scheme: Scheme,
}

/// How the parts of one segment are covered.
#[derive(Debug)]
pub(super) enum Cover {
    Clear,
    /// `grouped`: fragments name the key.
    Samples {
        encryptor: Box<SampleEncryptor>,
        grouped: bool,
    },
}

impl Channel {
    /// The channel under this protection with the keys for all of its window; none in the clear. Waits for keys that are
    /// not there.
    ///
    /// # Errors
    /// 503 without a key, 502 for a codec that cannot be protected: nothing leaves in the clear for want of either.
    pub(super) async fn keyed(
        &self,
        protection: Protection,
        store: &KeyStore,
    ) -> Result<Option<Arc<Keyed>>, Fault> {
        if protection.scheme().is_none() {
            return Ok(None);
        }
        let announced = self.announced()?;
        let (needed, announceable) = self.periods(&self.lock());
        let known = self.vault.get(protection);
        if let Some(known) = &known
            && Arc::ptr_eq(&known.announced, &announced)
            && known.periods == (*needed.start()..=announceable)
        {
            return Ok(Some(Arc::clone(known)));
        }
        let drm = &self.mount.drm;
        let labels = protection::labels(&self.name, &announced.presentation, drm)?;
        let uses = protection::uses(&announced.presentation, &labels);
        let request = |period: u32| KeyRequest {
            mount: self.mount_index,
            content_id: self.name.clone(),
            protection,
            labels: uses.clone(),
            periods: period..period.saturating_add(1),
        };
        let ahead = needed.end().saturating_add(1)..=announceable;
        let at_hand = ahead.take_while(|period| is_at_hand(store, &request(*period)));
        let last = at_hand.last().unwrap_or(*needed.end());
        let periods = *needed.start()..=last;
        if let Some(known) = &known
            && Arc::ptr_eq(&known.announced, &announced)
            && known.periods == periods
        {
            return Ok(Some(Arc::clone(known)));
        }
        let headers: Vec<Arc<Header>> = {
            let state = self.lock();
            let headers = state.tracks.iter().map(|track| Arc::clone(track.header()));
            headers.collect()
        };
        let mut records = Records::new();
        for period in self
            .base_period(&periods)
            .into_iter()
            .chain(periods.clone())
        {
            for record in self
                .records(store, known.as_deref(), request(period), period)
                .await?
            {
                records.insert((period, record.0), record.1);
            }
        }
        if drm.rotate.is_some() {
            store.prefetch(request(announceable.saturating_add(1)));
        }
        let keyed = Keyed::new(
            self, protection, announced, periods, &labels, &headers, records,
        )?;
        Ok(Some(self.vault.keep(protection, keyed)))
    }

    /// Of one crypto period, by label: those that have been used, or else what the provider says.
    async fn records(
        &self,
        store: &KeyStore,
        known: Option<&Keyed>,
        request: KeyRequest,
        period: u32,
    ) -> Result<Vec<(String, KeyRecord)>, Fault> {
        let used = |label: &str| {
            let records = &known?.records;
            records.get(&(period, label.to_owned())).cloned()
        };
        let labels = request.labels.iter().map(|of| of.label.as_str());
        let of_before: Option<Vec<_>> = labels
            .clone()
            .map(|label| Some((label.to_owned(), used(label)?)))
            .collect();
        if let Some(of_before) = of_before {
            return Ok(of_before);
        }
        let set = Box::pin(store.get(&request)).await;
        let set = set.map_err(|error| error.fault(&self.name))?;
        labels
            .map(|label| {
                let given = || set.record(label, period).cloned();
                let record = used(label).or_else(given);
                let record = record.ok_or_else(|| no_key(&self.name, label, period))?;
                Ok((label.to_owned(), record))
            })
            .collect()
    }

    /// Those without which nothing can be shown, and the last that is to be announced.
    fn periods(&self, state: &State) -> (RangeInclusive<u32>, u32) {
        let windows = || state.tracks.iter().map(|track| track.line.numbers());
        let first = windows().map(|numbers| numbers.start).min().unwrap_or(0);
        let next = windows().map(|numbers| numbers.end).max().unwrap_or(0);
        let needed = self.period_of(first)..=self.period_of(next);
        (needed, self.period_of(next.saturating_add(AHEAD)))
    }

    /// The crypto period that a segment lies in.
    fn period_of(&self, number: u64) -> u32 {
        let period = match self.mount.drm.rotate {
            None => 0,
            Some(Every::Segments(count)) => number / u64::from(count.max(1)),
            Some(Every::Time(ms)) => number.saturating_mul(u64::from(self.target_ms)) / ms.max(1),
        };
        u32::try_from(period).unwrap_or(u32::MAX)
    }

    /// The first segment of a crypto period.
    fn first_of(&self, period: u32) -> u32 {
        let period = u64::from(period);
        let number = match self.mount.drm.rotate {
            None => 0,
            Some(Every::Segments(count)) => period.saturating_mul(u64::from(count)),
            Some(Every::Time(ms)) => {
                let target = u64::from(self.target_ms.max(1));
                period.saturating_mul(ms).div_ceil(target)
            }
        };
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// Where fragments name their keys one header does for all: it names the key of the period that the channel began
    /// in, which none of the window's may be any more.
    fn base_period(&self, periods: &RangeInclusive<u32>) -> Option<u32> {
        let grouped = self.mount.drm.rotation == Rotation::SampleGroups;
        let base =
            self.period_of(u64::from(self.epoch.0) * 1000 / u64::from(self.target_ms.max(1)));
        (self.mount.drm.rotate.is_some() && grouped && base < *periods.start()).then_some(base)
    }
}

/// Whether keys are there without waiting for them. Asks for those that are not.
fn is_at_hand(store: &KeyStore, request: &KeyRequest) -> bool {
    store.prefetch(request.clone());
    let got = store.get(request).now_or_never();
    got.is_some_and(|got| got.is_ok())
}

impl Vault {
    fn get(&self, protection: Protection) -> Option<Arc<Keyed>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.get(&protection).cloned()
    }

    /// One that knows of later periods stays: a slow one must not forget keys that have been used.
    fn keep(&self, protection: Protection, keyed: Keyed) -> Arc<Keyed> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = slots.get(&protection)
            && known.periods.end() > keyed.periods.end()
        {
            return Arc::clone(known);
        }
        let keyed = Arc::new(keyed);
        slots.insert(protection, Arc::clone(&keyed));
        keyed
    }
}

impl Keyed {
    fn new(
        channel: &Channel,
        protection: Protection,
        announced: Arc<Announced>,
        periods: RangeInclusive<u32>,
        labels: &[Option<Label>],
        headers: &[Arc<Header>],
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
            let identity = track_identity(&channel.fingerprint, &channel.life, &rendition.name);
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
                    PeriodKey::new(record, &identity),
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
    pub(super) fn manifest(&self, licence_url: Option<String>) -> manifest::Protection {
        manifest::Protection {
            clear_key: licence_url.map(|licence_url| manifest::ClearKey { licence_url }),
            ..self.manifest.clone()
        }
    }

    /// # Errors
    /// 500 for a track that has no protection here.
    pub(super) fn track(&self, index: usize) -> Result<&TrackKeys, Fault> {
        self.tracks
            .get(&index)
            .ok_or_else(|| internal(format!("track {index} of the channel has no protection")))
    }
}

impl Keyring for Keyed {
    fn key(&self, kid: KeyId) -> Option<&ContentKey> {
        let mut records = self.records.values();
        Some(&records.find(|record| record.key.kid == kid)?.key)
    }

    fn named_by_fragments(&self, kids: &[KeyId]) -> Vec<KeyId> {
        let tracks = self.tracks.values().map(|track| &track.protection);
        tracks
            .filter(|track| track.rotation == Rotation::SampleGroups)
            .map(TrackProtection::kids)
            .filter(|of_track| of_track.iter().any(|kid| kids.contains(kid)))
            .flatten()
            .collect()
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
    pub(super) fn header(&self, crypto: u32) -> Option<HeaderProtection<'_>> {
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
    /// 502 for a codec that cannot be protected, 500 without a key.
    pub(super) fn cover(
        &self,
        channel: &str,
        number: u64,
        codec: &CodecConfig,
    ) -> Result<Cover, Fault> {
        let segment = usize::try_from(number).unwrap_or(usize::MAX);
        let at = self.protection.period_of(segment);
        let key = self
            .keys
            .get(at)
            .ok_or_else(|| internal("a track without keys"))?;
        Ok(Cover::Samples {
            encryptor: Box::new(self.encryptor(channel, key, codec)?),
            grouped: self.protection.header_of(segment) != at,
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
