//! PlayReady: the rights management header (WRMHEADER).

/// Version of the WRMHEADER (Microsoft, PlayReady Header Specification).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeaderVersion {
    /// One key, AES-CTR.
    V4_0,
    /// One key, AES-CTR, in an attribute.
    V4_1,
    /// Several keys, AES-CTR.
    V4_2,
    /// Several keys, AES-CTR or AES-CBC.
    V4_3,
}
