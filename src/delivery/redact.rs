//! Paths as the log may have them: without tokens.
use std::fmt::Write;

use http::Uri;

use super::route::Routed;
use crate::telemetry::clip;

/// Stands where a token stood.
const GONE: &str = "-";
/// Longest path and query that the log gets.
const LOGGED_MAX: usize = 1024;
/// An element of a path that was not understood may be a token from here on.
const ELEMENT_MAX: usize = 64;
/// A query value of unknown meaning may be a token from here on.
const VALUE_MAX: usize = 32;
/// Query parameters that are no secret, however long: media client data (CTA-5004).
const HARMLESS: [&str; 1] = ["CMCD"];

/// `routed`: where the path was understood, so that only the token is taken out. Of other paths whatever
/// could be a token is.
pub(super) fn path_and_query(uri: &Uri, routed: Option<&Routed<'_>>) -> String {
    let mut text = match routed {
        Some(Routed {
            token: Some(_),
            path,
            ..
        }) => format!("/t/{GONE}{path}"),
        Some(Routed { path, .. }) => (*path).to_owned(),
        None => suspicious_path(uri.path()),
    };
    for (index, pair) in uri
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'))
        .enumerate()
    {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let shown = if is_harmless(name, value) {
            value
        } else {
            GONE
        };
        let name = if name.len() > VALUE_MAX { GONE } else { name };
        // Writing to a string does not fail.
        let _ = write!(text, "{}{name}={shown}", if index == 0 { '?' } else { '&' });
    }
    clip(&text, LOGGED_MAX).to_owned()
}

fn is_harmless(name: &str, value: &str) -> bool {
    HARMLESS.contains(&name)
        || (value.len() <= VALUE_MAX && !name.to_ascii_lowercase().contains("token"))
}

fn suspicious_path(path: &str) -> String {
    let mut after_t = false;
    let elements = path.split('/').map(|element| {
        let hide = after_t || element.len() > ELEMENT_MAX;
        after_t = element == "t" || element.eq_ignore_ascii_case("%74");
        if hide { GONE } else { element }
    });
    elements.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests;
