//! The command line of edgepack.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    edgepack::cli::main()
}
