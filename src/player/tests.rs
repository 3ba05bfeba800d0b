#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::HashSet;

use super::*;

#[test]
fn the_page_is_there_with_and_without_a_bundle() {
    let page = asset("").unwrap();
    assert_eq!(page.name, asset("index.html").unwrap().name);
    assert_eq!(page.content_type, "text/html; charset=utf-8");
    let text = std::str::from_utf8(page.identity.bytes).unwrap();
    assert_eq!(text.contains("make player"), !is_bundled());
}

#[test]
fn nothing_outside_the_bundle_is_found() {
    for path in [
        "/",
        "../Cargo.toml",
        "index.html/",
        "config.json",
        "INDEX.HTML",
    ] {
        assert!(asset(path).is_none(), "{path}");
    }
}

#[test]
fn everything_the_page_names_is_in_the_bundle() {
    if !is_bundled() {
        assert!(
            std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
            "a tool is missing; run `make test`"
        );
        println!("skipped: the page is not bundled (make player)");
        return;
    }
    let page = std::str::from_utf8(asset("").unwrap().identity.bytes).unwrap();
    let named = page
        .split(['"'])
        .filter(|part| part.contains('.') && !part.contains([' ', '/', '<']));
    let named: Vec<_> = named.collect();
    for name in ["app.js", "app.css", "favicon.svg", "theme.js"] {
        assert!(named.contains(&name), "{named:?}");
    }
    for name in named {
        assert!(asset(name).is_some(), "{name}");
    }
    for library in ["hls.js", "dash.js", "shaka.js"] {
        assert!(asset(library).is_some(), "{library}");
    }
}

#[test]
fn every_encoding_has_a_strong_etag_of_its_own() {
    let variants = || {
        ASSETS
            .iter()
            .flat_map(|asset| [Some(asset.identity), asset.gzip])
            .flatten()
    };
    let etags: HashSet<_> = variants().map(|variant| variant.etag).collect();
    assert_eq!(etags.len(), variants().count());
    assert!(
        etags
            .iter()
            .all(|etag| etag.starts_with('"') && etag.ends_with('"'))
    );
    for asset in ASSETS {
        assert_ne!(
            asset.content_type, "application/octet-stream",
            "{}",
            asset.name
        );
        if let Some(gzip) = asset.gzip {
            assert!(gzip.bytes.len() < asset.identity.bytes.len());
            assert!(gzip.bytes.starts_with(&[0x1f, 0x8b]));
        }
    }
}

#[test]
fn the_page_needs_no_inline_script_and_no_other_host() {
    for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".html")) {
        let page = std::str::from_utf8(asset.identity.bytes).unwrap();
        assert!(!page.contains("://"), "{}", asset.name);
        assert!(
            page.split("<script")
                .skip(1)
                .all(|tag| tag.contains("src=")),
            "{}",
            asset.name
        );
        assert!(!page.contains(" style="), "{}", asset.name);
    }
}
