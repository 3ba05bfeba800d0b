//! What is too old, or too much, is removed: whole files, oldest first, never one that is being written.
//!
//! Media go first, their index after: what a crash leaves in between is an index alone, which the next opening removes.
use std::fs;
use std::io;
use std::path::Path;

use super::Recording;

impl Recording {
    /// Applies `retention` and `max_bytes` at this Unix time (milliseconds). Returns how many files were removed.
    pub(in super::super) fn retain(&self, now_ms: i64) -> u64 {
        let mut removed = 0;
        let age = self.options.retention.map(|retention| {
            let ms = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
            now_ms.saturating_sub(ms)
        });
        loop {
            let due = {
                let mut catalogue = self.lock();
                let bytes = catalogue.bytes();
                let is_much = self.options.max_bytes.is_some_and(|max| bytes > max);
                catalogue
                    .take_oldest(|until_ms| is_much || age.is_some_and(|oldest| until_ms < oldest))
            };
            let Some((track, file)) = due else {
                return removed;
            };
            let folder = self.track_folder(&track);
            let media = file.name.media(&folder);
            let outcome = remove(&media).and_then(|()| remove(&file.name.index(&folder)));
            match outcome {
                Ok(()) => removed += 1,
                Err(error) => {
                    tracing::error!(file = %media.display(), %error, "a recorded file cannot be removed");
                }
            }
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
