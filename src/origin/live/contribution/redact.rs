//! What the log must not show of a contribution's URL.
use std::fmt;

use crate::config::Contribution;

/// In place of a secret.
const VEIL: &str = "…";
/// Keys of a URL's query whose values tell nothing.
const PLAIN: [&str; 10] = [
    "mode",
    "latency",
    "rcvlatency",
    "peerlatency",
    "transtype",
    "timeout",
    "listen_timeout",
    "connect_timeout",
    "pbkeylen",
    "pkt_size",
];

/// All that is secret in a URL.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Everything but scheme, host and port, and what of the query is known to be plain; whole and in pieces, as written
    /// and decoded.
    pub(super) fn of(contribution: &Contribution) -> Self {
        let url = contribution.url.expose().as_str();
        let mut secrets = Vec::new();
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = before.split_once('/').unwrap_or((before, ""));
        if let Some((user, _)) = authority.rsplit_once('@') {
            secrets.push(user.to_owned());
            secrets.extend(user.split(':').map(str::to_owned));
        }
        // Of `app/key` the key.
        secrets.extend(path.rsplit_once('/').map(|(_, key)| key.to_owned()));
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            if !PLAIN.contains(&name) {
                secrets.push(value.to_owned());
            }
        }
        let decoded: Vec<String> = secrets.iter().map(|secret| decode(secret)).collect();
        secrets.extend(decoded);
        secrets.retain(|secret| !secret.is_empty());
        // The longer first: one may be part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self(secrets)
    }

    pub(super) fn veil(&self, line: &str) -> String {
        let mut veiled = line.to_owned();
        for secret in &self.0 {
            if veiled.contains(secret.as_str()) {
                veiled = veiled.replace(secret.as_str(), VEIL);
            }
        }
        veiled
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// Without percent-encoding (RFC 3986, 2.1).
fn decode(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let mut plain = [0];
        let coded = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        if coded.is_some_and(|digits| hex::decode_to_slice(digits, &mut plain).is_ok()) {
            out.push(plain[0]);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests;
