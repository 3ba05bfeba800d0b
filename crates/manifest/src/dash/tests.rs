#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod descriptors;
mod keys;
mod ladder;
mod parser;
mod periods;
mod rotation;
mod trick;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use edgepack_packager::Presentation;

use super::*;
use crate::Filter;
use crate::sample::plain;

fn mpd_of(presentation: &Presentation) -> String {
    mpd_with(View::new(presentation), Template::Number)
}

/// Schema-valid, with plain names.
fn mpd_with(view: View<'_>, template: Template) -> String {
    let mpd = mpd(view, template).unwrap();
    assert_valid(&mpd);
    plain(view, &mpd)
}

fn filtered(presentation: &Presentation, pairs: &[(&str, &str)]) -> String {
    let filter = Filter::parse(pairs.iter().copied()).unwrap();
    let view = View {
        filter: &filter,
        ..View::new(presentation)
    };
    mpd_with(view, Template::Number)
}

/// The elements of one name, each from its tag to its end.
pub(in crate::dash) fn elements<'m>(mpd: &'m str, name: &str) -> Vec<&'m str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    mpd.match_indices(&open)
        .map(|(at, _)| &mpd[at..])
        .filter(|rest| rest[open.len()..].starts_with([' ', '>', '/']))
        .map(|rest| {
            let tag = rest.find('>').unwrap();
            let end = if rest[..tag].ends_with('/') {
                tag + 1
            } else {
                rest.find(&close).unwrap() + close.len()
            };
            &rest[..end]
        })
        .collect()
}

/// An attribute of an element's own tag.
pub(in crate::dash) fn attribute<'m>(element: &'m str, name: &str) -> Option<&'m str> {
    let tag = &element[..element.find('>').unwrap()];
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    value.split('"').next()
}

/// The MPD schema, where this machine has it.
fn schema() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/schemas");
    let folder = std::env::var_os("EDGEPACK_SCHEMAS").map_or_else(|| beside.into(), PathBuf::from);
    let file = folder.join("DASH-MPD.xsd");
    if !file.exists() {
        println!("skipped: no {} (set EDGEPACK_SCHEMAS)", file.display());
        return None;
    }
    Some(file)
}

pub(in crate::dash) fn assert_valid(mpd: &str) {
    let Some(schema) = schema() else { return };
    let mut xmllint = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(schema)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xmllint");
    xmllint
        .stdin
        .take()
        .unwrap()
        .write_all(mpd.as_bytes())
        .unwrap();
    let output = xmllint.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{mpd}",
        String::from_utf8_lossy(&output.stderr)
    );
}
