//! Embeds the bundled player page, `player/dist`, into the binary: one table entry per file, with
//! its content type, a strong ETag for each encoding, and a gzip variant where that is clearly smaller.
//!
//! Without a bundle the build works; the page then says how to make one.
use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::{Compression, GzBuilder};

/// A variant must save a tenth to be worth its place: fonts are compressed already.
const GZIP_SAVES_ONE_IN: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let dist = root.join("player/dist");
    let mut table = String::from("&[\n");
    println!("cargo::rerun-if-changed=build.rs");
    if dist.join("index.html").is_file() {
        println!("cargo::rerun-if-changed=player/dist");
        for file in files(&dist)? {
            embed(&mut table, &file, &out)?;
        }
    } else {
        // The folder above, because watching what is not there would rebuild every time.
        println!("cargo::rerun-if-changed=player");
        println!(
            "cargo::warning=the player page is not bundled into this build: run `make player`"
        );
    }
    table.push_str("]\n");
    fs::write(out.join("player_assets.rs"), table)?;
    Ok(())
}

/// The bundle is flat. Sorted, so that equal bundles give equal binaries.
fn files(dist: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn embed(table: &mut String, file: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or("a file name is not UTF-8")?;
    let bytes = fs::read(file)?;
    let packed = gzip(&bytes)?;
    writeln!(table, "    Asset {{")?;
    writeln!(table, "        name: {name:?},")?;
    writeln!(table, "        content_type: {:?},", content_type(name))?;
    writeln!(
        table,
        "        identity: Variant {{ bytes: include_bytes!({file:?}), etag: {:?} }},",
        etag(&bytes)
    )?;
    if packed.len() < bytes.len() - bytes.len() / GZIP_SAVES_ONE_IN {
        let path = out.join(format!("{name}.gz"));
        fs::write(&path, &packed)?;
        writeln!(
            table,
            "        gzip: Some(Variant {{ bytes: include_bytes!({path:?}), etag: {:?} }}),",
            etag(&packed)
        )?;
    } else {
        writeln!(table, "        gzip: None,")?;
    }
    writeln!(table, "    }},")?;
    Ok(())
}

/// Without a time or name inside: the same bytes from the same bundle.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// 128 bits of SipHash, quoted as the header wants it.
fn etag(bytes: &[u8]) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        bytes.hash(&mut hasher);
        hasher.finish()
    };
    format!("\"{:016x}{:016x}\"", half(0), half(1))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
