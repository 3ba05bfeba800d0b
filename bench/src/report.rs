//! Tables, in Markdown.
use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    SecondsPerGb,
    MicrosPerRequest,
    Milliseconds,
    Mebibytes,
    PerSecond,
    Kilobytes,
    Count,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SecondsPerGb => "s/GB",
            Self::MicrosPerRequest => "µs/request",
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
            Self::PerSecond => "1/s",
            Self::Kilobytes => "KB",
            Self::Count => "",
        }
    }

    fn digits(self) -> usize {
        match self {
            Self::SecondsPerGb | Self::Milliseconds => 2,
            Self::MicrosPerRequest | Self::PerSecond => 0,
            Self::Mebibytes | Self::Kilobytes | Self::Count => 1,
        }
    }
}

/// A heading, columns and lines.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    title: &'static str,
    columns: Vec<String>,
    lines: Vec<Vec<String>>,
    notes: String,
}

/// What one run found.
pub(crate) struct Report {
    machine: String,
    peers: Vec<String>,
    tables: Vec<Table>,
}

impl Report {
    pub(crate) fn new(machine: String, peers: Vec<String>) -> Self {
        Self {
            machine,
            peers,
            tables: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, table: Table) {
        self.tables.push(table);
    }

    pub(crate) fn render(&self) -> String {
        let mut versions = vec![concat!("edgepack ", env!("CARGO_PKG_VERSION")).to_owned()];
        versions.extend(self.peers.iter().cloned());
        let mut out = format!("Machine: {}; {}.\n", self.machine, versions.join(", "));
        for table in &self.tables {
            out.push('\n');
            out.push_str(&table.render());
        }
        out
    }
}

impl Table {
    pub(crate) fn new(title: &'static str, columns: &[&str], notes: impl Into<String>) -> Self {
        Self {
            title,
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            lines: Vec::new(),
            notes: notes.into(),
        }
    }

    pub(crate) fn line(&mut self, cells: Vec<String>) {
        self.lines.push(cells);
    }

    pub(crate) fn render(&self) -> String {
        let mut out = format!("### {}\n\n{}\n\n", self.title, self.notes);
        let rule = vec!["---".to_owned(); self.columns.len()];
        for cells in [&self.columns, &rule].into_iter().chain(&self.lines) {
            // Writing to a String does not fail.
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        out
    }
}

/// Median (least to most), in the digits that a unit deserves.
pub(crate) fn spread(figures: &[f64], unit: Unit) -> String {
    let digits = unit.digits();
    match figures {
        [] => NOTHING.to_owned(),
        [figure] => format!("{figure:.digits$}"),
        _ => {
            let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
            let most = figures.iter().copied().fold(0.0, f64::max);
            let median = median(figures.iter().copied());
            format!("{median:.digits$} ({least:.digits$}–{most:.digits$})")
        }
    }
}

/// Of the ratios pair by pair.
pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> Option<f64> {
    let pairs = ours.iter().zip(theirs);
    (!ours.is_empty() && !theirs.is_empty())
        .then(|| median(pairs.map(|(ours, theirs)| ours / theirs)))
}

/// Between two figures in the middle, their mean. NaN of none.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.get(middle) {
        Some(high) if figures.len().is_multiple_of(2) => {
            f64::midpoint(*high, figures.get(middle - 1).copied().unwrap_or(*high))
        }
        Some(figure) => *figure,
        None => f64::NAN,
    }
}

/// The cell of what was not measured or is not asked for.
pub(crate) const NOTHING: &str = "–";

pub(crate) fn verdict(met: Option<bool>) -> String {
    match met {
        Some(true) => "yes",
        Some(false) => "no",
        None => NOTHING,
    }
    .to_owned()
}

#[cfg(test)]
mod tests;
