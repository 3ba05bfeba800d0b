//! From the configuration to the parts, each told only what it needs.
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use edgepack_uring::{MemFileOptions, MemFiles};

use super::{BuildError, Error};
use super::{collectors, descriptors};
use crate::access::Gatekeeper;
use crate::admin::Reports;
use crate::config::{self, Config, Congestion, KernelTls, StorageEngine};
use crate::delivery::core::Settings;
use crate::delivery::route::{MountId, Router};
use crate::delivery::{Core, Cors, h3, tcp};
use crate::keys::KeyStore;
use crate::memory::Budget;
use crate::origin::{LiveWork, Shared, WorkerOrigin};
use crate::storage::{Engine, SharedStorage, Storage, StorageOptions};
use crate::telemetry::{Sink, Telemetry};

/// Above this share of its connections a worker has QUIC clients prove their address first.
const RETRY_ABOVE: f64 = 0.5;

/// Memory files may take this part of the descriptors the process may have; each has a mapping, too, of
/// which Linux allows a process 65 530.
const FILES_SHARE: usize = 4;
const FILES_MAX: usize = 16_384;

/// What all workers share.
#[derive(Debug)]
pub(super) struct Assembly {
    config: Config,
    settings: Arc<Settings>,
    telemetry: Arc<Telemetry>,
    storage: Arc<SharedStorage>,
    budget: Budget,
    keys: Arc<KeyStore>,
    origin: Shared,
    gate: Gatekeeper,
}

impl Assembly {
    pub(super) fn new(config: Config, telemetry: &Arc<Telemetry>) -> Result<Self, Error> {
        let budget = Budget::new(config.memory(), config.node.memory_wait);
        let storage = SharedStorage::within(storage_options(&config), budget.clone())
            .map_err(|error| Error::Storage(error.to_string()))?;
        let keys = Arc::new(KeyStore::new(&config.mounts, telemetry)?);
        let origin = Shared::new(&config, Arc::clone(&keys), telemetry)?;
        let segments = Arc::downgrade(origin.vod());
        let pool = storage.pool().clone();
        budget.on_shortage(move |bytes| {
            if let Some(vod) = segments.upgrade() {
                vod.segments().shed(bytes);
            }
            pool.trim();
        });
        telemetry.register(Box::new(collectors::MemoryCollector::new(&storage)?))?;
        telemetry.register(Box::new(collectors::StorageCollector::new(&storage)?))?;
        telemetry.register(Box::new(collectors::CacheCollector::new(origin.vod())?))?;
        telemetry.register(Box::new(collectors::IndexCollector::new(origin.vod())?))?;
        telemetry.register(Box::new(collectors::InterstitialCollector::new(
            origin.vod(),
        )?))?;
        telemetry.register(Box::new(collectors::KeyCollector::new(&keys)?))?;
        Ok(Self {
            settings: Arc::new(settings(&config)),
            telemetry: Arc::clone(telemetry),
            storage,
            budget,
            keys,
            origin,
            gate: Gatekeeper::new(&config.mounts)?,
            config,
        })
    }

    /// What the operator is shown.
    pub(super) fn reports(&self) -> Reports {
        Reports {
            keys: Some(Arc::clone(&self.keys)),
            channels: self.origin.channels(),
            assets: self.origin.assets(self.storage.files()),
        }
    }

    /// To be called once: metrics come with it.
    pub(super) fn live_work(&self) -> Result<LiveWork, Error> {
        Ok(self.origin.live_work(&self.config, &self.telemetry)?)
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// One worker's handler. Inside the worker's runtime.
    pub(super) fn handler(&self) -> Result<Rc<Core<WorkerOrigin, Gatekeeper>>, BuildError> {
        let storage = Rc::new(Storage::start(&self.storage)?);
        let origin = WorkerOrigin::new(&self.origin, storage);
        let (settings, telemetry) = (Arc::clone(&self.settings), Arc::clone(&self.telemetry));
        Ok(Rc::new(Core::new(
            settings,
            telemetry,
            origin,
            self.gate.clone(),
        )))
    }
}

fn settings(config: &Config) -> Settings {
    let cors = &config.cors;
    Settings {
        router: Router::new(config.mounts.iter().map(|mount| mount.path.as_str()))
            .with_live(live_mounts(config)),
        mount_names: config
            .mounts
            .iter()
            .map(|mount| mount.name.clone())
            .collect(),
        cors: Cors::new(
            cors.allow_origins.iter().cloned(),
            cors.allow_credentials,
            cors.max_age,
        ),
        request_timeout: config.listen.request_timeout,
        max_request_body: config.listen.max_request_body,
    }
}

fn live_mounts(config: &Config) -> impl Iterator<Item = MountId> {
    let mounts = config.mounts.iter().enumerate();
    mounts.filter_map(|(index, mount)| mount.live.is_some().then_some(MountId(index)))
}

pub(super) fn tcp_options(
    config: &Config,
    telemetry: &Telemetry,
    budget: &Budget,
) -> Result<tcp::Options, Error> {
    let listen = &config.listen;
    Ok(tcp::Options {
        header_timeout: listen.header_timeout,
        idle_timeout: listen.idle_timeout,
        handshake_timeout: listen.handshake_timeout,
        send_timeout: listen.send_timeout,
        min_send_rate: listen.min_send_rate,
        max_header_bytes: listen.max_header_bytes,
        max_concurrent_streams: listen.max_concurrent_streams,
        sendfile: sendfile(config, telemetry, budget)?,
        kernel_tls: kernel_tls(config, telemetry),
        ..tcp::Options::default()
    })
}

/// `None` where it is off, of no use, or not to be had.
fn kernel_tls(config: &Config, telemetry: &Telemetry) -> Option<tcp::KernelTls> {
    let asked = config.tls.as_ref()?.kernel == KernelTls::Auto && !config.listen.https.is_empty();
    if !asked {
        return None;
    }
    match tcp::KernelTls::probe() {
        Ok(ciphers) => {
            tracing::info!(?ciphers, "the kernel seals the records of TLS over TCP");
            telemetry.tls_kernel.set(1);
            Some(ciphers)
        }
        Err(error) => {
            tracing::info!(%error, "the kernel takes no TLS: the node seals records itself");
            None
        }
    }
}

/// `None` where it is off, of no use, or not to be had.
fn sendfile(
    config: &Config,
    telemetry: &Telemetry,
    budget: &Budget,
) -> Result<Option<tcp::SendFile>, Error> {
    let cache = &config.cache;
    if !cache.sendfile || cache.memory == 0 || config.listen.http.is_empty() {
        return Ok(None);
    }
    let options = MemFileOptions {
        max_bytes: usize::try_from(cache.memory).unwrap_or(usize::MAX),
        max_files: (descriptors::limit() / FILES_SHARE).min(FILES_MAX),
    };
    match MemFiles::with_quota(options, Arc::new(budget.clone())) {
        Ok(files) => {
            telemetry.register(Box::new(collectors::MemFileCollector::new(&files)?))?;
            Ok(Some(tcp::SendFile::new(files)))
        }
        Err(error) => {
            tracing::warn!(%error, "cache.sendfile: no files in memory here; plain HTTP/1.1 is sent by copying");
            Ok(None)
        }
    }
}

pub(super) fn h3_options(config: &Config, telemetry: &Arc<Telemetry>) -> h3::Options {
    let (listen, quic) = (&config.listen, &config.quic);
    h3::Options {
        handshake_timeout: listen.handshake_timeout,
        idle_timeout: listen.idle_timeout,
        request_timeout: listen.header_timeout,
        stall_timeout: listen.send_timeout,
        drain_deadline: config.node.drain_timeout,
        max_concurrent_streams: listen.max_concurrent_streams,
        max_concurrent_requests: listen.max_concurrent_streams as usize,
        max_connections: listen.max_connections_per_worker,
        retry_above_handshakes: quic.retry_handshakes,
        max_handshakes: quic.max_handshakes,
        early_data: quic.early_data,
        congestion: match quic.congestion {
            Congestion::Cubic => h3::Congestion::Cubic,
            Congestion::Bbr => h3::Congestion::Bbr,
            Congestion::NewReno => h3::Congestion::NewReno,
        },
        initial_window: quic.initial_window,
        max_udp_payload: u16::try_from(quic.max_udp_payload).unwrap_or(u16::MAX),
        send_window: quic.send_window,
        retry_above: (listen.max_connections_per_worker as f64 * RETRY_ABOVE) as usize,
        max_request_body: listen.max_request_body,
        limits: edgepack_h3::Limits {
            max_field_section_size: listen.max_header_bytes as u64,
            ..edgepack_h3::Limits::default()
        },
        telemetry: Some(Arc::clone(telemetry)),
    }
}

fn storage_options(config: &Config) -> StorageOptions {
    let storage = &config.storage;
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    StorageOptions {
        engine: match storage.engine {
            StorageEngine::Auto => Engine::Auto,
            StorageEngine::IoUring => Engine::IoUring,
            StorageEngine::Pread => Engine::Pread,
        },
        queue_depth: storage.queue_depth,
        read_timeout_ms: millis(storage.read_timeout),
        // What the cache keeps lives in these buffers, too.
        pool_bytes: bytes(config.cache.memory.saturating_add(storage.buffer_memory)),
        gap_limit_bytes: bytes(storage.gap),
        direct: storage.direct,
        revalidate_ms: millis(storage.revalidate),
        max_open_files: storage.max_open_files as u64,
        pread_threads: storage.pread_threads,
        ..StorageOptions::default()
    }
}

pub(super) fn access_log(log: &config::AccessLog) -> Option<Sink> {
    match log {
        config::AccessLog::Off => None,
        config::AccessLog::Stdout => Some(Sink::Stdout),
        config::AccessLog::File(path) => Some(Sink::File(path.clone())),
    }
}
