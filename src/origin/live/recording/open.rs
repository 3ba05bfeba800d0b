//! Opening what an earlier process left: indexes are read and checked, torn ends cut, damaged bytes found.
//!
//! Media are appended before their record, and an index before its media file is made. So whatever moment a process
//! ends at, only the ends of files can be torn: bytes without a record, a record cut short, an index without media. All
//! of that is cut off. After a power cut a record can have come to the disk without its bytes; those are cut off, too.
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::RecordingError;
use super::catalogue::{Catalogue, missing};
use super::files::{RecordedHeader, TrackFile};
use super::names::{self, FileName};
use super::record::{Common, Entry, RECORD_LEN, Record};
use crate::config::Verify;

/// Segments of each track that are read under [`Verify::Tail`].
const TAIL: usize = 8;
/// More than any configuration makes.
const MAX_INDEX_BYTES: u64 = 256 << 20;
const MAX_HEADER_BYTES: u64 = 1 << 20;
const MAX_SEGMENT_BYTES: u64 = 4 << 30;

pub(super) fn channel(folder: &Path, verify: Verify) -> Result<Catalogue, RecordingError> {
    let mut catalogue = Catalogue::default();
    for path in list(folder).map_err(RecordingError::io(folder))? {
        let name = path.file_name().and_then(|name| name.to_str());
        let track = name.and_then(names::of_folder);
        let Some(track) = track.filter(|_| path.is_dir()) else {
            continue;
        };
        let files = files_of(&path).map_err(RecordingError::io(&path))?;
        let mut files = of_track(files);
        let mut left = match verify {
            Verify::Tail => TAIL,
            Verify::All => usize::MAX,
        };
        for file in files.iter_mut().rev() {
            left = left.saturating_sub(check(&path, file, left));
        }
        for file in files {
            catalogue.begin(&track, file);
        }
    }
    Ok(catalogue)
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect()
}

/// By epoch and number.
fn files_of(folder: &Path) -> io::Result<Vec<TrackFile>> {
    let paths = list(folder)?;
    let indexes = paths.iter().filter_map(|path| FileName::of_index(path));
    let mut indexes: Vec<FileName> = indexes.collect();
    indexes.sort_unstable();
    for media in paths.iter().filter_map(|path| FileName::of_media(path)) {
        if indexes.binary_search(&media).is_err() {
            let path = media.media(folder);
            tracing::warn!(file = %path.display(), "recorded media without an index: left alone");
        }
    }
    let mut files: Vec<TrackFile> = Vec::new();
    for name in indexes {
        match read(folder, name, files.last()) {
            Ok(Some(file)) => files.push(file),
            Ok(None) => {}
            Err(error) => {
                let path = name.index(folder);
                tracing::error!(file = %path.display(), %error, "a recorded file cannot be read");
            }
        }
    }
    Ok(files)
}

/// Numbers that are missing between files become gaps of the later one.
fn of_track(files: Vec<TrackFile>) -> VecDeque<TrackFile> {
    let mut all: VecDeque<TrackFile> = VecDeque::new();
    for mut file in files {
        if let (Some(before), Some(first)) = (all.back(), file.entries.first())
            && let Some(last) = before.entries.last()
            && before.common.epoch == file.common.epoch
        {
            let gaps = missing(&before.common, last, first);
            file.entries.splice(..0, gaps);
        }
        all.push_back(file);
    }
    all
}

/// None where there is nothing to be had, which has been removed or told then.
fn read(
    folder: &Path,
    name: FileName,
    before: Option<&TrackFile>,
) -> io::Result<Option<TrackFile>> {
    let (index_path, media_path) = (name.index(folder), name.media(folder));
    let media = match OpenOptions::new().read(true).write(true).open(&media_path) {
        Ok(media) => media,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::remove_file(&index_path)?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let index = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&index_path)?;
    let index_bytes = index.metadata()?.len();
    if index_bytes > MAX_INDEX_BYTES {
        return Err(io::Error::other("an index of absurd size"));
    }
    let mut bytes = vec![0; usize::try_from(index_bytes).unwrap_or(0)];
    index.read_exact_at(&mut bytes, 0)?;
    let (records, _) = bytes.as_chunks::<RECORD_LEN>();
    let Some(Record::Header {
        common,
        length,
        crc,
    }) = records.first().and_then(Record::read)
    else {
        tracing::error!(file = %index_path.display(), "an index that does not say what it is of: left alone");
        return Ok(None);
    };
    let header = header(&media, common, length, crc, before);
    let media_bytes = media.metadata()?.len();
    let mut entries: Vec<Entry> = Vec::with_capacity(records.len() - 1);
    let (mut whole, mut end) = (1, length);
    for (at, record) in records.iter().enumerate().skip(1) {
        let Some(Record::Segment { common: of, entry }) = Record::read(record) else {
            continue;
        };
        let follows = entries.last().is_none_or(|last| last.number < entry.number);
        let until = entry.offset.checked_add(entry.length);
        let Some(until) = until.filter(|_| follows && of == common && entry.offset >= end) else {
            continue;
        };
        if until > media_bytes {
            // So do all behind it.
            break;
        }
        if let Some(last) = entries.last() {
            let gaps = missing(&common, last, &entry);
            entries.extend(gaps);
        }
        entries.push(entry);
        (whole, end) = (at + 1, until);
    }
    let kept = u64::try_from(whole * RECORD_LEN).unwrap_or(u64::MAX);
    cut(&index_path, &index, index_bytes, kept)?;
    cut(&media_path, &media, media_bytes, end)?;
    if header.is_none() {
        tracing::error!(file = %media_path.display(), "the CMAF header of a recorded file is damaged: its segments are gaps");
        entries.iter_mut().for_each(Entry::lose);
    }
    Ok(Some(TrackFile {
        name,
        common,
        header,
        entries,
        media_bytes: end.min(media_bytes),
        index_bytes: kept,
        is_open: false,
    }))
}

fn cut(path: &Path, file: &File, length: u64, kept: u64) -> io::Result<()> {
    if length > kept {
        tracing::warn!(file = %path.display(), bytes = length - kept, "the torn end of a recorded file is cut off");
        file.set_len(kept)?;
    }
    Ok(())
}

/// The same as that of the file before where it can be.
fn header(
    media: &File,
    common: Common,
    length: u64,
    crc: u32,
    before: Option<&TrackFile>,
) -> Option<Arc<RecordedHeader>> {
    let bytes = read_checked(media, 0, length.min(MAX_HEADER_BYTES), crc)?;
    let known = before.and_then(|before| before.header.as_ref());
    match known.filter(|known| known.is(common) && known.bytes == bytes) {
        Some(known) => Some(Arc::clone(known)),
        None => RecordedHeader::parse(common, bytes),
    }
}

/// Reads so many of the last segments; what is not as it was recorded becomes a gap. Returns how many were read.
fn check(folder: &Path, file: &mut TrackFile, most: usize) -> usize {
    let path = file.name.media(folder);
    let recorded = file.entries.iter_mut().rev().filter(|entry| !entry.gap);
    let mut recorded = recorded.take(most).peekable();
    if recorded.peek().is_none() {
        return 0;
    }
    let media = match File::open(&path) {
        Ok(media) => media,
        Err(error) => {
            tracing::error!(file = %path.display(), %error, "a recorded file cannot be read");
            return 0;
        }
    };
    let mut count = 0;
    for entry in recorded {
        count += 1;
        if read_checked(&media, entry.offset, entry.length, entry.crc).is_none() {
            tracing::error!(file = %path.display(), number = entry.number, "a recorded segment is damaged: it is a gap");
            entry.lose();
        }
    }
    count
}

/// None for bytes that are not there, or not those that were recorded.
pub(super) fn read_checked(media: &File, offset: u64, length: u64, crc: u32) -> Option<Bytes> {
    let length = usize::try_from(length.min(MAX_SEGMENT_BYTES)).ok()?;
    let mut bytes = vec![0; length];
    media.read_exact_at(&mut bytes, offset).ok()?;
    (crc32fast::hash(&bytes) == crc).then(|| Bytes::from(bytes))
}
