//! A provider that does as it is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use edgepack_drm::{ContentKey, KeyId, KeyRecord};

use super::identity::Identity;
use super::{Given, KeyError, KeyRequest, KeyStore, LabelUse, Provider};
use crate::config::{KeyProvider, Keys, Protection};
use crate::telemetry::Telemetry;

#[derive(Debug, Default)]
pub(super) struct Fake {
    pub(super) asked: AtomicUsize,
    mood: Mutex<Mood>,
}

#[derive(Debug, Clone, Default)]
struct Mood {
    takes: Duration,
    fails: Option<KeyError>,
    /// Another number, other keys under the same ids.
    generation: u64,
    leaves_out: Option<String>,
}

impl Fake {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn take(&self, time: Duration) {
        self.mood.lock().unwrap().takes = time;
    }

    pub(super) fn fail(&self, error: KeyError) {
        self.mood.lock().unwrap().fails = Some(error);
    }

    pub(super) fn work(&self) {
        self.mood.lock().unwrap().fails = None;
    }

    pub(super) fn change_keys(&self) {
        self.mood.lock().unwrap().generation += 1;
    }

    pub(super) fn leave_out(&self, label: &str) {
        self.mood.lock().unwrap().leaves_out = Some(label.to_owned());
    }
}

#[async_trait]
impl Provider for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn fetch(&self, request: &KeyRequest) -> Result<Vec<Given>, KeyError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mood = self.mood.lock().unwrap().clone();
        tokio::time::sleep(mood.takes).await;
        if let Some(error) = mood.fails {
            return Err(error);
        }
        let given = request
            .wanted()
            .filter(|(label, _)| mood.leaves_out.as_ref() != Some(&label.label));
        Ok(given
            .map(|(label, period)| Given {
                label: label.label.clone(),
                period,
                record: record(&request.content_id, &label.label, period, mood.generation),
            })
            .collect())
    }
}

pub(super) fn record(content: &str, label: &str, period: u32, generation: u64) -> KeyRecord {
    let identity = |what| {
        let identity = Identity::new(what).text(content).text(label);
        identity.number(u64::from(period))
    };
    let kid = identity("kid").key_id();
    let key = identity("key").number(generation).key_id().0;
    KeyRecord::from(ContentKey::new(KeyId(kid.0), key))
}

pub(super) fn request(content: &str) -> KeyRequest {
    KeyRequest {
        mount: 0,
        content_id: content.to_owned(),
        protection: Protection::Cbcs,
        labels: vec![LabelUse::all("HD"), LabelUse::all("AUDIO")],
        periods: 0..2,
    }
}

/// A minute's time to live, and nothing else that is not usual.
pub(super) fn keys() -> Keys {
    Keys {
        ttl: Duration::from_secs(60),
        ..Keys::new(KeyProvider::Static)
    }
}

/// On the runtime of the test.
pub(super) fn store(fake: &Arc<Fake>, keys: Keys) -> KeyStore {
    let telemetry = Telemetry::new(None).unwrap();
    store_with(fake, keys, &telemetry)
}

pub(super) fn store_with(fake: &Arc<Fake>, keys: Keys, telemetry: &Telemetry) -> KeyStore {
    let provider: Arc<dyn Provider> = fake.clone();
    let runtime = tokio::runtime::Handle::current();
    KeyStore::with_providers(vec![("vod".into(), keys, provider)], telemetry, runtime).unwrap()
}
