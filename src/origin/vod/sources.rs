//! From an asset's path to its files: a media file, a folder of them, or a description that names them.
use std::path::Path;
use std::sync::Arc;

use super::faults;
use crate::config::Mount;
use crate::delivery::Fault;
use crate::description::{
    ASSET_FILE, ConfigFault, Description, MAX_DESCRIPTION_BYTES, is_description_name,
};
use crate::storage::{Resolved, SourceFile, Storage, StorageError};

/// Files of one asset at most: a ladder of every codec, language and size stays far below.
const MAX_FILES: usize = 256;

/// What an asset is made of, as it stands on disk.
#[derive(Debug)]
pub(super) struct Sources {
    pub(super) description: Option<Described>,
    /// With the name each has in the description, or in its folder.
    pub(super) files: Vec<(String, Arc<SourceFile>)>,
}

#[derive(Debug)]
pub(super) struct Described {
    file: Arc<SourceFile>,
    pub(super) content: Arc<Description>,
}

impl Sources {
    /// `before`: what was found earlier; its description is not read again while its file is the same.
    pub(super) async fn find(
        storage: &Storage,
        mount: &Mount,
        path: &str,
        before: Option<&Self>,
    ) -> Result<Self, Fault> {
        let lookup = Lookup {
            storage,
            mount,
            path,
        };
        let sources = match storage.files().resolve(&mount.root, path).await? {
            Resolved::File(file) if is_description_name(path) => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                lookup.described(file, folder, before).await?
            }
            Resolved::File(file) => Self {
                description: None,
                files: vec![(last_element(path).to_owned(), file)],
            },
            Resolved::Folder(folder) if folder.has_description => {
                let name = format!("{path}/{ASSET_FILE}");
                let file = storage.files().open(&mount.root, &name).await?;
                lookup.described(file, path, before).await?
            }
            Resolved::Folder(folder) => Self {
                description: None,
                files: lookup.open(path, &folder.names).await?,
            },
        };
        if sources.files.is_empty() {
            return Err(faults::empty_asset(path));
        }
        Ok(sources)
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        let same =
            |a: &SourceFile, b: &SourceFile| a.name() == b.name() && a.version() == b.version();
        let description = match (&self.description, &other.description) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => same(&ours.file, &theirs.file),
            _ => false,
        };
        description
            && self.files.len() == other.files.len()
            && self
                .files
                .iter()
                .zip(&other.files)
                .all(|((name, ours), (other_name, theirs))| {
                    name == other_name && same(ours, theirs)
                })
    }

    /// Whether a read has found one of the files changed.
    pub(super) fn is_stale(&self) -> bool {
        self.all().any(|file| file.is_stale())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        let description = self.description.iter().map(|described| &described.file);
        description.chain(self.files.iter().map(|(_, file)| file))
    }
}

struct Lookup<'a> {
    storage: &'a Storage,
    mount: &'a Mount,
    path: &'a str,
}

impl Lookup<'_> {
    /// `folder`: the description's, which its names are relative to; empty for the mount's root.
    async fn described(
        &self,
        file: Arc<SourceFile>,
        folder: &str,
        before: Option<&Sources>,
    ) -> Result<Sources, Fault> {
        let known = before
            .and_then(|before| before.description.as_ref())
            .filter(|known| known.file.version() == file.version());
        let content = match known {
            Some(known) => known.content.clone(),
            None => Arc::new(self.read(&file).await?),
        };
        let mut names: Vec<String> = content.files().into_iter().map(str::to_owned).collect();
        if content.takes_folder() {
            let listed = self.storage.files().list(&self.mount.root, folder).await?;
            let further = listed.names.iter().filter(|name| !names.contains(name));
            names.extend(further.cloned().collect::<Vec<_>>());
        }
        Ok(Sources {
            files: self.open(folder, &names).await?,
            description: Some(Described { file, content }),
        })
    }

    async fn read(&self, file: &Arc<SourceFile>) -> Result<Description, Fault> {
        let bad = |reason: String| faults::bad_source(self.path, reason);
        let len = file.version().len;
        if len > MAX_DESCRIPTION_BYTES {
            return Err(bad(format!("a description of {len} bytes")));
        }
        let bytes = self.storage.read(file, 0, len).await?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| bad("the description is not UTF-8 text".to_owned()))?;
        Description::parse(text, Path::new(&file.name())).map_err(|found| bad(listed(&found)))
    }

    async fn open(
        &self,
        folder: &str,
        names: &[String],
    ) -> Result<Vec<(String, Arc<SourceFile>)>, Fault> {
        if names.len() > MAX_FILES {
            return Err(faults::bad_source(
                self.path,
                format_args!("{} files, of {MAX_FILES} at most", names.len()),
            ));
        }
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let path = match folder {
                "" => name.clone(),
                folder => format!("{folder}/{name}"),
            };
            let file = self.storage.files().open(&self.mount.root, &path).await;
            let file = file.map_err(|error| match error {
                // The asset is there; what it is made of is not.
                StorageError::NotFound { .. } | StorageError::WrongKind { .. } => {
                    faults::bad_source(self.path, error)
                }
                other => other.into(),
            })?;
            files.push((name.clone(), file));
        }
        Ok(files)
    }
}

fn last_element(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn listed(faults: &[ConfigFault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("; ")
}
