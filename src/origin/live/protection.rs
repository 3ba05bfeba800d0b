//! A channel under protection: the keys of its crypto periods, and what manifests and parts make of them.
//!
//! # Crypto periods
//! They are counted from 1970, by media sequence number: all tracks, and all nodes of a fleet, change keys at the same
//! segment. A key that has been used is kept as long as segments under it are: what a provider says later about the same
//! period changes nothing.
mod keyed;
mod vault;

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use edgepack_drm::KeyRecord;
use edgepack_packager::Rotation;
use edgepack_packager::live::Header;
use edgepack_packager::protection::Every;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};

use self::keyed::Records;
pub(super) use self::keyed::{Cover, Keyed};
pub(super) use self::vault::{Ring, Vault};
use super::channel::{Announced, Channel, State};
use super::faults::too_many_periods;
use crate::config::Protection;
use crate::delivery::Fault;
use crate::delivery::route::Epoch;
use crate::keys::{KeyRequest, KeyStore, LabelUse};
use crate::origin::protection::faults::no_key;
use crate::origin::protection::{self, Label};

/// Keys are there so many segments before they are used, for MPDs to announce them: players compute the numbers of
/// segments, and go on under the old key until they are told.
const AHEAD: u64 = 5;

/// Requests for keys of one stretch under way.
const AT_ONCE: usize = 16;
/// Crypto periods that a stretch of a channel may have: each is one set of keys, and one header to fetch.
const MAX_PERIODS: u32 = 1024;

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
        let announced = self.announced_ever()?;
        let (needed, announceable) = self.periods(&self.lock());
        let known = self.vault.get(protection);
        let is_known = |periods: &RangeInclusive<u32>| {
            let known = known.as_ref()?;
            let is_same = Arc::ptr_eq(&known.announced, &announced) && known.periods == *periods;
            is_same.then(|| Arc::clone(known))
        };
        if let Some(known) = is_known(&(*needed.start()..=announceable)) {
            return Ok(Some(known));
        }
        let gathering = Gathering::new(self, protection, store, &announced)?;
        let ahead = needed.end().saturating_add(1)..=announceable;
        let at_hand = ahead.take_while(|period| gathering.is_at_hand(*period));
        let last = at_hand.last().unwrap_or(*needed.end());
        let periods = *needed.start()..=last;
        if let Some(known) = is_known(&periods) {
            return Ok(Some(known));
        }
        let keyed = gathering.keyed(known.as_deref(), self.epoch, periods);
        let keyed = keyed.await?;
        if self.mount.drm.rotate.is_some() {
            store.prefetch(gathering.request(announceable.saturating_add(1)));
        }
        Ok(Some(self.vault.keep(protection, keyed)))
    }

    /// All keys that viewers may ask for; none in the clear.
    ///
    /// # Errors
    /// Those of [`keyed`](Self::keyed).
    pub(super) async fn ring(
        &self,
        protection: Protection,
        store: &KeyStore,
    ) -> Result<Option<Ring>, Fault> {
        let keyed = self.keyed(protection, store).await?;
        Ok(keyed.map(|keyed| self.vault.ring(protection, keyed)))
    }

    /// As [`keyed`](Self::keyed), for segments that may have left the window, of any life of the channel.
    ///
    /// # Errors
    /// Those of [`keyed`](Self::keyed), and 400 for too many crypto periods.
    pub(super) async fn keyed_for(
        &self,
        protection: Protection,
        store: &KeyStore,
        epoch: Epoch,
        numbers: RangeInclusive<u64>,
    ) -> Result<Option<Arc<Keyed>>, Fault> {
        if protection.scheme().is_none() {
            return Ok(None);
        }
        let announced = self.announced_ever()?;
        let periods = self.period_of(*numbers.start())..=self.period_of(*numbers.end());
        if periods.end().saturating_sub(*periods.start()) >= MAX_PERIODS {
            return Err(too_many_periods(MAX_PERIODS));
        }
        let key = (protection, epoch, periods.clone());
        if let Some(known) = self.vault.of_stretch(&key, &announced) {
            return Ok(Some(known));
        }
        let gathering = Gathering::new(self, protection, store, &announced)?;
        let known = self.vault.get(protection);
        let keyed = gathering.keyed(known.as_deref(), epoch, periods).await?;
        Ok(Some(self.vault.keep_stretch(key, keyed)))
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
    pub(super) fn period_of(&self, number: u64) -> u32 {
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

    /// Media sequence numbers that a header with this number of a crypto period is for. Where fragments name their keys it
    /// is for all of its life, and the first is in the period whose key it names.
    pub(super) fn numbers_of_header(&self, epoch: Epoch, crypto: u32) -> Range<u64> {
        if self.is_grouped() {
            return self.first_number(epoch)..u64::MAX;
        }
        let first = u64::from(self.first_of(crypto));
        match self.mount.drm.rotate {
            None => first..u64::MAX,
            Some(_) => first..u64::from(self.first_of(crypto.saturating_add(1))),
        }
    }

    fn is_grouped(&self) -> bool {
        self.mount.drm.rotate.is_some() && self.mount.drm.rotation == Rotation::SampleGroups
    }

    /// About where a life begins.
    fn first_number(&self, epoch: Epoch) -> u64 {
        u64::from(epoch.0) * 1000 / u64::from(self.target_ms.max(1))
    }

    /// Where fragments name their keys one header does for all: it names the key of the period that the channel began
    /// in, which none of the window's may be any more.
    fn base_period(&self, epoch: Epoch, periods: &RangeInclusive<u32>) -> Option<u32> {
        let base = self.period_of(self.first_number(epoch));
        (self.is_grouped() && base < *periods.start()).then_some(base)
    }
}

/// What keys are asked for with, for a channel as it is announced.
struct Gathering<'a> {
    channel: &'a Channel,
    protection: Protection,
    store: &'a KeyStore,
    announced: &'a Arc<Announced>,
    /// One per rendition.
    labels: Vec<Option<Label>>,
    uses: Vec<LabelUse>,
}

impl<'a> Gathering<'a> {
    fn new(
        channel: &'a Channel,
        protection: Protection,
        store: &'a KeyStore,
        announced: &'a Arc<Announced>,
    ) -> Result<Self, Fault> {
        let presentation = &announced.presentation;
        let labels = protection::labels(&channel.name, presentation, &channel.mount.drm)?;
        let uses = protection::uses(presentation, &labels);
        Ok(Self {
            channel,
            protection,
            store,
            announced,
            labels,
            uses,
        })
    }

    /// For one crypto period.
    fn request(&self, period: u32) -> KeyRequest {
        KeyRequest {
            mount: self.channel.mount_index,
            content_id: self.channel.name.clone(),
            protection: self.protection,
            labels: self.uses.clone(),
            periods: period..period.saturating_add(1),
        }
    }

    /// Whether keys are there without waiting for them. Asks for those that are not.
    fn is_at_hand(&self, period: u32) -> bool {
        self.store.prefetch(self.request(period));
        let got = self.store.get(&self.request(period)).now_or_never();
        got.is_some_and(|got| got.is_ok())
    }

    /// `known`: keys that have been used.
    async fn keyed(
        &self,
        known: Option<&Keyed>,
        epoch: Epoch,
        periods: RangeInclusive<u32>,
    ) -> Result<Keyed, Fault> {
        let mut records = Records::new();
        let base = self.channel.base_period(epoch, &periods);
        let of_periods = base.into_iter().chain(periods.clone());
        let of_periods = of_periods.map(|period| async move {
            let records = self.records(known, period).await?;
            Ok::<_, Fault>((period, records))
        });
        let mut of_periods = stream::iter(of_periods).buffered(AT_ONCE);
        while let Some((period, of_labels)) = of_periods.try_next().await? {
            for (label, record) in of_labels {
                records.insert((period, label), record);
            }
        }
        drop(of_periods);
        let headers: Vec<Arc<Header>> = {
            let state = self.channel.lock();
            let headers = state.tracks.iter().map(|track| Arc::clone(track.header()));
            headers.collect()
        };
        let of = (Arc::clone(self.announced), &self.labels[..], &headers[..]);
        Keyed::new(self.channel, self.protection, of, (epoch, periods), records)
    }

    /// Of one crypto period, by label: those that have been used, or else what the provider says.
    async fn records(
        &self,
        known: Option<&Keyed>,
        period: u32,
    ) -> Result<Vec<(String, KeyRecord)>, Fault> {
        let used = |label: &str| {
            let records = &known?.records;
            records.get(&(period, label.to_owned())).cloned()
        };
        let labels = || self.uses.iter().map(|of| of.label.as_str());
        let of_before: Option<Vec<_>> = labels()
            .map(|label| Some((label.to_owned(), used(label)?)))
            .collect();
        if let Some(of_before) = of_before {
            return Ok(of_before);
        }
        let name = &self.channel.name;
        let set = Box::pin(self.store.get(&self.request(period))).await;
        let set = set.map_err(|error| error.fault(name))?;
        labels()
            .map(|label| {
                let given = || set.record(label, period).cloned();
                let record = used(label).or_else(given);
                let record = record.ok_or_else(|| no_key(name, label, period))?;
                Ok((label.to_owned(), record))
            })
            .collect()
    }
}
