//! SHA-256 of what must come, by URL.
use std::collections::HashMap;

use ring::digest::{SHA256, digest};
use url::Url;

use super::{Violation, rules};

/// Digests by URL, or by its path.
#[derive(Clone, Debug, Default)]
pub struct Checksums {
    /// Under a whole URL, or a path that begins with `/`.
    by_name: HashMap<String, [u8; 32]>,
}

impl Checksums {
    /// Lines as `sha256sum` writes them: 64 hexadecimal digits, blanks, a path or URL. A path may lack its first `/`.
    ///
    /// # Errors
    /// The first line that is none, from 1.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut by_name = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let read = line.split_once([' ', '\t']).and_then(|(hex, name)| {
                // `*` stands before the name where it was read as binary.
                let name = name.trim_start();
                Some((name.strip_prefix('*').unwrap_or(name), bytes(hex)?))
            });
            let Some((name, sum)) = read.filter(|(name, _)| !name.is_empty()) else {
                return Err(at + 1);
            };
            let name = name.strip_prefix("./").unwrap_or(name);
            let name = match name.contains("://") || name.starts_with('/') {
                true => name.to_owned(),
                false => format!("/{name}"),
            };
            by_name.insert(name, sum);
        }
        Ok(Self { by_name })
    }

    /// `None` where nothing is known of the URL, or the body is the one expected.
    pub fn check(&self, url: &Url, body: &[u8]) -> Option<Violation> {
        let known = self.by_name.get(url.as_str());
        let known = known.or_else(|| self.by_name.get(url.path()))?;
        let actual = digest(&SHA256, body);
        (actual.as_ref() != known).then(|| {
            let hex: String = actual.as_ref().iter().map(|b| format!("{b:02x}")).collect();
            Violation {
                rule: rules::CHECKSUM,
                detail: format!("{} bytes with the digest {hex}", body.len()),
            }
        })
    }
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut sum = [0; 32];
    for (at, byte) in sum.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(sum)
}
