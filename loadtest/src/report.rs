//! A run or a plan as a page for people: one file that needs no script and no other host, and its JSON beside it.
//!
//! ```text
//! Document ─▶ conditions · run · plan (what is told) ─▶ chart · mix · table (how) ─▶ markup ─▶ HTML
//! ```
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::machine::{Machine, Usage};
use crate::node::{NodeFigures, NodeIdentity};
use crate::outcome::Outcome;
use crate::plan::{FORMAT, Plan};

mod chart;
mod conditions;
mod markup;
mod mix;
pub(crate) mod number;
mod page;
mod plan;
mod run;
mod scale;
mod table;

/// Larger files are not what this program wrote.
const MAX_FILE_BYTES: u64 = 512 << 20;

/// A run and what stood around it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    pub outcome: Outcome,
    /// What the load generator ran on, and took.
    pub generator: Option<Machine>,
    pub usage: Option<Usage>,
    /// `None`: the node was not watched.
    pub node: Option<NodeIdentity>,
    pub figures: Option<NodeFigures>,
    /// What whoever ran it wants to be remembered.
    #[serde(default)]
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    Run(Box<RunRecord>),
    Plan(Box<Plan>),
}

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: {length} bytes; a run or a plan has at most {MAX_FILE_BYTES}", path.display())]
    TooLarge { path: PathBuf, length: u64 },
    #[error("{}: neither a run nor a plan: {source}", path.display())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{}: a plan of format {format}; this build reads format {FORMAT}", path.display())]
    Format { path: PathBuf, format: u64 },
    #[error("{}: a {kind}, where a plan is needed", path.display())]
    NotAPlan { path: PathBuf, kind: &'static str },
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: cannot be put into JSON: {source}", path.display())]
    Encode {
        path: PathBuf,
        source: serde_json::Error,
    },
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Tagged<'a> {
    Run(&'a RunRecord),
    Plan(&'a Plan),
}

/// What tells documents apart.
#[derive(Deserialize)]
struct Head {
    kind: Option<String>,
    format: Option<u64>,
}

impl Document {
    /// From JSON that [`Document::write`] wrote, or of a bare [`Outcome`].
    ///
    /// # Errors
    /// What cannot be read, or is something else.
    pub fn load(path: &Path) -> Result<Self, ReportError> {
        let read = |source| ReportError::Read {
            path: path.to_owned(),
            source,
        };
        let length = fs::metadata(path).map_err(read)?.len();
        if length > MAX_FILE_BYTES {
            return Err(ReportError::TooLarge {
                path: path.to_owned(),
                length,
            });
        }
        let text = fs::read(path).map_err(read)?;
        let json = |source| ReportError::Json {
            path: path.to_owned(),
            source,
        };
        let head: Head = serde_json::from_slice(&text).map_err(json)?;
        match (head.kind.as_deref(), head.format) {
            (Some("plan"), Some(format)) if format != u64::from(FORMAT) => {
                Err(ReportError::Format {
                    path: path.to_owned(),
                    format,
                })
            }
            (Some("plan"), _) => Ok(Self::Plan(serde_json::from_slice(&text).map_err(json)?)),
            (Some("run"), _) => Ok(Self::Run(serde_json::from_slice(&text).map_err(json)?)),
            _ => Ok(Self::Run(Box::new(RunRecord {
                outcome: serde_json::from_slice(&text).map_err(json)?,
                ..RunRecord::default()
            }))),
        }
    }

    /// The page.
    pub fn html(&self) -> String {
        match self {
            Self::Run(record) => run::page(record),
            Self::Plan(plan) => plan::page(plan),
        }
    }

    /// # Errors
    /// What JSON cannot say.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(&match self {
            Self::Run(record) => Tagged::Run(record),
            Self::Plan(plan) => Tagged::Plan(plan),
        })?;
        text.push('\n');
        Ok(text)
    }

    /// Writes `PATH.html` and `PATH.json` and returns both names; an extension of `path` is replaced. What was there
    /// stays until the whole of the new is on disk.
    ///
    /// # Errors
    /// What the file system refuses.
    pub fn write(&self, path: &Path) -> Result<[PathBuf; 2], ReportError> {
        let html = path.with_extension("html");
        let json = path.with_extension("json");
        let text = self.json().map_err(|source| ReportError::Encode {
            path: json.clone(),
            source,
        })?;
        replace(&json, &text)?;
        replace(&html, &self.html())?;
        Ok([html, json])
    }

    /// Writes the page alone.
    ///
    /// # Errors
    /// What the file system refuses.
    pub fn write_page(&self, path: &Path) -> Result<(), ReportError> {
        replace(path, &self.html())
    }
}

fn replace(path: &Path, text: &str) -> Result<(), ReportError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = || {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::File::create(&partial)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    written().map_err(|source| ReportError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
pub(crate) mod tests;
