//! The counts that were agreed on, and how far others may lie from them.
use std::fmt::{self, Write};
use std::path::Path;

use crate::Result;

/// How far a count may lie from what is noted, in hundredths: compilers differ by a few. Doubled for what is smaller
/// than [`SMALL`], where a handful of instructions is much.
const TOLERANCE: u64 = 7;
const SMALL: u64 = 10_000;

pub(crate) struct Bounds {
    noted: Vec<(String, u64)>,
}

/// What became of one path.
pub(crate) struct Verdict {
    path: String,
    noted: Option<u64>,
    counted: Option<u64>,
    pub(crate) fault: Option<&'static str>,
}

impl Bounds {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        Self::parse(&std::fs::read_to_string(file)?)
    }

    fn parse(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse()?;
        let instructions = table.get("instructions").and_then(toml::Value::as_table);
        let instructions = instructions.ok_or("the bounds have no section [instructions]")?;
        let noted = instructions.iter().map(|(path, count)| {
            let count = count
                .as_integer()
                .and_then(|count| u64::try_from(count).ok());
            Ok((path.clone(), count.ok_or("a bound is no count")?))
        });
        Ok(Self {
            noted: noted.collect::<Result<_>>()?,
        })
    }

    /// Of each path that was counted or noted.
    pub(crate) fn verdicts(&self, counts: &[(String, u64)]) -> Vec<Verdict> {
        let noted = |path: &str| self.noted.iter().find(|(name, _)| name == path);
        let counted = counts.iter().map(|(path, count)| {
            let noted = noted(path).map(|(_, noted)| *noted);
            Verdict {
                path: path.clone(),
                noted,
                counted: Some(*count),
                fault: match noted {
                    None => Some("has no bounds"),
                    Some(noted) if *count > noted + slack(noted) => Some("dearer than noted"),
                    Some(noted) if count + slack(noted) < noted => Some("cheaper than noted"),
                    Some(_) => None,
                },
            }
        });
        let gone = self.noted.iter().filter(|(path, _)| {
            let mut names = counts.iter().map(|(name, _)| name);
            names.all(|name| name != path)
        });
        let gone = gone.map(|(path, noted)| Verdict {
            path: path.clone(),
            noted: Some(*noted),
            counted: None,
            fault: Some("was not counted"),
        });
        counted.chain(gone).collect()
    }
}

/// The file.
pub(crate) fn render(counts: &[(String, u64)]) -> String {
    let mut out = String::from(
        "# Instructions of one call, as callgrind counts them (AES-NI, no VAES). Written by `make bounds`; `make test`\n\
         # fails where a count lies further away than compilers differ.\n\n[instructions]\n",
    );
    for (path, count) in counts {
        // Writing to a String does not fail.
        let _ = writeln!(out, "\"{path}\" = {count}");
    }
    out
}

fn slack(noted: u64) -> u64 {
    let percent = if noted < SMALL {
        2 * TOLERANCE
    } else {
        TOLERANCE
    };
    noted * percent / 100
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |count: Option<u64>| count.map_or("–".to_owned(), |count| count.to_string());
        write!(
            f,
            "{:<36} {:>11} noted {:>11}  {}",
            self.path,
            number(self.counted),
            number(self.noted),
            self.fault.unwrap_or("ok")
        )
    }
}

#[cfg(test)]
mod tests;
