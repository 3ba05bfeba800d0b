//! An asset as it stands on disk: its files, what they hold, and its variants.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use edgepack_packager::Presentation;

use super::keys::content_key;
use super::variant::Variant;
use crate::config::Mount;
use crate::delivery::Fault;
use crate::delivery::route::Protection;
use crate::storage::SourceFile;

/// Distinguishes every asset version this process ever opened: a part of cache keys.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// `clear`, `cenc`, `cbcs`.
const PROTECTIONS: usize = 3;

/// Of an asset with next to nothing in it: names, manifests, open files.
const BASE_WEIGHT: u64 = 32 * 1024;

/// One version of one asset; a changed file makes a new one.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) id: u64,
    /// Path below its mount.
    pub(super) path: String,
    /// In the order of `Presentation::sources`.
    pub(super) files: Vec<Arc<SourceFile>>,
    pub(super) presentation: Presentation,
    pub(super) last_modified: Option<SystemTime>,
    variants: [OnceLock<Result<Arc<Variant>, Fault>>; PROTECTIONS],
}

impl Asset {
    pub(super) fn new(
        path: String,
        files: Vec<Arc<SourceFile>>,
        presentation: Presentation,
    ) -> Self {
        let last_modified = files
            .iter()
            .filter_map(|file| file.version().modified())
            .max();
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            path,
            files,
            presentation,
            last_modified,
            variants: Default::default(),
        }
    }

    /// Bytes of memory, estimated: the sample tables, what was found in them, and the segments.
    pub(super) fn weight(&self) -> u64 {
        let presentation = &self.presentation;
        let sources = presentation.sources.iter();
        let tables: u64 = sources.map(|source| source.movie.moov.len() as u64).sum();
        let renditions = presentation.renditions.iter();
        let segments: usize = renditions.map(|r| size_of_val(r.segments.as_slice())).sum();
        BASE_WEIGHT + tables + tables / 5 + segments as u64
    }

    /// The asset under one protection. A failure is remembered: it cannot change until the asset's files do.
    pub(super) fn variant(
        &self,
        protection: Protection,
        mount: &Mount,
    ) -> Result<Arc<Variant>, Fault> {
        let slot = match protection {
            Protection::Clear => 0,
            Protection::Cenc => 1,
            Protection::Cbcs => 2,
        };
        self.variants[slot]
            .get_or_init(|| {
                let key = content_key(mount, &self.path);
                Variant::new(&self.path, &self.presentation, protection, key.as_ref()).map(Arc::new)
            })
            .clone()
    }

    pub(super) fn same_files(&self, files: &[Arc<SourceFile>]) -> bool {
        self.files.len() == files.len()
            && self.files.iter().zip(files).all(|(ours, theirs)| {
                ours.name() == theirs.name() && ours.version() == theirs.version()
            })
    }
}
