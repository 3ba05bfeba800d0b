//! Proof that the outputs form one ladder: they are read as the origin will read them.
use std::path::Path;
use std::sync::Arc;

use edgepack_packager::{Options, Presentation, Source};

use super::Error;
use crate::movie_file;

const TARGET_DURATION_MS: u32 = 4000;

/// `files`: pictures and sound, in `dir`. Every rung's segments begin at the same moments.
pub(super) fn ladder(dir: &Path, files: &[&str]) -> Result<(), Error> {
    let mut sources = Vec::with_capacity(files.len());
    for name in files {
        let path = dir.join(name);
        let movie = movie_file::read(&path).map_err(|error| Error::source_file(&path, error))?;
        sources.push(Source {
            name: (*name).to_owned(),
            movie: Arc::new(movie),
            // Names for URLs are not wanted here.
            probe: [0; 32],
        });
    }
    let options = Options {
        target_duration_ms: TARGET_DURATION_MS,
    };
    let presentation = Presentation::build(sources, &options)
        .map_err(|error| Error::Misaligned(error.to_string()))?;
    match presentation.misalignments.first() {
        None => Ok(()),
        Some(first) => Err(Error::Misaligned(format!(
            "{}: {}",
            first.rendition, first.what
        ))),
    }
}
