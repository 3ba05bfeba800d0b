//! CPIX documents (DASH-IF "Content Protection Information Exchange Format" 2.3 and 2.4) as SPEKE v2 exchanges them.
//!
//! ```text
//! Request ── to_xml ──▶ body of a POST ──▶ key server ──▶ body of the answer ── Document::parse ──▶ Document
//! Document ── into_records(&request, recipient) ──▶ one Granted per key asked for
//! ```
//!
//! A document is read strictly and within [`Limits`]; keys in it may be encrypted for a [`Recipient`], and its parts
//! signed by [`Signers`]. Nothing here does I/O: [`speke`] holds the names of headers and what status codes mean.
//! Keys live in buffers that are wiped, and no error carries what a document says beyond key ids.
mod document;
mod error;
mod filter;
mod grant;
mod limits;
mod payload;
mod read;
mod recipient;
mod request;
mod signature;
pub mod speke;
mod time;
mod write;
mod xml;

#[cfg(test)]
mod tests;

pub use document::{
    Delivery, Document, DocumentKey, DrmSystem, Encrypted, Key, MacMethod, Period, Secret,
    UsageRule,
};
pub use error::{Error, Fault, Result};
pub use filter::{AudioFilter, BitrateFilter, Label, VideoFilter};
pub use grant::Granted;
pub use limits::Limits;
pub use recipient::Recipient;
pub use request::{Asked, AskedSystem, Request, Version};
pub use signature::Signers;
pub use time::DateTime;

/// `urn:dashif:org:cpix`.
pub(crate) const CPIX: &str = "urn:dashif:org:cpix";
/// Portable Symmetric Key Container (RFC 6030).
pub(crate) const PSKC: &str = "urn:ietf:params:xml:ns:keyprov:pskc";
/// XML Encryption.
pub(crate) const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
/// XML Signature.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Algorithms that CPIX prescribes (clause "Mandatory Algorithms").
pub(crate) mod algorithm {
    pub(crate) const AES256_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
    pub(crate) const RSA_OAEP: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    pub(crate) const HMAC_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512";
}
