//! The keys of one request.
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use edgepack_drm::{KeyId, KeyRecord};
use tokio::time::Instant;

use super::provider::Given;
use super::{KeyError, KeyRequest, MAX_KEYS, MAX_LABELS, MAX_PERIODS};

/// All keys of a request. Immutable; what changes is how long they are good for.
pub struct KeySet {
    records: Vec<Given>,
    by_kid: HashMap<KeyId, usize>,
    epoch: Instant,
    /// Milliseconds after `epoch`; `u64::MAX`: for ever.
    fresh_until: AtomicU64,
    /// Another set stands in its place.
    replaced: AtomicBool,
    used: AtomicBool,
}

impl KeySet {
    /// Every label of `request` in each of its periods, and nothing else.
    ///
    /// # Errors
    /// [`KeyError::Wrong`] where one is missing, or one id stands for two keys.
    pub(super) fn new(request: &KeyRequest, given: Vec<Given>) -> Result<Self, KeyError> {
        check_request(request)?;
        if given.len() > MAX_KEYS {
            return Err(KeyError::Wrong(format!("more than {MAX_KEYS} keys")));
        }
        let mut by_name: HashMap<(&str, u32), &Given> = HashMap::with_capacity(given.len());
        let mut by_id: HashMap<KeyId, &Given> = HashMap::with_capacity(given.len());
        for entry in &given {
            if by_name
                .insert((&entry.label, entry.period), entry)
                .is_some_and(|other| !same_key(&other.record, &entry.record))
            {
                return Err(KeyError::Wrong(format!(
                    "two keys for label {:?} in crypto period {}",
                    entry.label, entry.period
                )));
            }
            if by_id
                .insert(entry.record.key.kid, entry)
                .is_some_and(|other| other.record.key.expose() != entry.record.key.expose())
            {
                return Err(KeyError::Wrong(format!(
                    "two keys under the id {}",
                    entry.record.key.kid
                )));
            }
        }
        let mut records = Vec::with_capacity(request.labels.len() * request.periods.len());
        for (label, period) in request.wanted() {
            let Some(entry) = by_name.get(&(label.label.as_str(), period)) else {
                return Err(KeyError::Wrong(format!(
                    "no key for label {:?} in crypto period {period}",
                    label.label
                )));
            };
            records.push((*entry).clone());
        }
        let by_kid = records
            .iter()
            .enumerate()
            .rev()
            .map(|(at, entry)| (entry.record.key.kid, at))
            .collect();
        Ok(Self {
            records,
            by_kid,
            epoch: Instant::now(),
            fresh_until: AtomicU64::new(u64::MAX),
            replaced: AtomicBool::new(false),
            used: AtomicBool::new(true),
        })
    }

    /// The key of a label in a crypto period.
    pub fn record(&self, label: &str, period: u32) -> Option<&KeyRecord> {
        self.records
            .iter()
            .find(|entry| entry.period == period && entry.label == label)
            .map(|entry| &entry.record)
    }

    pub fn by_kid(&self, kid: KeyId) -> Option<&KeyRecord> {
        let at = *self.by_kid.get(&kid)?;
        self.records.get(at).map(|entry| &entry.record)
    }

    /// Label, period and record, in the order of the request: all labels of the first period first.
    pub fn records(&self) -> impl Iterator<Item = (&str, u32, &KeyRecord)> {
        self.records
            .iter()
            .map(|entry| (entry.label.as_str(), entry.period, &entry.record))
    }

    /// Whether the set may be used without asking the store for it again. Two atomics and a clock; asking marks the set
    /// as in use, which is what has it refreshed in time.
    pub fn is_fresh(&self) -> bool {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        let until = self.fresh_until.load(Ordering::Relaxed);
        !self.replaced.load(Ordering::Relaxed)
            && (until == u64::MAX || millis(self.epoch.elapsed()) < until)
    }

    pub(super) fn set_fresh_until(&self, at: Option<Instant>) {
        let until = at.map_or(u64::MAX, |at| {
            millis(at.saturating_duration_since(self.epoch))
        });
        self.fresh_until.store(until, Ordering::Relaxed);
    }

    pub(super) fn replace(&self) {
        self.replaced.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for since the last call.
    pub(super) fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    pub(super) fn given(&self) -> &[Given] {
        &self.records
    }

    /// The same labels with the same keys, and the same said of them.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.records.len() == other.records.len()
            && self.records.iter().zip(&other.records).all(|(one, two)| {
                one.label == two.label
                    && one.period == two.period
                    && same_key(&one.record, &two.record)
            })
    }

    /// An id that stands for another key in the other set.
    pub(super) fn rekeyed(&self, other: &Self) -> Option<KeyId> {
        self.records.iter().find_map(|entry| {
            let kid = entry.record.key.kid;
            other
                .by_kid(kid)
                .is_some_and(|record| record.key.expose() != entry.record.key.expose())
                .then_some(kid)
        })
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.records
                    .iter()
                    .map(|entry| (&entry.label, entry.period, entry.record.key.kid)),
            )
            .finish()
    }
}

fn same_key(one: &KeyRecord, two: &KeyRecord) -> bool {
    one.key.kid == two.key.kid
        && one.key.expose() == two.key.expose()
        && one.explicit_iv == two.explicit_iv
        && one.said == two.said
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What every provider may rely on.
pub(super) fn check_request(request: &KeyRequest) -> Result<(), KeyError> {
    let labels = &request.labels;
    if request.periods.is_empty() || request.periods.len() > MAX_PERIODS as usize {
        return Err(KeyError::Unreasonable("crypto periods"));
    }
    if labels.is_empty() || labels.len() > MAX_LABELS {
        return Err(KeyError::Unreasonable("labels"));
    }
    if labels.len() * request.periods.len() > MAX_KEYS {
        return Err(KeyError::Unreasonable("labels times crypto periods"));
    }
    let repeated = labels
        .iter()
        .enumerate()
        .any(|(at, entry)| labels[..at].iter().any(|other| other.label == entry.label));
    if repeated {
        return Err(KeyError::Unreasonable("a label that is named twice"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
