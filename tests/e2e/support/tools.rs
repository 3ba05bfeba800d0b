//! Programs of others that tests ask for the truth.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A missing tool skips its test with a line that says so, but fails it where all tools were promised.
pub(crate) fn available(what: &str, there: bool) -> bool {
    if there {
        return true;
    }
    assert!(
        std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
        "{what} is missing; run `make test`"
    );
    println!("skipped: {what} is missing");
    false
}

/// Media from encoders that nobody here wrote; not part of the project, so tests that use it skip where it is absent.
pub(crate) fn fixtures() -> Option<PathBuf> {
    beside("EDGEPACK_FIXTURES", "fixtures")
}

/// The MPEG-DASH schema, likewise.
pub(crate) fn schemas() -> Option<PathBuf> {
    beside("EDGEPACK_SCHEMAS", "schemas")
}

fn beside(variable: &str, folder: &str) -> Option<PathBuf> {
    let path = match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => repository().parent()?.join("shared").join(folder),
    };
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no folder of {folder}; name one with {variable}");
    None
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a program to its end; its stdout. Panics with its stderr when it fails.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout),
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A script of `tests/node`, its packages installed.
pub(crate) fn node_script(script: &str) -> Option<Command> {
    let dir = repository().join("tests/node");
    if !available(
        "node_modules in tests/node",
        dir.join("node_modules").is_dir(),
    ) {
        return None;
    }
    let mut command = Command::new("node");
    command.arg(dir.join(script)).current_dir(dir);
    Some(command)
}

/// Python with aioquic.
pub(crate) fn python() -> Option<Command> {
    let python = repository().join(".venv/bin/python");
    available("the Python environment .venv", python.is_file()).then(|| Command::new(python))
}
