//! The node under an allocator that counts. After every line on stdin it prints `allocations CALLS BYTES`: calls of
//! the allocator that gave memory, growing included, and the bytes given, since the process began.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::io::Write;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    std::thread::spawn(answer);
    edgepack::cli::main()
}

fn answer() {
    for line in std::io::stdin().lines() {
        let stats = ALLOCATOR.stats();
        let calls = stats.allocations + stats.reallocations;
        let mut out = std::io::stdout().lock();
        let written = writeln!(out, "allocations {calls} {}", stats.bytes_allocated);
        if line.is_err() || written.and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}
