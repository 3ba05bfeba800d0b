//! What the operator may see of keys: ids and ages, never keys.
use serde_json::{Value, json};
use tokio::time::Instant;

use super::KeyStore;
use super::store::{Entry, Source};

/// Keys shown without a limit in the request.
pub const DEFAULT_LIMIT: usize = 1000;
/// Keys shown at most.
pub const MAX_LIMIT: usize = 100_000;

/// Figures of one mount, for metrics.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub mount: String,
    pub sets: u64,
    /// Of the oldest set, seconds.
    pub oldest_s: f64,
    /// Seconds until the first set reaches the end of its time; below 0: since then. `None`: none ages.
    pub next_expiry_s: Option<f64>,
    /// How long the provider has failed, seconds; 0: it works.
    pub failing_s: f64,
}

impl KeyStore {
    /// JSON for `GET /keys`: each mount's provider and health, and at most `limit` keys.
    pub fn report(&self, limit: usize) -> Value {
        let limit = limit.min(MAX_LIMIT);
        let mounts: Vec<Value> = self.sources().iter().map(mount).collect();
        let mut keys = Vec::new();
        let mut left_out = false;
        'all: for source in self.sources() {
            let mut entries = source.entries();
            entries.sort_unstable_by(|one, other| {
                (&one.request.content_id, one.request.protection)
                    .cmp(&(&other.request.content_id, other.request.protection))
            });
            for entry in entries {
                left_out = !keys_of(source, &entry, limit, &mut keys);
                if left_out {
                    break 'all;
                }
            }
        }
        json!({ "mounts": mounts, "keys": keys, "truncated": left_out })
    }

    /// Figures of every mount.
    pub fn figures(&self) -> Vec<Figures> {
        let now = Instant::now();
        let figures = self.sources().iter().map(|source| {
            let mut figures = Figures {
                mount: source.mount.clone(),
                failing_s: source
                    .failing()
                    .map_or(0.0, |(since, _)| since.as_secs_f64()),
                ..Figures::default()
            };
            for entry in source.entries() {
                let state = entry.lock();
                let Some(held) = &state.held else { continue };
                figures.sets += 1;
                figures.oldest_s = figures.oldest_s.max(held.age().as_secs_f64());
                if let Some(expires) = held.expires() {
                    let left = match expires.checked_duration_since(now) {
                        Some(left) => left.as_secs_f64(),
                        None => -now.duration_since(expires).as_secs_f64(),
                    };
                    let first = figures.next_expiry_s.get_or_insert(left);
                    *first = first.min(left);
                }
            }
            figures
        });
        figures.collect()
    }
}

fn mount(source: &Source) -> Value {
    let failing = source.failing();
    json!({
        "mount": source.mount,
        "provider": source.provider.name(),
        "failing_for_s": failing.as_ref().map(|(since, _)| since.as_secs()),
        "error": failing.map(|(_, error)| error.to_string()),
    })
}

/// Whether there was room for all.
fn keys_of(source: &Source, entry: &Entry, limit: usize, keys: &mut Vec<Value>) -> bool {
    let state = entry.lock();
    let Some(held) = &state.held else { return true };
    let request = &entry.request;
    for (label, period, record) in held.set.records() {
        if keys.len() >= limit {
            return false;
        }
        keys.push(json!({
            "mount": source.mount,
            "asset": request.content_id,
            "protection": request.protection.as_str(),
            "label": label,
            "period": period,
            "kid": record.key.kid.to_string(),
            "age_s": held.age().as_secs(),
            "source": if held.from_disk { "disk" } else { source.provider.name() },
            "next_refresh_s": held.refresh_in().map(|time| time.as_secs()),
            "stale": held.is_expired(Instant::now()),
        }));
    }
    true
}
