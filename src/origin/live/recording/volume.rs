//! Writing to disk: few calls, so that tests can let each of them fail.
use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice};
use std::path::Path;

use bytes::Bytes;

/// The kernel's UIO_MAXIOV.
const MAX_PIECES: usize = 1024;

pub(super) trait Volume: Send {
    /// A file that was not there before.
    fn create(&mut self, path: &Path) -> io::Result<File>;
    /// All of it, or an error; then any part of it may be there.
    fn append(&mut self, file: &File, offset: u64, pieces: &[Bytes]) -> io::Result<()>;
    /// Cuts off what an append that failed has left.
    fn cut(&mut self, file: &File, length: u64) -> io::Result<()>;
    /// To the medium: content and length.
    fn sync(&mut self, file: &File) -> io::Result<()>;
    /// To the medium: names.
    fn sync_folder(&mut self, folder: &Path) -> io::Result<()>;
}

/// `pwritev(2)` on the recorder's own thread. A channel appends some megabytes a second in pieces of a segment, in order,
/// and nobody waits: a ring would save one call in two seconds.
#[derive(Debug)]
pub(super) struct Disk;

impl Volume for Disk {
    fn create(&mut self, path: &Path) -> io::Result<File> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
    }

    fn append(&mut self, file: &File, mut offset: u64, pieces: &[Bytes]) -> io::Result<()> {
        let full = pieces.iter().filter(|piece| !piece.is_empty());
        let mut slices: Vec<IoSlice<'_>> = full.map(|piece| IoSlice::new(piece)).collect();
        let mut left = &mut slices[..];
        while !left.is_empty() {
            let most = left.len().min(MAX_PIECES);
            match rustix::io::pwritev(file, &left[..most], offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    offset += u64::try_from(written).unwrap_or(0);
                    IoSlice::advance_slices(&mut left, written);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn cut(&mut self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}
