//! Metrics of cache, storage and keys, read from their own counters when they are scraped.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use edgepack_uring::MemFiles;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, IntCounter, IntGauge, IntGaugeVec, Opts};

use crate::keys::KeyStore;
use crate::memory::Use;
use crate::origin::vod::VodShared;
use crate::origin::vod::index_cache::{IndexCache, IndexStats};
use crate::storage::{EngineInUse, SharedStorage};

/// Counters kept elsewhere, shown as prometheus counters.
#[derive(Debug, Default)]
struct Mirror {
    counters: Vec<IntCounter>,
    gauges: Vec<IntGauge>,
}

impl Mirror {
    fn new(counters: &[(&str, &str)], gauges: &[(&str, &str)]) -> Result<Self, prometheus::Error> {
        Ok(Self {
            counters: counters
                .iter()
                .map(|(name, help)| IntCounter::new(*name, *help))
                .collect::<Result<_, _>>()?,
            gauges: gauges
                .iter()
                .map(|(name, help)| IntGauge::new(*name, *help))
                .collect::<Result<_, _>>()?,
        })
    }

    fn desc(&self) -> Vec<&Desc> {
        let counters = self.counters.iter().flat_map(Collector::desc);
        counters
            .chain(self.gauges.iter().flat_map(Collector::desc))
            .collect()
    }

    /// In the order of [`Mirror::new`].
    fn collect(&self, counts: &[u64], levels: &[u64]) -> Vec<MetricFamily> {
        for (counter, count) in self.counters.iter().zip(counts) {
            // Two scrapes at once could both add the same; the second finds nothing missing.
            counter.inc_by(count.saturating_sub(counter.get()));
        }
        for (gauge, level) in self.gauges.iter().zip(levels) {
            gauge.set(i64::try_from(*level).unwrap_or(i64::MAX));
        }
        let counters = self.counters.iter().flat_map(Collector::collect);
        counters
            .chain(self.gauges.iter().flat_map(Collector::collect))
            .collect()
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

pub(super) struct CacheCollector {
    vod: Arc<VodShared>,
    mirror: Mirror,
}

impl CacheCollector {
    pub(super) fn new(vod: &Arc<VodShared>) -> Result<Self, crate::telemetry::Error> {
        let mirror = Mirror::new(
            &[
                (
                    "edgepack_cache_hits_total",
                    "Segment look-ups that found the entry complete.",
                ),
                (
                    "edgepack_cache_fills_total",
                    "Fills begun: look-ups that found nothing.",
                ),
                (
                    "edgepack_cache_coalesced_total",
                    "Look-ups that joined a fill under way.",
                ),
                ("edgepack_cache_fill_failures_total", "Fills that failed."),
                (
                    "edgepack_cache_fills_refused_total",
                    "Fills turned away because too many were under way.",
                ),
                (
                    "edgepack_cache_evictions_total",
                    "Entries pushed out by the memory budget.",
                ),
            ],
            &[
                ("edgepack_cache_bytes", "Bytes of segments kept."),
                ("edgepack_cache_entries", "Segments kept."),
                ("edgepack_cache_filling", "Fills under way."),
            ],
        )?;
        Ok(Self {
            vod: Arc::clone(vod),
            mirror,
        })
    }
}

impl Collector for CacheCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.mirror.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let segments = self.vod.segments();
        let stats = segments.stats();
        self.mirror.collect(
            &[
                load(&stats.hits),
                load(&stats.misses),
                load(&stats.coalesced),
                load(&stats.fills_failed),
                load(&stats.fills_refused),
                load(&stats.evictions),
            ],
            &[segments.weight(), segments.len(), segments.filling() as u64],
        )
    }
}

/// Interstitials of assets.
pub(super) struct InterstitialCollector {
    vod: Arc<VodShared>,
    listed: IntGaugeVec,
}

impl InterstitialCollector {
    pub(super) fn new(vod: &Arc<VodShared>) -> Result<Self, crate::telemetry::Error> {
        let opts = Opts::new(
            "edgepack_asset_interstitials",
            "Interstitials that playlists of assets name.",
        );
        Ok(Self {
            vod: Arc::clone(vod),
            listed: IntGaugeVec::new(opts, &["mount"])?,
        })
    }
}

impl Collector for InterstitialCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.listed.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        for (mount, count) in self.vod.interstitials() {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.listed.with_label_values(&[mount]).set(count);
        }
        self.listed.collect()
    }
}

/// What plain HTTP/1.1 is sent from without a copy.
pub(super) struct MemFileCollector {
    files: MemFiles,
    mirror: Mirror,
}

impl MemFileCollector {
    pub(super) fn new(files: &MemFiles) -> Result<Self, crate::telemetry::Error> {
        let mirror = Mirror::new(
            &[(
                "edgepack_sendfile_refused_total",
                "Segments that stayed where they were for want of memory, descriptors or the system's consent.",
            )],
            &[
                (
                    "edgepack_sendfile_memory_bytes",
                    "Memory of segments that the kernel sends from.",
                ),
                (
                    "edgepack_sendfile_files",
                    "Segments that the kernel sends from.",
                ),
            ],
        )?;
        Ok(Self {
            files: files.clone(),
            mirror,
        })
    }
}

impl Collector for MemFileCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.mirror.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let usage = self.files.usage();
        self.mirror
            .collect(&[usage.refused], &[usage.bytes as u64, usage.files as u64])
    }
}

/// Parsed assets, in memory and on disk.
pub(super) struct IndexCollector {
    vod: Arc<VodShared>,
    mirror: Mirror,
}

impl IndexCollector {
    pub(super) fn new(vod: &Arc<VodShared>) -> Result<Self, crate::telemetry::Error> {
        let mirror = Mirror::new(
            &[
                (
                    "edgepack_index_cache_hits_total",
                    "Files whose index was found on disk.",
                ),
                (
                    "edgepack_index_cache_misses_total",
                    "Files whose index was not, or could not be read.",
                ),
                ("edgepack_index_cache_writes_total", "Indexes written."),
                (
                    "edgepack_index_cache_dropped_total",
                    "Indexes not written: the disk did not keep up, or they are larger than the budget.",
                ),
                (
                    "edgepack_index_cache_rejected_total",
                    "Indexes removed because they were damaged or could not be used.",
                ),
                (
                    "edgepack_index_cache_evictions_total",
                    "Indexes removed to stay within the budget.",
                ),
                (
                    "edgepack_index_cache_errors_total",
                    "Reads, writes and removals that failed or took too long.",
                ),
            ],
            &[
                (
                    "edgepack_index_cache_bytes",
                    "Bytes of indexes in the folder, as last seen.",
                ),
                ("edgepack_presentations", "Parsed assets kept."),
                (
                    "edgepack_presentation_bytes",
                    "Estimated memory of parsed assets.",
                ),
            ],
        )?;
        Ok(Self {
            vod: Arc::clone(vod),
            mirror,
        })
    }
}

impl Collector for IndexCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.mirror.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let (assets, bytes) = self.vod.presentations();
        let none = IndexStats::default();
        let stats = self.vod.indexes().map_or(&none, IndexCache::stats);
        self.mirror.collect(
            &[
                load(&stats.hits),
                load(&stats.misses),
                load(&stats.writes),
                load(&stats.dropped),
                load(&stats.rejected),
                load(&stats.evictions),
                load(&stats.errors),
            ],
            &[load(&stats.bytes), assets, bytes],
        )
    }
}

/// The node's memory for media and titles.
pub(super) struct MemoryCollector {
    storage: Arc<SharedStorage>,
    mirror: Mirror,
    used: IntGaugeVec,
}

impl MemoryCollector {
    pub(super) fn new(storage: &Arc<SharedStorage>) -> Result<Self, crate::telemetry::Error> {
        let mirror = Mirror::new(
            &[(
                "edgepack_memory_refused_total",
                "Times that no memory came for what was asked for.",
            )],
            &[
                (
                    "edgepack_memory_limit_bytes",
                    "What media, titles and manifests may take together.",
                ),
                ("edgepack_memory_waiting", "Requests that wait for memory."),
                (
                    "edgepack_buffers_out_bytes",
                    "Bytes of media buffers in use: fills, the cache, what is being sent.",
                ),
            ],
        )?;
        let used = IntGaugeVec::new(
            Opts::new("edgepack_memory_used_bytes", "Memory in use, by what for."),
            &["use"],
        )?;
        Ok(Self {
            storage: Arc::clone(storage),
            mirror,
            used,
        })
    }
}

impl Collector for MemoryCollector {
    fn desc(&self) -> Vec<&Desc> {
        let mut desc = self.mirror.desc();
        desc.extend(self.used.desc());
        desc
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let budget = self.storage.budget();
        for of in Use::ALL {
            let bytes = i64::try_from(budget.used(of)).unwrap_or(i64::MAX);
            self.used.with_label_values(&[of.name()]).set(bytes);
        }
        let pool = self.storage.pool().usage();
        let mut families = self.mirror.collect(
            &[budget.refused() + pool.refused],
            &[budget.limit(), budget.waiting(), pool.out_bytes as u64],
        );
        families.extend(self.used.collect());
        families
    }
}

pub(super) struct StorageCollector {
    storage: Arc<SharedStorage>,
    mirror: Mirror,
    engine: IntGaugeVec,
}

impl StorageCollector {
    pub(super) fn new(storage: &Arc<SharedStorage>) -> Result<Self, crate::telemetry::Error> {
        let mirror = Mirror::new(
            &[
                ("edgepack_storage_reads_total", "Read operations completed."),
                (
                    "edgepack_storage_read_bytes_total",
                    "Bytes read into buffers.",
                ),
                (
                    "edgepack_storage_gap_bytes_total",
                    "Bytes of gaps between wanted ranges, read over.",
                ),
                (
                    "edgepack_storage_resubmitted_total",
                    "Reads taken up again after a short read or an interruption.",
                ),
                ("edgepack_storage_errors_total", "Reads that failed."),
                (
                    "edgepack_storage_timeouts_total",
                    "Reads and look-ups given up after storage.read_timeout.",
                ),
                (
                    "edgepack_storage_files_changed_total",
                    "Times a file was found changed while it was served.",
                ),
                ("edgepack_storage_files_opened_total", "Files opened."),
                (
                    "edgepack_storage_direct_runs_total",
                    "Runs read around the page cache.",
                ),
                (
                    "edgepack_storage_direct_refused_total",
                    "Files that could not be read around the page cache.",
                ),
            ],
            &[],
        )?;
        let engine = IntGaugeVec::new(
            Opts::new(
                "edgepack_storage_engine_workers",
                "Workers reading files with the engine of the label.",
            ),
            &["engine"],
        )?;
        Ok(Self {
            storage: Arc::clone(storage),
            mirror,
            engine,
        })
    }
}

impl Collector for StorageCollector {
    fn desc(&self) -> Vec<&Desc> {
        let mut desc = self.mirror.desc();
        desc.extend(self.engine.desc());
        desc
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let stats = self.storage.stats();
        for (engine, workers) in [
            (EngineInUse::IoUring, load(&stats.workers_on_io_uring)),
            (EngineInUse::Pread, load(&stats.workers_on_pread)),
        ] {
            self.engine
                .with_label_values(&[engine.name()])
                .set(i64::try_from(workers).unwrap_or(i64::MAX));
        }
        let reads = &stats.reads;
        let mut families = self.mirror.collect(
            &[
                load(&reads.operations),
                load(&reads.bytes),
                load(&reads.gap_bytes),
                load(&reads.resubmitted),
                load(&reads.errors),
                load(&stats.timeouts),
                load(&stats.changed),
                load(&stats.opened),
                load(&stats.direct_runs),
                load(&stats.direct_refused),
            ],
            &[],
        );
        families.extend(self.engine.collect());
        families
    }
}

/// How the keys of each mount stand.
pub(super) struct KeyCollector {
    keys: Arc<KeyStore>,
    sets: GaugeVec,
    oldest: GaugeVec,
    expiry: GaugeVec,
    failing: GaugeVec,
}

impl KeyCollector {
    pub(super) fn new(keys: &Arc<KeyStore>) -> Result<Self, crate::telemetry::Error> {
        let gauge = |name: &str, help: &str| GaugeVec::new(Opts::new(name, help), &["mount"]);
        Ok(Self {
            keys: Arc::clone(keys),
            sets: gauge(
                "edgepack_key_sets",
                "Key sets kept: one per asset and protection.",
            )?,
            oldest: gauge(
                "edgepack_key_oldest_age_seconds",
                "Age of the oldest key set kept; 0 without one.",
            )?,
            expiry: gauge(
                "edgepack_key_next_expiry_seconds",
                "Time until the first key set kept reaches the end of its time; below 0: since then.",
            )?,
            failing: gauge(
                "edgepack_key_provider_failing_seconds",
                "How long the key provider has failed; 0 while it works.",
            )?,
        })
    }

    fn gauges(&self) -> [&GaugeVec; 4] {
        [&self.sets, &self.oldest, &self.expiry, &self.failing]
    }
}

impl Collector for KeyCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.gauges()
            .into_iter()
            .flat_map(|gauge| gauge.desc())
            .collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        for figures in self.keys.figures() {
            let mount = &[figures.mount.as_str()];
            self.sets.with_label_values(mount).set(figures.sets as f64);
            self.oldest.with_label_values(mount).set(figures.oldest_s);
            self.failing.with_label_values(mount).set(figures.failing_s);
            match figures.next_expiry_s {
                Some(left) => self.expiry.with_label_values(mount).set(left),
                // Absent before the first set; not there to be removed, then.
                None => drop(self.expiry.remove_label_values(mount)),
            }
        }
        self.gauges()
            .into_iter()
            .flat_map(|gauge| gauge.collect())
            .collect()
    }
}
