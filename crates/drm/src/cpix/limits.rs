//! How much of a server's document is read.

/// Bounds on a document. What goes beyond is refused before it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document as received.
    pub bytes: usize,
    /// Elements inside of each other.
    pub depth: usize,
    /// Elements and pieces of text.
    pub nodes: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Namespace declarations in force at one place.
    pub namespaces: usize,
    /// `ContentKey` elements.
    pub keys: usize,
    /// `DRMSystem` elements.
    pub systems: usize,
    /// `ContentKeyPeriod` elements.
    pub periods: usize,
    /// `ContentKeyUsageRule` elements, and filters of one rule.
    pub rules: usize,
    /// `DeliveryData` elements, and document keys of one.
    pub deliveries: usize,
    /// `Signature` elements, and references of one.
    pub signatures: usize,
}

impl Limits {
    /// Deepest nesting that can be asked for: what walks a document may recurse.
    pub const MAX_DEPTH: usize = 64;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 4 << 20,
            depth: 24,
            nodes: 50_000,
            attributes: 64,
            namespaces: 128,
            keys: 1024,
            systems: 4096,
            periods: 256,
            rules: 1024,
            deliveries: 64,
            signatures: 32,
        }
    }
}
