//! This binary under valgrind's callgrind: one process, one count per path.
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, paths};

/// The command under which this binary runs the paths.
pub(crate) const RUN: &str = "run-under-callgrind";

/// Where counting begins and ends, as callgrind matches functions. It takes one order for each.
const BEGIN: &str = "*edgepack_counts::begin*";
const COUNTED: &str = "*edgepack_counts::counted*";

/// Name and instructions of each path.
pub(crate) fn counts() -> Result<Vec<(String, u64)>> {
    let dir = Folder::new()?;
    let out = dir.0.join("out");
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--dump-before={BEGIN}"))
        .arg(format!("--dump-after={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .arg(RUN)
        .status()
        .map_err(|error| format!("valgrind could not be started: {error}"))?;
    if !status.success() {
        return Err(format!("the paths ended with {status} under valgrind").into());
    }
    let names: Vec<&str> = paths::all()?.iter().map(|path| path.name).collect();
    // One dump when a path begins, with all that went before, and one when it has ended.
    let ends = (2..).step_by(2);
    let counts = ends.zip(&names).map(|(part, name): (u32, _)| {
        let count = count(&out.with_extension(part.to_string()))?;
        Ok((name.to_string(), count))
    });
    counts.collect()
}

/// Of one dump: the line `totals: N`.
fn count(dump: &Path) -> Result<u64> {
    let text = std::fs::read_to_string(dump)
        .map_err(|error| format!("callgrind left no {}: {error}", dump.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:"));
    match total.map(|total| total.trim().parse()) {
        Some(Ok(0)) | None => Err(format!("{} tells no count", dump.display()).into()),
        Some(count) => Ok(count?),
    }
}

/// Goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("edgepack-counts-{}", std::process::id()));
        std::fs::create_dir(&dir)?;
        Ok(Self(dir))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is small and in the folder for that.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
