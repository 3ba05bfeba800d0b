//! The table.
use std::fmt::Write;

use crate::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    SecondsPerGb,
    MicrosPerRequest,
}

/// One load, a figure a round.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    pub(crate) ours: Vec<f64>,
    pub(crate) theirs: Vec<f64>,
    pub(crate) target: f64,
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
            match row.unit {
                Unit::SecondsPerGb => "s/GB",
                Unit::MicrosPerRequest => "µs/request",
            },
            spread(&row.ours, row.unit),
            spread(&row.theirs, row.unit),
            ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
            if row.of_nginx {
                format!("≤ {} × nginx", row.target)
            } else {
                format!("≤ {}", row.target)
            },
            if figure <= row.target { "yes" } else { "no" },
        )?;
    }
    Ok(out)
}

fn spread(figures: &[f64], unit: Unit) -> String {
    if figures.is_empty() {
        return "–".to_owned();
    }
    let digits = match unit {
        Unit::SecondsPerGb => 2,
        Unit::MicrosPerRequest => 0,
    };
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
