//! The folder's files, in every form that something sends from.
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use rustix::fs::{MemfdFlags, memfd_create};

use crate::Result;

pub(super) struct Segment {
    pub(super) bytes: Vec<u8>,
    pub(super) memory: File,
    pub(super) file: File,
}

pub(super) struct Segments(HashMap<String, Segment>);

impl Segments {
    pub(super) fn load(root: &Path) -> Result<Self> {
        let mut segments = HashMap::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = format!("/{}", path.strip_prefix(root)?.display());
                let bytes = std::fs::read(&path)?;
                let mut memory = File::from(memfd_create("segment", MemfdFlags::CLOEXEC)?);
                memory.write_all(&bytes)?;
                let file = File::open(&path)?;
                segments.insert(
                    name,
                    Segment {
                        bytes,
                        memory,
                        file,
                    },
                );
            }
        }
        Ok(Self(segments))
    }

    pub(super) fn get(&self, path: &str) -> Option<&Segment> {
        self.0.get(path)
    }
}
