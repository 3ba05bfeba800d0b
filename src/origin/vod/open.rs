//! Opens an asset: finds its files, reads their movies, builds the presentation.
use std::sync::Arc;

use edgepack_isobmff::{Limits, Movie, MovieReader, Step};
use edgepack_packager::{Options, Presentation, Source};

use super::asset::Asset;
use super::faults;
use crate::config::Mount;
use crate::delivery::Fault;
use crate::storage::{SourceFile, Storage};

/// A title's parsed files and timeline. One file's fault names that file.
pub(super) async fn open(
    storage: &Storage,
    mount: &Mount,
    path: &str,
    files: Vec<Arc<SourceFile>>,
) -> Result<Asset, Fault> {
    let mut sources = Vec::with_capacity(files.len());
    for file in &files {
        let movie = read_movie(storage, path, file).await?;
        sources.push(Source {
            name: file.name(),
            movie: Arc::new(movie),
        });
    }
    let target_duration_ms = u32::try_from(mount.target_duration.as_millis()).unwrap_or(u32::MAX);
    let options = Options { target_duration_ms };
    let presentation =
        Presentation::build(sources, &options).map_err(|error| faults::bad_source(path, error))?;
    for misalignment in &presentation.misalignments {
        tracing::warn!(
            asset = path,
            rendition = misalignment.rendition,
            "misaligned: {}",
            misalignment.what
        );
    }
    Ok(Asset::new(path.to_owned(), files, presentation))
}

async fn read_movie(storage: &Storage, path: &str, file: &Arc<SourceFile>) -> Result<Movie, Fault> {
    let in_file = |error| faults::bad_source(path, format_args!("{}: {error}", file.name()));
    let mut reader = MovieReader::new(file.version().len, Limits::default());
    loop {
        match reader.step().map_err(in_file)? {
            Step::Done(movie) => return Ok(*movie),
            Step::Need(range) => {
                let bytes = storage.read(file, range.offset, range.len).await?;
                reader.supply(range, bytes).map_err(in_file)?;
            }
        }
    }
}
