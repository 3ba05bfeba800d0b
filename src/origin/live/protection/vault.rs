//! What has been made of keys so far: kept, since those who watch ask for the same.
use std::collections::{HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use edgepack_drm::{ContentKey, KeyId};
use edgepack_packager::{Rotation, TrackProtection};

use super::keyed::Keyed;
use crate::config::Protection;
use crate::delivery::route::Epoch;
use crate::origin::live::channel::Announced;
use crate::origin::protection::licence::Keyring;

/// Stretches, and segments of earlier lives, whose keys are kept ready. Beyond that they are gathered again.
const MAX_STRETCHES: usize = 256;
/// Crypto periods of all of them.
const MAX_STRETCH_PERIODS: usize = 8192;

/// See the [module](self).
#[derive(Debug, Default)]
pub(in super::super) struct Vault {
    slots: Mutex<HashMap<Protection, Slot>>,
    stretches: Mutex<Stretches>,
}

#[derive(Debug)]
struct Slot {
    keyed: Arc<Keyed>,
    /// With the crypto period that has left the window last: those who hold a manifest of a moment ago ask for its key.
    before: Option<Arc<Keyed>>,
}

/// The latest are last.
#[derive(Debug, Default)]
struct Stretches {
    kept: VecDeque<(StretchKey, Arc<Keyed>)>,
    periods: usize,
}

impl Stretches {
    /// The same protection's later state of a stretch takes the place of the earlier one.
    fn keep(&mut self, key: StretchKey, keyed: Arc<Keyed>) {
        let is_earlier = |(of, epoch, periods): &StretchKey| {
            (of, epoch, periods.start()) == (&key.0, &key.1, key.2.start())
                && periods.end() <= key.2.end()
        };
        self.kept.retain(|(known, _)| !is_earlier(known));
        self.kept.push_back((key, keyed));
        let periods = |(_, keyed): &(StretchKey, Arc<Keyed>)| keyed.periods.clone().count();
        self.periods = self.kept.iter().map(periods).sum();
        while self.kept.len() > 1
            && (self.kept.len() > MAX_STRETCHES || self.periods > MAX_STRETCH_PERIODS)
        {
            if let Some(oldest) = self.kept.pop_front() {
                self.periods -= periods(&oldest);
            }
        }
    }
}

pub(super) type StretchKey = (Protection, Epoch, RangeInclusive<u32>);

impl Vault {
    pub(super) fn get(&self, protection: Protection) -> Option<Arc<Keyed>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&slots.get(&protection)?.keyed))
    }

    /// One that knows of later periods stays: a slow one must not forget keys that have been used.
    pub(super) fn keep(&self, protection: Protection, keyed: Keyed) -> Arc<Keyed> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.get(&protection);
        if let Some(known) = known.filter(|known| known.keyed.periods.end() > keyed.periods.end()) {
            return Arc::clone(&known.keyed);
        }
        let before = known.and_then(|known| {
            let has_left = known.keyed.periods.start() < keyed.periods.start();
            let before = if has_left {
                Some(&known.keyed)
            } else {
                known.before.as_ref()
            };
            before.map(Arc::clone)
        });
        let keyed = Arc::new(keyed);
        let slot = Slot {
            keyed: Arc::clone(&keyed),
            before,
        };
        slots.insert(protection, slot);
        keyed
    }

    pub(super) fn of_stretch(
        &self,
        key: &StretchKey,
        announced: &Arc<Announced>,
    ) -> Option<Arc<Keyed>> {
        let stretches = self
            .stretches
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (_, known) = stretches.kept.iter().rfind(|(known, _)| known == key)?;
        known
            .announced
            .is_alike(announced)
            .then(|| Arc::clone(known))
    }

    /// Of all that were asked for under this protection, besides `keyed`.
    pub(in super::super) fn ring(&self, protection: Protection, keyed: Arc<Keyed>) -> Ring {
        let before = {
            let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = slots.get(&protection);
            slot.and_then(|slot| slot.before.as_ref().map(Arc::clone))
        };
        let stretches = self
            .stretches
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let of_stretches = stretches.kept.iter();
        let of_stretches = of_stretches.filter(|((of, ..), _)| *of == protection);
        let of_stretches = of_stretches.map(|(_, keyed)| Arc::clone(keyed));
        let of_window = [keyed].into_iter().chain(before);
        Ring(of_window.chain(of_stretches).collect())
    }

    pub(super) fn keep_stretch(&self, key: StretchKey, keyed: Keyed) -> Arc<Keyed> {
        let mut stretches = self
            .stretches
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let keyed = Arc::new(keyed);
        stretches.keep(key, Arc::clone(&keyed));
        keyed
    }
}

/// All keys of a channel under one protection that have been asked for: those of the window, and of stretches before it.
#[derive(Debug)]
pub(in super::super) struct Ring(Vec<Arc<Keyed>>);

impl Keyring for Ring {
    fn key(&self, kid: KeyId) -> Option<&ContentKey> {
        let mut records = self.0.iter().flat_map(|keyed| keyed.records.values());
        Some(&records.find(|record| record.key.kid == kid)?.key)
    }

    fn named_by_fragments(&self, kids: &[KeyId]) -> Vec<KeyId> {
        let tracks = self.0.iter().flat_map(|keyed| keyed.tracks.values());
        tracks
            .map(|track| &track.protection)
            .filter(|track| track.rotation == Rotation::SampleGroups)
            .map(TrackProtection::kids)
            .filter(|of_track| of_track.iter().any(|kid| kids.contains(kid)))
            .flatten()
            .collect()
    }
}
