#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod dates;
mod groups;
mod keys;
mod media;
mod parser;
mod periods;
mod session;
mod speed;
mod transport_stream;
mod trick;
mod variants;

use edgepack_packager::Presentation;

use super::*;
use crate::Filter;
use crate::sample::plain;

fn multivariant_of(presentation: &Presentation) -> String {
    let view = View::new(presentation);
    plain(view, &multivariant(view).unwrap())
}

fn filtered(presentation: &Presentation, pairs: &[(&str, &str)]) -> String {
    let filter = Filter::parse(pairs.iter().copied()).unwrap();
    let view = View {
        filter: &filter,
        ..View::new(presentation)
    };
    plain(view, &multivariant(view).unwrap())
}

fn media_of(presentation: &Presentation, name: &str) -> String {
    let view = View::new(presentation);
    let rendition = presentation.rendition(name).unwrap();
    plain(view, &media(view, rendition).unwrap())
}

/// Lines that begin with a tag.
fn lines<'t>(playlist: &'t str, tag: &str) -> Vec<&'t str> {
    playlist
        .lines()
        .filter(|line| line.starts_with(tag))
        .collect()
}

/// The value of an attribute of a line, without quotes.
fn value<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    let at = [":", ","].iter().find_map(|before| {
        let key = format!("{before}{name}=");
        line.find(&key).map(|at| at + key.len())
    })?;
    let value = &line[at..];
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split(',').next(),
    }
}

/// That of each line with a tag.
fn values<'t>(playlist: &'t str, tag: &str, name: &str) -> Vec<Option<&'t str>> {
    let lines = lines(playlist, tag);
    lines.into_iter().map(|line| value(line, name)).collect()
}

/// Seconds of every segment.
fn durations(playlist: &str) -> Vec<f64> {
    lines(playlist, "#EXTINF:")
        .iter()
        .map(|line| line[8..].trim_end_matches(',').parse().unwrap())
        .collect()
}

fn uris(playlist: &str) -> Vec<&str> {
    playlist
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}
