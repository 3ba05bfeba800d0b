//! What can be wrong with a CPIX document, and whose fault it is. No variant carries content of a document beyond key
//! ids and names that this crate knows.
use crate::KeyId;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The document is larger, deeper or fuller than [`Limits`](super::Limits) allow.
    #[error("CPIX document: more than {limit} {what}")]
    Limit { what: &'static str, limit: usize },
    /// Not well-formed XML, or XML with what no CPIX document needs (DOCTYPE, entities of its own).
    #[error("CPIX document: at byte {offset}: {reason}")]
    Xml { offset: u64, reason: &'static str },
    /// Well-formed, but not CPIX.
    #[error("CPIX document: {element}: {reason}")]
    Element {
        element: &'static str,
        reason: &'static str,
    },
    /// Two elements with one id, or two entries for one thing.
    #[error("CPIX document: {element}: given twice{}", of(kid))]
    Duplicate {
        element: &'static str,
        kid: Option<KeyId>,
    },
    /// What a server says of a key does not stand as it must.
    #[error("CPIX key {kid}: {element}: {reason}")]
    Key {
        kid: KeyId,
        element: &'static str,
        reason: &'static str,
    },
    /// Asked for, and not in the answer.
    #[error("CPIX key {kid}: the answer lacks {element}")]
    Missing { kid: KeyId, element: &'static str },
    /// In the answer, and not asked for.
    #[error("CPIX key {kid} was not asked for")]
    Unasked { kid: KeyId },
    /// The answer belongs to another request.
    #[error("CPIX document: {attribute} is not the one asked for")]
    OtherRequest { attribute: &'static str },
    /// MAC, encryption or addressee of a key.
    #[error("CPIX document: delivery of keys{}: {reason}", of(kid))]
    Delivery {
        kid: Option<KeyId>,
        reason: &'static str,
    },
    /// A signature that is missing, wrong, or of nobody known.
    #[error("CPIX document: signature: {0}")]
    Signature(&'static str),
    /// The request itself cannot be written.
    #[error("CPIX request: {0}")]
    Request(&'static str),
    /// Configured private key or certificate. Says nothing of what was given.
    #[error("CPIX configuration: {0}")]
    Configuration(&'static str),
}

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// This side: configuration or request.
    Ours,
    /// The server's document cannot be read.
    Malformed,
    /// The server's document can be read and is not the answer to what was asked.
    Unfit,
    /// The document, or a key in it, was altered, or comes from somebody else.
    Untrusted,
}

impl Error {
    pub fn fault(&self) -> Fault {
        match self {
            Self::Request(_) | Self::Configuration(_) => Fault::Ours,
            Self::Limit { .. }
            | Self::Xml { .. }
            | Self::Element { .. }
            | Self::Duplicate { .. } => Fault::Malformed,
            Self::Key { .. }
            | Self::Missing { .. }
            | Self::Unasked { .. }
            | Self::OtherRequest { .. } => Fault::Unfit,
            Self::Delivery { .. } | Self::Signature(_) => Fault::Untrusted,
        }
    }

    /// A short name for metrics and logs.
    pub fn code(&self) -> &'static str {
        match self.fault() {
            Fault::Ours => "cpix-request",
            Fault::Malformed => "cpix-malformed",
            Fault::Unfit => "cpix-unfit",
            Fault::Untrusted => "cpix-untrusted",
        }
    }
}

fn of(kid: &Option<KeyId>) -> String {
    kid.map(|kid| format!(" for key {kid}")).unwrap_or_default()
}
