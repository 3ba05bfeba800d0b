//! Instructions of the hot paths, held against `bench/counts/bounds.toml`.
//!
//! `edgepack-counts check` runs itself under callgrind and compares; `edgepack-counts write` notes what it counted as the
//! bounds. Times on a shared machine say little, counts of the same binary are the same everywhere: a change that makes
//! a path dearer shows in the change itself.
//!
//! Valgrind emulates AES-NI and AVX2 and tells the program of nothing newer. The ciphers are therefore counted on their
//! AES-NI path; where the CPU has VAES the node runs another one, which `make bench` times.
#![forbid(unsafe_code)]

mod bounds;
mod callgrind;
mod film;
mod paths;

use std::path::Path;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const BOUNDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bounds.toml");

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    let result = match command.as_deref() {
        Some("check") => check(),
        Some("write") => write(),
        Some(callgrind::RUN) => run(),
        _ => Err("edgepack-counts check · write".into()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("edgepack-counts: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every count lies within its bounds.
fn check() -> Result<bool> {
    let bounds = bounds::Bounds::read(Path::new(BOUNDS))?;
    let verdicts = bounds.verdicts(&callgrind::counts()?);
    for verdict in &verdicts {
        println!("{verdict}");
    }
    let within = verdicts.iter().all(|verdict| verdict.fault.is_none());
    if !within {
        println!("Where the change is meant, `make bounds` writes the counts down anew.");
    }
    Ok(within)
}

fn write() -> Result<bool> {
    let counts = callgrind::counts()?;
    std::fs::write(BOUNDS, bounds::render(&counts))?;
    for (path, count) in &counts {
        println!("{path:<45} {count:>12}");
    }
    Ok(true)
}

/// Under callgrind: each path once to fill what is filled once, then once for the count.
fn run() -> Result<bool> {
    for mut path in paths::all()? {
        (path.call)();
        begin();
        counted(&mut *path.call);
    }
    Ok(true)
}

/// Callgrind puts down what it counted before this.
#[inline(never)]
fn begin() {
    std::hint::black_box(());
}

/// Callgrind puts down what it counted in here.
#[inline(never)]
fn counted(call: &mut dyn FnMut()) {
    call();
    // A call at the end would be a jump, after which this function is not seen to return.
    std::hint::black_box(());
}
