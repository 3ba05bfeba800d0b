//! `edgepack-loadtest`: see [`edgepack_loadtest::cli`].
use std::process::ExitCode;

fn main() -> ExitCode {
    edgepack_loadtest::cli::main()
}
