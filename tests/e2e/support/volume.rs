//! A small file system of a node's own, to be filled: a tmpfs in a mount namespace, which takes no rights where the kernel
//! lets users have namespaces.
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Node, Serve};

/// With `$0` for the folder, `$@` for what is to see it.
const MOUNT: &str = "mount -t tmpfs -o size=4m tmpfs \"$0\" && exec \"$@\"";
const FILLER: &str = "filler";

pub(crate) struct Volume {
    folder: TempDir,
    /// What gives a process mounts of its own.
    unshare: &'static [&'static str],
}

impl Volume {
    /// None, with a line that says so, where the kernel lets nobody mount.
    pub(crate) fn new() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        // As any user, and as root where namespaces of users are forbidden.
        for unshare in [&["unshare", "-Urm"][..], &["unshare", "-m"]] {
            let mut command = Command::new(unshare[0]);
            command.args(&unshare[1..]).args(["sh", "-c", MOUNT]);
            let tried = command.arg(folder.path()).arg("true").output().unwrap();
            if tried.status.success() {
                return Some(Self { folder, unshare });
            }
            let said = String::from_utf8_lossy(&tried.stderr);
            eprintln!("{}: {said}", unshare.join(" "));
        }
        // Not kept back as what tests print is.
        let _ = writeln!(io::stderr(), "skipped: the kernel lets nobody mount here");
        None
    }

    /// As the node calls it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A node that finds it there.
    pub(crate) fn of(&self, serve: Serve) -> Serve {
        let folder = self.folder.path().display().to_string();
        serve.started_by(&[self.unshare, &["sh", "-c", MOUNT, &folder]].concat())
    }

    /// As others call it, as long as the node lives.
    pub(crate) fn seen_from_outside(&self, node: &Node) -> PathBuf {
        let folder = self.folder.path().display();
        PathBuf::from(format!("/proc/{}/root{folder}", node.pid()))
    }

    /// To the last byte.
    pub(crate) fn fill(&self, node: &Node) {
        let mut filler = File::create(self.seen_from_outside(node).join(FILLER)).unwrap();
        let error = loop {
            if let Err(error) = filler.write(&[0; 1 << 16]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    }

    pub(crate) fn make_room(&self, node: &Node) {
        std::fs::remove_file(self.seen_from_outside(node).join(FILLER)).unwrap();
    }
}
