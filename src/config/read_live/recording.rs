//! `[mount.live.recording]` as it is written.
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::super::document::Section;
use super::super::live::{Fsync, Recording, Verify};
use super::super::read::{path, size};
use super::super::resolve;
use super::super::values::{FromToml, Size, Wrong, word};

/// None without a directory, which is noted.
pub(super) fn recording(mut section: Section<'_, '_>) -> Option<Recording> {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let s = Duration::from_secs;
    let directory = path(
        &mut section,
        "directory",
        "name the folder that recordings go to",
    );
    let default = Recording::new(directory.clone().unwrap_or_default());
    let retention = default.retention.unwrap_or(DAY);
    let recording = Recording {
        harvest_directory: section
            .optional::<String>("harvest_directory")
            .map(|written| resolve(section.source().folder(), &written)),
        fsync: section.get("fsync", default.fsync),
        fsync_interval: section.bounded(
            "fsync_interval",
            default.fsync_interval,
            Duration::from_millis(100)..=s(3600),
        ),
        // 0: whatever its age.
        retention: Some(section.bounded("retention", retention, Duration::ZERO..=3650 * DAY))
            .filter(|retention| !retention.is_zero()),
        max_bytes: max_bytes(&mut section),
        file_duration: section.bounded("file_duration", default.file_duration, s(10)..=DAY),
        queue: size(&mut section, "queue", default.queue, 1 << 20..=1 << 34),
        verify: section.get("verify", default.verify),
        directory: default.directory,
    };
    section.finish();
    directory.map(|_| recording)
}

fn max_bytes(section: &mut Section<'_, '_>) -> Option<u64> {
    if !section.has("max_bytes") {
        // Known all the same.
        section.optional::<Size>("max_bytes");
        return None;
    }
    Some(size(section, "max_bytes", 1 << 30, 64 << 20..=1 << 50))
}

impl FromToml for Fsync {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(
            value,
            &[
                ("never", Self::Never),
                ("segment", Self::Segment),
                ("interval", Self::Interval),
            ],
        )
    }
}

impl FromToml for Verify {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(value, &[("tail", Self::Tail), ("all", Self::All)])
    }
}

#[cfg(test)]
mod tests;
