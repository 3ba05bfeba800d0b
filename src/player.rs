//! The player page, as the build embedded it.

/// What the page's responses should carry as `Content-Security-Policy`: everything from this node,
/// media through Media Source objects, and streams from any origin that a viewer may try. The players style the
/// subtitles that they draw element by element, and open text tracks with an empty `data:` file.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; connect-src * data:; media-src 'self' blob: data:; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// One file of the page.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// File name: the bundle is flat.
    pub name: &'static str,
    pub content_type: &'static str,
    pub identity: Variant,
    /// For clients whose `Accept-Encoding` admits it; None where it would not be smaller.
    pub gzip: Option<Variant>,
}

/// One encoding of a file. Encodings have ETags of their own (RFC 9110, 8.8.3.3).
#[derive(Clone, Copy)]
pub struct Variant {
    pub bytes: &'static [u8],
    /// Strong, with its quotes.
    pub etag: &'static str,
}

impl std::fmt::Debug for Variant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variant")
            .field("len", &self.bytes.len())
            .field("etag", &self.etag)
            .finish()
    }
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/player_assets.rs"));

static NOT_BUNDLED: Asset = Asset {
    name: "index.html",
    content_type: "text/html; charset=utf-8",
    identity: Variant {
        bytes: include_bytes!("player/not-bundled.html"),
        etag: "\"not-bundled\"",
    },
    gzip: None,
};

/// The file at `/player/{path}`; an empty path is the page itself. None is a 404.
///
/// A build without the bundle answers the page with one that says how to make it.
pub fn asset(path: &str) -> Option<&'static Asset> {
    let name = if path.is_empty() { "index.html" } else { path };
    if ASSETS.is_empty() && name == NOT_BUNDLED.name {
        return Some(&NOT_BUNDLED);
    }
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Whether the build embedded the page.
pub fn is_bundled() -> bool {
    !ASSETS.is_empty()
}

#[cfg(test)]
mod tests;
