//! `report`: a page of a run or a plan that was kept as JSON.
use std::path::PathBuf;
use std::process::ExitCode;

use super::CliError;
use crate::report::Document;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// JSON of a run or a plan
    #[arg(value_name = "FILE.json")]
    json: PathBuf,
    /// The page; beside the JSON, if nothing is said
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,
}

pub(super) fn report(args: &Args) -> Result<ExitCode, CliError> {
    let usage = |error: crate::report::ReportError| CliError::Usage(error.to_string());
    let document = Document::load(&args.json).map_err(usage)?;
    let html = args
        .out
        .clone()
        .unwrap_or_else(|| args.json.with_extension("html"));
    document.write_page(&html).map_err(usage)?;
    println!("{}", html.display());
    Ok(ExitCode::SUCCESS)
}
