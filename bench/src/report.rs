//! The table.
use std::fmt::Write;

use crate::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    SecondsPerGb,
    MicrosPerRequest,
    Milliseconds,
    Mebibytes,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::SecondsPerGb => "s/GB",
            Self::MicrosPerRequest => "µs/request",
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
        }
    }

    fn digits(self) -> usize {
        match self {
            Self::SecondsPerGb | Self::Milliseconds => 2,
            Self::MicrosPerRequest => 0,
            Self::Mebibytes => 1,
        }
    }
}

/// One load, a figure a round.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    pub(crate) ours: Vec<f64>,
    pub(crate) theirs: Vec<f64>,
    /// None: measured for the record.
    pub(crate) target: Option<f64>,
    pub(crate) of_nginx: bool,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        (!self.theirs.is_empty()).then(|| {
            median(
                self.ours
                    .iter()
                    .zip(&self.theirs)
                    .map(|(ours, theirs)| ours / theirs)
                    .collect(),
            )
        })
    }
}

/// Markdown, with the machine it was measured on.
pub(crate) fn render(rows: &[Row], nginx: &str) -> Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("unknown");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let mut out = String::new();
    writeln!(
        out,
        "Machine: {}, kernel {}; edgepack {}, {nginx}.",
        model.trim_start_matches(['\t', ' ', ':']).trim(),
        kernel.trim(),
        env!("CARGO_PKG_VERSION")
    )?;
    writeln!(
        out,
        "Server CPU only; median (least to most) of {} rounds; 3 MB video and 64 KB audio segments.\n",
        rows.first().map_or(0, |row| row.ours.len())
    )?;
    writeln!(
        out,
        "| path | unit | edgepack | nginx | ratio | target | met |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for row in rows {
        let ratio = row.ratio();
        let figure = if row.of_nginx {
            ratio.unwrap_or(f64::NAN)
        } else {
            median(row.ours.clone())
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.name,
            row.unit.name(),
            spread(&row.ours, row.unit),
            spread(&row.theirs, row.unit),
            ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
            match row.target {
                Some(target) if row.of_nginx => format!("≤ {target} × nginx"),
                Some(target) => format!("≤ {target}"),
                None => "–".to_owned(),
            },
            match row.target {
                Some(target) if figure <= target => "yes",
                Some(_) => "no",
                None => "–",
            },
        )?;
    }
    Ok(out)
}

fn spread(figures: &[f64], unit: Unit) -> String {
    if figures.is_empty() {
        return "–".to_owned();
    }
    let digits = unit.digits();
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(0.0, f64::max);
    format!(
        "{:.digits$} ({least:.digits$}–{most:.digits$})",
        median(figures.to_vec())
    )
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
