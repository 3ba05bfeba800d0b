//! Opens an asset: finds its files, reads their movies, builds the presentation.
use std::sync::Arc;

use bytes::Bytes;
use edgepack_isobmff::{Limits, Movie, MovieReader, Step};
use edgepack_packager::{Input, Options, Presentation, Source, SourceContent, TextFormat};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ring::digest;

use super::asset::Asset;
use super::sources::Sources;
use super::{IndexCache, describe, faults};
use crate::config::Mount;
use crate::delivery::Fault;
use crate::memory::{Held, Use};
use crate::storage::{MediaKind, SourceFile, Storage};

/// Files of an asset that are read at a time.
const FILES_AT_ONCE: usize = 8;

type Probe = [u8; 32];

/// Places of a file whose bytes take part in its identity, and how many at each.
const PROBES: u64 = 32;
const PROBE_BYTES: u64 = 4096;

/// A title's parsed files and timeline. One file's fault names that file.
pub(super) async fn open(
    storage: &Storage,
    indexes: Option<&IndexCache>,
    mount: &Mount,
    path: &str,
    sources: Sources,
) -> Result<Asset, Fault> {
    let read = sources
        .files
        .iter()
        .map(|(name, file)| read_source(storage, indexes, path, name, file));
    let budget = storage.shared().budget();
    let mut memory = budget.take(Use::Titles, 0).await?;
    let mut reading = stream::iter(read).buffered(FILES_AT_ONCE);
    let mut read: Vec<Source> = Vec::with_capacity(sources.files.len());
    while let Some((source, held)) = reading.try_next().await? {
        memory.merge(held);
        read.push(source);
    }
    drop(reading);
    let input = match &sources.description {
        None => Input::by_convention(read),
        Some(described) => {
            let names: Vec<String> = sources.files.iter().map(|(name, _)| name.clone()).collect();
            describe::described(&described.content, read, &names)
        }
    };
    let target_duration_ms = u32::try_from(mount.target_duration.as_millis()).unwrap_or(u32::MAX);
    let options = Options { target_duration_ms };
    let presentation =
        Presentation::compose(input, &options).map_err(|error| faults::bad_source(path, error))?;
    for misalignment in &presentation.misalignments {
        tracing::warn!(
            asset = path,
            rendition = misalignment.rendition,
            "misaligned: {}",
            misalignment.what
        );
    }
    let asset = Asset::new(path.to_owned(), sources, presentation);
    asset.weighed(budget, memory).await
}

async fn read_source(
    storage: &Storage,
    indexes: Option<&IndexCache>,
    path: &str,
    name: &str,
    file: &Arc<SourceFile>,
) -> Result<(Source, Held), Fault> {
    let mut held = storage.shared().budget().take(Use::Titles, 0).await?;
    let len = file.version().len;
    let text = |format| SourceContent::Text { format, len };
    let (content, probe) = match MediaKind::of_name(name) {
        Some(MediaKind::WebVtt) => (text(TextFormat::WebVtt), probe(storage, file).await?),
        Some(MediaKind::Ttml) => (text(TextFormat::Ttml), probe(storage, file).await?),
        Some(MediaKind::Movie) | None => {
            let (movie, probe, tables) = movie(storage, indexes, path, file).await?;
            held.merge(tables);
            for note in &movie.notes {
                tracing::warn!(asset = path, file = file.name(), "{note}");
            }
            (SourceContent::Movie(Arc::new(movie)), probe)
        }
    };
    let source = Source {
        name: file.name(),
        content,
        probe,
    };
    Ok((source, held))
}

/// What the file holds and its probe: from the index on disk where there is one, else from the file itself.
async fn movie(
    storage: &Storage,
    indexes: Option<&IndexCache>,
    path: &str,
    file: &Arc<SourceFile>,
) -> Result<(Movie, Probe, Held), Fault> {
    let budget = storage.shared().budget();
    if let Some(indexes) = indexes
        && let Some(kept) = indexes.get(file).await
    {
        match unpacked(&kept, file.version().len) {
            Some((movie, probe)) => {
                let held = budget.take(Use::Titles, kept.len() as u64).await?;
                return Ok((movie, probe, held));
            }
            None => indexes.discard(file),
        }
    }
    let (movie, held) = read_movie(storage, path, file).await?;
    let probe = probe(storage, file).await?;
    if let Some(indexes) = indexes {
        indexes.put(file, [&probe[..], &movie.index()].concat().into());
    }
    Ok((movie, probe, held))
}

/// None for what another version of this program has kept.
fn unpacked(kept: &Bytes, file_len: u64) -> Option<(Movie, Probe)> {
    let probe = *kept.first_chunk::<{ size_of::<Probe>() }>()?;
    let index = kept.slice(probe.len()..);
    let movie = Movie::from_index(index, file_len, &Limits::default()).ok()?;
    Some((movie, probe))
}

/// With the memory that its tables take.
async fn read_movie(
    storage: &Storage,
    path: &str,
    file: &Arc<SourceFile>,
) -> Result<(Movie, Held), Fault> {
    let budget = storage.shared().budget();
    let mut held = budget.take(Use::Titles, 0).await?;
    let in_file = |error| faults::bad_source(path, format_args!("{}: {error}", file.name()));
    let mut reader = MovieReader::new(file.version().len, Limits::default());
    loop {
        match reader.step().map_err(in_file)? {
            Step::Done(movie) => {
                let tables = movie.moov.len() as u64;
                held.shrink_to(tables);
                // What many fragments said becomes tables of their own.
                let more = tables - held.bytes();
                held.merge(budget.take(Use::Titles, more).await?);
                return Ok((*movie, held));
            }
            Step::Need(range) => {
                let more = range.len.saturating_sub(held.bytes());
                held.merge(budget.take(Use::Titles, more).await?);
                let read = storage.read(file, range.offset, range.len).await?;
                // The tables are slices of these bytes for as long as the asset is known: they must not hold on to a
                // buffer of the pool that media is read into.
                let bytes = Bytes::copy_from_slice(&read);
                reader.supply(range, bytes).map_err(in_file)?;
            }
        }
    }
}

/// Digest of bytes spread evenly over the file.
async fn probe(storage: &Storage, file: &Arc<SourceFile>) -> Result<Probe, Fault> {
    let ranges = probe_ranges(file.version().len);
    let buffer = storage.buffer(PROBES * PROBE_BYTES).await?;
    let buffer = storage.read_ranges(file, &ranges, buffer).await?;
    let mut probe = [0; 32];
    probe.copy_from_slice(digest::digest(&digest::SHA256, buffer.as_slice()).as_ref());
    Ok(probe)
}

/// Offset and length; all of a file that is no longer than the probes together.
fn probe_ranges(len: u64) -> Vec<(u64, u64)> {
    if len <= PROBES * PROBE_BYTES {
        return vec![(0, len)];
    }
    let last = len - PROBE_BYTES;
    (0..PROBES)
        .map(|index| (u128::from(last) * u128::from(index) / u128::from(PROBES - 1)) as u64)
        .map(|offset| (offset, PROBE_BYTES))
        .collect()
}

#[cfg(test)]
mod tests;
