//! What is wrong with a configuration, where, and what to do.
use std::fmt;
use std::path::PathBuf;

/// One fault. Its `Display` is one line: `file:line: key: message; remedy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    pub file: PathBuf,
    /// From 1. `None`: about the file as a whole.
    pub line: Option<usize>,
    /// Dotted, entries of an array counted from 0: `mount[1].token.leeway`. Empty: about the file as a whole.
    pub key: String,
    pub message: String,
    /// Imperative, lower case.
    pub remedy: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.message)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigFault {}
