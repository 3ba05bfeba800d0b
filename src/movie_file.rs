//! A movie read from a local file, for commands that run once and may block.
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use edgepack_isobmff::{Limits, Movie, MovieReader, Step};

/// The file is unreadable, or its boxes are at fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Movie(#[from] edgepack_isobmff::Error),
    #[error("{0} bytes of it are asked for at once")]
    TooLarge(u64),
}

pub(crate) fn read(path: &Path) -> Result<Movie, Error> {
    let file = File::open(path)?;
    let mut reader = MovieReader::new(file.metadata()?.len(), Limits::default());
    loop {
        match reader.step()? {
            Step::Done(movie) => return Ok(*movie),
            Step::Need(range) => {
                let len = usize::try_from(range.len).map_err(|_| Error::TooLarge(range.len))?;
                let mut bytes = vec![0; len];
                file.read_exact_at(&mut bytes, range.offset)?;
                reader.supply(range, bytes.into())?;
            }
        }
    }
}
