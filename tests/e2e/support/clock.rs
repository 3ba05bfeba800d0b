//! A clock of a node's own, which can be set while it runs: libfaketime between it and the system's.
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Serve;
use super::tools::available;

pub(crate) struct NodeClock {
    /// Where Debian keeps it, in a folder of the architecture's.
    library: PathBuf,
    dir: TempDir,
}

impl NodeClock {
    /// So many seconds ahead of the system's clock. None where libfaketime is missing.
    pub(crate) fn ahead(seconds: i64) -> Option<Self> {
        let library = library();
        available("libfaketime (package faketime)", library.is_some());
        let clock = Self {
            library: library?,
            dir: TempDir::new().unwrap(),
        };
        clock.set(seconds);
        Some(clock)
    }

    pub(crate) fn set(&self, ahead_s: i64) {
        let next = self.dir.path().join("next");
        fs::write(&next, format!("{ahead_s:+}\n")).unwrap();
        fs::rename(next, self.file()).unwrap();
    }

    /// A node that goes by it. Time that passes passes as it does for others.
    pub(crate) fn of(&self, serve: Serve) -> Serve {
        serve
            .variable("LD_PRELOAD", &self.library.display().to_string())
            .variable(
                "FAKETIME_TIMESTAMP_FILE",
                &self.file().display().to_string(),
            )
            // The file is looked at each time.
            .variable("FAKETIME_NO_CACHE", "1")
            .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .variable("NO_FAKE_STAT", "1")
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("ahead")
    }
}

fn library() -> Option<PathBuf> {
    let of_architectures = fs::read_dir("/usr/lib").ok()?.flatten();
    let folders = of_architectures.map(|folder| folder.path().join("faketime"));
    let others = ["/usr/lib/faketime", "/usr/lib64/faketime"];
    folders
        .chain(others.map(|folder| Path::new(folder).to_owned()))
        .map(|folder| folder.join("libfaketimeMT.so.1"))
        .find(|library| library.is_file())
}
