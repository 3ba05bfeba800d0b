//! Parsers of others, as tests ask them.
#![allow(clippy::expect_used)]
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Feeds a manifest to a script of `tests/node`, which fails on any warning. None where its packages are not
/// installed.
pub(crate) fn parsed(script: &str, manifest: &str) -> Option<String> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/node"));
    if !folder.join("node_modules").is_dir() {
        assert!(
            std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
            "node_modules are missing in tests/node"
        );
        println!("skipped: node_modules are missing in tests/node");
        return None;
    }
    let mut node = Command::new("node")
        .arg(folder.join(script))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node");
    node.stdin
        .take()
        .expect("a pipe")
        .write_all(manifest.as_bytes())
        .expect("a reader");
    let output = node.wait_with_output().expect("an end");
    assert!(
        output.status.success(),
        "{}\n{manifest}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
