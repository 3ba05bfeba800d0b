//! The pages in headless Chromium, wide and narrow, light and dark, driven by `tests/node/report.mjs`.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A missing tool skips the test with a line that says so, but fails it where all tools were promised.
fn available(what: &str, there: bool) -> bool {
    assert!(
        there || std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
        "{what} is missing; run `make test`"
    );
    if !there {
        println!("skipped: {what} is missing");
    }
    there
}

/// What Chromium saw of the pages, each in four ways. `None` where the tools are missing.
fn looked_at(pages: &[PathBuf]) -> Option<Vec<Value>> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/node");
    let modules = scripts.join("node_modules").is_dir();
    if !available("chromium", Path::new("/usr/bin/chromium").exists())
        || !available("node_modules in tests/node", modules)
    {
        return None;
    }
    let output = Command::new("node")
        .arg("report.mjs")
        .args(pages)
        .current_dir(scripts)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn nothing(look: &Value, what: &str) -> bool {
    look[what].as_array().is_some_and(Vec::is_empty)
}

#[test]
fn pages_ask_nobody_and_fit_wide_and_narrow_windows() {
    let folder = tempfile::tempdir().unwrap();
    let pages: Vec<PathBuf> = super::pages()
        .into_iter()
        .map(|(name, html)| {
            let path = folder
                .path()
                .join(format!("{}.html", name.replace(' ', "-")));
            std::fs::write(&path, html).unwrap();
            path
        })
        .collect();
    let Some(looks) = looked_at(&pages) else {
        return;
    };
    assert_eq!(looks.len(), pages.len() * 4);
    for look in &looks {
        for what in ["requests", "errors", "wide", "overlaps", "outside"] {
            assert!(nothing(look, what), "{what}: {look:#}");
        }
        let twin = looks.iter().find(|other| {
            let same = |key: &str| other[key] == look[key];
            same("file") && same("width") && !same("scheme")
        });
        assert_ne!(twin.unwrap()["background"], look["background"], "{look:#}");
    }
}

#[test]
fn a_request_and_what_does_not_fit_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let html = "<!DOCTYPE html><body><img src=\"http://127.0.0.1:9/x.png\" alt=\"\">\
        <p style=\"width: 2000px\">wide</p><svg width=\"200\" height=\"40\"><text x=\"5\" y=\"20\">one label</text>\
        <text x=\"20\" y=\"20\">another</text><text x=\"190\" y=\"20\">far out</text></svg>";
    std::fs::write(&page, html).unwrap();
    let Some(looks) = looked_at(&[page]) else {
        return;
    };
    for what in ["requests", "wide", "overlaps", "outside"] {
        assert!(!nothing(&looks[0], what), "{what}: {:#}", looks[0]);
    }
}
