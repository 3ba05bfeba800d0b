//! What a peer may make us hold or do.

/// Bounds on what a client sends. A request over one of the first two is answered with 431.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest field section in bytes as RFC 9114, 4.2.2 counts it: name + value + 32 per field.
    /// Announced in SETTINGS; bounds the encoded section, too.
    pub max_field_section_size: u64,
    /// Most field lines in one section. Cookie crumbs count one each.
    pub max_fields: usize,
    /// Most frames on a request stream that carry nothing: unknown types and empty DATA.
    pub max_ignored_frames: u32,
    /// Most payload bytes of unknown frames on a request stream, and in one such frame on a control stream.
    pub max_ignored_bytes: u64,
}

impl Default for Limits {
    /// 32 KiB in 128 fields; 256 ignored frames of 64 KiB together.
    fn default() -> Self {
        Self {
            max_field_section_size: 32 * 1024,
            max_fields: 128,
            max_ignored_frames: 256,
            max_ignored_bytes: 64 * 1024,
        }
    }
}
